"""A prediction: a number whose side of a value a claim predicts, measured once a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hetevo.analysis.claims.own import CLAIM_MEASURES
from hetevo.analysis.intervals import mean_and_interval
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats

Term = tuple[float, str, str]
"""Weight, condition, column of the table of generations."""


@dataclass(frozen=True)
class Prediction:
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
    measure : str
        One of `hetevo.analysis.claims.own.CLAIM_MEASURES`, which is computed from one seed's runs; the terms then only
        name their conditions.

    Examples
    --------
    >>> more = Prediction("more than drift", ((1, "emergence", "alignment_end"), (-1, "neutral", "alignment_end")))
    >>> more.predicted, more.conditions
    ('> 0', ['emergence', 'neutral'])
    """

    says: str
    terms: tuple[Term, ...]
    value: float = 0.0
    sign: int = 1
    generation: int = -1
    measure: str = ""

    @property
    def predicted(self) -> str:
        """The side on which the interval is to lie."""
        return f"{'>' if self.sign > 0 else '<'} {self.value:.4g}"

    @property
    def conditions(self) -> list[str]:
        """The conditions that it compares."""
        return list(dict.fromkeys(condition for _, condition, _ in self.terms))


@dataclass(frozen=True)
class Measured:
    """What a prediction was measured to be.

    Parameters
    ----------
    prediction : Prediction
        What was predicted.
    effect : float
        Mean over seeds of the combination; NaN if it is defined for none.
    low, high : float
        Its t interval; NaN with fewer than 2 seeds.
    n : int
        Seeds in which all terms are defined.
    """

    prediction: Prediction
    effect: float
    low: float
    high: float
    n: int

    @property
    def text(self) -> str:
        """The mean and its interval."""
        return f"{self.effect:.3f} ({self.low:.3f} to {self.high:.3f})"

    @property
    def holds(self) -> bool:
        """Whether the interval lies on the predicted side."""
        value = self.prediction.value
        return bool(self.low > value if self.prediction.sign > 0 else self.high < value)


def measure(prediction: Prediction, runs: Sequence[LoadedRun]) -> Measured:
    """Measure a prediction over the seeds of a sweep.

    Parameters
    ----------
    prediction : Prediction
        What to measure.
    runs : sequence of LoadedRun
        Of all conditions; runs of one seed belong together.

    Raises
    ------
    SettingError
        If a condition is missing.
    """
    values = np.array(list(by_seed(prediction, runs).values()))
    return Measured(prediction, *mean_and_interval(values), int(np.isfinite(values).sum()))


def by_seed(prediction: Prediction, runs: Sequence[LoadedRun]) -> dict[int, float]:
    """Return what a prediction is about, by seed; NaN where it is undefined. See `measure`."""
    groups: dict[str, dict[int, LoadedRun]] = {}
    for run in runs:
        groups.setdefault(run.condition, {})[run.seed] = run
    missing = sorted(set(prediction.conditions) - set(groups))
    if missing:
        raise SettingError(
            f"No run of the condition {missing[0]!r}, which {prediction.says!r} needs; there are"
            f" {', '.join(groups)}. Name the whole sweep."
        )
    # a seed counts if it was run in every condition
    seeds = set.intersection(*(set(groups[condition]) for condition in prediction.conditions))
    return {
        seed: _of_one_seed(prediction, {name: group[seed] for name, group in groups.items() if seed in group})
        for seed in sorted(seeds)
    }


def _of_one_seed(prediction: Prediction, runs: Mapping[str, LoadedRun]) -> float:
    """Compute the measure, or add up the terms, all of the same generation where the runs have equally many."""
    if prediction.measure:
        own = [runs[condition] for _, condition, _ in prediction.terms]
        # what was recorded of a run that is not kept holds the measure itself
        recorded = prediction.measure in own[0].generations
        return float(_column(own[0], prediction.measure)[-1] if recorded else CLAIM_MEASURES[prediction.measure](*own))
    columns = [_column(runs[condition], column) for _, condition, column in prediction.terms]
    if prediction.generation >= 0:
        # one generation, or the last in which all are defined
        columns = [values[prediction.generation : prediction.generation + 1] for values in columns]
    elif len({len(values) for values in columns}) == 1:
        defined = np.isfinite(columns).all(axis=0)
        columns = [values[defined] for values in columns]
    else:
        columns = [values[np.isfinite(values)] for values in columns]
    if any(not values.size for values in columns):
        return float("nan")
    return float(sum(weight * values[-1] for (weight, _, _), values in zip(prediction.terms, columns, strict=True)))


def _column(run: LoadedRun, column: str) -> Floats:
    """Return a column of the table of generations as it was recorded; NaN throughout where there is none."""
    if column not in run.generations:
        return np.full(len(run.generations), np.nan)
    return pd.to_numeric(run.generations[column]).to_numpy(float)
