"""Lexicase selection on arrays: whom DEAP's operators choose, in a small part of the time.

Everywhere ``cases`` is an array (n, T), the losses of n individuals in each of T tasks.
"""

from collections.abc import Callable

import numpy as np

from hetevo.evolve.private_deap import PYTHON
from hetevo.populations.types import Floats, Indices

SHARED_CASES = 3
"""First cases whose outcome is remembered: beyond them few orders begin alike."""


def _lexicase(cases: Floats, count: int, keep: Callable[[Floats], float]) -> Indices:
    """Choose parent after parent: cases in an order of its own, each leaving those near the best of those left.

    ``keep`` says how much worse than the best a case may be, given the values of those that are left.
    """
    everyone, chosen = np.arange(len(cases)), np.empty(count, np.int64)
    # parents whose orders begin alike share what the first cases leave
    known: dict[tuple[int, ...], Indices] = {}
    for place in range(count):
        order, left = list(range(cases.shape[1])), everyone
        PYTHON.shuffle(order)
        for depth, case in enumerate(order, 1):
            if len(left) == 1:
                break
            begin = tuple(order[:depth])
            after = known.get(begin)
            if after is None:
                values = cases[left, case]
                after = left[values <= values.min() + keep(values)]
                if depth <= SHARED_CASES:
                    known[begin] = after
            left = after
        chosen[place] = PYTHON.choice(left)
    return chosen


def _measure_spread(values: Floats) -> float:
    """Return the median absolute deviation from the median."""
    return _median(np.abs(values - _median(values)))


def _median(values: Floats) -> float:
    """Return what `numpy.median` does, in a part of its time where values are few."""
    middle = len(values) // 2
    ordered = np.partition(values, (middle - 1, middle) if middle else 0)
    return float(ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


def select_lexicase(cases: Floats, count: int) -> Indices:
    """Choose by the best in each case (Spector 2012)."""
    return _lexicase(cases, count, lambda values: 0.0)


def select_epsilon_lexicase(cases: Floats, count: int, epsilon: float) -> Indices:
    """Choose by what is at most ``epsilon`` worse than the best in each case (La Cava et al. 2016)."""
    return _lexicase(cases, count, lambda values: epsilon)


def select_automatic_epsilon_lexicase(cases: Floats, count: int) -> Indices:
    """Choose by what is near the best in each case, as near as losses lie to each other (La Cava et al. 2016)."""
    return _lexicase(cases, count, _measure_spread)
