"""Linearly separable functions of bits, as Chalmers (1990) let rules learn them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.tasks.task import Samples, Synthetic
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class Halfspaces:
    """Which side of a plane each vector of bits lies on, for each output another plane.

    Parameters
    ----------
    normals : ndarray of float, shape (inputs, outputs)
        Normals of the planes, which pass through the middle of all vectors.
    """

    normals: Floats

    def training(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` vectors of bits, -1 or 1, and their sides, -1 or 1."""
        inputs = rng.choice([-1.0, 1.0], size=(count, len(self.normals)))
        return inputs, np.where(inputs @ self.normals > 0, 1.0, -1.0)

    def test(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` fresh vectors and their sides."""
        return self.training(rng, count)


@dataclass(frozen=True)
class Separable(Synthetic):
    """``y_o = sign(u_o . x)`` of random bits, with a random ``u_o`` whose entries are uniform in -1..1.

    Parameters
    ----------
    inputs, outputs : int
        Sizes.
    """

    classification: ClassVar[bool] = False
    inputs: int = 5
    outputs: int = 1

    def draw(self, rng: Generator) -> Halfspaces:
        """Draw the planes."""
        return Halfspaces(rng.uniform(-1, 1, (self.inputs, self.outputs)))
