"""The algorithm `random`: everybody but the elites is drawn like a founder, the baseline of every search."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from hetevo.evolve.algorithms.algorithm import NOTHING, Algorithm, Memory, Search
from hetevo.evolve.generation import Generation, Operator
from hetevo.populations.circuits import draw_founders
from hetevo.populations.genome import Population

if TYPE_CHECKING:
    from hetevo.evolve.state import State


@dataclass(frozen=True)
class RandomSearch(Algorithm):
    """Elites, the best by loss, live again; all others are new draws from the distribution of founders."""

    breeds: ClassVar[bool] = False

    def ask(self, lived: "State", search: Search) -> "tuple[Generation, Memory]":
        """Return the next generation; there is nothing to remember."""
        before, elites = lived.generation, search.config.evolution.elites
        number, size = before.number + 1, before.size
        best = np.argsort(lived.loss, kind="stable")[:elites]
        kept = before.population.take(best)
        drawn = draw_founders(search.species, search.config.seed, size, generation=number)
        population = Population({name: np.concatenate([kept[name], new[elites:]]) for name, new in drawn.items()})
        parent = np.full(size, -1, np.int64)
        parent[:elites] = before.identifiers[best]
        made_by = np.full(size, Operator.FOUNDER, np.int64)
        made_by[:elites] = Operator.ELITE
        nobody = np.full(size, -1, np.int64)
        return Generation(number, population, parent, nobody, made_by, np.zeros(size, np.int64)), NOTHING
