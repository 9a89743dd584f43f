"""What a circumstance is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from numpy.random import Generator

from hetevo.populations.circuits import Circuits
from hetevo.populations.genome import Population
from hetevo.populations.plasticity import Plasticity
from hetevo.populations.streams import Purpose
from hetevo.populations.sweeps import Sweep

Streams = Callable[[Purpose], list[Generator]]
"""Returns a random generator for each of N lives, for a purpose; a life's is the same in any block."""


@dataclass(frozen=True)
class Lot:
    """A block of N lives, as a circumstance meets them.

    Parameters
    ----------
    circuits : Circuits
        Their weights.
    sweep : Sweep
        Their activities and signals.
    plasticity : Plasticity
        What changes the weights.
    genes : Population
        N genomes.
    presentations : int
        Length of a life.
    streams : Streams
        Where lots are drawn from.
    """

    circuits: Circuits
    sweep: Sweep
    plasticity: Plasticity
    genes: Population
    presentations: int
    streams: Streams


class Course:
    """What happens in the course of a block of lives; by default nothing."""

    def before(self, t: int) -> None:
        """Before the sweeps of presentation t; snapshots of this moment were taken already."""

    def between(self, t: int) -> None:
        """After both sweeps, before the weights change."""

    def after(self, t: int) -> None:
        """After the weights have changed."""


class Circumstance(Protocol):
    """A frozen dataclass of settings."""

    def begin(self, lot: Lot) -> Course:
        """Return what happens to a block of lives, which are at birth."""
        ...
