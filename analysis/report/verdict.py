"""What a study says: from statistics to words. Every threshold stands here, and is printed in the report."""

import math
from dataclasses import dataclass
from typing import Any

from hetevo.analysis.intervals import CONFIDENCE
from hetevo.analysis.report.expectations import MOST
from hetevo.analysis.report.numbers import (
    UNDEFINED,
    Table,
    write_cosine,
    write_generation,
    write_interval,
    write_probability,
    write_share,
    write_signed,
)
from hetevo.analysis.report.study import Condition, Study
from hetevo.analysis.statistics import Effect, cliffs_delta
from hetevo.analysis.statistics.curves import LATE, STAY, ending, write_ending
from hetevo.analysis.statistics.onset import COVERAGE
from hetevo.analysis.verdict import BIRTH_BAND, ENOUGH_SEEDS
from hetevo.analysis.verdict import verdict as of_one_run
from hetevo.populations.text import for_terminal

SIGNIFICANT = 0.05
"""Largest p value of the log-rank test, after Holm's correction."""

YES, NO = 0.8, 0.6
"""HS or DC from which on, and below which, a condition is said to have it or not; in part between them."""


UNWEIGHTED = "all neurons count alike, for not all of these runs have recorded the weighted ones"

MOST_SPOKEN = 4
"""Conditions that get paragraphs of their own; more are read faster in the tables."""


@dataclass(frozen=True)
class Criterion:
    """One of the things that must be so for a condition to count as emerged."""

    threshold: str
    found: str
    met: bool


@dataclass(frozen=True)
class Verdict:
    """The answer for one condition.

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


def decide(condition: Condition) -> Verdict:
    """Say whether gradient alignment emerged in a condition."""
    if not condition.measured:
        return Verdict("undecided", "alignment was not measured (probe.every = 0)")
    if not math.isfinite(condition.mean("alignment")):
        return Verdict("undecided", _why_undefined(condition))
    if not condition.statistics:
        return Verdict("undecided", "no single condition says here what drift alone does")
    criteria = _criteria(condition)
    # the first three say that it exceeds drift, the last that it is not innate
    exceeds = [criterion.met for criterion in criteria[:3]]
    if all(exceeds) and criteria[3].met:
        return Verdict("yes", "gradient alignment emerged, and every life learns it anew", criteria)
    if all(exceeds):
        return Verdict("in part", "alignment exceeds drift, but it is there at birth already", criteria)
    if any(exceeds):
        return Verdict("undecided", "it exceeds drift by some of the criteria only", criteria)
    if condition.unfinished:
        return Verdict("undecided", f"not yet: {len(condition.unfinished)} of its runs are unfinished", criteria)
    return Verdict("no", "gradient alignment did not exceed what drift alone does", criteria)


def _why_undefined(condition: Condition) -> str:
    runs = [run for run in condition.runs if run.probed]
    tails = [run.generations[run.generations["generation"].isin(ending(run))] for run in runs]
    if any(tail["alignment_end"].notna().any() for tail in tails):
        return f"in {write_ending(runs)} fewer than half of the individuals have an alignment"
    return "alignment is undefined: no synapse that is measured changed, so there is no direction"


def _criteria(condition: Condition) -> tuple[Criterion, ...]:
    row, n, birth = condition.statistics, len(condition.runs), condition.mean("birth")
    # what was found, beside each threshold
    holm = float(row["log_rank_holm"])
    return (
        Criterion(
            f"at least half of the seeds have an onset: {STAY} generations in a row above the band of neutral runs",
            f"{row['emerged']} of {n}, median onset {write_generation(row['onset_median'])}",
            row["emerged"] >= MOST * n,
        ),
        Criterion(
            f"they emerge earlier than neutral runs: log-rank test, p below {SIGNIFICANT} after Holm",
            f"p = {write_probability(holm)}",
            holm < SIGNIFICANT,
        ),
        Criterion(
            "alignment in the last generations is higher: interval of Cliff's delta above 0",
            f"{write_signed(row['delta'])} ({write_signed(row['delta_low'])} to {write_signed(row['delta_high'])})",
            row["delta_low"] > 0,
        ),
        Criterion(
            f"it is not innate: mean alignment at birth within ±{BIRTH_BAND}",
            write_signed(birth),
            abs(birth) <= BIRTH_BAND,
        ),
    )


def choose_spoken(study: Study) -> list[str]:
    """Name the conditions whose verdict is spelled out."""
    return list(study.questions[:MOST_SPOKEN])


def write_headline(study: Study) -> list[str]:
    """Return the verdict in a line a condition, for a terminal."""
    verdicts = {name: decide(study.conditions[name]) for name in choose_spoken(study)}
    return [for_terminal(f"{name}: {verdict.answer}, {verdict.meaning}") for name, verdict in verdicts.items()]


def explain(study: Study, condition: Condition) -> dict[str, Any]:
    """Return the verdict on a condition for the page: answer, meaning, numbers, criteria, further paragraphs."""
    verdict = decide(condition)
    # where nothing could be compared, what there is is said in words
    paragraphs: list[str] = []
    if not verdict.criteria and len(study.runs) == 1:
        paragraphs += of_one_run(study.runs).splitlines()
    elif not verdict.criteria and condition.measured:
        paragraphs.append(f"Alignment in {study.ending}: {write_cosine(condition.levels['alignment'])}.")
    if condition.measured:
        paragraphs.append(_consistency(study, condition))
    rows = [(each.threshold, each.found, "met" if each.met else "not met") for each in verdict.criteria]
    return {
        "condition": condition.name,
        "answer": verdict.answer,
        "meaning": verdict.meaning,
        "numbers": _numbers(study, condition) if verdict.criteria else "",
        "criteria": Table(f"What the answer for {condition.name} rests on", ("criterion", "found", ""), rows),
        "paragraphs": paragraphs,
    }


def _numbers(study: Study, condition: Condition) -> str:
    # onset, level, effect sizes and test, in this order
    row, neutral, n = condition.statistics, study.neutral, len(condition.runs)
    assert neutral is not None
    onset = f"{row['emerged']} of {n} seeds have an onset"
    # with fewer onsets there is no median
    if row["emerged"] >= n / 2:
        interval = f"{write_generation(row['onset_low'])} to {write_generation(row['onset_high'])}"
        onset += (
            f", at a median of generation {write_generation(row['onset_median'])} ({CONFIDENCE:.0%} bootstrap interval"
        )
        onset += f" {interval})"
    if math.isfinite(row["half_median"]):
        onset += (
            f"; half of the final level, which needs no band, at a median of {write_generation(row['half_median'])}"
        )
    levels = f"{write_cosine(condition.levels['alignment'])}, n = {n} seeds"
    # everything is told against the neutral runs
    against = f"{write_cosine(neutral.levels['alignment'])}, n = {len(neutral.runs)}, in neutral runs ({neutral.name})"
    others = len(study.conditions) - 1
    return (
        f"{onset}. Alignment in {study.ending} (mean over seeds, {CONFIDENCE:.0%} t interval): {levels};"
        f" {against}. Effect sizes: Cliff's delta {write_signed(row['delta'])}"
        f" ({write_interval(row['delta_low'], row['delta_high'])}), Hedges' g {write_signed(row['g'])}"
        f" ({write_interval(row['g_low'], row['g_high'])}). Log-rank test of the onsets: p ="
        f" {write_probability(row['log_rank_p'])}, {write_probability(row['log_rank_holm'])} after Holm's correction"
        f" over {others} comparison{'s' if others > 1 else ''}."
    )


def _consistency(study: Study, condition: Condition) -> str:
    words = describe_consistency(condition)
    levels = []
    for name, measure in (("HS", "hs"), ("DC", "dc")):
        level = f"{name} {write_share(condition.mean(measure))}"
        # which side, only if the interval leaves no doubt
        effect = compare_with_neutral(study, condition, measure)
        if effect and study.neutral:
            side = "more" if effect.low > 0 else "less" if effect.high < 0 else "not clearly more or less"
            level += (
                f", {side} than neutral runs with {write_share(study.neutral.mean(measure))}"
                f" (Cliff's delta {write_signed(effect.value)}, {write_interval(effect.low, effect.high)})"
            )
        levels.append(level)
    weighted = "neurons count by what they contribute to the alignment" if study.weighted else UNWEIGHTED
    return f"{words[0].upper()}{words[1:]}. {'; '.join(levels)} ({weighted})."


def list_cautions(study: Study) -> list[str]:
    """Say what should make a reader careful."""
    found = []
    # too few seeds, unfinished runs, missing ones, copies
    few = [one.name for one in study.conditions.values() if len(one.runs) < ENOUGH_SEEDS]
    if few:
        every = len(few) == len(study.conditions) > 1
        names = f"all {len(few)} conditions" if every else ", ".join(few)
        found.append(f"Fewer than {ENOUGH_SEEDS} seeds in {names}: take it as a first look.")
    late = [str(run.path.name) for one in study.conditions.values() for run in one.unfinished]
    if late:
        found.append(f"Not at their last generation yet: {', '.join(late)}. Go on with 'hetevo resume' or the sweep.")
    if study.missing:
        found.append(f"Without any record yet, and left out: {', '.join(study.missing)}.")
    if study.found and study.found.caution:
        found.append(study.found.caution)
    found += study.copies
    return found


def list_rules(study: Study) -> tuple[str, ...]:
    """Say how the verdict is worded, with its thresholds."""
    outputs = study.runs[0].setting("task.outputs")
    chance = f" (1/{outputs} of the network's {outputs} outputs here)" if isinstance(outputs, int) else ""
    # with a share a of agreeing neurons, a^2 + (1 - a)^2 of the pairs agree
    agreeing = (1 + math.sqrt(2 * YES - 1)) / 2
    weighted = (
        "In both a neuron counts by |update| × |gradient| of its synapses, as it does in the alignment, and a pair by"
        " the product of both: many neurons hardly change and have hardly a gradient."
        if study.weighted
        else f"HS and DC: {UNWEIGHTED}. Alignment counts those more that change more: it can rise while they barely do."
    )
    return (
        "“Yes” needs every criterion of the table; “in part” all but the last; “no” none of the first three. The band"
        f" is the {COVERAGE:.0%} prediction interval for one more neutral run, generation by generation. The generation"
        f" of half the final level is the first of {STAY} with at least half of the final level: it says"
        f" when, not whether. Levels are means over the last {LATE} generations that were measured, of a short run over"
        " those of its later half.",
        "Heterosynaptic stability HS: how much of a neuron's learning signal its true gradient explains (R²), mean over"
        " neurons. Dynamical consistency DC: share of pairs of neurons whose updates agree in the sign that they have"
        f" along the gradient; signs by coin give 0.5, and {YES} means that {agreeing:.0%} of the neurons agree."
        f" {weighted}",
        f"HS and DC: “yes” from {YES} on, “no” below {NO}, “in part” between. HS has no fixed chance level: with O"
        f" outputs of independent errors a random signal already explains about 1/O{chance}, so look at the neutral"
        " runs.",
    )


def classify(level: float) -> str:
    """Say whether a level of HS or DC counts as having it."""
    if math.isnan(level):
        return UNDEFINED
    return "yes" if level >= YES else "no" if level < NO else "in part"


def describe_consistency(condition: Condition) -> str:
    """Say what HS and DC are together, in words."""
    hs, dc, positive = classify(condition.mean("hs")), classify(condition.mean("dc")), condition.mean("positive")
    text = f"HS {hs}, DC {dc}"
    if dc == "yes" and positive < 1 - positive:
        return f"{text}, on the wrong sign: neurons agree to climb the loss"
    if (hs, dc) == ("yes", "yes"):
        return f"{text}: a gradient learner"
    return f"{text}: signals follow gradients, neurons disagree on the sign" if (hs, dc) == ("yes", "no") else text


def compare_with_neutral(study: Study, condition: Condition, measure: str) -> Effect | None:
    """Compare a measure with the neutral runs, over seeds; None where there is nothing to compare."""
    if study.neutral is None or study.neutral.name == condition.name:
        return None
    effect = cliffs_delta(condition.levels[measure], study.neutral.levels[measure])
    return None if math.isnan(effect.value) else effect
