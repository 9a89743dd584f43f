"""Means with intervals, and the t test that goes with them."""

import math

import numpy as np
from scipy import stats

from hetevo.populations.types import Floats

CONFIDENCE = 0.95
"""Coverage of intervals."""

EQUIVALENCE = 0.90
"""Coverage of the interval that lies within bounds if two one-sided tests at 5 % both reject (Schuirmann, 1987)."""


def mean_and_interval(values: Floats, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Return the mean over seeds and both ends of its t interval.

    Parameters
    ----------
    values : ndarray of float64, shape (R,)
        One a seed; NaN is left out. The mean needs 1 defined value, the interval 2; else they are NaN.
    confidence : float, optional
        Coverage, between 0 and 1.

    Examples
    --------
    >>> mean_and_interval(np.array([1.0, np.nan]))
    (1.0, nan, nan)
    """
    defined = values[np.isfinite(values)]
    mean = float(defined.mean()) if defined.size else float("nan")
    if defined.size < 2:
        return mean, float("nan"), float("nan")
    error = float(defined.std(ddof=1)) / math.sqrt(defined.size)
    half = float(stats.t.ppf((1 + confidence) / 2, defined.size - 1)) * error
    return mean, mean - half, mean + half


def error_of(width: float, n: int, confidence: float = CONFIDENCE) -> float:
    """Return the standard error of a mean over ``n`` values whose t interval has this width; NaN with fewer than 2.

    >>> low, high = mean_and_interval(np.array([0.0, 1.0, 2.0]))[1:]
    >>> round(error_of(high - low, 3) * 3**0.5, 6)
    1.0
    """
    return width / 2 / float(stats.t.ppf((1 + confidence) / 2, n - 1)) if n > 1 else float("nan")


def tail(beyond: float, error: float, n: int) -> float:
    """Return the one-sided p value of a t test.

    Parameters
    ----------
    beyond : float
        By how much a mean lies beyond what it is tested against, on the side that is tested.
    error : float
        Its standard error; with 0 all values are one number, and there is no doubt on which side it lies.
    n : int
        Values that it is the mean of.

    Examples
    --------
    >>> round(tail(1.0, 0.5, 10), 4), tail(0.1, 0.0, 10), tail(0.0, 0.0, 10)
    (0.0383, 0.0, 1.0)
    """
    if n < 2 or math.isnan(error) or math.isnan(beyond):
        return float("nan")
    if error == 0 or math.isinf(beyond):
        return 0.0 if beyond > 0 else 1.0
    return float(stats.t.sf(beyond / error, n - 1))
