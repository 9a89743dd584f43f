"""The algorithm `generational`: elites live again, and all others are children of selected parents."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hetevo.evolve.algorithms.algorithm import NOTHING, Algorithm, Memory, Search
from hetevo.evolve.reproduction import reproduce

if TYPE_CHECKING:
    from hetevo.evolve.generation import Generation
    from hetevo.evolve.state import State


@dataclass(frozen=True)
class Generational(Algorithm):
    """Generation after generation, as `deap.algorithms.eaSimple` with elites; ``[evolution]`` names the operators."""

    islands: ClassVar[bool] = True
    compares: ClassVar[bool] = True

    def ask(self, lived: "State", search: Search) -> "tuple[Generation, Memory]":
        """Return the next generation; there is nothing to remember."""
        compared = lived.compared
        return reproduce(lived.generation, lived.loss, search.config, search.species, **compared), NOTHING
