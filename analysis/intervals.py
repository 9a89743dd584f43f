"""Means with intervals, and the t test that goes with them.

Verdicts, claims and comparisons rest on them; figures and reports show the same ones, cut at bounds, such as those of a
cosine.
"""

import math
import re

import numpy as np
from scipy import special

from hetevo.populations.types import Floats

CONFIDENCE = 0.95
"""Coverage of intervals."""

Bounds = tuple[float, float]  # least and largest value that something can have

BOUNDS: tuple[tuple[str, Bounds], ...] = (
    (r"(accuracy|probe_accuracy|undefined_share|share|positive|phi_positive|hypervolume)(_\w+)?", (0, 1)),
    (r"(heldout_|probe_)?loss(_\w+)?", (0, math.inf)),
    (r"(alignment|hs|dc|coherence|sign_coherence|hebbian_(overlap|index|cosine|flipped)|phi_sign)(_\w+)?", (-1, 1)),
    (r"(weight_alignment|weights_cosine|\w+_agreement)(_\w+)?", (-1, 1)),
)
"""Of columns of records: shares, losses, then cosines, correlations and R²."""

ANY: Bounds = (-math.inf, math.inf)
"""Of what has none."""

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
    half = float(special.stdtrit(defined.size - 1, (1 + confidence) / 2)) * error
    return mean, mean - half, mean + half


def bounds_of(column: str) -> Bounds:
    """Return between which values a column of records lies by its nature.

    >>> bounds_of("alignment_end"), bounds_of("accuracy_median"), bounds_of("feedback_norm_end")
    ((-1, 1), (0, 1), (-inf, inf))
    """
    return next((bounds for pattern, bounds in BOUNDS if re.fullmatch(pattern, column)), ANY)


def interval_shown(values: Floats, bounds: Bounds) -> tuple[float, float, float]:
    """Return a mean over seeds and both ends of the interval that figures show: see `mean_and_interval`.

    Parameters
    ----------
    values : ndarray of float64, shape (R,)
        One a seed; NaN is left out.
    bounds : tuple of float
        Where the interval is cut: nothing lies beyond them, so that it covers the true mean as often.

    Examples
    --------
    >>> [round(value, 3) for value in interval_shown(np.array([0.9, 0.99, 1.0]), (-1, 1))]
    [0.963, 0.827, 1.0]
    """
    mean, low, high = mean_and_interval(values)
    return mean, float(np.clip(low, *bounds)), float(np.clip(high, *bounds))


def error_of(width: float, n: int, confidence: float = CONFIDENCE) -> float:
    """Return the standard error of a mean over ``n`` values whose t interval has this width; NaN with fewer than 2.

    >>> low, high = mean_and_interval(np.array([0.0, 1.0, 2.0]))[1:]
    >>> round(error_of(high - low, 3) * 3**0.5, 6)
    1.0
    """
    return width / 2 / float(special.stdtrit(n - 1, (1 + confidence) / 2)) if n > 1 else float("nan")


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
    return float(special.stdtr(n - 1, -beyond / error))
