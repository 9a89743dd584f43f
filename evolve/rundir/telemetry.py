"""Reading the telemetry of a run: what it costs where, and the latest message."""

import os
from pathlib import Path
from typing import Any

from hetevo.evolve.rundir.schemas import parse_json
from hetevo.evolve.rundir.system import reading
from hetevo.populations.errors import HetevoError

TAIL_BYTES = 65_536
"""Only the end of the file is read, however long a run has been going on."""

_SHOWN = ("vary", "evaluate", "record", "serialise", "wait", "workers", "utilisation", "processor", "resent")

_LARGEST = 1e15
"""Seconds, workers, blocks: a larger number is none of them."""


def latest(path: Path) -> tuple[dict[str, Any], str | None]:
    """Return the telemetry of the last generation, and the last message; nothing if there is none.

    Parameters
    ----------
    path : Path
        ``events.jsonl``; it may end in a line that is still being written.
    """
    telemetry: dict[str, Any] = {}
    message = None
    # newest first: the first one of each kind is the latest
    for event in reversed(_events(path)):
        if not telemetry and "generation" in event:
            telemetry = {name: event[name] for name in _SHOWN if _is_number(event.get(name))}
        if message is None and isinstance(event.get("message"), str):
            when = event.get("time")
            message = f"{when if isinstance(when, str) else ''} {event['message']}"
    return telemetry, message


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def _events(path: Path) -> list[dict[str, Any]]:
    try:
        with reading(path) as source:
            # from the end, which may cut the first line
            source.seek(max(0, source.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = source.read(2 * TAIL_BYTES).decode("utf-8", "replace").splitlines()
    except (OSError, HetevoError):
        return []
    events = []
    for line in lines:
        try:
            event = parse_json(line.encode())
        except ValueError:
            continue  # cut off at the beginning or at the end
        if isinstance(event, dict):
            events.append(event)
    return events
