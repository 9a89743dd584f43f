"""One writer a run.

The lock of the system (`flock`) decides where it works. There are mounts on which it is refused, or given to everybody
or to each machine alone; so the lock file also says who has it (`hetevo.evolve.rundir.owner`), and each looks whether
it still names the one that is writing before anything is written.
"""

import contextlib
import errno
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Self

from hetevo.evolve.machine import starting_thread
from hetevo.evolve.rundir import owner as owners
from hetevo.evolve.rundir import system
from hetevo.evolve.rundir.errors import LostError, RunBusyError, RunDirectoryError
from hetevo.evolve.rundir.files import explained
from hetevo.evolve.rundir.places import Place
from hetevo.evolve.rundir.system import open_plain, write_all
from hetevo.populations.errors import HetevoError, spell

TRIES, PAUSE = 20, 0.02
"""A look at the lock (`is_held`) has it for an instant: a writer tries so often, so many seconds apart."""

CLAIM_SECONDS = 0.2
"""Seconds after which two that began at the same moment without a lock of the system see which of them was the last."""

_DELETED = (errno.ENOENT, errno.ESTALE, errno.ELOOP)


class Lock:
    """An exclusive lock on a run directory, released by the system when the process ends, however it ends.

    The file says who holds it: host, process and start, and a token that nobody else has; and it is touched now and
    then. A file that names an owner while nobody holds the lock was left by a process that was killed; the lock is then
    taken over. If the file is a place in a run directory (`hetevo.evolve.rundir.places`), that is held too: whatever
    it is called later, it stays that one.

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
        with explained("lock", path), _explain_missing_folder(path.parent):
            # first the directory: whatever it is called later, it stays this one
            holds = self._root is not None and self._root.hold()
            self._descriptor = -1
            try:
                self._descriptor = open_plain(path, os.O_RDWR | os.O_CREAT)
                self.taken_over = self._acquire()
            except BaseException:
                if self._descriptor >= 0:
                    os.close(self._descriptor)
                if self._root and holds:
                    self._root.release()
                raise
        owners.held.add(self._token)
        self._ended = Event()
        self._signs = Thread(target=self._give_signs_of_life, name="lock", daemon=True)
        try:
            with starting_thread():
                self._signs.start()
        except BaseException:
            self.release()
            raise

    def _acquire(self) -> dict[str, str]:
        """Become the owner, and return the one before if that is gone without having said so."""
        # 1. the lock of the system, which a look at it may hold for an instant
        for attempt in range(TRIES):
            try:
                with owners.where_locks_work():
                    system.lock(self._descriptor)
                break
            except BlockingIOError:
                if attempt == TRIES - 1:
                    raise self._busy() from None
                time.sleep(PAUSE)
        # 2. the name in the file: where the system's locks are no help it decides alone
        locks_work = owners.locks_work_here(self.path)
        before = self._owner()
        if not owners.is_gone(before, owners.measure_silence(self._descriptor), locks_work=locks_work):
            raise self._busy()
        if owners.is_far(before) and self._watch_for_life():
            raise self._busy()
        # 3. this process's own name
        system.truncate(self._descriptor, 0)
        write_all(self._descriptor, memoryview(json.dumps(owners.make_record(self._token)).encode()))
        # 4. without locks two may have come this far: the one that wrote last has it
        if not locks_work:
            time.sleep(CLAIM_SECONDS)
            if self._owner().get("token") != self._token:
                raise self._busy()
        return before

    def _busy(self) -> RunBusyError:
        owner = self._owner()
        silence = owners.measure_silence(self._descriptor)
        waiting = (
            f" Its last sign of life is {silence:.0f} seconds old; it is taken over after"
            f" {owners.SILENT * owners.INTERVAL:.0f}."
            if owners.is_far(owner) and silence > 2 * owners.INTERVAL
            else ""
        )
        return RunBusyError(
            f"{self.path.parent} is being written by {owners.describe(owner)}. One run has one writer: wait for it, or"
            f" stop it (make the file {self.path.parent / 'STOP'}).{waiting}"
        )

    def _owner(self) -> dict[str, str]:
        return owners.read(os.pread(self._descriptor, owners.LIMIT, 0))

    def _watch_for_life(self) -> bool:
        """Watch for a sign of life, for longer than one can take: the clocks of two machines may differ."""
        before = os.fstat(self._descriptor).st_mtime_ns
        for _ in range(25):
            time.sleep(owners.INTERVAL / 10)
            if os.fstat(self._descriptor).st_mtime_ns != before:
                return True
        return False

    def _give_signs_of_life(self) -> None:
        while not self._ended.wait(owners.INTERVAL):
            with contextlib.suppress(OSError):
                if self._owner().get("token") == self._token:
                    os.utime(self._descriptor)

    def release(self) -> None:
        """Give the lock back; the file stays, empty, so that nobody can hold a lock on a deleted one."""
        if self._descriptor < 0:
            return
        # first the thread, so that no sign of life follows the release
        self._ended.set()
        if self._signs.is_alive():
            self._signs.join()
        # closing is what releases; a name that stays would only be taken for that of a killed process
        with contextlib.suppress(OSError, HetevoError):
            if self._found().get("token") == self._token:
                system.truncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = -1
        owners.held.discard(self._token)
        if self._root:
            self._root.release()

    def check(self) -> None:
        """Check that this process still is the one that writes, and writes into the directory that it began with.

        Raises
        ------
        LostError
            If the directory was deleted, or the lock taken over.
        StorageError
            If that cannot be found out.
        """
        if self._descriptor < 0:
            return
        # a folder that cannot be read need not be gone: only that counts as deleted
        with explained("look at", self.path):
            try:
                owner = self._found()
            except (OSError, RunDirectoryError) as error:
                if isinstance(error, OSError) and error.errno not in _DELETED:
                    raise
                raise LostError(f"{self.path.parent} was deleted while this run wrote it.", deleted=True) from None
        # the token, and not the process: numbers of processes come again
        if owner.get("token") != self._token:
            raise LostError(
                f"{self.path.parent} is being written by {owners.describe(owner)} now, which took it over because this"
                " process had given no sign of life for long. Nothing was written over what it does: the run goes on"
                " there, from where it was saved.",
                deleted=False,
            )

    def _found(self) -> dict[str, str]:
        """Return whom the lock file names; it is opened anew, for a network file system may say what was otherwise.

        Raises
        ------
        FileNotFoundError
            If it is not there any more, or is another file.
        """
        # another file of the same name is not the lock that this process has
        descriptor = open_plain(self.path, os.O_RDONLY)
        try:
            if not os.path.samestat(os.fstat(descriptor), os.fstat(self._descriptor)):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            return owners.read(os.pread(descriptor, owners.LIMIT, 0))
        finally:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


@contextlib.contextmanager
def _explain_missing_folder(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise LostError(
            f"{folder} was moved or deleted before this command had begun in it. What was saved is where it was moved"
            f" to, and goes on there: {spell('resume', 'RUN')}",
            deleted=True,
        ) from None
