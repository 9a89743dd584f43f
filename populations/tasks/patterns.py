"""A few patterns of bits to be learned by heart, as Chalmers (1990) let rules learn them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from populations.errors import SettingError
from populations.tasks.task import Samples, Synthetic
from populations.types import Floats

MOST_COMMON = 0.75
"""Largest share of patterns with one and the same target: a task that always has the same answer teaches nothing."""

ATTEMPTS = 1000
"""Draws after which a task is given up; by chance about one draw in three has too common a target."""


@dataclass(frozen=True)
class PatternSet:
    """Patterns that are presented again and again, in one order; the test is on the same ones.

    Parameters
    ----------
    inputs : ndarray of float64, shape (patterns, inputs)
        Bits, 0 or 1.
    targets : ndarray of float64, shape (patterns, outputs)
        Bits, 0 or 1.
    """

    inputs: Floats
    targets: Floats

    def training(self, rng: Generator, count: int) -> Samples:
        """Return ``count`` patterns: all of them in order, then all of them again."""
        del rng
        order = np.arange(count) % len(self.inputs)
        return self.inputs[order], self.targets[order]

    def test(self, rng: Generator, count: int) -> Samples:
        """Return the patterns, or the first ``count`` of them."""
        del rng
        return self.inputs[:count], self.targets[:count]

    def probe(self, rng: Generator, count: int) -> Samples:
        """Return the patterns, or the first ``count`` of them, as in the test."""
        return self.test(rng, count)


@dataclass(frozen=True)
class Patterns(Synthetic):
    """Random vectors of bits, and for each output whether ``w . x + b > 0``, with w and b uniform in -1..1.

    Drawn again until each target is 1 for 25 % to 75 % of the patterns.

    Parameters
    ----------
    inputs, outputs : int
        Sizes.
    patterns : int
        Number of vectors, at least 4; some may be drawn twice.

    Raises
    ------
    SettingError
        If there are fewer.
    """

    classification: ClassVar[bool] = False
    inputs: int = 5
    outputs: int = 1
    patterns: int = 12

    def __post_init__(self) -> None:
        if self.patterns < 4:
            raise SettingError(f"task.options.patterns: expected at least 4 patterns, got {self.patterns}")

    def draw(self, rng: Generator) -> PatternSet:
        """Draw patterns, and for each output a plane that does not leave nearly all of them on one side."""
        for _ in range(ATTEMPTS):
            inputs = (rng.random((self.patterns, self.inputs)) < 0.5).astype(float)
            planes = rng.uniform(-1, 1, (self.inputs + 1, self.outputs))
            targets = (inputs @ planes[:-1] + planes[-1] > 0).astype(float)
            share = targets.mean(axis=0)
            if ((share >= 1 - MOST_COMMON) & (share <= MOST_COMMON)).all():
                return PatternSet(inputs, targets)
        raise SettingError(
            f"The task 'patterns' found no {self.patterns} patterns with targets that vary in {ATTEMPTS} draws:"
            f" with {self.inputs} inputs and {self.outputs} outputs that is unlikely. Use more inputs or fewer outputs."
        )
