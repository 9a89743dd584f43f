"""How many individuals a block has: long enough to pay its way, short enough that all workers end together.

Sizes follow measured times, so they differ from run to run; they never change a bit of the result.
"""

import math
from statistics import median

BLOCK_SECONDS = 0.25
"""Shortest time that a block should take, once it is known how long an individual takes."""

SECONDS_PER_WORKER = 2e-3
"""Longer blocks for many workers: a driver handles about a thousand blocks a second, and must not be the limit."""

REMEMBERED = 200
"""Blocks over which times are averaged."""


class Sizes:
    """Chooses sizes of blocks from the times of those that came back.

    Parameters
    ----------
    unit : int
        Individuals that live side by side; blocks are multiples of it, where they are larger.
    largest : int
        What fits into the object store.
    fixed : bool
        Every block is one unit: what a user who sets the size expects.
    """

    def __init__(self, unit: int, largest: int, *, fixed: bool) -> None:
        self._unit, self._largest, self._fixed = unit, largest, fixed
        self._each: list[float] = []

    def learn(self, individuals: int, seconds: float) -> None:
        """Take note of the time that a block took in its worker."""
        self._each = [*self._each[-REMEMBERED:], seconds / individuals]

    def next(self, left: int, workers: int) -> int:
        """Return the size of the next block.

        Parameters
        ----------
        left : int
            Individuals that were not sent yet.
        workers : int
            CPUs that evaluate.
        """
        size = self._unit
        if not self._fixed:
            if self._each:
                seconds = max(BLOCK_SECONDS, SECONDS_PER_WORKER * workers)
                size = self._whole_units(seconds / median(self._each))
            # towards the end blocks become smaller, so that nobody waits for a last long one
            size = min(size, max(1, math.ceil(left / (2 * workers))))
        return max(1, min(size, self._largest))

    def _whole_units(self, size: float) -> int:
        return int(size // self._unit) * self._unit if size > self._unit else max(1, int(size))
