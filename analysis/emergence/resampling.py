"""The median onset of a condition, with a bootstrap interval over seeds."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from hetevo.analysis.emergence.band import COVERAGE, neutral_band
from hetevo.analysis.emergence.curves import Curves
from hetevo.analysis.emergence.onset import STAY, Onsets, onsets
from hetevo.populations.types import Floats

RESAMPLES = 999
CONFIDENCE = 0.95


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

    def once(rows: "np.typing.NDArray[np.int64]", against: Floats) -> float:
        band = neutral_band(against, coverage)
        return middle(onsets(selected.values[rows], selected.generations, selected.last[rows], band, stay))

    runs, others = len(selected.values), len(neutral.values)
    estimate = once(np.arange(runs), neutral.values)
    drawn = [
        once(rng.integers(0, runs, runs), neutral.values[rng.integers(0, others, others)]) for _ in range(resamples)
    ]
    # whole generations, and infinity among them: no interpolation between order statistics
    low, high = np.quantile(drawn, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2), method="inverted_cdf")
    return Median(estimate, float(low), float(high), resamples)


def middle(found: Onsets) -> float:
    """Return the first generation at which at least half of the runs have emerged; infinite if there is none."""
    time = np.sort(np.where(found.observed, found.time, np.inf))
    return float(time[(len(time) - 1) // 2])
