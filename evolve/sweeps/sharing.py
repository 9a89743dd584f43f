"""Taking part in a sweep that other processes may run too: with which runs, and whom a request to stop is for."""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from hetevo.evolve.rundir import RunDirectory, RunDirectoryError, StorageError, system
from hetevo.evolve.rundir.files import explained, is_there, names, remove_tree
from hetevo.evolve.rundir.owner import is_held, where_locks_work
from hetevo.evolve.rundir.sweep import SHARED, STOP
from hetevo.evolve.rundir.system import open_plain
from hetevo.evolve.stopping import StopRequest
from hetevo.evolve.sweeps.making import Member

OWN = ".stop-"
"""How the file begins by which a process passes a signal on to its own runs."""

JOBS = ".slurm-"
"""How the folder begins in which a process hands calls to jobs of a batch system."""


def deal(members: Sequence[Member], number: int, of: int) -> list[Member]:
    """Return one of equal shares of the runs of a sweep, always the same: every ``of``-th, from the ``number``-th on.

    Runs of which one takes something from another (a donor's genes, what pilots chose) count as one, so that no share
    waits for what another has not begun.

    Parameters
    ----------
    members : sequence of Member
        All runs, in the order of the plan.
    number, of : int
        Which share, from 1, and how many there are.

    Returns
    -------
    list of Member
        In the same order; nothing if there are fewer runs than shares.
    """
    # a run and those that it needs form a group; each points to another one of it, the last to itself
    joined = {member.name: member.name for member in members}

    def find(name: str) -> str:
        while joined[name] != name:
            name = joined[name]
        return name

    for member in members:
        for other in member.after:
            joined[find(member.name)] = find(other)
    # groups in the order of their first runs
    groups = list(dict.fromkeys(find(member.name) for member in members))
    dealt = set(groups[number - 1 :: of])
    return [member for member in members if find(member.name) in dealt]


class Share:
    """A share in a lock that many processes have at a time; the system gives it back however the process ends.

    Parameters
    ----------
    path : Path
        The lock file.
    alone : callable
        Is called first if no other process has a share; none can get one meanwhile.

    Raises
    ------
    StorageError
        If there can be no such file.
    """

    def __init__(self, path: Path, alone: Callable[[], object]) -> None:
        self.path = path
        with explained("lock", path):
            self._descriptor = open_plain(path, os.O_RDWR | os.O_CREAT)
        try:
            # who comes first tidies up after processes that were killed
            self._if_alone(alone)
            with explained("lock", path), where_locks_work():
                system.share(self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self, alone: Callable[[], object]) -> None:
        """Give the share back, after a call of ``alone`` if no other process has one."""
        try:
            self._if_alone(alone)  # of two that end together, one succeeds: trying gives one's own share up
        finally:
            os.close(self._descriptor)

    def _if_alone(self, call: Callable[[], object]) -> None:
        with explained("lock", self.path):
            try:
                with where_locks_work():
                    # only whoever is alone gets the lock for itself
                    system.lock(self._descriptor)
            except BlockingIOError:
                return
        call()


def is_under_way(folder: Path) -> bool:
    """Tell whether a process takes part in a sweep at this moment, also before the first of its runs has begun.

    Parameters
    ----------
    folder : Path
        The sweep's directory.
    """
    # to ask is to have the lock for a moment: whoever begins then would take ``STOP`` for that of others
    if is_there(folder / STOP):
        return False
    try:
        descriptor = open_plain(folder / SHARED, os.O_RDONLY)
    except (OSError, RunDirectoryError):
        return False
    try:
        system.lock(descriptor)
    except BlockingIOError:
        return True
    except OSError:  # no locks on this mount: the runs tell
        return False
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def taking_part(folder: Path, *, was_asked: bool) -> Iterator[tuple[StopRequest, Path]]:
    """Take part as long as the block runs.

    The file ``STOP`` is for all processes. It is removed by the last one that leaves, or if that was killed by the next
    one that begins alone; one that begins beside others leaves it to them, and stops too.

    Parameters
    ----------
    folder : Path
        The sweep's directory.
    was_asked : bool
        Whether ``STOP`` was there before this process wrote anything; one that came later is for this process too.

    Yields
    ------
    StopRequest
        Signals to this process, and ``STOP``.
    Path
        A file that nobody else uses; it asks this process's runs to stop.
    """
    stop = StopRequest(folder / STOP)
    # a name that no other process can have, even on another machine
    mine = folder / f"{OWN}{os.getpid()}-{secrets.token_hex(8)}"

    def begin_alone() -> None:
        _clear(folder, stop if was_asked else None)
        _remove_jobs(folder)

    share = Share(folder / SHARED, alone=begin_alone)
    try:
        with stop:
            yield stop, mine
        # the request was for runs of this process, which have ended
        if is_there(mine):
            remove_tree(mine)
    finally:
        share.release(alone=lambda: _clear(folder, stop))


def _clear(folder: Path, stop: StopRequest | None) -> None:
    """Remove requests to stop that were for processes that have ended."""
    if stop:
        stop.withdraw()
    for name in names(folder):
        if name.startswith(OWN):
            remove_tree(folder / name)


def _remove_jobs(folder: Path) -> None:
    """Remove what processes that were killed handed to jobs, unless a run is under way, which may be such a job."""
    found = names(folder)
    left = [name for name in found if name.startswith(JOBS)]
    if left and not any(is_held(RunDirectory(folder / name).lock_file) for name in found):
        for name in left:
            # a folder that cannot be removed, such as somebody else's, is in nobody's way
            with contextlib.suppress(StorageError):
                remove_tree(folder / name)
