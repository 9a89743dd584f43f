"""A contrast: a number that a claim predicts the sign of, measured once a seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from hetevo.analysis.runs import LoadedRun
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats

CONFIDENCE = 0.95

Term = tuple[float, str, str]
"""Weight, condition, column of the table of generations."""


@dataclass(frozen=True)
class Contrast:
    """A linear combination of measures of one seed's runs, and what a claim says of it.

    Parameters
    ----------
    says : str
        The prediction in words.
    terms : tuple of Term
        What is added up: for example ``((1, "emergence", "alignment_end"), (-1, "neutral", "alignment_end"))``.
    value : float
        With what it is compared.
    sign : int
        1: it is predicted to be larger; -1: smaller.
    generation : int
        Row of the table of generations; -1: the last generation in which all terms are defined; where runs have other
        numbers of generations, the last one in which each is.
    of : callable, optional
        Computes the measure from one seed's runs, in the order of the terms, which then only name the conditions.
    """

    says: str
    terms: tuple[Term, ...]
    value: float = 0.0
    sign: int = 1
    generation: int = -1
    of: Callable[..., float] | None = None


@dataclass(frozen=True)
class Found:
    """What came out.

    Parameters
    ----------
    contrast : Contrast
        What was asked.
    effect : float
        Mean over seeds of the combination; NaN if it is defined for none.
    low, high : float
        t interval of the mean with coverage `CONFIDENCE`; NaN with fewer than 2 seeds.
    n : int
        Seeds in which all terms are defined.
    """

    contrast: Contrast
    effect: float
    low: float
    high: float
    n: int

    @property
    def holds(self) -> bool:
        """Whether the interval lies on the predicted side."""
        value = self.contrast.value
        return bool(self.low > value if self.contrast.sign > 0 else self.high < value)


def measure(contrast: Contrast, runs: Sequence[LoadedRun]) -> Found:
    """Measure a contrast over the seeds of a sweep.

    Parameters
    ----------
    contrast : Contrast
        What to measure.
    runs : sequence of LoadedRun
        Of all conditions; runs of one seed belong together.

    Raises
    ------
    SettingError
        If a condition is missing.
    """
    by_condition: dict[str, dict[int, LoadedRun]] = {}
    for run in runs:
        by_condition.setdefault(run.condition, {})[run.seed] = run
    missing = sorted({condition for _, condition, _ in contrast.terms} - set(by_condition))
    if missing:
        raise SettingError(
            f"No run of the condition {missing[0]!r}, which {contrast.says!r} needs; there are"
            f" {', '.join(by_condition)}. Name the whole sweep."
        )
    seeds = set.intersection(*(set(by_condition[condition]) for _, condition, _ in contrast.terms))
    values = []
    for seed in sorted(seeds):
        own = [(weight, by_condition[condition][seed], column) for weight, condition, column in contrast.terms]
        values.append(contrast.of(*(run for _, run, _ in own)) if contrast.of else _combined(own, contrast.generation))
    defined = np.array([value for value in values if np.isfinite(value)])
    if not defined.size:
        return Found(contrast, float("nan"), float("nan"), float("nan"), 0)
    half = float("nan")
    if defined.size > 1:
        half = float(stats.t.ppf((1 + CONFIDENCE) / 2, defined.size - 1) * defined.std(ddof=1) / np.sqrt(defined.size))
    mean = float(defined.mean())
    return Found(contrast, mean, mean - half, mean + half, int(defined.size))


def _combined(terms: Sequence[tuple[float, LoadedRun, str]], generation: int) -> float:
    """Add up the terms of one seed, all of the same generation where the runs have equally many."""
    columns = [_column(run, column) for _, run, column in terms]
    if generation >= 0:
        columns = [values[generation : generation + 1] for values in columns]
    elif len({len(values) for values in columns}) == 1:
        defined = np.isfinite(columns).all(axis=0)
        columns = [values[defined] for values in columns]
    else:
        columns = [values[np.isfinite(values)] for values in columns]
    if any(not values.size for values in columns):
        return float("nan")
    return float(sum(weight * values[-1] for (weight, _, _), values in zip(terms, columns, strict=True)))


def final(run: LoadedRun, column: str) -> float:
    """Return a column's value in the last generation; NaN if the run did not record it."""
    return float(_column(run, column)[-1])


def _column(run: LoadedRun, column: str) -> Floats:
    if column not in run.generations:
        return np.full(len(run.generations), np.nan)
    return pd.to_numeric(run.generations[column]).to_numpy(float)
