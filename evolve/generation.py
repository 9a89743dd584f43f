"""One generation's individuals: genes and descent."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from hetevo.populations.circuits import draw_founders
from hetevo.populations.genome import Population
from hetevo.populations.species import Species
from hetevo.populations.types import Indices


class Operator(IntEnum):
    """How an individual came to be. The numbers stand in checkpoints: append, never renumber."""

    FOUNDER = 0
    ELITE = 1
    MUTATION = 2
    CROSSOVER = 3


@dataclass(frozen=True)
class Generation:
    """A generation before it lives.

    Parameters
    ----------
    number : int
        Which one, counted from 0.
    population : Population
        P genomes.
    parent_a, parent_b : ndarray of int64, shape (P,)
        Identifiers of the parents; -1 where there is none.
    operator : ndarray of int64, shape (P,)
        `Operator` values.
    island : ndarray of int64, shape (P,)
        Island on which the individual lives; 0 where there is only one.
    """

    number: int
    population: Population
    parent_a: Indices
    parent_b: Indices
    operator: Indices
    island: Indices

    @property
    def size(self) -> int:
        """Individuals P."""
        return self.population.size

    @property
    def identifiers(self) -> Indices:
        """Identifier of each individual, unique in a run: generation times population size plus position."""
        return self.number * self.size + np.arange(self.size, dtype=np.int64)


def draw_generation_zero(species: Species, seed: int, size: int, island: Indices | None = None) -> Generation:
    """Draw generation 0.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    seed : int
        Seed of the experiment.
    size : int
        Individuals P.
    island : ndarray of int64, shape (P,), optional
        Island of each; by default there is only one.
    """
    nobody = np.full(size, -1, np.int64)
    operator = np.full(size, Operator.FOUNDER, np.int64)
    island = np.zeros(size, np.int64) if island is None else island
    return Generation(0, draw_founders(species, seed, size), nobody, nobody.copy(), operator, island)
