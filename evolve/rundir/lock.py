"""One writer a run; many processes a sweep."""

import contextlib
import errno
import fcntl
import json
import os
import platform
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from evolve.rundir import system
from evolve.rundir.errors import LostError, RunBusyError, RunDirectoryError
from evolve.rundir.files import explained
from evolve.rundir.places import Place
from evolve.rundir.provenance import now
from evolve.rundir.streams import open_plain, write_all

TRIES, PAUSE = 20, 0.02
"""A look at the lock (`is_held`) has it for an instant: a writer tries so often, so many seconds apart."""

_LIMIT = 4096


class Lock:
    """An exclusive lock on a run directory, released by the system when the process ends, however it ends.

    The file says who holds it: host, process and start, and a token that nobody else has. A file that names an owner
    while nobody holds the lock was left by a process that was killed; the lock is then taken over. If the file is a
    place in a run directory (`evolve.rundir.places`), that is held too: whatever it is called later, it stays that one.

    Parameters
    ----------
    path : Path
        The lock file; it names the owner.

    Attributes
    ----------
    taken_over : dict
        The owner that ended without giving the lock back: host, pid, started. Empty if there was none.

    Raises
    ------
    RunBusyError
        If another process holds the lock; the message names its host, process and start time.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._token = path, secrets.token_hex(8)
        self._root = path.within if isinstance(path, Place) else None
        with explained("lock", path):
            holds = self._root is not None and self._root.hold()
            self._descriptor = -1
            try:
                self._descriptor = open_plain(path, os.O_RDWR | os.O_CREAT)
                self._acquire()
                self.taken_over = _owner(os.pread(self._descriptor, _LIMIT, 0))
                owner = {"host": platform.node(), "pid": os.getpid(), "started": now(), "token": self._token}
                system.truncate(self._descriptor, 0)
                write_all(self._descriptor, memoryview(json.dumps(owner).encode()))
            except BaseException:
                if self._descriptor >= 0:
                    os.close(self._descriptor)
                if self._root and holds:
                    self._root.release()
                raise

    def _acquire(self) -> None:
        for attempt in range(TRIES):
            try:
                system.lock(self._descriptor)
                return
            except BlockingIOError:
                if attempt < TRIES - 1:
                    time.sleep(PAUSE)
        owner = _owner(os.pread(self._descriptor, _LIMIT, 0))
        raise RunBusyError(
            f"{self.path.parent} is being written by {_named(owner)}. One run has one writer: wait for it, or stop it"
            f" (make the file {self.path.parent / 'STOP'})."
        )

    def release(self) -> None:
        """Give the lock back; the file stays, empty, so that nobody can hold a lock on a deleted one."""
        if self._descriptor >= 0:
            # closing is what releases; a name that stays would only be taken for that of a killed process
            with contextlib.suppress(OSError):
                if self._names_us():
                    system.truncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1
            if self._root:
                self._root.release()

    def check(self) -> None:
        """Check that this process still is the one that writes, and writes into the directory that it began with.

        Raises
        ------
        LostError
            If the directory was deleted, or the lock taken over.
        StorageError
            If that cannot be told.
        """
        if self._descriptor < 0:
            return
        with explained("look at", self.path):
            try:
                there = os.path.samestat(system.look(self.path), os.fstat(self._descriptor))
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ESTALE):
                    raise
                there = False
            if not there:
                raise LostError(f"{self.path.parent} was deleted while this run wrote it.", deleted=True)
            if not self._names_us():
                who = _named(_owner(os.pread(self._descriptor, _LIMIT, 0)))
                raise LostError(
                    f"{self.path.parent} is being written by {who} now, which took it over because this process had"
                    " given no sign of life for long. Nothing was written over what it does: the run goes on there.",
                    deleted=False,
                )

    def _names_us(self) -> bool:
        return _owner(os.pread(self._descriptor, _LIMIT, 0)).get("token") == self._token

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


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
            self._if_alone(alone)
            with explained("lock", path):
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
                system.lock(self._descriptor)
            except BlockingIOError:
                return
        call()


def is_held(path: Path) -> bool:
    """Tell whether a process holds the lock at this moment."""
    try:
        descriptor = open_plain(path, os.O_RDONLY)
    except (OSError, RunDirectoryError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _owner(content: bytes) -> dict[str, str]:
    """Return who a lock file names; empty if nobody."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: str(found.get(key, ""))[:200] for key in ("host", "pid", "started", "token")}


def _named(owner: Mapping[str, str]) -> str:
    return "process {pid} on {host} since {started}".format(**owner) if owner else "another process"
