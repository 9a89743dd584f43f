"""Means with intervals, and the t test that goes with them.

Verdicts, claims and comparisons rest on t intervals. Figures show those of quantities without bounds; what has bounds,
such as a cosine, has a bootstrap interval there, which never leaves them.
"""

import math
import re

import numpy as np
from scipy import stats

from hetevo.populations.types import Floats

CONFIDENCE = 0.95
"""Coverage of intervals."""

RESAMPLES = 2000
"""Of the bootstrap of means, whose random numbers are always the same."""

FEW_SEEDS = 10
"""Seeds below which bootstrap intervals are markedly too narrow: see docs/figures.md."""

BOUNDED = re.compile(
    r"(alignment|accuracy|probe_accuracy|hs|dc|coherence|sign_coherence|hebbian_(overlap|index|cosine|flipped)"
    r"|phi_(sign|positive)|weight_alignment|weights_cosine|undefined_share|hypervolume|share|\w+_agreement|positive)(_\w+)?"
)
"""Columns of records that are cosines, correlations, R² or shares."""

EQUAL = 1e-12
"""Spread of quantities with bounds below which values count as equal: its powers would be 0."""

AT_ONCE = 1 << 21
"""Resampled values that are held in memory together."""

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


def is_bounded(column: str) -> bool:
    """Tell whether a column of records lies in [-1, 1] or [0, 1] by its nature.

    >>> is_bounded("alignment_end"), is_bounded("hs_weighted_end"), is_bounded("loss_median")
    (True, True, False)
    """
    return BOUNDED.fullmatch(column) is not None


def resampled_intervals(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return means over seeds with both ends of their BCa bootstrap intervals, of several quantities at once.

    The bias-corrected and accelerated percentile interval of Efron (1987, J. Am. Stat. Assoc. 82, 171-185), with
    coverage `CONFIDENCE`. Seeds are resampled, for all quantities alike; it lies between the smallest and the largest.

    Parameters
    ----------
    values : ndarray of float64, shape (G, R)
        A row a quantity, one value a seed; NaN is left out. A mean needs 1 defined value, an interval 2; else they are
        NaN. Where all values are equal, the interval is that value.

    Returns
    -------
    mean, low, high : ndarray of float64, shape (G,)
        Means, and ends of intervals.

    Examples
    --------
    >>> mean, low, high = resampled_intervals(np.array([[0.9, 0.99, 1.0], [0.5, 0.5, np.nan], [0.2, np.nan, np.nan]]))
    >>> [(round(float(a), 2), round(float(b), 2)) for a, b in zip(low, high)]
    [(0.9, 1.0), (0.5, 0.5), (nan, nan)]
    """
    defined = np.isfinite(values)
    counts = defined.sum(axis=1)
    sums = np.where(defined, values, 0).sum(axis=1)
    mean = np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)
    low, high = np.full(len(values), np.nan), np.full(len(values), np.nan)
    # rows with as many defined values are resampled together
    for count in np.unique(counts[counts > 1]).tolist():
        rows = np.flatnonzero(counts == count)
        own = values[rows][defined[rows]].reshape(-1, count)
        low[rows], high[rows] = own.min(axis=1), own.max(axis=1)
        varied = np.ptp(own, axis=1) > EQUAL
        if not varied.any():
            continue
        found = stats.bootstrap(
            (own[varied],),
            np.mean,
            axis=-1,
            n_resamples=RESAMPLES,
            batch=max(1, AT_ONCE // own[varied].size),
            confidence_level=CONFIDENCE,
            method="BCa",
            rng=np.random.default_rng(0),
        ).confidence_interval
        # rounding must not lead out of what was measured
        low[rows[varied]] = np.fmax(found.low, low[rows[varied]])
        high[rows[varied]] = np.fmin(found.high, high[rows[varied]])
    return mean, low, high


def interval_shown(values: Floats, *, bounded: bool) -> tuple[float, float, float]:
    """Return a mean over seeds and both ends of the interval that figures show, see `mean_and_interval`.

    Parameters
    ----------
    values : ndarray of float64, shape (R,)
        One a seed; NaN is left out.
    bounded : bool
        Whether it is a quantity with bounds: `resampled_intervals` then.
    """
    if not bounded:
        return mean_and_interval(values)
    mean, low, high = resampled_intervals(values[None])
    return float(mean[0]), float(low[0]), float(high[0])


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
