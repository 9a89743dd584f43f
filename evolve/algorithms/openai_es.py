"""The algorithm `openai-es`: a mean that follows the ranks of antithetic perturbations (Salimans et al. 2017)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np

from hetevo.evolve.algorithms.algorithm import Algorithm, Memory, Search, number
from hetevo.evolve.algorithms.vectors import Vectors
from hetevo.evolve.generation import Generation, Operator, begin_with
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.isolation import isolated
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.settings import Setting
from hetevo.populations.types import Floats

if TYPE_CHECKING:
    from hetevo.evolve.rundir.checkpoint import Expected
    from hetevo.evolve.state import State

FIRST, SECOND, TINY = 0.9, 0.999, 1e-8
"""Decay of the averages of the estimate and of its square, and the least divisor (Adam, Kingma & Ba 2015)."""


@dataclass(frozen=True)
class OpenAIES(Algorithm):
    """An evolution strategy with centred ranks, pairs of opposite perturbations, and Adam.

    With ranks u from .5 (best) to -.5, the estimate is ``sum_i u_i e_i / (P sigma)``; each generation's perturbations
    ``e`` are P/2 standard normal vectors and their opposites. All individuals have the wiring of the first founder.
    """

    breeds: ClassVar[bool] = False

    sigma: Annotated[float, Setting("size of perturbations, in standard deviations of founders", above=0)] = 0.5
    rate: Annotated[float, Setting("length of a step in each entry, in the same unit", above=0)] = 0.05

    def check(self, search: Search) -> None:
        """Refuse what has no numbers, and individuals that are no pairs."""
        Vectors(search.species).check("openai-es")
        if search.config.evolution.size % 2:
            raise SettingError(
                "evolution.size: the algorithm 'openai-es' perturbs in pairs, so expected an even number, got"
                f" {search.config.evolution.size}."
            )

    def begin(self, founders: Generation, search: Search) -> tuple[Generation, Memory]:
        """Return perturbations of the mean of what founders are drawn from."""
        nothing = np.zeros(Vectors(search.species).size)
        memory = {"mean": nothing, "first": nothing, "second": nothing}
        return self._perturb(founders, 0, memory, search, Operator.FOUNDER), memory

    def ask(self, lived: "State", search: Search) -> tuple[Generation, Memory]:
        """Return perturbations of the mean as it is now."""
        before = lived.generation
        return self._perturb(before, before.number + 1, lived.memory, search, Operator.SAMPLE), lived.memory

    @isolated
    def tell(self, generation: Generation, evaluation: Evaluation, asked: Memory, search: Search) -> Memory:
        """Move the mean towards the perturbations that have the better ranks."""
        # of equal losses the mean rank: what nobody differs in moves nothing
        size, at = generation.size, generation.number
        _, inverse, counts = np.unique(evaluation.loss, return_inverse=True, return_counts=True)
        ranks = (np.cumsum(counts) - (counts + 1) / 2)[inverse]
        weights = 0.5 - ranks / (size - 1)
        estimate = (weights[:, None] * self._noise(at, size, search)).sum(axis=0) / (size * self.sigma)
        # Adam, upwards
        first = FIRST * asked["first"] + (1 - FIRST) * estimate
        second = SECOND * asked["second"] + (1 - SECOND) * estimate**2
        unbiased, square = first / (1 - FIRST ** (at + 1)), second / (1 - SECOND ** (at + 1))
        mean = asked["mean"] + self.rate * unbiased / (np.sqrt(square) + TINY)
        return {"mean": mean, "first": first, "second": second}

    def expect(self, search: Search) -> "Expected":
        """Return shape and dtype of what is remembered."""
        return dict.fromkeys(("mean", "first", "second"), number(np.float64, Vectors(search.species).size))

    def units(self, search: Search) -> Mapping[str, Any]:
        """Return what vectors are measured in."""
        return Vectors(search.species).units

    def _perturb(self, before: Generation, at: int, memory: Memory, search: Search, operator: Operator) -> Generation:
        points = memory["mean"] + self.sigma * self._noise(at, before.size, search)
        template = before.population.take(slice(1))
        return begin_with(Vectors(search.species).unflatten(points, template), number=at, operator=operator)

    def _noise(self, at: int, size: int, search: Search) -> Floats:
        rng = random_stream(search.config.seed, at, Purpose.VECTORS)
        half = rng.standard_normal((size // 2, Vectors(search.species).size))
        return np.concatenate([half, -half])
