"""Progress of a run: a live line on a terminal, plain lines elsewhere; always on stderr."""

import os
import sys
from collections import deque
from typing import IO, TYPE_CHECKING, Self

from hetevo.populations.text import write_duration
from hetevo.scripts.errors import indent, tell

if TYPE_CHECKING:
    from rich.status import Status

    from hetevo.evolve import GenerationReport

PLAIN_SECONDS = 10.0
"""Seconds between two lines where there is no terminal, so that a log stays short."""

RECENT = 50
"""Generations by whose time the time left is estimated."""

SPINNER = 2
"""Columns that the sign of life takes before the live line."""


class Progress:
    """Shows where a run stands: a line that Rich writes over on a terminal, elsewhere a line now and then."""

    def __init__(self) -> None:
        self._ends: deque[float] = deque(maxlen=RECENT + 1)
        self._next = 0.0
        self._status: Status | None = None
        if is_live():
            from hetevo.scripts.console import Messages

            self._status = Messages().status("generation 0: founders are living")

    def __call__(self, report: "GenerationReport") -> None:
        """Show that a generation is done."""
        # the first generation, which starts the workers, never counts
        self._ends.append(report.elapsed)
        count = len(self._ends) - 1
        pace = (self._ends[-1] - self._ends[0]) / count if count else None
        # a line that changes in a terminal, a line now and then in a log
        if self._status:
            self._status.update(write_line(report, pace, self._status.console.width - SPINNER))
        elif report.elapsed >= self._next or report.generation == report.generations:
            print(write_line(report, pace), file=sys.stderr, flush=True)
            self._next = report.elapsed + PLAIN_SECONDS

    def say(self, message: str) -> None:
        """Show a notice, which stays."""
        if self._status:
            self._status.console.print(indent(f"hetevo: {message}"), soft_wrap=True)
        else:
            tell(f"hetevo: {message}")

    def __enter__(self) -> Self:
        if self._status:
            from hetevo.scripts.console import guard_streams

            self._status.start()
            guard_streams()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._status:
            self._status.stop()


def write_line(report: "GenerationReport", pace: float | None, width: int | None = None) -> str:
    """Say in one line where a run stands.

    Parameters
    ----------
    report : GenerationReport
        Of the generation just done.
    pace : float or None
        Seconds a generation; None: not known yet.
    width : int, optional
        Columns. What does not fit is left out in this order: the best tenth's alignment, the best loss, alignment,
        loss, time; the generation is cut off.
    """
    last = report.generation >= report.generations
    left = None if pace is None else f"{write_duration((report.generations - report.generation) * pace)} left"
    alignment, best = report.alignment_end, report.alignment_end_elite
    # text, and the rank at which it is left out
    parts = [
        (f"generation {report.generation}/{report.generations}", 0),
        (f"  loss {report.loss_median:.3f}", 2),
        (f", best {report.loss_best:.3f}", 4),
        (f"  alignment {alignment:+.3f}" if alignment is not None else "", 3),
        (f", best tenth {best:+.3f}" if alignment is not None and best is not None else "", 5),
        (f"  {write_duration(report.elapsed)}" if last else f"  {left}" if left else "", 1),
    ]
    text = ""
    for most in range(5, -1, -1):
        text = "".join(part for part, rank in parts if rank <= most)
        if width is None or len(text) <= width:
            break
    return text[:width]


def is_live(stream: IO[str] | None = None) -> bool:
    """Tell whether a stream, by default stderr, goes to a terminal on which lines can be written over."""
    return (stream or sys.stderr).isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")
