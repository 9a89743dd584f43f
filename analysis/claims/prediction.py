"""A prediction: a number whose side of a value, or whose nearness to it, a claim predicts, measured once a seed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hetevo.analysis.claims.own import CLAIM_MEASURES
from hetevo.analysis.intervals import CONFIDENCE, EQUIVALENCE, error_of, mean_and_interval, tail
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import LATE, find_late
from hetevo.analysis.statistics.seeds import MATTERS, power, seeds_needed
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
        1: it is predicted to be larger; -1: smaller; of no meaning where ``within`` is given.
    within : float
        Above 0: it is predicted to differ from the value by less than this, on either side.
    key : bool
        Whether the verdict on the claim rests on it; the others are checks.
    matters : float
        The smallest difference from the value that would matter, in the measure's unit, for the seeds that are needed.
    generations : int
        The terms are means over so many of the last generations in which all of them are defined; where runs have other
        numbers of generations, in which each is. Only generations of the later half of a run count, unless none does.
    generation : int
        Row of the table of generations that is taken instead; -1: none.
    measure : str
        One of `hetevo.analysis.claims.own.CLAIM_MEASURES`, which is computed from one seed's runs, at the end of their
        last generation; the terms then only name their conditions.

    Examples
    --------
    >>> more = Prediction("more than drift", ((1, "emergence", "alignment_end"), (-1, "neutral", "alignment_end")))
    >>> more.predicted, more.conditions
    ('> 0', ['emergence', 'neutral'])
    >>> Prediction("no more, no less", more.terms, within=0.05).predicted
    'within ±0.05'
    """

    says: str
    terms: tuple[Term, ...]
    value: float = 0.0
    sign: int = 1
    within: float = 0.0
    key: bool = False
    matters: float = MATTERS
    generations: int = LATE
    generation: int = -1
    measure: str = ""

    @property
    def predicted(self) -> str:
        """Where the interval is to lie."""
        if self.within:
            return f"{f'{self.value:.4g}, ' if self.value else ''}within ±{self.within:.4g}"
        return f"{'>' if self.sign > 0 else '<'} {self.value:.4g}"

    @property
    def conditions(self) -> list[str]:
        """The conditions that it compares."""
        return list(dict.fromkeys(condition for _, condition, _ in self.terms))

    @property
    def confidence(self) -> float:
        """Coverage of the interval that decides."""
        return EQUIVALENCE if self.within else CONFIDENCE


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
        Its t interval with the coverage of the prediction; NaN with fewer than 2 seeds.
    n : int
        Seeds in which all terms are defined.
    short : bool
        Whether it is a mean over fewer generations than it should be, because only the last ones were recorded.
    """

    prediction: Prediction
    effect: float
    low: float
    high: float
    n: int
    short: bool = False

    @property
    def text(self) -> str:
        """The mean and its interval."""
        if not self.n:
            return "not recorded"
        return f"{self.effect:.3f} ({self.low:.3f} to {self.high:.3f})"

    @property
    def error(self) -> float:
        """Standard error of the mean over seeds."""
        return error_of(self.high - self.low, self.n, self.prediction.confidence)

    @property
    def sd(self) -> float:
        """Standard deviation over seeds."""
        return self.error * math.sqrt(self.n)

    @property
    def bounds(self) -> tuple[float, float]:
        """Between what the interval is to lie."""
        value, within = self.prediction.value, self.prediction.within
        if within:
            return value - within, value + within
        return (value, np.inf) if self.prediction.sign > 0 else (-np.inf, value)

    @property
    def holds(self) -> bool:
        """Whether the interval lies where it is predicted to."""
        lowest, highest = self.bounds
        return bool(self.low > lowest and self.high < highest)

    @property
    def opposed(self) -> bool:
        """Whether the interval lies entirely where it is predicted not to."""
        lowest, highest = self.bounds
        return bool(self.high < lowest or self.low > highest)

    @property
    def p(self) -> float:
        """One-sided p value of the t test over seeds, on the predicted side; NaN with fewer than 2 seeds.

        Of a prediction with bounds, the larger of its two one-sided tests.
        """
        lowest, highest = self.bounds
        return max(tail(beyond, self.error, self.n) for beyond in (self.effect - lowest, highest - self.effect))

    @property
    def power(self) -> float:
        """Probability that it would hold with as many seeds, if the truth were as far on its side as would matter."""
        about = self.prediction
        return power(self.sd, self.n, about.within or about.matters, within=bool(about.within))

    @property
    def seeds_needed(self) -> int | None:
        """Seeds with which that probability would be 80 %."""
        about = self.prediction
        return seeds_needed(self.sd, about.within or about.matters, within=bool(about.within))


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
    found = mean_and_interval(values, prediction.confidence)
    return Measured(prediction, *found, int(np.isfinite(values).sum()), _is_short(prediction, runs))


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
        at = [values[prediction.generation : prediction.generation + 1] for values in columns]
    else:
        # generations in which all are defined, where runs have equally many
        tables = [runs[condition].generations["generation"].to_numpy() for _, condition, _ in prediction.terms]
        if len({len(values) for values in columns}) == 1:
            undefined = ~np.isfinite(columns).all(axis=0)
            columns = [np.where(undefined, np.nan, values) for values in columns]
        pairs = zip(columns, tables, strict=True)
        at = [values[find_late(values, when, prediction.generations)] for values, when in pairs]
    if not all(values.size for values in at):
        return float("nan")
    weights = [weight for weight, _, _ in prediction.terms]
    return float(sum(weight * values.mean() for weight, values in zip(weights, at, strict=True)))


def _is_short(prediction: Prediction, runs: Sequence[LoadedRun]) -> bool:
    """Tell whether a run begins, because no more of it was recorded, within the generations that it should give."""
    if prediction.measure or prediction.generation >= 0:
        return False
    for run in (run for run in runs if run.condition in prediction.conditions):
        first = int(run.generations["generation"].iloc[0])
        if first > run.last / 2 + 1 and len(run.generations) < prediction.generations:
            return True
    return False


def _column(run: LoadedRun, column: str) -> Floats:
    """Return a column of the table of generations as it was recorded; NaN throughout where there is none."""
    if column not in run.generations:
        return np.full(len(run.generations), np.nan)
    return pd.to_numeric(run.generations[column]).to_numpy(float)
