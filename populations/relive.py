"""Living again: one individual, its life the same bit for bit, and looked at as often as one likes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from hetevo.populations.circuits import LayerSnapshot, Snapshot
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation, evaluate
from hetevo.populations.genome import Population
from hetevo.populations.sparse.life import SparseSnapshot
from hetevo.populations.species import Species, Stage
from hetevo.populations.types import Floats

LIFE = "life_"
"""With the number of presentations so far, the name of a moment."""


@dataclass(frozen=True)
class Watched(Species):
    """A species whose lives are looked at every few presentations.

    Parameters
    ----------
    every : int
        Presentations from one look to the next; birth and end are looked at in any case.
    """

    every: int = 1

    def stages(self, moments: Sequence[int] = ()) -> dict[int, list[Stage]]:
        """Name the moments of life by the presentations so far: ``life_0``, ``life_10`` and so on."""
        # 0, every so many, and the end, even if it falls between
        last = self.lifetime.presentations
        return {t: [f"{LIFE}{t}"] for t in sorted({*range(0, last, self.every), last})}


@dataclass(frozen=True)
class Life:
    """How an individual lived.

    Parameters
    ----------
    evaluation : Evaluation
        Of one individual.
    presented : tuple of int
        Presentations before each of the moments at which it was looked at.
    moments : tuple of Snapshot or LayerSnapshot
        What there was to see, on the probe batch; axis 0 are the K tasks, in each of which it lived once.
    """

    evaluation: Evaluation
    presented: tuple[int, ...]
    moments: tuple[Snapshot | LayerSnapshot, ...]


@dataclass
class _Watcher:
    """A probe that measures nothing, and keeps what it saw."""

    seen: dict[int, Snapshot | LayerSnapshot] = field(default_factory=dict)

    def measure(self, snapshot: Snapshot | SparseSnapshot | LayerSnapshot) -> dict[str, Floats]:
        assert not isinstance(snapshot, SparseSnapshot)  # refused before anything lives
        # by the presentations so far, which the name of the stage holds
        self.seen[int(snapshot.stage.removeprefix(LIFE))] = snapshot
        return {}


def relive(
    species: Species,
    genes: Population,
    position: int,
    *,
    seed: int,
    generation: int,
    samples: int,
    every: int | None = None,
) -> Life:
    """Let an individual live as it did.

    Nothing that is looked at changes a life, and no other individual does: its loss is the recorded one, bit for bit.

    Parameters
    ----------
    species : Species
        What it has in common with the others.
    genes : Population
        Its genome, alone.
    position : int
        Its place in the whole population, which addresses its random streams.
    seed, generation : int
        Where the experiment stood.
    samples : int
        Size of the probe batch.
    every : int, optional
        Presentations from one look to the next. Default: birth and end alone.

    Raises
    ------
    SettingError
        If there is nothing to see in it: circuits of another package may show something of their own.
    """
    if species.storage == "sparse":
        raise SettingError(
            "Circuits whose wirings are lists of synapses (network.storage) are too large to be looked at synapse by"
            " synapse. Expected circuits with matrices, such as those of the preset emergence."
        )
    # the same species, with other moments to look at
    presentations = species.lifetime.presentations
    own = {entry.name: getattr(species, entry.name) for entry in fields(Species)}
    watched, watcher = Watched(**own, every=every or max(1, presentations)), _Watcher()
    # the position keeps its place in the population, and with it its random streams
    evaluation = evaluate(
        watched,
        genes,
        np.array([position]),
        seed=seed,
        generation=generation,
        probe=watcher,
        probe_samples=max(1, samples),
    )
    if not watcher.seen:
        raise SettingError(
            f"Circuits of the kind {species.circuit!r} show nothing of their lives, so that their weights are unknown."
        )
    return Life(evaluation, tuple(watcher.seen), tuple(watcher.seen.values()))
