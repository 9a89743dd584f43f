"""Curves with a known onset, or with none: by them the statistics of emergence are verified."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy import stats

from hetevo.analysis.statistics.curves import STAY, Curves
from hetevo.analysis.statistics.onset import (
    COVERAGE,
    Onsets,
    median_onset,
    middle,
    neutral_band,
    neutral_onsets,
    onsets,
)
from hetevo.analysis.statistics.survival import log_rank
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class Scenario:
    """What a set of seeds is drawn from.

    Population means fluctuate about ``level`` as a stationary first-order autoregression. From its own start on, a
    selected run rises above that by ``slope`` a generation up to ``height``. The defaults of the fluctuation are those
    of ten neutral runs of the default experiment.

    Parameters
    ----------
    start : float
        Median of the starts of the rise, in generations; infinite: nothing ever rises.
    spread : int
        The starts are uniform over ``start - spread .. start + spread``.
    slope, height : float
        Of the rise; an infinite slope is a step.
    level, deviation, memory : float
        Mean, standard deviation and lag-one correlation of the fluctuation.
    seeds, neutral : int
        Runs of the condition and neutral runs.
    generations : int
        After generation 0.
    """

    start: float = float("inf")
    spread: int = 2
    slope: float = float("inf")
    height: float = 0.4
    level: float = 0.08
    deviation: float = 0.024
    memory: float = 0.67
    seeds: int = 10
    neutral: int = 10
    generations: int = 50

    @property
    def onset(self) -> float:
        """Known median onset: when the expected curve leaves the band that infinitely many neutral seeds would give."""
        threshold = stats.norm.ppf((1 + COVERAGE) / 2) * self.deviation
        # a step stands at its full height in the generation of the start itself
        return self.start + (np.floor(threshold / self.slope) + 1 if np.isfinite(self.slope) else 0)


def simulate(scenario: Scenario, rng: Generator) -> tuple[Curves, Curves]:
    """Draw one set of seeds.

    Parameters
    ----------
    scenario : Scenario
        What to draw from.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    selected, neutral : Curves
        Of the condition, and neutral runs.
    """
    generations = np.arange(scenario.generations + 1, dtype=np.int64)
    noise = _fluctuation(scenario, scenario.seeds + scenario.neutral, rng)
    starts = scenario.start + rng.integers(-scenario.spread, scenario.spread + 1, (scenario.seeds, 1))
    since = generations - starts
    if np.isfinite(scenario.slope):
        rise = np.minimum(np.clip(since, 0, None) * scenario.slope, scenario.height)
    else:
        rise = np.where(since >= 0, scenario.height, 0)
    selected, neutral = noise[: scenario.seeds] + rise, noise[scenario.seeds :]
    return tuple(  # type: ignore[return-value]
        Curves(values, generations, np.full(len(values), scenario.generations)) for values in (selected, neutral)
    )


def trial(scenario: Scenario, rng: Generator, *, stay: int = STAY, resamples: int = 199) -> dict[str, float]:
    """Draw a set of seeds and analyse it as real runs are analysed.

    Returns
    -------
    dict of str to float
        emerged: share of runs with an onset; any: whether any run has one; median: whether at least half have;
        early: share of runs with an onset before the earliest start; rejected: whether the log-rank test says p < .05;
        error: median onset minus the known one; covered: whether its bootstrap interval holds the known one; width: of
        that interval. The last three are NaN where nothing rises, or less than half emerged.
    """
    selected, neutral = simulate(scenario, rng)
    band = neutral_band(neutral.values)
    found = onsets(selected.values, selected.generations, selected.last, band, stay)
    others = neutral_onsets(neutral.values, neutral.generations, neutral.last, COVERAGE, stay)
    return {
        "emerged": float(found.observed.mean()),
        "any": float(found.observed.any()),
        "median": float(np.isfinite(middle(found))),
        "early": float((found.observed & (found.time < scenario.start - scenario.spread)).mean()),
        "rejected": float(log_rank(found, others) < 0.05),
        **_accuracy(scenario, selected, neutral, found, rng, stay, resamples),
    }


def trials(scenario: Scenario, sets: int, seed: int = 0, *, stay: int = STAY, resamples: int = 199) -> pd.DataFrame:
    """Repeat `trial`: one row a set of seeds."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame([trial(scenario, rng, stay=stay, resamples=resamples) for _ in range(sets)])


def without_rise(scenario: Scenario) -> Scenario:
    """Return the same scenario in which nothing rises."""
    return replace(scenario, start=float("inf"))


def _accuracy(
    scenario: Scenario,
    selected: Curves,
    neutral: Curves,
    found: Onsets,
    rng: Generator,
    stay: int,
    resamples: int,
) -> dict[str, float]:
    nothing = dict.fromkeys(("error", "covered", "width"), float("nan"))
    if not (np.isfinite(scenario.start) and np.isfinite(middle(found)) and resamples):
        return nothing
    median = median_onset(selected, neutral, rng, stay=stay, resamples=resamples)
    return {
        "error": median.value - scenario.onset,
        "covered": float(median.low <= scenario.onset <= median.high),
        "width": median.high - median.low,
    }


def _fluctuation(scenario: Scenario, runs: int, rng: Generator) -> Floats:
    shocks = rng.standard_normal((runs, scenario.generations + 1)) * scenario.deviation
    shocks[:, 1:] *= np.sqrt(1 - scenario.memory**2)
    for g in range(1, scenario.generations + 1):
        shocks[:, g] += scenario.memory * shocks[:, g - 1]
    return scenario.level + shocks
