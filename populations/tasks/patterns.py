"""A few patterns of bits to be learned by heart, as Chalmers (1990) let rules learn them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.errors import SettingError
from hetevo.populations.tasks.task import Samples, Synthetic
from hetevo.populations.types import Floats

MOST_COMMON = 0.75
"""Largest share of patterns with one and the same target: a task that always has the same answer teaches nothing."""

ATTEMPTS = 1000
"""Draws of a plane after which a task is given up; more than half of them have too common a target."""


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
        """Return all patterns, whatever ``count``: a part of them may have the same target throughout."""
        del rng, count
        return self.inputs, self.targets

    def probe(self, rng: Generator, count: int) -> Samples:
        """Return all patterns, as in the test."""
        return self.test(rng, count)


@dataclass(frozen=True)
class Patterns(Synthetic):
    """Random vectors of bits, and for each output whether ``w . x + b > 0``, with w and b uniform in -1..1.

    Patterns and plane are drawn again until the first target is 1 for 25 % to 75 % of the patterns; then only the
    planes of further outputs, each until that is so.

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

    def numbers(self, samples: int) -> int:
        """Count the patterns, which all are in every test, and those that are drawn to be one."""
        del samples
        return 3 * self.patterns * (self.inputs + self.outputs)

    def draw(self, rng: Generator) -> PatternSet:
        """Draw patterns, and for each output a plane that does not leave nearly all of them on one side."""
        inputs: Floats | None = None
        targets: list[Floats] = []
        for _ in range(ATTEMPTS * self.outputs):
            # inputs are drawn until one target varies, then kept for the others
            drawn = inputs if inputs is not None else (rng.random((self.patterns, self.inputs)) < 0.5).astype(float)
            # targets that a plane separates: a single layer can learn them
            plane = rng.uniform(-1, 1, self.inputs + 1)
            target = (drawn @ plane[:-1] + plane[-1] > 0).astype(float)
            # a target that hardly varies would be learnt by its mean
            if 1 - MOST_COMMON <= target.mean() <= MOST_COMMON:
                inputs = drawn
                targets.append(target)
                if len(targets) == self.outputs:
                    return PatternSet(inputs, np.stack(targets, axis=1))
        raise SettingError(
            f"The task 'patterns' found no {self.patterns} patterns with targets that vary in {ATTEMPTS} draws an"
            f" output: with {self.inputs} inputs that is unlikely. Use more inputs."
        )
