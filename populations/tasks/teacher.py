"""Targets from a random two-layer network."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.errors import SettingError
from hetevo.populations.tasks.task import Regression, Synthetic


@dataclass(frozen=True)
class Teacher(Synthetic):
    """``y = A tanh(B x)`` with normal ``A`` and ``B`` scaled by fan-in so that both layers have unit-order activity.

    Parameters
    ----------
    inputs, outputs : int
        Sizes.
    hidden : int
        Hidden units of the teacher; at least 1.

    Raises
    ------
    SettingError
        If there is no hidden unit.
    """

    classification: ClassVar[bool] = False
    inputs: int = 6
    outputs: int = 2
    hidden: int = 20

    def __post_init__(self) -> None:
        if self.hidden < 1:
            raise SettingError(
                f"task.options.hidden: expected at least 1 hidden unit of the teacher, got {self.hidden}"
            )

    def numbers(self, samples: int) -> int:
        """Count the weights, and the activity of the hidden units."""
        return self.hidden * (self.inputs + self.outputs + samples)

    def draw(self, rng: Generator) -> Regression:
        """Draw the weights of the teacher."""
        lower = rng.standard_normal((self.inputs, self.hidden)) * np.sqrt(2 / self.inputs)
        upper = rng.standard_normal((self.hidden, self.outputs)) * np.sqrt(2 / self.hidden)
        return Regression(self.inputs, lambda x: np.tanh(x @ lower) @ upper)
