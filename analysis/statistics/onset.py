"""Onset: where a further neutral run would stay, when a run leaves that band for good, and the median over seeds.

Beside it, and without any neutral run: when a run reaches half of its final level.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import special

from hetevo.analysis.intervals import CONFIDENCE
from hetevo.analysis.statistics.curves import LATE, STAY, Curves
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats, Indices, Mask

COVERAGE = 0.99
"""Probability with which the band holds a further neutral run, in any one generation."""

RESAMPLES = 999
"""Of the bootstrap."""

ENOUGH_NEUTRAL = 10
"""Neutral seeds below which the band is so wide that onsets by it come much later."""


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

    Examples
    --------
    >>> band = neutral_band(np.array([[0.0], [2.0], [4.0]]), coverage=0.95)
    >>> band.centre.tolist(), band.high.round(2).tolist()
    ([2.0], [11.94])
    """
    if len(values) < 2:
        raise SettingError(
            f"A neutral band needs at least 2 neutral seeds, got {len(values)}; 10 or more make it narrow enough to be"
            " of use. Run more seeds of the preset 'neutral'."
        )
    # mean and deviation of each generation, over the runs that are defined in it
    defined = np.isfinite(values)
    count = defined.sum(axis=0)
    with np.errstate(all="ignore"):
        centre = np.where(defined, values, 0).sum(axis=0) / count
        variance = (np.where(defined, values - centre, 0) ** 2).sum(axis=0) / (count - 1)
        half = _student(len(values), coverage)[count] * np.sqrt(variance * (1 + 1 / count))
    half = np.where(count >= 2, half, np.nan)  # a single run has no deviation
    return Band(centre, centre - half, centre + half, count, coverage)


def _student(most: int, coverage: float) -> Floats:
    """Return the t quantile for every number of seeds up to ``most``; there are few, and each is slow to compute."""
    freedom = np.arange(most + 1) - 1
    quantiles = np.full(most + 1, np.nan)
    quantiles[2:] = special.stdtrit(freedom[2:], (1 + coverage) / 2)
    return quantiles


@dataclass(frozen=True)
class Onsets:
    """Onsets of R runs, censored where there is none.

    Parameters
    ----------
    time : ndarray of float64, shape (R,)
        Generation of the onset; where it was not observed, the last one at which an onset could have been confirmed.
    observed : ndarray of bool, shape (R,)
        Whether there was one; a run without is censored: it may emerge later, or never.
    """

    time: Floats
    observed: Mask


def onsets(curves: Curves, band: Band, stay: int = STAY) -> Onsets:
    """Find the onset of each run.

    The onset is the first of ``stay`` consecutive generations that all lie above the band: departures below it are no
    emergence, and an undefined value is no departure.

    Parameters
    ----------
    curves : Curves
        Population means of R runs.
    band : Band
        Over the same generations.
    stay : int, optional
        Generations to stay out.

    Raises
    ------
    SettingError
        If ``stay`` is below 1.

    Examples
    --------
    >>> band = neutral_band(np.array([[0.0] * 4, [0.1] * 4]))
    >>> found = onsets(Curves(np.array([[0.0, 9.0, 9.0, 9.0]]), np.arange(4), np.array([3])), band, stay=2)
    >>> found.time.tolist(), found.observed.tolist()
    ([1.0], [True])
    """
    if stay < 1:
        raise SettingError(f"Generations to stay out of the band: expected at least 1, got {stay}.")
    # a comparison with NaN is false, so that nothing undefined is out
    first = first_stay(curves.values > band.high, stay)
    observed = first >= 0
    # with a shorter band than run, nothing can be confirmed beyond the band's end either
    generations = curves.generations
    usable = generations[np.isfinite(band.high)]
    end = np.minimum(curves.last, usable[-1] if usable.size else generations[0])
    censored = np.maximum(end - stay + 1, generations[0])
    return Onsets(np.where(observed, generations[first], censored).astype(float), observed)


def neutral_onsets(curves: Curves, coverage: float, stay: int = STAY) -> Onsets:
    """Find the onsets of the neutral runs, each against the band of the others.

    A run that helps to make the band would be held inside it.

    Raises
    ------
    SettingError
        With fewer than 3 neutral runs.
    """
    parts = []
    for number in range(len(curves.values)):
        others = neutral_band(np.delete(curves.values, number, axis=0), coverage)
        parts.append(onsets(curves.take(slice(number, number + 1)), others, stay))
    return Onsets(np.concatenate([part.time for part in parts]), np.concatenate([part.observed for part in parts]))


def half_levels(curves: Curves, stay: int = STAY) -> Floats:
    """Find when each run has half of its final level, which asks nothing of neutral runs: when, never whether.

    It is the first of ``stay`` consecutive generations with at least half of the mean over the run's last `LATE`
    defined generations, of its later half.

    Parameters
    ----------
    curves : Curves
        Population means of R runs.
    stay : int, optional
        Generations to stay there.

    Returns
    -------
    ndarray of float64, shape (R,)
        Generations; NaN where the final level is not positive or undefined, or half of it is never kept.

    Examples
    --------
    >>> rising = Curves(np.array([[0.0, 0.1, 0.5, 0.8, 0.8, 0.8, 0.8]]), np.arange(7), np.array([6]))
    >>> half_levels(rising, stay=2).tolist()
    [2.0]
    """
    generations = curves.generations
    times = np.full(len(curves.values), np.nan)
    for number, (values, last) in enumerate(zip(curves.values, curves.last, strict=True)):
        final = values[np.isfinite(values) & (generations > (generations[0] + last) / 2)][-LATE:]
        if not final.size or final.mean() <= 0:
            continue
        # a comparison with NaN is false, so that nothing undefined counts
        first = first_stay((values >= final.mean() / 2)[np.newaxis], stay)[0]
        if first >= 0:
            times[number] = generations[first]
    return times


def first_stay(outside: Mask, stay: int) -> Indices:
    """Return where the first ``stay`` consecutive true values of each row begin; -1 where there are none.

    Parameters
    ----------
    outside : ndarray of bool, shape (R, G)
        Whether a value is out.
    stay : int
        At least 1.
    """
    if outside.shape[1] < stay:
        return np.full(len(outside), -1, np.int64)
    # how many of the ``stay`` generations from each one on are out: a difference of running totals
    total = np.cumsum(outside, axis=1, dtype=np.int64)
    window = total[:, stay - 1 :].copy()
    window[:, 1:] -= total[:, :-stay]
    full = window == stay
    return np.where(full.any(axis=1), full.argmax(axis=1), -1)


@dataclass(frozen=True)
class Median:
    """Median onset of a condition.

    Parameters
    ----------
    value : float
        Generation; infinite if fewer than half of the runs emerged.
    low, high : float
        Percentile bootstrap interval over seeds.
    resamples : int
        Behind the interval.
    """

    value: float
    low: float
    high: float
    resamples: int


def median_onset(
    selected: Curves,
    neutral: Curves,
    rng: Generator,
    *,
    coverage: float = COVERAGE,
    stay: int = STAY,
    resamples: int = RESAMPLES,
) -> Median:
    """Estimate the median onset and its interval.

    Each resample draws seeds with replacement, of the condition and of the neutral runs alike, for the band is an
    estimate too. Runs that did not emerge count as later than all that did; one that stopped early therefore makes the
    median later, never earlier.

    Parameters
    ----------
    selected, neutral : Curves
        Of the condition, and of the neutral runs; over the same generations.
    rng : numpy.random.Generator
        Source of randomness.
    coverage, stay : optional
        See `neutral_band` and `onsets`.
    resamples : int, optional
        Number of resamples.
    """

    def once(rows: Indices, against: Indices) -> float:
        return middle(onsets(selected.take(rows), neutral_band(neutral.values[against], coverage), stay))

    # the estimate is that of all runs; then seeds are drawn with replacement on both sides
    runs, others = len(selected.values), len(neutral.values)
    estimate = once(np.arange(runs), np.arange(others))
    drawn = [once(rng.integers(0, runs, runs), rng.integers(0, others, others)) for _ in range(resamples)]
    # whole generations, and infinity among them: no interpolation between order statistics
    low, high = np.quantile(drawn, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2), method="inverted_cdf")
    return Median(estimate, float(low), float(high), resamples)


def middle(found: Onsets) -> float:
    """Return the first generation at which at least half of the runs have emerged; infinite if there is none."""
    time = np.sort(np.where(found.observed, found.time, np.inf))
    return float(time[(len(time) - 1) // 2])
