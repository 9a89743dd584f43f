"""The tables of a report: controls, conditions, pairs, runs, configurations, environments, digests."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hetevo.analysis.intervals import mean_and_interval
from hetevo.analysis.report.expectations import EXPECTATIONS, Seen
from hetevo.analysis.report.numbers import (
    Table,
    write_cosine,
    write_generation,
    write_interval,
    write_probability,
    write_share,
    write_signed,
)
from hetevo.analysis.report.study import Condition, Study
from hetevo.analysis.report.verdict import classify, decide
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics import neutral_band
from hetevo.analysis.statistics.contrasts import HEAD, difference, match, write_contrasts
from hetevo.evolve.rundir import RunDirectory
from hetevo.populations.errors import HetevoError

NONE = "–"
STAGES = {
    "birth": "birth",
    "end": "end of life",
    "innate-descending": "end of life, V as at birth",
    "innate-ascending": "end of life, W as at birth",
}
"""What a condition's stage of life is called."""

HOLDS = {True: "holds", False: "does not hold", None: "cannot be told"}

SAID_ELSEWHERE = ("seed", "preset")
NOT_SAID = "backend.address"
"""Names a machine, and is no part of the experiment."""
MOST_VALUES = 3
"""Different values inside one condition that are spelled out."""

ENVIRONMENT = ("source", "versions", "python", "platform", "cores", "cpu_features", "libraries")
"""What a session of a run says about the software and the machine."""


def make_tables(study: Study) -> dict[str, Table]:
    """Make all tables of a report, by name."""
    tables = {
        "controls": _controls(study),
        "conditions": _conditions(study),
        "runs": _runs(study),
        "differences": _differences(study),
    }
    compared = study.contrasts
    if compared is not None:
        pairs = f"each against {study.against}" if study.against else "all pairs"
        caption = f"Contrasts of conditions in alignment and loss, over seeds: {pairs}"
        tables["contrasts"] = Table(caption, HEAD, write_contrasts(compared))
    if study.found:
        tables["pairs"] = _pairs(study.found.pairs)
    tables["environments"], tables["digests"] = tabulate_provenance(study.runs)
    return tables


def _controls(study: Study) -> Table:
    """Compare every condition with what it should show."""
    rows = []
    for name, condition in study.conditions.items():
        text, holds = _check_expectation(study, condition)
        known = condition.statistics and math.isfinite(condition.mean("alignment"))
        emerged = f"{condition.statistics['emerged']} of {len(condition.runs)}" if known else NONE
        what = (text, HOLDS[holds]) if text else ("no expectation: it is the question", NONE)
        rows.append((name, str(len(condition.runs)), _alignment(condition), emerged, *what))
    head = ("condition", "seeds", f"alignment, {study.ending}", "have an onset", "expected", "result")
    return Table("Conditions and what they should show", head, rows)


def _conditions(study: Study) -> Table:
    """Give the numbers behind the verdict."""
    head = (
        "condition",
        "answer",
        "alignment",
        "at birth",
        "onset by the band, median",
        "half level, median",
        "Cliff's delta",
        "Hedges' g",
    )
    rows = []
    for name, condition in study.conditions.items():
        statistics = condition.statistics
        # drift is compared with nothing
        is_neutral = study.neutral is not None and name == study.neutral.name
        row = (
            name,
            NONE if is_neutral else decide(condition).answer,
            _alignment(condition),
            write_cosine(condition.levels["birth"]),
            _onset(statistics) if statistics and not is_neutral else NONE,
            write_generation(statistics["half_median"]) if statistics and not is_neutral else NONE,
            _effect(statistics, "delta"),
            _effect(statistics, "g"),
            write_probability(statistics["log_rank_holm"]) if statistics else NONE,
            *(
                f"{write_share(condition.mean(measure))}, {classify(condition.mean(measure))}"
                for measure in ("hs", "dc")
            ),
            f"{condition.mean('loss'):.3g}",
        )
        rows.append(row)
    caption = f"Conditions: means over seeds of {study.ending}, against neutral runs"
    return Table(caption, (*head, "p after Holm", *_consistency(study), "loss, median"), rows)


def _pairs(pairs: pd.DataFrame) -> Table:
    """Compare the onsets of conditions with each other."""
    rows = [
        (
            f"{row['first']} and {row['second']}",
            write_probability(row["log_rank_p"]),
            write_probability(row["log_rank_holm"]),
        )
        for row in pairs.to_dict("records")
    ]
    caption = f"Pairs of conditions: log-rank test of their onsets, corrected over {len(rows)} pairs"
    return Table(caption, ("pair", "p", "p after Holm"), rows)


def _runs(study: Study) -> Table:
    """Give the levels of every run."""
    # onsets are known only where there are neutral runs
    times = {}
    if study.found:
        times = {(row["condition"], row["run"]): row for row in study.found.runs.to_dict("records")}
    rows = []
    # a row a run, with what its own last generations say
    for name, condition in study.conditions.items():
        for number, run in enumerate(condition.runs):
            level = {measure: float(values[number]) for measure, values in condition.levels.items()}
            row = (
                run.path.name or str(run.path),
                name,
                str(run.seed),
                f"{run.last} of {run.planned}",
                *(
                    write_generation(times.get((name, str(run.path)), {}).get(key, math.nan))
                    for key in ("onset", "half")
                ),
                write_signed(level["alignment"]) if condition.measured else "not measured",
                write_signed(level["birth"]),
                write_share(level["hs"]),
                write_share(level["dc"]),
                f"{level['loss']:.3g}",
            )
            rows.append(row)
    reached = "onset by the band", "half level"
    head = ("run", "condition", "seed", "generations", *reached, "alignment", "at birth")
    caption = f"Runs: means over {study.ending}; no onset: –"
    return Table(caption, (*head, *_consistency(study), "loss, median"), rows)


def _consistency(study: Study) -> tuple[str, str]:
    """Name the columns of HS and DC."""
    return ("HS, weighted", "DC, weighted") if study.weighted else ("HS", "DC")


def _alignment(condition: Condition) -> str:
    return write_cosine(condition.levels["alignment"]) if condition.measured else "not measured"


def _onset(statistics: Mapping[str, Any]) -> str:
    median = write_generation(statistics["onset_median"])
    if not math.isfinite(statistics["onset_median"]):
        return median
    return f"{median} ({write_generation(statistics['onset_low'])} to {write_generation(statistics['onset_high'])})"


def _effect(statistics: Mapping[str, Any], name: str) -> str:
    if not statistics or math.isnan(statistics[name]):
        return NONE
    return f"{write_signed(statistics[name])} ({write_interval(statistics[f'{name}_low'], statistics[f'{name}_high'])})"


def _differences(study: Study) -> Table:
    """Show in which values of their configurations the conditions differ."""
    values = {name: _values(condition.runs) for name, condition in study.conditions.items()}
    keys = list(dict.fromkeys(key for given in values.values() for key in given))
    different = [key for key in keys if len({given.get(key, NONE) for given in values.values()}) > 1]
    rows = [(name, *(given.get(key, NONE) for key in different)) for name, given in values.items()]
    return Table("What differs between the conditions", ("condition", *different), rows)


def _values(runs: Sequence[LoadedRun]) -> dict[str, str]:
    """Return the value of every key in the runs of a condition; several where its runs differ."""
    values: dict[str, list[str]] = {"measured at": [STAGES[runs[0].stage]]}
    for config in pd.json_normalize([run.config for run in runs], sep=".").to_dict("records"):
        for key, value in config.items():
            if str(key) not in (*SAID_ELSEWHERE, NOT_SAID):
                text = "×".join(map(str, value)) if isinstance(value, list) and value else str(value)
                values.setdefault(str(key), []).append(text)
    return {key: _joined(sorted(set(texts))) for key, texts in values.items()}


def _joined(texts: Sequence[str]) -> str:
    return " | ".join(texts) if len(texts) <= MOST_VALUES else f"{len(texts)} different values"


def configuration_of(run: LoadedRun) -> str:
    """Return the whole configuration of a run, without the address of a cluster."""
    return re.sub(r'(?m)^(\s*address\s*=\s*)".+', r'\1"…"', RunDirectory(run.path).config_toml())


def tabulate_provenance(runs: Sequence[LoadedRun]) -> tuple[Table, Table]:
    """List every distinct environment, and every run with its state, dates and digests."""
    # a run that is looked at twice in life is one run, of two conditions
    conditions: dict[Path, list[str]] = {}
    for run in runs:
        conditions.setdefault(run.path, []).append(run.condition)
    environments: Counter[tuple[str, ...]] = Counter()
    rows = []
    for path, names in conditions.items():
        directory = RunDirectory(path)
        # its provenance may be damaged, which costs no report
        try:
            sessions = directory.provenance.read()["sessions"]
            remark = ""
        except HetevoError as error:
            sessions, remark = [], str(error)
        # a row for each environment, with its number of sessions
        environments.update(tuple(_text(session.get(name)) for name in ENVIRONMENT) for session in sessions)
        status = directory.status()
        row = (
            path.name or str(path),
            ", ".join(names),
            _text(status["state"]),
            _text(status["seed"]),
            _text(sessions[0].get("started")) if sessions else remark or NONE,
            _text(sessions[-1].get("stopped")) if sessions else NONE,
            str(len(sessions)),
            _text(status["digest"]),
            _text(status["probe_digest"]),
        )
        rows.append(row)
    named = ("commit", "versions", "Python", "platform", "cores", "CPU features", "libraries", "sessions")
    counted = [(*environment, str(count)) for environment, count in environments.items()]
    head = ("run", "condition", "state", "seed", "started", "stopped", "sessions", "digest", "probe digest")
    caption = "Software and machines: a row for each that worked on these runs"
    return Table(caption, named, counted), Table("Runs", head, rows)


def _text(value: Any) -> str:
    """Write whatever a file of provenance holds."""
    if value is None or value == "" or value == []:
        return NONE
    if isinstance(value, Mapping):
        if isinstance(value.get("commit"), str):
            return f"{value['commit']}{', with changes' if value.get('dirty') else ''}"
        return ", ".join(f"{key} {item}" for key, item in value.items() if item is not None)
    return "; ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _check_expectation(study: Study, condition: Condition) -> tuple[str, bool | None]:
    """Say what a condition should show, empty if nobody knows, and whether it did, None if that cannot be told."""
    is_neutral = study.neutral and condition.name == study.neutral.name
    expectation = EXPECTATIONS["neutral"] if is_neutral else condition.expectation
    if expectation is None:
        return "", None
    if not condition.measured:
        return expectation.text, None
    # NaN stays where there is nothing to compare with
    low = high = emerged = math.nan
    if study.neutral and condition.statistics:
        if math.isfinite(condition.mean("alignment")):
            emerged = condition.statistics["emerged"] / len(condition.runs)
        band = neutral_band(study.neutral.levels["alignment"][:, np.newaxis])
        low, high = float(band.low[0]), float(band.high[0])
    # a transplant is compared with the one condition that is no control
    asked = [one for one in map(study.conditions.__getitem__, study.questions) if not one.expectation]
    behind = _compare(condition, asked[0]) if len(asked) == 1 else (math.nan, math.nan)
    level = mean_and_interval(condition.levels["alignment"])
    return expectation.text, expectation.holds(Seen(level, emerged, low, high, behind))


def _compare(one: Condition, other: Condition) -> tuple[float, float]:
    """Return the interval of the difference of two levels."""
    levels = [
        {run.seed: float(value) for run, value in zip(each.runs, each.levels["alignment"], strict=True)}
        for each in (one, other)
    ]
    first, second, paired = match(*levels)
    found = difference(first, second, paired=paired)
    return found["low"], found["high"]
