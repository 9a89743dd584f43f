"""How many individuals a block has: long enough to pay its way, short enough that all workers end together.

Sizes follow measured times, so they differ from run to run; they never change a bit of the result.
"""

import math
from statistics import median

BLOCK_SECONDS = 0.25
"""Shortest time that a block should take, once it is known how long an individual takes."""

LAST_SECONDS = 0.1
"""Shortest time of the last blocks, which are smaller so that nobody waits for a long one."""

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

    def next(self, left: int, total: int, workers: int) -> int:
        """Return the size of the next block.

        Parameters
        ----------
        left : int
            Individuals that were not sent yet.
        total : int
            Individuals of the generation.
        workers : int
            CPUs that evaluate.
        """
        size = self._unit
        if not self._fixed:
            least = math.ceil(total / workers)  # a small population is shared by all, however short the blocks
            if self._each:
                each = median(self._each)
                size = self._whole_units(max(BLOCK_SECONDS, SECONDS_PER_WORKER * workers) / each)
                least = min(least, math.ceil(LAST_SECONDS / each))
            else:
                least = min(least, size // 4)
            size = min(size, max(least, math.ceil(left / (2 * workers))))
        return max(1, min(size, self._largest))

    def _whole_units(self, size: float) -> int:
        return int(size // self._unit) * self._unit if size > self._unit else max(1, int(size))
