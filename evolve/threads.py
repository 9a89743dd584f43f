"""Starting threads, which the system may refuse."""

import contextlib
from collections.abc import Iterator

from hetevo.populations.errors import MachineFailedError


@contextlib.contextmanager
def starting_thread() -> Iterator[None]:
    """Say in one line that the system starts no more threads, if it does so in the block.

    Raises
    ------
    MachineFailedError
        In the place of Python's own error.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        raise MachineFailedError(
            f"Expected the system to start one more thread, but: {error or 'memory ran out'}. End other processes,"
            " raise 'ulimit -u' or 'ulimit -v', or take fewer processes (--workers)."
        ) from None
