"""Histories that differ from what is asked for: for metaplasticity."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.errors import SettingError
from hetevo.populations.tasks.sine import Sine
from hetevo.populations.tasks.task import Regression, Samples, Synthetic
from hetevo.populations.types import Floats


class _Probed(Regression):
    """A function that all are tested and probed with in the same way, whatever their history was."""

    def test(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` fresh samples of what is asked for, with inputs of standard deviation 1."""
        inputs = rng.standard_normal((count, self.inputs))
        return inputs, self.target(inputs)

    def probe(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` fresh samples of the stimulus with which all are probed."""
        return self.test(rng, count)


@dataclass(frozen=True)
class Exposed(_Probed):
    """A function that is taught with larger or smaller inputs than it is tested with.

    Parameters
    ----------
    inputs, target
        See `Regression`.
    intensity : float
        Standard deviation of the inputs in training; in the test, and for the probe, it is 1.
    """

    intensity: float

    def training(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` fresh samples of the history."""
        inputs = self.intensity * rng.standard_normal((count, self.inputs))
        return inputs, self.target(inputs)


@dataclass(frozen=True)
class Exposure(Synthetic):
    """One level to be held whatever comes in, after a life with inputs of some intensity.

    Parameters
    ----------
    inputs, outputs : int
        Sizes.
    intensity : float
        Size of the inputs in life, in units of those of the probe and the test; above 0.
    level : float
        What each output should be, always; not 0.

    Raises
    ------
    SettingError
        If the intensity is no positive number, or the level 0.
    """

    classification: ClassVar[bool] = False
    inputs: int = 6
    outputs: int = 1
    intensity: float = 1.0
    level: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.intensity < math.inf:
            raise SettingError(f"task.options.intensity: expected a number above 0, got {self.intensity}")
        if self.level == 0 or not math.isfinite(self.level):
            raise SettingError(f"task.options.level: expected a number other than 0, got {self.level}")

    def draw(self, rng: Generator) -> Exposed:
        """Return the task; there is only one."""
        del rng
        return Exposed(self.inputs, lambda x: np.full((len(x), self.outputs), self.level), self.intensity)


@dataclass(frozen=True)
class Conditioning(_Probed):
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
