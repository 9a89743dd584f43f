"""The algorithm `evolution-strategy`: (μ + λ) or (μ, λ), with mutation that adapts itself (Schwefel 1995)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np

from hetevo.evolve.algorithms.algorithm import Algorithm, Memory, Search, number
from hetevo.evolve.reproduction import Mating, breed, draw_crossed
from hetevo.evolve.variation import SCALED
from hetevo.populations.elementary import exp
from hetevo.populations.errors import SettingError
from hetevo.populations.isolation import isolated
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.settings import Setting
from hetevo.populations.types import Floats, Indices

if TYPE_CHECKING:
    from hetevo.evolve.generation import Generation
    from hetevo.evolve.rundir.checkpoint import Expected
    from hetevo.evolve.state import State

WEAKEST, STRONGEST = 1e-3, 1e2
"""Between what the factors of mutation stay."""


@dataclass(frozen=True)
class EvolutionStrategy(Algorithm):
    """The μ best are parents, drawn by lot; if they survive they live again beside λ children: (μ + λ), else (μ, λ).

    Each individual has a factor for the scale of mutation of each kind of numbers: gains, decays, innate weights. It
    is inherited (of two parents the geometric mean), and mutates before it is used: its logarithm changes by normal
    noise. So strengths are selected by what they did (Schwefel 1995; Beyer and Schwefel 2002).
    """

    parents: Annotated[int, Setting("individuals that have children; 0: a quarter of all", least=0)] = 0
    survive: Annotated[bool, Setting("whether parents live again")] = False
    rate: Annotated[
        float, Setting("standard deviation of the change of a strength's logarithm; 0: none", least=0, finite=True)
    ] = 0.2

    def check(self, search: Search) -> None:
        """Refuse more parents than there are individuals, or no children."""
        size = search.config.evolution.size
        if self.parents >= size:
            raise SettingError(
                f"evolution.algorithm.parents: expected fewer than individuals ({size}), got {self.parents}."
            )
        if self.rate and search.species.formula:
            raise SettingError(
                f"evolution.algorithm.rate: rules that are inherited whole are bits, whose mutation has no strength, so"
                f" expected 0, got {self.rate:g}."
            )

    def begin(self, founders: "Generation", search: Search) -> "tuple[Generation, Memory]":
        """Return the founders, all with the strength that the configuration names."""
        del search
        return founders, {"strength": np.ones((founders.size, len(SCALED)))}

    @isolated
    def ask(self, lived: "State", search: Search) -> "tuple[Generation, Memory]":
        """Return the survivors, if there are any, and children."""
        before, config = lived.generation, search.config
        at, size = before.number + 1, before.size
        best = np.argsort(lived.loss, kind="stable")[: self.parents or max(1, size // 4)]
        survivors = len(best) if self.survive else 0
        # lots among the best, and which children have two parents
        rng = random_stream(config.seed, at, Purpose.SELECT)
        first = np.concatenate([best[:survivors], rng.choice(best, size - survivors)])
        crossed, crossing = draw_crossed(config, at, size, survivors)
        second = rng.choice(best, len(crossed))
        mating = Mating(before.population, before.identifiers, first, second, crossed, survivors)
        # strengths first, then what they do
        strength = self._inherit(lived.memory["strength"], mating, at, search)
        return breed(mating, at, crossing, config, search.species, strength), {"strength": strength}

    def expect(self, search: Search) -> "Expected":
        """Return shape and dtype of what is remembered."""
        return {"strength": number(np.float64, search.config.evolution.size, len(SCALED))}

    def _inherit(self, parents: Floats, mating: Mating, at: int, search: Search) -> Floats:
        strength: Floats = parents[mating.first]
        strength[mating.crossed] = np.sqrt(strength[mating.crossed] * parents[mating.second])
        rng = random_stream(search.config.seed, at, Purpose.STRENGTH)
        children: Indices = np.arange(mating.elites, len(strength))
        noise = rng.standard_normal((len(children), strength.shape[1]))
        strength[children] = np.clip(strength[children] * exp(self.rate * noise), WEAKEST, STRONGEST)
        return strength
