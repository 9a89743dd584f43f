"""News: single lines about a run that a person wants to read at once, such as workers that come and go.

They go through the logger ``hetevo``. The recorder of a run writes them down, and whoever watches the run is told.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from hetevo.evolve.results import Notice, logged

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


def thread_failed(failed: threading.ExceptHookArgs) -> None:
    """Say in one line that a thread has failed, in a process of Hetevo's own: whoever waits for it says more."""
    name = failed.thread.name if failed.thread else "unknown"
    news.warning("the thread %r has ended: %s: %s", name, failed.exc_type.__name__, failed.exc_value)


def harmless(listener: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a listener that cannot end a run: no result depends on what people are told.

    Its first failure is logged. It is called again nevertheless: a full disk may have space again.

    Parameters
    ----------
    listener : callable
        A `Progress` or `Notice`. KeyboardInterrupt passes through.
    """
    if listener is logged:
        return listener  # `told` knows it by its identity
    failed = False

    def tell(message: Any) -> None:
        nonlocal failed
        try:
            listener(message)
        except Exception as error:
            if not failed:
                failed = True
                news.warning("progress could not be shown, and the run goes on: %s: %s", type(error).__name__, error)

    return tell
