"""Controls, conditions, pairs and runs as tables."""

import math

from hetevo.analysis.report.judgement import expected, judge, word
from hetevo.analysis.report.markup import Markup, table, tag
from hetevo.analysis.report.numbers import CONFIDENCE, between, estimate, generation, probability, share, signed
from hetevo.analysis.report.study import Condition, Study, planned
from hetevo.analysis.statistics.curves import STAY

HOLDS = {True: "holds", False: "does not hold", None: "cannot be told"}


def controls_section(study: Study) -> Markup:
    """Compare every condition with what it should show."""
    rows = []
    for one in study.conditions.values():
        text, holds = expected(study, one)
        known = one.statistics and math.isfinite(one.mean("alignment"))
        emerged = f"{one.statistics['emerged']} of {len(one.runs)}" if known else "–"
        rows.append(
            (
                one.name,
                str(len(one.runs)),
                _alignment(one),
                emerged,
                text or "no expectation: it is the question",
                HOLDS[holds] if text else "–",
            )
        )
    head = ("condition", "seeds", f"alignment, last {STAY} generations", "have an onset", "expected", "result")
    about = (
        f"Alignment is the mean over seeds with its {CONFIDENCE:.0%} t interval. Inside the band of drift means: where"
        " one more neutral run would lie, and without an onset in any seed."
    )
    return tag(
        "section",
        tag("h2", "Controls"),
        tag("p", about),
        table("Conditions and what they should show", head, rows),
        id="controls",
    )


def tables_section(study: Study) -> Markup:
    """Give the numbers behind the verdict."""
    parts = [_conditions(study)]
    if study.found:
        pairs = [
            (f"{row['first']} and {row['second']}", probability(row["log_rank_p"]), probability(row["log_rank_holm"]))
            for row in study.found.pairs.to_dict("records")
        ]
        caption = f"Pairs of conditions: log-rank test of their onsets, corrected over {len(pairs)} pairs"
        parts.append(_folded(table(caption, ("pair", "p", "p after Holm"), pairs), f"Pairs ({len(pairs)})"))
    parts.append(_folded(_runs(study), f"Runs ({len(study.runs)})"))
    return tag("section", tag("h2", "Tables"), *parts, id="tables")


def _conditions(study: Study) -> Markup:
    head: tuple[str, ...] = (
        "condition",
        "answer",
        "alignment",
        "at birth",
        "onset, median",
        "Cliff's delta",
        "Hedges' g",
        "p after Holm",
    )
    head += ("HS", "DC", "loss, median")
    rows = []
    for one in study.conditions.values():
        row = one.statistics
        is_neutral = study.neutral is not None and one.name == study.neutral.name
        answer = "–" if is_neutral else judge(study, one).answer
        rows.append(
            (
                one.name,
                answer,
                _alignment(one),
                estimate(one.levels["birth"]),
                _onset(one) if row and not is_neutral else "–",
                _effect(one, "delta"),
                _effect(one, "g"),
                probability(row["log_rank_holm"]) if row else "–",
                f"{share(one.mean('hs'))}, {word(one.mean('hs'))}",
                f"{share(one.mean('dc'))}, {word(one.mean('dc'))}",
                f"{one.mean('loss'):.3g}",
            )
        )
    return table(f"Conditions: means over seeds of the last {STAY} generations, against neutral runs", head, rows)


def _runs(study: Study) -> Markup:
    onsets = {}
    if study.found:
        onsets = {(row["condition"], row["run"]): row["onset"] for row in study.found.runs.to_dict("records")}
    head = ("run", "condition", "seed", "generations", "onset", "alignment", "at birth", "HS", "DC", "loss, median")
    rows = []
    for one in study.conditions.values():
        for number, run in enumerate(one.runs):
            level = {name: float(values[number]) for name, values in one.levels.items()}
            rows.append(
                (
                    run.path.name or str(run.path),
                    one.name,
                    str(run.seed),
                    f"{run.last} of {planned(run)}",
                    generation(onsets.get((one.name, str(run.path)), math.nan)),
                    signed(level["alignment"]) if one.measured else "not measured",
                    signed(level["birth"]),
                    share(level["hs"]),
                    share(level["dc"]),
                    f"{level['loss']:.3g}",
                )
            )
    return table(f"Runs: means over the last {STAY} generations; no onset: –", head, rows)


def _folded(content: Markup, name: str) -> Markup:
    return tag("details", tag("summary", name), content)


def _alignment(one: Condition) -> str:
    return estimate(one.levels["alignment"]) if one.measured else "not measured"


def _onset(one: Condition) -> str:
    row = one.statistics
    if not math.isfinite(row["onset_median"]):
        return generation(row["onset_median"])
    interval = f"{generation(row['onset_low'])} to {generation(row['onset_high'])}"
    return f"{generation(row['onset_median'])} ({interval})"


def _effect(one: Condition, name: str) -> str:
    row = one.statistics
    if not row or math.isnan(row[name]):
        return "–"
    return f"{signed(row[name])} ({between(row[f'{name}_low'], row[f'{name}_high'])})"
