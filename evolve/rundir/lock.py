"""One writer a run."""

import errno
import fcntl
import json
import os
import platform
from pathlib import Path
from typing import Any, Self

from evolve.rundir.errors import RunDirectoryError, StorageError
from evolve.rundir.provenance import now


class Lock:
    """An exclusive lock on a run directory, released by the system when the process ends, however it ends.

    Parameters
    ----------
    path : Path
        The lock file; it names the owner.

    Raises
    ------
    RunDirectoryError
        If another process holds the lock; the message names its host, process and start time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise StorageError("open the lock", path, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise StorageError("lock", path, error) from error
            owner = owner_of(path)
            who = (
                f"process {owner.get('pid')} on {owner.get('host')} since {owner.get('started')}"
                if owner
                else "another process"
            )
            raise RunDirectoryError(
                f"{path.parent} is being written by {who}. One run has one writer: wait for it, or stop it"
                f" (make the file {path.parent / 'STOP'})."
            ) from None
        content = json.dumps({"host": platform.node(), "pid": os.getpid(), "started": now()}).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)

    def release(self) -> None:
        """Give the lock back; the file stays, empty, so that nobody can hold a lock on a deleted one."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


def owner_of(path: Path) -> dict[str, Any]:
    """Return who wrote the lock file: host, pid, started; empty if nobody did or it cannot be read."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def is_held(path: Path) -> bool:
    """Tell whether a process holds the lock at this moment, without disturbing it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
