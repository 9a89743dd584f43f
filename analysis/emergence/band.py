"""Where a further neutral run would stay."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats, Indices

COVERAGE = 0.99
"""Probability with which the band holds a further neutral run, in any one generation."""


@dataclass(frozen=True)
class Band:
    """Prediction interval for one more neutral run, generation by generation.

    Parameters
    ----------
    centre, low, high : ndarray of float64, shape (G,)
        Mean over the neutral seeds, and the interval's ends; NaN where fewer than 2 seeds are defined.
    seeds : ndarray of int64, shape (G,)
        Neutral seeds behind it.
    coverage : float
        Of the interval, in one generation.
    """

    centre: Floats
    low: Floats
    high: Floats
    seeds: Indices
    coverage: float


def neutral_band(values: Floats, coverage: float = COVERAGE) -> Band:
    """Compute the band of neutral runs.

    ``mean ± t(n - 1) s sqrt(1 + 1 / n)``: the interval in which one more draw from the same normal distribution lies,
    which takes into account that mean and deviation are themselves estimated from n seeds. It is wide with few seeds
    (a factor of 3.4 on s with 10, 8.1 with 4, 78 with 2), as it must be.

    Parameters
    ----------
    values : ndarray of float64, shape (R, G)
        Population means of R neutral runs, NaN where undefined.
    coverage : float, optional
        Between 0 and 1.

    Raises
    ------
    SettingError
        With fewer than 2 neutral runs.
    """
    if len(values) < 2:
        raise SettingError(
            f"A neutral band needs at least 2 neutral seeds, got {len(values)}; 10 or more make it narrow enough to be"
            " of use. Run more seeds of the preset 'neutral'."
        )
    defined = np.isfinite(values)
    count = defined.sum(axis=0)
    with np.errstate(all="ignore"):
        centre = np.where(defined, values, 0).sum(axis=0) / count
        variance = (np.where(defined, values - centre, 0) ** 2).sum(axis=0) / (count - 1)
        half = _student(len(values), coverage)[count] * np.sqrt(variance * (1 + 1 / count))
    half = np.where(count >= 2, half, np.nan)
    return Band(centre, centre - half, centre + half, count, coverage)


def _student(most: int, coverage: float) -> Floats:
    """Return the t quantile for every number of seeds up to ``most``; there are few, and each is slow to compute."""
    freedom = np.arange(most + 1) - 1
    quantiles = np.full(most + 1, np.nan)
    quantiles[2:] = stats.t.ppf((1 + coverage) / 2, freedom[2:])
    return quantiles
