"""What differs between the conditions, and one configuration in full."""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from hetevo.analysis.report.markup import Markup, table, tag
from hetevo.analysis.report.study import Study
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.rundir import RunDirectory

SAID_ELSEWHERE = ("seed", "preset")
NOT_SAID = "backend.address"
"""Names a machine, and is no part of the experiment."""
MOST_VALUES = 3
"""Different values inside one condition that are spelled out."""


def configuration_section(study: Study) -> Markup:
    """Show what differs between conditions, and the first run's configuration."""
    groups = {name: one.runs for name, one in study.conditions.items()}
    values = {name: _values(runs) for name, runs in groups.items()}
    keys = list(dict.fromkeys(key for found in values.values() for key in found))
    different = [key for key in keys if len({found.get(key, "–") for found in values.values()}) > 1]
    rows = [(name, *(found.get(key, "–") for key in different)) for name, found in values.items()]
    first = study.runs[0]
    rest = "; all others differ from it in the table above, and in their seed" if len(study.runs) > 1 else ""
    parts = [tag("h2", "Configuration")]
    if different:
        parts.append(table("What differs between the conditions", ("condition", *different), rows))
    elif len(groups) > 1:
        parts.append(tag("p", "The configurations of all conditions are the same."))
    parts.append(
        tag(
            "details",
            tag("summary", f"Full configuration of {first.path.name}{rest}"),
            tag("pre", tag("code", _without_address(RunDirectory(first.path).config_toml())), tabindex=0),
        )
    )
    return tag("section", *parts, id="configuration")


def _values(runs: Sequence[LoadedRun]) -> dict[str, str]:
    """Return the value of every key in the runs of a condition; several where its runs differ."""
    found: dict[str, list[str]] = {"measured at": ["birth" if runs[0].stage == "birth" else "end of life"]}
    for config in pd.json_normalize([run.config for run in runs], sep=".").to_dict("records"):
        for key, value in config.items():
            if str(key) not in (*SAID_ELSEWHERE, NOT_SAID):
                found.setdefault(str(key), []).append(_text(value))
    return {key: _joined(sorted(set(texts))) for key, texts in found.items()}


def _without_address(toml: str) -> str:
    """Leave out the address of a cluster."""
    return re.sub(r'(?m)^(\s*address\s*=\s*)".+', r'\1"…"', toml)


def _joined(texts: Sequence[str]) -> str:
    return " | ".join(texts) if len(texts) <= MOST_VALUES else f"{len(texts)} different values"


def _text(value: Any) -> str:
    return "×".join(map(str, value)) if isinstance(value, list) and value else str(value)
