"""What a perturbation is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.random import Generator

from hetevo.populations.genome import Population
from hetevo.populations.kernel.error_block import ErrorPasses
from hetevo.populations.kernel.passes import Passes
from hetevo.populations.random_streams import Purpose
from hetevo.populations.types import Floats

Streams = Callable[[Purpose], list[Generator]]
"""Returns a random generator for each of N lives, for a purpose; a life's is the same in any block."""


@dataclass(frozen=True)
class PerturbedBlock:
    """A block of N lives, as a perturbation meets them.

    Parameters
    ----------
    circuits : CircuitBlock or ErrorBlock
        Their weights.
    passes : Passes
        Their activities and signals.
    plasticity : Plasticity or ErrorPlasticity
        What changes the weights.
    genes : Population
        N genomes.
    presentations : int
        Length of a life.
    streams : Streams
        Where lots are drawn from.
    """

    circuits: Any
    passes: Passes
    plasticity: Any
    genes: Population
    presentations: int
    streams: Streams


def learning_signals(passes: Passes, *, outputs: bool = False) -> list[Floats]:
    """Return views (N, neurons, S) of the learning signals of hidden neurons, and of what error neurons have to say.

    With ``outputs`` those of the output neurons, their errors, come last.
    """
    # outputs come last in both
    everything = [passes.signal, passes.errors] if isinstance(passes, ErrorPasses) else [passes.signal]
    return everything if outputs else [signals[:, : -passes.species.layout.outputs] for signals in everything]


class Course:
    """What happens in the course of a block of lives; by default nothing."""

    def before(self, t: int) -> None:
        """Before the passes of presentation t; snapshots of this moment were taken already."""

    def between(self, t: int) -> None:
        """After both passes, before the weights change."""

    def after(self, t: int) -> None:
        """After the weights have changed."""


class Perturbation(Protocol):
    """A frozen dataclass of settings."""

    def begin(self, block: PerturbedBlock) -> Course:
        """Return what happens to a block of lives, which are at birth."""
        ...
