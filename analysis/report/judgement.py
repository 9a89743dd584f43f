"""From statistics to words: every threshold of the verdict stands here, and is printed in the report."""

import math
from dataclasses import dataclass

import numpy as np

from hetevo.analysis.report.expectations import EXPECTATIONS, MOST, Seen
from hetevo.analysis.report.numbers import UNDEFINED, generation, probability, signed
from hetevo.analysis.report.study import Condition, Study
from hetevo.analysis.statistics import cliffs_delta, neutral_band
from hetevo.analysis.statistics.curves import STAY
from hetevo.analysis.statistics.effects import Effect
from hetevo.analysis.verdict import BIRTH_BAND

SIGNIFICANT = 0.05
"""Largest p value of the log-rank test, after Holm's correction."""

YES, NO = 0.8, 0.6
"""HS or DC from which on, and below which, a condition is said to have it or not; in part between them."""


@dataclass(frozen=True)
class Criterion:
    """One of the things that must be so for a condition to count as emerged."""

    threshold: str
    found: str
    met: bool


@dataclass(frozen=True)
class Judgement:
    """Answer for one condition.

    Parameters
    ----------
    answer : str
        ``"yes"``, ``"in part"`` (there at birth already), ``"no"`` or ``"undecided"``.
    meaning : str
        The answer as a sentence.
    criteria : tuple of Criterion
        What it rests on; empty where nothing could be compared.
    """

    answer: str
    meaning: str
    criteria: tuple[Criterion, ...] = ()


def judge(study: Study, condition: Condition) -> Judgement:
    """Say whether gradient alignment emerged in a condition."""
    if not condition.measured:
        return Judgement("undecided", "alignment was not measured (probe.every = 0)")
    if not math.isfinite(condition.mean("alignment")):
        return Judgement("undecided", _why_undefined(condition))
    if not condition.statistics:
        return Judgement("undecided", "nothing says here what drift alone does")
    criteria = _criteria(condition)
    exceeds = [criterion.met for criterion in criteria[:3]]
    if all(exceeds) and criteria[3].met:
        return Judgement("yes", "gradient alignment emerged, and every life learns it anew", criteria)
    if all(exceeds):
        return Judgement("in part", "alignment exceeds drift, but it is there at birth already", criteria)
    if any(exceeds):
        return Judgement("undecided", "it exceeds drift by some of the criteria only", criteria)
    if condition.unfinished:
        return Judgement("undecided", f"not yet: {len(condition.unfinished)} of its runs are unfinished", criteria)
    return Judgement("no", "gradient alignment did not exceed what drift alone does", criteria)


def _why_undefined(condition: Condition) -> str:
    runs = [run for run in condition.runs if run.probed]
    tails = [run.measured[run.measured["generation"] > run.last - STAY] for run in runs]
    if all(tail.empty for tail in tails):
        return f"alignment was not measured in the last {STAY} generations (see probe.every)"
    if any(tail["alignment_end"].notna().any() for tail in tails):
        return f"in the last {STAY} generations fewer than half of the individuals have an alignment"
    return "alignment is undefined: no synapse that is measured changed, so there is no direction"


def _criteria(condition: Condition) -> tuple[Criterion, ...]:
    row, n, birth = condition.statistics, len(condition.runs), condition.mean("birth")
    holm = float(row["log_rank_holm"])
    return (
        Criterion(
            f"at least half of the seeds have an onset: {STAY} generations in a row above the band of neutral runs",
            f"{row['emerged']} of {n}, median onset {generation(row['onset_median'])}",
            row["emerged"] >= MOST * n,
        ),
        Criterion(
            f"they emerge earlier than neutral runs: log-rank test, p below {SIGNIFICANT} after Holm",
            f"p = {probability(holm)}",
            holm < SIGNIFICANT,
        ),
        Criterion(
            "alignment in the last generations is higher: interval of Cliff's delta above 0",
            f"{signed(row['delta'])} ({signed(row['delta_low'])} to {signed(row['delta_high'])})",
            row["delta_low"] > 0,
        ),
        Criterion(
            f"it is not innate: mean alignment at birth within ±{BIRTH_BAND}",
            signed(birth),
            abs(birth) <= BIRTH_BAND,
        ),
    )


def word(level: float) -> str:
    """Say whether a level of HS or DC counts as having it."""
    if math.isnan(level):
        return UNDEFINED
    return "yes" if level >= YES else "no" if level < NO else "in part"


def consistency_words(condition: Condition) -> str:
    """Say what HS and DC are together, in words."""
    hs, dc, positive = word(condition.mean("hs")), word(condition.mean("dc")), condition.mean("positive")
    text = f"HS {hs}, DC {dc}"
    if dc == "yes" and positive < 1 - positive:
        return f"{text}, on the wrong sign: neurons agree to climb the loss"
    if (hs, dc) == ("yes", "yes"):
        return f"{text}: a gradient learner"
    return f"{text}: signals follow gradients, neurons disagree on the sign" if (hs, dc) == ("yes", "no") else text


def against_neutral(study: Study, condition: Condition, measure: str) -> Effect | None:
    """Compare a measure with the neutral runs, over seeds; None where there is nothing to compare."""
    if study.neutral is None or study.neutral.name == condition.name:
        return None
    effect = cliffs_delta(condition.levels[measure], study.neutral.levels[measure])
    return None if math.isnan(effect.value) else effect


def expected(study: Study, condition: Condition) -> tuple[str, bool | None]:
    """Say what a condition should show, empty if nobody knows, and whether it did, None if that cannot be told."""
    is_neutral = study.neutral and condition.name == study.neutral.name
    expectation = EXPECTATIONS["neutral"] if is_neutral else condition.expectation
    if expectation is None:
        return "", None
    if not condition.measured:
        return expectation.text, None
    low = high = emerged = math.nan
    if study.neutral and condition.statistics:
        if math.isfinite(condition.mean("alignment")):
            emerged = condition.statistics["emerged"] / len(condition.runs)
        band = neutral_band(study.neutral.levels["alignment"][:, np.newaxis])
        low, high = float(band.low[0]), float(band.high[0])
    asked = [one for one in map(study.conditions.__getitem__, study.questions) if not one.expectation]
    base = asked[0].mean("alignment") if len(asked) == 1 else math.nan
    return expectation.text, expectation.holds(Seen(condition.mean("alignment"), emerged, low, high, base))
