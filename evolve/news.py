"""News: single lines about a run that a person wants to read at once, such as workers that come and go.

They go through the logger ``hetevo``. The keeper of a run writes them down, and whoever watches the run is told.
"""

import contextlib
import logging
from collections.abc import Iterator

from evolve.results import Notice, logged

news = logging.getLogger("hetevo")
news.setLevel(logging.INFO)


class _Listener(logging.Handler):
    def __init__(self, listeners: tuple[Notice, ...]) -> None:
        super().__init__()
        self._listeners = [listener for listener in listeners if listener is not logged]  # which is this logger

    def emit(self, record: logging.LogRecord) -> None:
        for listener in self._listeners:
            listener(record.getMessage())


@contextlib.contextmanager
def told(*listeners: Notice) -> Iterator[None]:
    """Tell news to listeners while the block runs."""
    handler = _Listener(listeners)
    news.addHandler(handler)
    try:
        yield
    finally:
        news.removeHandler(handler)
