"""One life, moment by moment: weights, activities, learning signals and measures."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetevo.analysis.individuals.individual import Individual, sizes, warn_if_other
from hetevo.analysis.made import write_new
from hetevo.analysis.measures import MEASURES, View
from hetevo.analysis.measures.alignment import layer_columns
from hetevo.evolve.individual import read_individual
from hetevo.populations.circuits.layer import LayerSnapshot
from hetevo.populations.error_neurons import ErrorWeights
from hetevo.populations.errors import SettingError
from hetevo.populations.extras import load_extra
from hetevo.populations.kernel.snapshot import Snapshot
from hetevo.populations.types import Floats, Indices

MOMENTS = 50
"""Moments of a life that are looked at unless somebody says how often."""

MEASURED = ("alignment", "levels", "consistency", "stationarity", "feedback gap", "loss", "hebbian")
"""What is measured at each of them."""


@dataclass(frozen=True, repr=False)
class Trace:
    """An individual through its life, on the same probe batch of S samples at every one of T moments.

    Parameters
    ----------
    id, generation, seed : int
        Who, of which generation, in a run of which seed.
    loss : float
        Its test loss at the end, mean over its K tasks.
    sizes : mapping of str to int or list of int
        ``inputs``, ``bias``, ``levels``, ``outputs``, ``settle``.
    presented : ndarray of int64, shape (T,)
        Presentations before each moment.
    ascending : ndarray of float, shape (T, K, H + O, I + H)
        ``W``.
    descending : ndarray of float, shape (T, K, H, H + O)
        ``V``; of a layer without descending pathway H = 0. Of circuits with error neurons ``U``, (T, K, M, M + O).
    activity : ndarray of float, shape (T, K, I + H + O, S)
        ``x`` of inputs, the bias, hidden neurons and outputs.
    signal : ndarray of float, shape (T, K, H + O, S)
        ``q``; of a layer its error.
    measures : dict of str to ndarray of float64, shape (T, K)
        ``probe_loss``, ``alignment`` and so on, named as in the records (`hetevo.analysis.measures`); NaN where
        undefined.
    lateral : dict of str to ndarray of float
        Of circuits with error neurons: ``sensing``, (T, K, M, H), and ``teaching``, (T, K, H, M); of others none.

    Examples
    --------
    >>> import hetevo
    >>> small = ["evolution.size=4", "evolution.elites=1", "lifetime.presentations=10", "backend.workers=1"]
    >>> path = hetevo.Experiment(hetevo.preset("smoke", overrides=small)).run("runs/small").path
    >>> life = hetevo.load_run(path).trace(every=5)
    >>> life.presented.tolist(), life.ascending.shape, life.measures["alignment"].shape
    ([0, 5, 10], (3, 2, 18, 23), (3, 2))
    """

    id: int
    generation: int
    seed: int
    loss: float
    sizes: Mapping[str, int | list[int]]
    presented: Indices
    ascending: Floats
    descending: Floats
    activity: Floats
    signal: Floats
    measures: Mapping[str, Floats]
    lateral: Mapping[str, Floats] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Say in one line whose life it is, and how often it was looked at."""
        moments, tasks = self.ascending.shape[:2]
        return (
            f"<Trace of individual {self.id}, generation {self.generation}, seed {self.seed}: {moments} moments from 0"
            f" to {self.presented[-1]} presentations, {tasks} tasks; {', '.join(self.measures)}>"
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all of it as arrays by name; measures are called ``measure_alignment`` and so on."""
        facts = {"id": self.id, "generation": self.generation, "seed": self.seed, "loss": self.loss, **self.sizes}
        lived = {name: getattr(self, name) for name in ("presented", "ascending", "descending", "activity", "signal")}
        measured = {f"measure_{name}": values for name, values in self.measures.items()}
        return {**{name: np.asarray(value) for name, value in facts.items()}, **lived, **self.lateral, **measured}

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write it as an NPZ file, which `numpy.load` reads, with the names of `arrays`.

        Parameters
        ----------
        path : str or Path
            Name of the file, ending in ``.npz``.
        force : bool, optional
            Whether to replace what is there.

        Raises
        ------
        SettingError
            If the ending is another one, something else is there, or it cannot be written.
        """
        path = Path(path)
        if path.suffix != ".npz":
            raise SettingError(f"A trace's name must end in .npz; got {path}.")
        return write_new({path: pack(self.arrays())}, force=force)[0]

    def to_xarray(self) -> Any:
        """Return it as an `xarray.Dataset` (extra ``xarray``): dimensions presented, task, neuron, unit and so on.

        Raises
        ------
        SettingError
            If xarray is not installed.
        """
        xarray = load_extra("xarray", "xarray", "to_xarray()")
        data = {
            "W": (("presented", "task", "neuron", "sender"), self.ascending),
            # error neurons have a pathway of their own
            **(
                {"U": (("presented", "task", "error", "above"), self.descending)}
                if self.lateral
                else {"V": (("presented", "task", "hidden", "neuron"), self.descending)}
            ),
            **{
                name: (("presented", "task", *sides), self.lateral[kind])
                for name, kind, sides in (("L", "sensing", ("error", "hidden")), ("V", "teaching", ("hidden", "error")))
                if kind in self.lateral
            },
            "x": (("presented", "task", "unit", "sample"), self.activity),
            "q": (("presented", "task", "neuron", "sample"), self.signal),
            **{name: (("presented", "task"), values) for name, values in self.measures.items()},
        }
        facts = {"id": self.id, "generation": self.generation, "seed": self.seed, "loss": self.loss, **self.sizes}
        return xarray.Dataset(data, coords={"presented": self.presented}, attrs=facts)


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return arrays as the content of an NPZ file: the same arrays give the same bytes."""
    sink = io.BytesIO()
    named: dict[str, Any] = dict(arrays)
    np.savez(sink, allow_pickle=False, **named)
    return sink.getvalue()


def trace(path: str | Path, identifier: int | None = None, *, every: int | None = None, trust: bool = False) -> Trace:
    """Let an individual live again, and look at it all the time.

    Parameters
    ----------
    path, identifier, trust
        As for `hetevo.analysis.individuals.load_individual`.
    every : int, optional
        Presentations from one look to the next. Default: `MOMENTS` looks in a life. Birth and end are always looked at.

    Raises
    ------
    SettingError
        If ``every`` is no positive number.
    RunDirectoryError, ConfigError
        As for `hetevo.analysis.individuals.load_individual`.
    """
    if every is not None and every < 1:
        raise SettingError(f"every: expected at least 1 presentation, got {every}.")
    saved = read_individual(path, identifier, trust=trust)
    # by default enough looks for a curve
    life = saved.live_again(every or max(1, saved.species.lifetime.presentations // MOMENTS))
    found = Individual(saved, life)
    # another machine may compute other last bits
    warn_if_other(found)
    # a list of moments becomes arrays with moments first
    seen = [_look(moment) for moment in life.moments]
    measures = [_measure(moment) for moment in life.moments]
    return Trace(
        id=found.id,
        generation=found.generation,
        seed=saved.seed,
        loss=found.loss_again,
        sizes=sizes(found),
        presented=np.array(life.presented, np.int64),
        **{name: np.stack([moment[name] for moment in seen]) for name in seen[0]},
        lateral=_lateral(life.moments),
        measures={name: np.stack([moment[name] for moment in measures]) for name in measures[0]},
    )


def _look(seen: Snapshot | LayerSnapshot) -> dict[str, Floats]:
    """Return weights, activities and signals of a moment."""
    if isinstance(seen, LayerSnapshot):
        nothing = np.zeros((len(seen.weights), 0, seen.weights.shape[1]))
        activity, error = np.concatenate([seen.inputs, seen.outputs], axis=1), seen.targets - seen.outputs
        return {"ascending": seen.weights, "descending": nothing, "activity": activity, "signal": error}
    return {
        "ascending": seen.weights.ascending,
        "descending": seen.weights.descending,
        "activity": seen.activity,
        "signal": seen.signal,
    }


def _lateral(moments: Sequence[Snapshot | LayerSnapshot]) -> dict[str, Floats]:
    """Return the weights of the kinds of synapses that only circuits with error neurons have."""
    found = [moment.weights for moment in moments if isinstance(moment.weights, ErrorWeights)]
    return {kind: np.stack([getattr(each, kind) for each in found]) for kind in ("sensing", "teaching") if found}


def _measure(seen: Snapshot | LayerSnapshot) -> dict[str, Floats]:
    if isinstance(seen, LayerSnapshot):
        wrong, silent = np.abs(seen.targets - seen.outputs), np.abs(seen.targets - 0.5)
        return {**layer_columns(seen), "probe_loss": wrong.mean(axis=(1, 2)) / silent.mean(axis=(1, 2))}
    view = View.of(seen)
    return {name: values for measure in MEASURED for name, values in MEASURES[measure].columns(view).items()}
