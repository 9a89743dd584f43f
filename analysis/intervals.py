"""Means with intervals."""

import numpy as np
from scipy import stats

from hetevo.populations.types import Floats

CONFIDENCE = 0.95
"""Coverage of intervals."""


def mean_and_interval(values: Floats) -> tuple[float, float, float]:
    """Return the mean over seeds and both ends of its t interval with coverage `CONFIDENCE`.

    Parameters
    ----------
    values : ndarray of float64, shape (R,)
        One a seed; NaN is left out. The mean needs 1 defined value, the interval 2; else they are NaN.

    Examples
    --------
    >>> mean_and_interval(np.array([1.0, np.nan]))
    (1.0, nan, nan)
    """
    defined = values[np.isfinite(values)]
    mean = float(defined.mean()) if defined.size else float("nan")
    if defined.size < 2:
        return mean, float("nan"), float("nan")
    error = float(defined.std(ddof=1)) / np.sqrt(defined.size)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, defined.size - 1)) * error
    return mean, mean - half, mean + half
