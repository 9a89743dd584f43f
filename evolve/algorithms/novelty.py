"""The algorithm `novelty`: parents are those that are unlike the others and unlike who came before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from hetevo.evolve.algorithms.algorithm import Memory, Search, number
from hetevo.evolve.algorithms.described import KEY, Described
from hetevo.evolve.generation import Generation
from hetevo.evolve.reproduction import Mating, breed, choose_parents, draw_crossed, make_toolbox
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.isolation import isolated
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.settings import Setting
from hetevo.populations.types import Floats

if TYPE_CHECKING:
    from hetevo.evolve.rundir.checkpoint import Expected
    from hetevo.evolve.state import State


@dataclass(frozen=True)
class Novelty(Described):
    """Novelty search (Lehman & Stanley 2011): selection by the mean distance to the k nearest neighbours.

    Neighbours are the others of the generation, and an archive that some of each generation join by lot. Distances are
    Euclidean in descriptors, each in units of the width of its bounds. ``[evolution]`` names the operators; selection,
    that of elites too, gets novelties where it gets losses otherwise. With ``quality`` above 0 that share of parents,
    and of elites, is selected by loss.
    """

    k: Annotated[int, Setting("nearest neighbours", least=1)] = 10
    archive_rate: Annotated[int, Setting("individuals of each generation that join the archive", least=0)] = 4
    archive_most: Annotated[
        int, Setting("individuals that the archive holds; then those that join replace others", least=1, most=1_000_000)
    ] = 1000
    quality: Annotated[float, Setting("share of parents and elites selected by loss", least=0, most=1)] = 0.0

    def check(self, search: Search) -> None:
        """Refuse too few individuals to be neighbours, or to join the archive."""
        super().check(search)
        size = search.config.evolution.size
        if self.k >= size:
            raise SettingError(
                f"{KEY}.k: expected fewer neighbours than there are individuals (evolution.size = {size}), got"
                f" {self.k}."
            )
        most = min(size, self.archive_most)
        if self.archive_rate > most:
            raise SettingError(
                f"{KEY}.archive_rate: expected at most {most}, since a generation has {size} individuals and the"
                f" archive {self.archive_most} (archive_most), got {self.archive_rate}."
            )

    def begin(self, founders: Generation, search: Search) -> tuple[Generation, Memory]:
        """Return the founders, and an empty archive."""
        return founders, {name: np.zeros(shape, dtype) for name, (shape, dtype) in self.expect(search).items()}

    @isolated
    def ask(self, lived: "State", search: Search) -> tuple[Generation, Memory]:
        """Return elites and children of parents that were selected by novelty, and perhaps some by loss."""
        config, before = search.config, lived.generation
        at, size, elites = before.number + 1, before.size, config.evolution.elites
        box = make_toolbox(config, search.species)
        crossed, crossing = draw_crossed(config, at, size, elites)
        # operators of selection minimise losses
        unlike = config.lifetime.loss_cap - lived.memory["novelty"]
        first, second = choose_parents(before, unlike, config, box, crossed)
        if self.quality:
            # the same lots once more, for losses; of each parent a coin says which choice counts
            good = choose_parents(before, lived.loss, config, box, crossed)
            rng = random_stream(config.seed, at, Purpose.SELECT, 1)
            best = round(self.quality * elites)
            chosen = np.where(rng.random(size) < self.quality, good[0], first)
            chosen[:elites] = np.concatenate([good[0][:best], first[: elites - best]])
            first, second = chosen, np.where(rng.random(len(crossed)) < self.quality, good[1], second)
        mating = Mating(before.population, before.identifiers, first, second, crossed, elites)
        return breed(mating, at, crossing, config, search.species), lived.memory

    @isolated
    def tell(self, generation: Generation, evaluation: Evaluation, asked: Memory, search: Search) -> Memory:
        """Measure how novel each is, and let some join the archive."""
        del evaluation
        bounds, archive, count = self.limits(search), asked["archive"].copy(), int(asked["count"][0])
        points = (self.describe(generation.population, search) - bounds[:, 0]) / (bounds[:, 1] - bounds[:, 0])
        novelty = measure_novelty(points, archive[:count], self.k)
        # by lot: first the free places, then those of others
        rng = random_stream(search.config.seed, generation.number, Purpose.ARCHIVE)
        joining = rng.permutation(generation.size)[: self.archive_rate]
        places = np.concatenate([np.arange(count, self.archive_most), rng.permutation(count)])[: self.archive_rate]
        archive[places] = points[joining]
        grown = min(count + self.archive_rate, self.archive_most)
        return {"archive": archive, "count": np.array([grown]), "novelty": novelty}

    def report(self, memory: Memory, search: Search) -> Mapping[str, float]:
        """Return how many are in the archive, and the mean novelty."""
        del search
        return {"archive_size": float(memory["count"][0]), "novelty_mean": float(memory["novelty"].mean())}

    def expect(self, search: Search) -> "Expected":
        """Return shape and dtype of what is remembered: points of the archive, zeros where there is none yet."""
        return {
            "archive": number(np.float64, self.archive_most, len(self.descriptors)),
            "count": number(np.int64, 1),
            "novelty": number(np.float64, search.config.evolution.size),
        }

    def units(self, search: Search) -> Mapping[str, Any]:
        """Return what points of the archive are measured in."""
        return {"bounds": self.limits(search).tolist()}


def measure_novelty(points: Floats, archive: Floats, k: int) -> Floats:
    """Return the mean distance of each point to its k nearest neighbours, shape (P,).

    Parameters
    ----------
    points : ndarray of float64, shape (P, D)
        They are neighbours of each other, but none is its own.
    archive : ndarray of float64, shape (n, D)
        Further neighbours.
    k : int
        How many count; below P.

    Examples
    --------
    >>> measure_novelty(np.array([[0.0], [1.0], [4.0]]), np.array([[5.0]]), k=1).tolist()
    [1.0, 1.0, 1.0]
    """
    from scipy.spatial import KDTree  # nothing that other algorithms need

    # the nearest of all is the point itself, or one at the same place
    distances = KDTree(np.concatenate([points, archive])).query(points, k + 1)[0]
    return np.asarray(distances[:, 1:].mean(axis=1))
