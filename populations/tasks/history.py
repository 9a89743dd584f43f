"""A history that differs from what is asked for: for metaplasticity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from numpy.random import Generator

from hetevo.populations.tasks.sine import Sine
from hetevo.populations.tasks.task import Regression, Samples, Synthetic
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class Conditioning(Regression):
    """A function that is taught with another size or sign than it is tested with.

    Parameters
    ----------
    inputs, target
        See `Regression`.
    taught : callable
        Maps inputs, shape (n, inputs), to what is taught, shape (n, outputs).
    """

    taught: Callable[[Floats], Floats]

    def training(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` fresh samples of the history."""
        inputs = rng.standard_normal((count, self.inputs))
        return inputs, self.taught(inputs)

    def probe(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` fresh samples of the stimulus with which all are probed."""
        return self.test(rng, count)

    def test(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` fresh samples of what is asked for."""
        inputs = rng.standard_normal((count, self.inputs))
        return inputs, self.target(inputs)


@dataclass(frozen=True)
class History(Synthetic):
    """Sine waves, taught with ``strength`` times their height and probed with their own.

    Parameters
    ----------
    inputs, outputs : int
        Sizes.
    strength : float
        1: what is taught is what is asked for; small: a weak history; negative: the opposite is taught.
    amplitude, frequency : float
        See `hetevo.populations.tasks.sine.Sine`.
    """

    classification: ClassVar[bool] = False
    inputs: int = 6
    outputs: int = 2
    strength: float = 1.0
    amplitude: float = 1.4
    frequency: float = 2.0

    def draw(self, rng: Generator) -> Conditioning:
        """Draw the directions of the waves."""
        wave = Sine(self.inputs, self.outputs, self.amplitude, self.frequency).draw(rng).target
        return Conditioning(self.inputs, wave, lambda x: self.strength * wave(x))
