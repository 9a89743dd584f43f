"""A smooth exclusive-or of two projections."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.errors import SettingError
from hetevo.populations.tasks.task import Regression, Synthetic, directions
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class Xor(Synthetic):
    """``y_o = amplitude * tanh(slope a_o) * tanh(slope b_o)`` with two random projections of ``x`` for each output.

    Parameters
    ----------
    inputs, outputs : int
        Sizes; at least 2 inputs.
    amplitude : float
        Height of the plateaus.
    slope : float
        Steepness between the plateaus.
    """

    classification: ClassVar[bool] = False
    inputs: int = 6
    outputs: int = 2
    amplitude: float = 1.5
    slope: float = 3.0

    def __post_init__(self) -> None:
        if self.inputs < 2:
            raise SettingError(
                f"The xor task needs at least 2 inputs, got {self.inputs}. Set task.inputs to 2 or more."
            )

    def draw(self, rng: Generator) -> Regression:
        """Draw the two directions of each output, all orthonormal if the inputs have room."""
        pairs = directions(rng, 2 * self.outputs, self.inputs)
        # two directions an output, side by side in the list
        first, second = pairs[::2].T, pairs[1::2].T

        def target(x: Floats) -> Floats:
            return np.asarray(self.amplitude * np.tanh(self.slope * (x @ first)) * np.tanh(self.slope * (x @ second)))

        return Regression(self.inputs, target)
