"""News: single lines about a run that a person wants to read at once, such as workers that come and go.

They go through the logger ``hetevo``; the command line shows them, and the run directory keeps them.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from evolve.rundir import RunDirectory

news = logging.getLogger("hetevo")
news.setLevel(logging.INFO)


class _Events(logging.Handler):
    def __init__(self, directory: RunDirectory) -> None:
        super().__init__()
        self._directory = directory

    def emit(self, record: logging.LogRecord) -> None:
        self._directory.event(message=record.getMessage())


@contextmanager
def kept(directory: RunDirectory) -> Iterator[None]:
    """Keep news in the telemetry of a run while the block runs."""
    handler = _Events(directory)
    news.addHandler(handler)
    try:
        yield
    finally:
        news.removeHandler(handler)
