"""What an experiment is, in numbers: all that a peer's process needs to know, so that it loads nothing of Hetevo."""

import json
from dataclasses import asdict, dataclass, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hetevo.populations import Species


_GENOME = ("gain_scale", "decay_log_mean", "decay_log_scale")
_LIFETIME = ("presentations", "batch", "tasks", "test_samples", "clip_every", "signal_clip", "weight_clip", "loss_cap")


@dataclass(frozen=True)
class Sizes:
    """An experiment with amorphous wiring, the plain rule, innate weights that are redrawn, and the task `sine`.

    Parameters
    ----------
    individuals, generations : int
        Of the population, and after the founders'.
    inputs, outputs : int
        Input units, the bias included, and outputs.
    levels : tuple of int
        Neurons in each hidden level.
    presentations, batch, tasks, test_samples : int
        Of a life.
    clip_every : int
        Presentations between two clippings of the weights, a divisor of ``presentations``.
    signal_clip, weight_clip, loss_cap : float
        Bounds.
    density : tuple of float
        Share of the founders' synapses that are present, ascending and descending.
    gain_scale, decay_log_mean, decay_log_scale : float
        How founders are drawn.
    amplitude, frequency : float
        Of the task.
    """

    individuals: int
    generations: int
    inputs: int
    outputs: int
    levels: tuple[int, ...]
    presentations: int
    batch: int
    tasks: int
    test_samples: int
    clip_every: int
    signal_clip: float
    weight_clip: float
    loss_cap: float
    density: tuple[float, float]
    gain_scale: float
    decay_log_mean: float
    decay_log_scale: float
    amplitude: float
    frequency: float

    @classmethod
    def of(cls, species: "Species") -> "Sizes":
        """Return those of a species."""
        task = asdict(species.task)  # type: ignore[call-overload]
        return cls._of_tables(task, asdict(species.network), asdict(species.lifetime), asdict(species.genome))

    @classmethod
    def read(cls, configuration: str) -> "Sizes":
        """Return those of a configuration, as JSON."""
        tables = json.loads(configuration)
        task = {**tables["task"], **tables["task"]["options"]}
        found = cls._of_tables(task, tables["network"], tables["lifetime"], tables["genome"])
        evolution = tables["evolution"]
        return replace(found, individuals=evolution["size"], generations=evolution["generations"])

    @classmethod
    def _of_tables(cls, task: Any, network: Any, lifetime: Any, genome: Any) -> "Sizes":
        return cls(
            individuals=1,
            generations=0,
            inputs=task["inputs"] + network["bias"],
            outputs=task["outputs"],
            levels=tuple(network["levels"]),
            density=(network["density_ascending"], network["density_descending"]),
            amplitude=task.get("amplitude", 1.4),
            frequency=task.get("frequency", 2.0),
            **{name: lifetime[name] for name in _LIFETIME},
            **{name: genome[name] for name in _GENOME},
        )

    @property
    def hidden(self) -> int:
        """Hidden neurons H."""
        return sum(self.levels)

    @property
    def level_slices(self) -> tuple[slice, ...]:
        """Each level among the hidden neurons."""
        return tuple(slice(*ends) for ends in pairwise(accumulate(self.levels, initial=0)))

    @property
    def shapes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Shapes of ``W``, (H + O, I + H), and of ``V``, (H, H + O)."""
        return (self.hidden + self.outputs, self.inputs + self.hidden), (self.hidden, self.hidden + self.outputs)

    @property
    def allowed(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Synapses that the wiring allows, of `shapes`: from any lower level to any higher one, and back."""
        level = np.repeat(np.arange(len(self.levels) + 2), [self.inputs, *self.levels, self.outputs])
        neurons, senders = level[self.inputs :], level[: self.inputs + self.hidden]
        return senders < neurons[:, None], neurons > neurons[: self.hidden, None]
