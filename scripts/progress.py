"""Progress of a run: a live line on a terminal, plain lines elsewhere; always on stderr."""

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

if TYPE_CHECKING:
    from rich.status import Status

    from evolve import GenerationReport

PLAIN_SECONDS = 10.0
"""Seconds between two lines where there is no terminal, so that a log stays short."""


class Progress(Protocol):
    """Shows generation reports."""

    def __call__(self, report: "GenerationReport") -> None:
        """Show that a generation is done."""

    def say(self, message: str) -> None:
        """Show a notice, which stays."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def line(report: "GenerationReport", done: int) -> str:
    """Say in one line where a run stands.

    Parameters
    ----------
    report : GenerationReport
        Of the generation just done.
    done : int
        Generations that this process has done.
    """
    parts = [
        f"generation {report.generation}/{report.generations}",
        f"loss {report.loss_median:.3f} (best {report.loss_best:.3f})",
    ]
    if report.alignment_end is not None:
        elite = f" (elite {report.alignment_end_elite:+.3f})" if report.alignment_end_elite is not None else ""
        parts.append(f"alignment {report.alignment_end:+.3f}{elite}")
    left = (report.generations - report.generation) * report.elapsed / max(done, 1)
    parts.append(f"{_duration(left)} left" if report.generation < report.generations else _duration(report.elapsed))
    return "  ".join(parts)


class LiveLine:
    """A line that is written over again and again."""

    def __init__(self) -> None:
        from rich.console import Console

        self._status: Status = Console(stderr=True).status("generation 0: founders are living")
        self._done = 0

    def __call__(self, report: "GenerationReport") -> None:
        """Show that a generation is done."""
        self._done += 1
        self._status.update(line(report, self._done))

    def say(self, message: str) -> None:
        """Show a notice, which stays."""
        self._status.console.print(f"hetevo: {message}", markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._status.stop()


class PlainLines:
    """A line now and then, and one for the last generation."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._done, self._next = stream, 0, 0.0

    def __call__(self, report: "GenerationReport") -> None:
        """Show that a generation is done."""
        self._done += 1
        if report.elapsed >= self._next or report.generation == report.generations:
            print(line(report, self._done), file=self._stream, flush=True)
            self._next = report.elapsed + PLAIN_SECONDS

    def say(self, message: str) -> None:
        """Show a notice."""
        print(f"hetevo: {message}", file=self._stream, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


def progress() -> Progress:
    """Return the display that suits where stderr goes."""
    return LiveLine() if is_live() else PlainLines(sys.stderr)


def is_live() -> bool:
    """Tell whether stderr goes to a terminal on which lines can be written over."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"
