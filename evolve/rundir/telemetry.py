"""Reading the telemetry of a run: what it costs where, and the latest message."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hetevo.evolve.rundir.schemas import parse_json
from hetevo.evolve.rundir.system import reading
from hetevo.populations.errors import HetevoError

TAIL_BYTES = 65_536
"""Only the end of the file is read, however long a run has been going on."""

GLANCE_BYTES = 8_192
"""The end of it that tells how a run goes: twenty generations or so."""

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


@dataclass(frozen=True)
class Lived:
    """What telemetry says of a generation.

    Parameters
    ----------
    generation : int
        Which one.
    seconds : float or None
        That it took.
    loss_best, alignment_end : float or None
        Of its best individual, and the mean over all; None where nothing was measured.
    """

    generation: int
    seconds: float | None
    loss_best: float | None
    alignment_end: float | None


def read_lived(path: Path) -> list[Lived]:
    """Return the last generations of which telemetry tells, the newest last; nothing if there is none.

    Parameters
    ----------
    path : Path
        ``events.jsonl``; it may end in a line that is still being written.
    """
    found = []
    for event in _events(path, GLANCE_BYTES):
        generation = event.get("generation")
        if type(generation) is not int or not 0 <= generation <= _LARGEST:
            continue
        stages = [event.get(name) for name in ("vary", "evaluate", "record")]
        seconds = [stage for stage in stages if isinstance(stage, int | float) and _is_number(stage)]
        found.append(
            Lived(
                generation,
                sum(seconds) if len(seconds) == len(stages) else None,
                _measured(event.get("loss_best")),
                _measured(event.get("alignment_end")),
            )
        )
    return found


def _measured(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) and abs(value) <= _LARGEST else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def _events(path: Path, tail: int = TAIL_BYTES) -> list[dict[str, Any]]:
    try:
        with reading(path) as source:
            # from the end, which may cut the first line
            source.seek(max(0, source.seek(0, os.SEEK_END) - tail))
            lines = source.read(2 * tail).decode("utf-8", "replace").splitlines()
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
