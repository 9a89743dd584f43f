"""Sine waves along random directions."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.tasks.task import Regression, Synthetic, directions


@dataclass(frozen=True)
class Sine(Synthetic):
    """``y_o = amplitude * sin(frequency * u_o . x)`` with random orthonormal ``u_o`` and standard normal ``x``.

    Parameters
    ----------
    inputs, outputs : int
        Sizes.
    amplitude : float
        Height of the wave.
    frequency : float
        Radians per unit of input.
    """

    classification: ClassVar[bool] = False
    inputs: int = 6
    outputs: int = 2
    amplitude: float = 1.4
    frequency: float = 2.0

    def draw(self, rng: Generator) -> Regression:
        """Draw the directions ``u_o``."""
        waves = directions(rng, self.outputs, self.inputs).T
        return Regression(self.inputs, lambda x: self.amplitude * np.sin(self.frequency * (x @ waves)))
