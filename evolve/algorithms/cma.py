"""The algorithm `cma`: a normal distribution of vectors that adapts its mean, step size and covariances (CMA-ES)."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, sqrt
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.evolve.algorithms.algorithm import Algorithm, Memory, Search, number
from hetevo.evolve.algorithms.vectors import Vectors
from hetevo.evolve.generation import Generation, Operator, begin_with
from hetevo.evolve.private_deap import cma, private_generators
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.isolation import isolated, one_thread
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.settings import Setting
from hetevo.populations.types import Floats

if TYPE_CHECKING:
    from hetevo.evolve.rundir.checkpoint import Expected
    from hetevo.evolve.state import State

LARGEST = 1_000
"""Entries beyond which a matrix of covariances takes too long; variances alone do not."""


TINY = 1e-14
"""The smallest step size, and the smallest share of the largest variance."""


class _Point(np.ndarray):
    """What DEAP sees of an individual: a vector with a fitness."""

    fitness: float


@dataclass(frozen=True)
class CMA(Algorithm):
    """CMA-ES (Hansen & Ostermeier 2001) as in `deap.cma`, or with variances alone (Ros & Hansen 2008).

    The first generation is the founders with the wiring of the first one: a sample of the distribution that the search
    begins with, in the units of `hetevo.evolve.algorithms.vectors.Vectors`.
    """

    breeds: ClassVar[bool] = False

    separable: Annotated[bool, Setting("whether the covariances between entries stay 0, for many entries")] = False
    sigma: Annotated[float, Setting("step size to begin with, in standard deviations of founders", above=0)] = 1.0

    def check(self, search: Search) -> None:
        """Refuse what has no numbers, too many of them, or must be portable."""
        vectors = Vectors(search.species)
        vectors.check("cma")
        if search.config.evolution.size < 4:
            raise SettingError(
                f"evolution.size: the algorithm 'cma' weighs the better half, so expected at least 4 individuals, got"
                f" {search.config.evolution.size}."
            )
        if search.config.backend.portable and not self.separable:
            raise SettingError(
                "backend.portable: matrices of the algorithm 'cma' are multiplied in this process, whose last bits are"
                " its processor's own, so expected false, got true. Adapt variances alone, which needs none:"
                " evolution.algorithm.separable = true"
            )
        if not self.separable and vectors.size > LARGEST:
            raise SettingError(
                f"evolution.algorithm: with {vectors.size:,} numbers an individual a matrix of covariances takes too"
                f" long, so expected at most {LARGEST:,}. Adapt variances alone: evolution.algorithm.separable = true"
            )

    def begin(self, founders: Generation, search: Search) -> tuple[Generation, Memory]:
        """Return the founders with the wiring of the first one, and where the search begins."""
        vectors = Vectors(search.species)
        points = vectors.flatten(founders.population) * self.sigma
        memory = {"centroid": np.zeros(vectors.size), "sigma": np.array([self.sigma]), "updates": np.array([0])}
        memory |= {name: np.zeros(vectors.size) for name in ("path", "step_path")}
        shape = np.ones(vectors.size) if self.separable else np.eye(vectors.size)
        template = founders.population.take(slice(1))
        made = begin_with(vectors.unflatten(points, template))
        return made, {**memory, "covariances": shape, "points": points}

    @isolated
    def ask(self, lived: "State", search: Search) -> tuple[Generation, Memory]:
        """Return a sample of the distribution as it is now."""
        at, size = lived.generation.number + 1, lived.generation.size
        rng = random_stream(search.config.seed, at, Purpose.VECTORS)
        with one_thread():
            strategy = self._restore(lived.memory, size)
            points = _sample(strategy, rng)
        template = lived.generation.population.take(slice(1))
        population = Vectors(search.species).unflatten(points, template)
        return begin_with(population, number=at, operator=Operator.SAMPLE), {**lived.memory, "points": points}

    @isolated
    def tell(self, generation: Generation, evaluation: Evaluation, asked: Memory, search: Search) -> Memory:
        """Move the distribution towards the better half of its sample."""
        with one_thread():
            strategy = self._restore(asked, generation.size)
            sample = [np.asarray(point).view(_Point) for point in asked["points"]]
            for point, loss in zip(sample, evaluation.loss.tolist(), strict=True):
                point.fitness = -loss
            strategy.update(sample)
            _keep_regular(strategy)
        return {
            "centroid": np.asarray(strategy.centroid),
            "sigma": np.array([float(strategy.sigma)]),
            "updates": np.array([strategy.update_count]),
            "path": np.asarray(strategy.pc),
            "step_path": np.asarray(strategy.ps),
            "covariances": np.asarray(strategy.C),
            "points": asked["points"],
        }

    def expect(self, search: Search) -> "Expected":
        """Return shape and dtype of what is remembered."""
        entries = Vectors(search.species).size
        shape = (entries,) if self.separable else (entries, entries)
        vectors = dict.fromkeys(("centroid", "path", "step_path"), number(np.float64, entries))
        return {
            **vectors,
            "sigma": number(np.float64, 1),
            "updates": number(np.int64, 1),
            "covariances": number(np.float64, *shape),
            "points": number(np.float64, search.config.evolution.size, entries),
        }

    def units(self, search: Search) -> Mapping[str, Any]:
        """Return what vectors are measured in."""
        return Vectors(search.species).units

    def _restore(self, memory: Memory, size: int) -> Any:
        """Return the strategy that has come so far."""
        kind = Separable if self.separable else cma.Strategy
        strategy = kind(memory["centroid"], float(memory["sigma"][0]), lambda_=size, cmatrix=memory["covariances"])
        strategy.pc, strategy.ps = memory["path"], memory["step_path"]
        strategy.update_count = int(memory["updates"][0])
        return strategy


def _keep_regular(strategy: Any) -> None:
    """Keep step size and variances where numbers can hold them, if losses are of no help for long."""
    strategy.sigma = float(np.clip(strategy.sigma, TINY, 1 / TINY))
    variances = strategy.C if strategy.C.ndim == 1 else np.linalg.eigvalsh(strategy.C)
    least = variances.max() * TINY
    if variances.min() < least:
        lift = least - variances.min()
        strategy.C = strategy.C + (lift if strategy.C.ndim == 1 else lift * np.eye(strategy.dim))


def _sample(strategy: Any, rng: Generator) -> Floats:
    with private_generators(rng):
        return np.array(strategy.generate(np.asarray))


class Separable(cma.Strategy):  # type: ignore[misc]
    """CMA-ES whose covariances between entries stay 0: ``C`` is a vector of D variances (Ros & Hansen 2008).

    Learning rates of the variances are (D + 2) / 3 times those of a whole matrix.
    """

    centroid: Floats
    ccov1: float
    ccovmu: float

    def __init__(self, centroid: Floats, sigma: float, **kargs: Any) -> None:
        # DEAP's own begins with a matrix of ones
        variances = kargs.pop("cmatrix")
        super().__init__(centroid, sigma, **{**kargs, "cmatrix": np.eye(1)})
        self.dim = len(centroid)
        self.pc, self.ps, self.C = np.zeros(self.dim), np.zeros(self.dim), variances
        self.chiN = sqrt(self.dim) * (1 - 1 / (4 * self.dim) + 1 / (21 * self.dim**2))
        self.computeParams(self.params)
        faster = (self.dim + 2) / 3
        self.ccov1 = min(1.0, self.ccov1 * faster)
        self.ccovmu = min(1 - self.ccov1, self.ccovmu * faster)
        self.BD = np.sqrt(self.C)

    def generate(self, ind_init: Any) -> list[Any]:
        """Return a sample."""
        drawn = cma.numpy.random.standard_normal((self.lambda_, self.dim))
        return [ind_init(point) for point in self.centroid + self.sigma * drawn * self.BD]

    def update(self, population: list[Any]) -> None:
        """Adapt mean, step size and variances: `deap.cma.Strategy.update` with a diagonal matrix."""
        population.sort(key=lambda point: point.fitness, reverse=True)
        before, best = self.centroid, np.array(population[: self.mu])
        # sums, not products of matrices: their bits are the same on every processor
        self.centroid = (self.weights[:, None] * best).sum(axis=0)
        moved = (self.centroid - before) / self.sigma
        # the paths of steps, in units of the distribution and in those of the space
        self.ps = (1 - self.cs) * self.ps + sqrt(self.cs * (2 - self.cs) * self.mueff) * moved / np.sqrt(self.C)
        length = sqrt((self.ps**2).sum())
        grown = sqrt(1 - (1 - self.cs) ** (2 * (self.update_count + 1)))
        is_short = float(length / grown / self.chiN < 1.4 + 2 / (self.dim + 1))
        self.update_count += 1
        self.pc = (1 - self.cc) * self.pc + is_short * sqrt(self.cc * (2 - self.cc) * self.mueff) * moved
        # variances, then the step size
        steps = (best - before) / self.sigma
        kept = 1 - self.ccov1 - self.ccovmu + (1 - is_short) * self.ccov1 * self.cc * (2 - self.cc)
        self.C = kept * self.C + self.ccov1 * self.pc**2 + self.ccovmu * (self.weights[:, None] * steps**2).sum(axis=0)
        self.sigma *= exp((length / self.chiN - 1) * self.cs / self.damps)
        self.BD = np.sqrt(self.C)
