"""Trackers: other programs that are told the numbers of a run, such as TensorBoard, MLflow and Weights & Biases.

A tracker works in a process of its own (`process`), so that whatever it does, hangs or breaks, no run is ended by
it, nor delayed but for a while at its end. `hetevo.evolve.tracked` is the run's side.

=============  ====================================================================
`tracker`      what a tracker is: start, log a generation, attach a figure, end
`tensorboard`  event files
`mlflow`       MLflow's store of files, or a server
`wandb`        Weights & Biases: runs that can be synced, or are at once
`link`         the process in which one of them works, seen from the run
`process`      the same, seen from inside
=============  ====================================================================

To add one, write a class like `Tracker` and name it in `TRACKERS`; one of another package is named in ``[track]`` by
its place (`hetevo.populations.registry`), or announced in the entry-point group ``hetevo.trackers``.
"""

from hetevo.evolve.tracking.mlflow import MLflow
from hetevo.evolve.tracking.tensorboard import TensorBoard
from hetevo.evolve.tracking.tracker import About, Tracker, accept_tracker
from hetevo.evolve.tracking.wandb import Wandb
from hetevo.populations.registry import Registry

TRACKERS: Registry[type[Tracker]] = Registry(
    "tracker", {"tensorboard": TensorBoard, "mlflow": MLflow, "wandb": Wandb}, accept_tracker
)
"""Trackers by name (``track.to``)."""

__all__ = ["TRACKERS", "About", "MLflow", "TensorBoard", "Tracker", "Wandb"]
