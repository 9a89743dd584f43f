"""Taking part in a sweep that other processes may run too: whom a request to stop is for, and who removes it."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from hetevo.evolve.rundir.files import is_there, names, remove_tree
from hetevo.evolve.rundir.lock import Share
from hetevo.evolve.rundir.sweep import SHARED
from hetevo.evolve.stopping import StopRequest

OWN = ".stop-"
"""How the file begins by which a process passes a signal on to its own runs."""


@contextlib.contextmanager
def taking_part(folder: Path) -> Iterator[tuple[StopRequest, Path]]:
    """Take part as long as the block runs.

    The file ``STOP`` is for all processes. It is removed by the last one that leaves, or if that was killed by the next
    one that begins alone; one that begins beside others leaves it to them, and stops too.

    Parameters
    ----------
    folder : Path
        The sweep's directory.

    Yields
    ------
    StopRequest
        Signals to this process, and ``STOP``.
    Path
        A file that nobody else uses; it asks this process's runs to stop.
    """
    stop = StopRequest(folder / "STOP")
    mine = folder / f"{OWN}{os.getpid()}-{secrets.token_hex(8)}"
    share = Share(folder / SHARED, alone=lambda: _clear(folder, stop))
    try:
        with stop:
            yield stop, mine
        if is_there(mine):
            remove_tree(mine)
    finally:
        share.release(alone=lambda: _clear(folder, stop))


def _clear(folder: Path, stop: StopRequest) -> None:
    """Remove requests to stop that were for processes that have ended."""
    stop.withdraw()
    for name in names(folder):
        if name.startswith(OWN):
            remove_tree(folder / name)
