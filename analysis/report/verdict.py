"""The question, and the verdict on it."""

import math

from hetevo.analysis.report.judgement import (
    NO,
    YES,
    Judgement,
    against_neutral,
    consistency_words,
    judge,
)
from hetevo.analysis.report.markup import Markup, listed, table, tag
from hetevo.analysis.report.numbers import CONFIDENCE, between, estimate, generation, probability, share, signed
from hetevo.analysis.report.study import Condition, Study
from hetevo.analysis.statistics.curves import STAY
from hetevo.analysis.statistics.onset import COVERAGE
from hetevo.analysis.verdict import ENOUGH_SEEDS
from hetevo.analysis.verdict import verdict as of_one_run
from hetevo.populations.text import for_terminal

MOST_SPOKEN = 4
"""Conditions that get paragraphs of their own; more are read faster in the tables."""

ANSWERS = {"yes": "Yes", "in part": "In part", "no": "No", "undecided": "Undecided"}


def question_section() -> Markup:
    """State what is asked, and what alignment means."""
    return tag(
        "section",
        tag("h2", "The question"),
        tag(
            "p",
            tag("strong", "Does gradient alignment emerge although nothing computes a gradient?"),
            " Plasticity is local, and evolution sees nothing but the loss.",
        ),
        tag(
            "p",
            "Gradient alignment is the cosine between what plasticity changes (in hidden neurons, if there are any) and"
            " the negative gradient of the loss, which only the measurement knows: +1 is gradient descent, −1 its"
            " opposite, 0 what a random direction has. A positive cosine alone proves little, so runs are compared with"
            " neutral runs, in which parents are drawn by lot. A run, that is a seed, is one observation.",
        ),
        id="question",
    )


def verdict_section(study: Study) -> Markup:
    """Answer the question for every condition that it is asked of."""
    spoken = study.questions[:MOST_SPOKEN]
    parts = [part for name in spoken for part in _answer(study, study.conditions[name])]
    if len(study.questions) > len(spoken):
        parts.append(tag("p", f"{len(study.questions) - len(spoken)} further conditions: see the tables."))
    cautions = _cautions(study)
    if cautions:
        parts.append(tag("div", tag("h3", "Caution"), listed(cautions), class_="caution"))
    return tag("section", tag("h2", "The verdict"), *parts, _rules(study), id="verdict")


def headline(study: Study) -> list[str]:
    """Return the verdict in a line a condition, for a terminal."""
    answers = [(name, judge(study, study.conditions[name])) for name in study.questions[:MOST_SPOKEN]]
    return [for_terminal(f"{name}: {ANSWERS[one.answer].lower()}, {one.meaning}") for name, one in answers]


def _answer(study: Study, condition: Condition) -> list[Markup]:
    one = judge(study, condition)
    answer = tag("span", ANSWERS[one.answer], class_=f"answer {one.answer.replace(' ', '-')}")
    parts = [tag("p", answer, " ", tag("strong", condition.name), f": {one.meaning}.", class_="lead")]
    if one.criteria:
        parts += [tag("p", _numbers(study, condition)), _criteria(condition, one)]
    elif len(study.runs) == 1:
        parts += [tag("p", line) for line in of_one_run(study.runs).splitlines()]
    elif condition.measured:
        parts.append(tag("p", f"Alignment in the last {STAY} generations: {estimate(condition.levels['alignment'])}."))
    if not study.found:
        parts.append(tag("p", f"No statistics of emergence: {study.reason}"))
    if condition.measured:
        parts.append(tag("p", _consistency(study, condition)))
    return parts


def _numbers(study: Study, condition: Condition) -> str:
    row, neutral, n = condition.statistics, study.neutral, len(condition.runs)
    assert neutral is not None
    onset = f"{row['emerged']} of {n} seeds have an onset"
    if row["emerged"] >= n / 2:
        interval = f"{generation(row['onset_low'])} to {generation(row['onset_high'])}"
        onset += f", at a median of generation {generation(row['onset_median'])} ({CONFIDENCE:.0%} bootstrap interval"
        onset += f" {interval})"
    levels = f"{estimate(condition.levels['alignment'])}, n = {n} seeds"
    against = f"{estimate(neutral.levels['alignment'])}, n = {len(neutral.runs)}, in neutral runs ({neutral.name})"
    others = len(study.conditions) - 1
    return (
        f"{onset}. Alignment in the last {STAY} generations (mean over seeds, {CONFIDENCE:.0%} t interval): {levels};"
        f" {against}. Effect sizes: Cliff's delta {signed(row['delta'])}"
        f" ({between(row['delta_low'], row['delta_high'])}), Hedges' g {signed(row['g'])}"
        f" ({between(row['g_low'], row['g_high'])}). Log-rank test of the onsets: p = {probability(row['log_rank_p'])},"
        f" {probability(row['log_rank_holm'])} after Holm's correction over"
        f" {others} comparison{'s' if others > 1 else ''}."
    )


def _criteria(condition: Condition, one: Judgement) -> Markup:
    rows = [(each.threshold, each.found, "met" if each.met else "not met") for each in one.criteria]
    return table(f"What the answer for {condition.name} rests on", ("criterion", "found", ""), rows)


def _consistency(study: Study, condition: Condition) -> str:
    words = consistency_words(condition)
    levels = []
    for name, measure in (("HS", "hs"), ("DC", "dc")):
        level = f"{name} {share(condition.mean(measure))}"
        effect = against_neutral(study, condition, measure)
        if effect and study.neutral:
            side = "more" if effect.low > 0 else "less" if effect.high < 0 else "not clearly more or less"
            level += (
                f", {side} than neutral runs with {share(study.neutral.mean(measure))}"
                f" (Cliff's delta {signed(effect.value)}, {between(effect.low, effect.high)})"
            )
        levels.append(level)
    return f"{words[0].upper()}{words[1:]}. {'; '.join(levels)}."


def _cautions(study: Study) -> list[str]:
    found = []
    few = [one.name for one in study.conditions.values() if len(one.runs) < ENOUGH_SEEDS]
    if few:
        found.append(f"Fewer than {ENOUGH_SEEDS} seeds in {', '.join(few)}: take it as a first look.")
    late = [str(run.path.name) for one in study.conditions.values() for run in one.unfinished]
    if late:
        found.append(f"Not at their last generation yet: {', '.join(late)}. Go on with 'hetevo resume' or the sweep.")
    if study.missing:
        found.append(f"Without any record yet, and left out: {', '.join(study.missing)}.")
    found += study.copies
    return found


def _rules(study: Study) -> Markup:
    outputs = study.runs[0].setting("task.outputs")
    chance = f" (1/{outputs} of the network's {outputs} outputs here)" if isinstance(outputs, int) else ""
    agreeing = (1 + math.sqrt(2 * YES - 1)) / 2
    rules = (
        "“Yes” needs every criterion of the table; “in part” all but the last; “no” none of the first three. The band"
        f" is the {COVERAGE:.0%} prediction interval for one more neutral run, generation by generation.",
        "Heterosynaptic stability HS: how much of a neuron's learning signal its true gradient explains (R²), mean over"
        " neurons. Dynamical consistency DC: share of pairs of neurons whose updates agree in the sign that they have"
        f" along the gradient; signs by coin give 0.5, and {YES} means that {agreeing:.0%} of the neurons agree.",
        f"HS and DC: “yes” from {YES} on, “no” below {NO}, “in part” between. HS has no fixed chance level: with O"
        f" outputs of independent errors a random signal already explains about 1/O{chance}, so look at the neutral"
        " runs. HS and DC count all neurons alike, alignment counts those more that change more: it can rise while HS"
        " and DC barely do.",
    )
    return tag("details", tag("summary", "How the verdict is worded, and its thresholds"), listed(rules), open="")
