"""Targets from a random matrix."""

from dataclasses import dataclass
from typing import ClassVar

from numpy.random import Generator

from hetevo.populations.tasks.task import Regression, Synthetic


@dataclass(frozen=True)
class Linear(Synthetic):
    """``y = M x`` with entries of ``M`` uniform in ±``scale``.

    Parameters
    ----------
    inputs, outputs : int
        Sizes.
    scale : float
        Largest absolute entry of ``M``.
    """

    classification: ClassVar[bool] = False
    inputs: int = 6
    outputs: int = 2
    scale: float = 1.0

    def draw(self, rng: Generator) -> Regression:
        """Draw the matrix ``M``."""
        matrix = rng.uniform(-self.scale, self.scale, (self.inputs, self.outputs))
        return Regression(self.inputs, lambda x: x @ matrix)
