"""Where the numbers come from: software, machines, dates, and the digests by which runs can be compared."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetevo.analysis.report.markup import Markup, table, tag
from hetevo.analysis.report.study import Study
from hetevo.evolve.rundir import RunDirectory
from hetevo.populations.errors import HetevoError

ENVIRONMENT = ("source", "versions", "python", "platform", "cores", "cpu_features", "libraries")
"""What a session of a run says about the software and the machine."""


def provenance_section(study: Study) -> Markup:
    """List every distinct environment, and every run with its state, dates and digests."""
    conditions: dict[Path, list[str]] = {}
    for run in study.runs:
        conditions.setdefault(run.path, []).append(run.condition)
    environments: Counter[tuple[str, ...]] = Counter()
    rows = []
    for path, names in conditions.items():
        directory = RunDirectory(path)
        try:
            sessions = directory.provenance.read()["sessions"]
            remark = ""
        except HetevoError as error:
            sessions, remark = [], str(error)
        environments.update(tuple(_text(session.get(name)) for name in ENVIRONMENT) for session in sessions)
        status = directory.status()
        rows.append(
            (
                path.name or str(path),
                ", ".join(names),
                _text(status["state"]),
                _text(status["seed"]),
                _text(sessions[0].get("started")) if sessions else remark or "–",
                _text(sessions[-1].get("stopped")) if sessions else "–",
                str(len(sessions)),
                _text(status["digest"]),
                _text(status["probe_digest"]),
            )
        )
    head = ("run", "condition", "state", "seed", "started", "stopped", "sessions", "digest", "probe digest")
    commands = tag(
        "p",
        "A digest is the SHA-256 of the final population and of every generation's losses, statuses and descent; equal"
        " digests mean the same evolution, bit for bit. ",
        tag("code", "hetevo verify RUN --replay"),
        " checks the files of a run and computes a generation again.",
    )
    named = ("commit", "versions", "Python", "platform", "cores", "CPU features", "libraries", "sessions")
    return tag(
        "section",
        tag("h2", "Provenance"),
        table(
            "Software and machines: a row for each that worked on these runs",
            named,
            [(*environment, str(count)) for environment, count in environments.items()],
        ),
        commands,
        tag("details", tag("summary", f"Dates and digests of {len(rows)} runs"), table("Runs", head, rows)),
        id="provenance",
    )


def _text(value: Any) -> str:
    """Write whatever a file of provenance holds."""
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, Mapping):
        if isinstance(value.get("commit"), str):
            return f"{value['commit']}{', with changes' if value.get('dirty') else ''}"
        return ", ".join(f"{key} {item}" for key, item in value.items() if item is not None)
    return "; ".join(map(_text, value)) if isinstance(value, list) else str(value)
