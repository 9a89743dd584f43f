"""News of a run on the terminal: on stderr, above the line of progress."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Shown(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        print(f"hetevo: {record.getMessage()}", file=sys.stderr, flush=True)


@contextmanager
def shown() -> Iterator[None]:
    """Show what Hetevo logs while the block runs."""
    logger, handler = logging.getLogger("hetevo"), _Shown(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
