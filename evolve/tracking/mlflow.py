"""MLflow: a store of files in the run's directory, or wherever ``track.uri`` says."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from hetevo.evolve.posix import lock_within
from hetevo.evolve.tracking.tracker import About, Tracker
from hetevo.populations.extras import load_extra

STATUS = {"done": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
"""How a run ended, in MLflow's words."""


LOCK = ".hetevo-lock"

STORE_SECONDS = 20.0
"""Seconds that another process may make an experiment in the store; that takes less than one."""

MOST = 100
"""Parameters that MLflow takes at a time."""


class MLflow(Tracker):
    """A run of MLflow in an experiment that is called like the sweep; ``mlflow ui --backend-store-uri`` shows it."""

    package = "mlflow"
    # MLflow would send who uses it how; it calls its store of files old, and needs to be told that it is meant; and a
    # server that does not answer is given up after half a minute
    environment: ClassVar = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ALLOW_FILE_STORE": "true",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    }

    _client: Any = None
    _run: str = ""

    def start(self, about: About) -> str:
        """Make a run in the sweep's experiment, or go on with the one of an earlier session."""
        mlflow = load_extra(self.package, "mlflow", "track.to")
        self._entities = load_extra("mlflow.entities", "mlflow", "track.to")
        local = None if "://" in about.uri else Path(about.uri) if about.uri else about.folder
        self._client = mlflow.tracking.MlflowClient(local.absolute().as_uri() if local else about.uri)
        if about.run:
            self._client.update_run(about.run, status="RUNNING")
        with _alone(local):  # runs of a sweep begin at the same time, and mean one experiment
            found = self._client.get_experiment_by_name(about.group)
            experiment = found.experiment_id if found else self._client.create_experiment(about.group)
        self._run = about.run or self._create(experiment, about)
        return self._run

    def log(self, generation: int, numbers: Mapping[str, float]) -> None:
        """Log metrics, with the generation as their step."""
        now = time.time_ns() // 1_000_000
        metrics = [self._entities.Metric(name, value, now, generation) for name, value in numbers.items()]
        self._client.log_batch(self._run, metrics=metrics)

    def attach(self, figure: Path, generation: int) -> None:
        """Copy a figure to the run's artifacts, unless the store was moved: MLflow knows but the place of old."""
        place = self._client.get_run(self._run).info.artifact_uri
        if not place.startswith("file://") or Path(place.removeprefix("file://")).parent.is_dir():
            self._client.log_artifact(self._run, str(figure), "figures")

    def end(self, outcome: str) -> None:
        """Say how the run ended."""
        self._client.set_terminated(self._run, STATUS.get(outcome, "KILLED"))

    def _create(self, experiment: str, about: About) -> str:
        run = self._client.create_run(experiment, run_name=about.name, tags=dict(about.tags)).info.run_id
        parameters = [self._entities.Param(*pair) for pair in about.settings.items()]
        for begin in range(0, len(parameters), MOST):
            self._client.log_batch(run, params=parameters[begin : begin + MOST])
        return str(run)


@contextlib.contextmanager
def _alone(folder: Path | None) -> Iterator[None]:
    """Let no other process make an experiment in a folder meanwhile; a server sees to that itself.

    Raises
    ------
    TimeoutError
        If another process has the folder for longer than `STORE_SECONDS`.
    """
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LOCK, "w") as file:
        if not lock_within(file.fileno(), STORE_SECONDS):
            raise TimeoutError(
                f"another process has held the store's {LOCK} for {STORE_SECONDS:g} seconds; end it, and the run"
                " is tracked when it is resumed"
            )
        yield
