"""What a run says: messages and reports while it goes on, and what is left to say when it has ended.

Messages are single lines that a person wants to read at once, such as that workers have left. They go through the
logger ``hetevo``; while a run evolves, `log_to` hands them to its recorder, which writes them into its telemetry, and
to whoever watches it.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger("hetevo")
log.setLevel(logging.INFO)


@dataclass(frozen=True)
class GenerationReport:
    """What a progress display shows after each generation.

    Parameters
    ----------
    generation, generations : int
        Just done, and the last one to come.
    loss_best, loss_median : float
        Normalised test loss.
    alignment_end, alignment_end_elite : float or None
        Mean gradient alignment at the end of life; None where it was not measured.
    seconds, elapsed : float
        Seconds that this generation took, and since the start.

    Examples
    --------
    >>> report = GenerationReport(3, 10, 0.21, 0.34, 0.5, 0.6, seconds=0.2, elapsed=0.8)
    >>> f"{report.generation}/{report.generations}: best loss {report.loss_best}"
    '3/10: best loss 0.21'
    """

    generation: int
    generations: int
    loss_best: float
    loss_median: float
    alignment_end: float | None
    alignment_end_elite: float | None
    seconds: float
    elapsed: float


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Parameters
    ----------
    path : Path
        Its directory.
    generation : int
        The last one that lived.
    digest : str
        Digest of everything that evolution did.
    probe_digest : str or None
        Digest of what the probe recorded.
    stopped_by : str
        ``""`` if it is done; ``"STOP"`` for the file, ``"signal N"``, or ``"loop"`` for a program's own loop.
    signal : int
        Number of the signal that stopped it, 2 of Ctrl-C; 0 if none did. Signals raise nothing: a script that is to end
        then, too, says ``if run.signal: sys.exit(128 + run.signal)``.
    saved : str
        How often it was saved, and what that cost.
    reason : str
        Why it ended before its last generation, if ``evolution.until`` or a program's own loop ended it.
    """

    path: Path
    generation: int
    digest: str
    probe_digest: str | None
    stopped_by: str = ""
    signal: int = 0
    saved: str = ""
    reason: str = ""


Progress = Callable[[GenerationReport], None]
"""Is called after every generation."""

Notice = Callable[[str], None]
"""Is called with one sentence that a person should read although the run goes on."""


def log_notice(message: str) -> None:
    """Hand a notice to Python's logging: what is done where nobody gave a `Notice`."""
    log.warning(message)


@contextlib.contextmanager
def log_to(*listeners: Notice) -> Iterator[None]:
    """Send what is logged to listeners too while the block runs."""
    handler = _ListenerHandler(listeners)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


class _ListenerHandler(logging.Handler):
    def __init__(self, listeners: tuple[Notice, ...]) -> None:
        super().__init__()
        # `log_notice` writes to the same logger, and would call itself without end
        self._listeners = [listener for listener in listeners if listener is not log_notice]

    def emit(self, record: logging.LogRecord) -> None:
        for listener in self._listeners:
            listener(record.getMessage())


def log_thread_failure(failed: threading.ExceptHookArgs) -> None:
    """Log in one line that a thread has failed, in a process of Hetevo's own: whoever waits for it says more."""
    name = failed.thread.name if failed.thread else "unknown"
    log.warning("the thread %r has ended: %s: %s", name, failed.exc_type.__name__, failed.exc_value)


def guard(listener: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a listener that cannot end a run: no result depends on what people read.

    Its first failure is logged. It is called again nevertheless: a full disk may have space again.

    Parameters
    ----------
    listener : callable
        A `Progress` or `Notice`. KeyboardInterrupt passes through.
    """
    if listener is log_notice:
        return listener  # `log_to` knows it by its identity
    # said once: a display that fails does so for every generation
    failed = False

    def call(message: Any) -> None:
        nonlocal failed
        try:
            listener(message)
        except Exception as error:
            if not failed:
                failed = True
                log.warning("progress could not be shown, and the run goes on: %s: %s", type(error).__name__, error)

    return call
