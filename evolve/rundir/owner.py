"""Who holds a lock, and whether that process is gone: by the system, and by what the lock file says.

A record is trusted as far as it can be checked. A process of this machine is looked for; one of another machine is
known by its signs of life: it touches the lock file every `INTERVAL` seconds.
"""

import contextlib
import errno
import json
import os
import platform
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from hetevo.evolve import posix
from hetevo.evolve.rundir import system
from hetevo.evolve.rundir.errors import RunDirectoryError
from hetevo.evolve.rundir.provenance import now
from hetevo.evolve.rundir.system import open_plain

INTERVAL = 10.0
"""Seconds between two signs of life."""

SILENT = 6
"""Intervals without one after which a process that cannot be looked for counts as gone."""

LIMIT = 4096
"""Bytes of a lock file that are looked at."""

_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_KEYS = ("host", "pid", "started", "token", "boot", "namespace", "birth")

held: set[str] = set()
"""Tokens of the locks that this process holds."""


def make_record(token: str) -> dict[str, str]:
    """Return what the lock file says of this process."""
    pid = os.getpid()
    values = (
        platform.node(),
        str(pid),
        now(),
        token,
        posix.name_boot(),
        posix.name_namespace(),
        posix.find_birth(pid) or "",
    )
    return dict(zip(_KEYS, values, strict=True))


def read(content: bytes) -> dict[str, str]:
    """Return who a lock file names; empty if nobody."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return {key: str(found.get(key, ""))[:200] for key in _KEYS} if isinstance(found, dict) else {}


def describe(owner: Mapping[str, str]) -> str:
    """Say who it is."""
    return "process {pid} on {host} since {started}".format(**owner) if owner else "another process"


def is_gone(owner: Mapping[str, str], silence: float, *, locks_work: bool) -> bool:
    """Tell whether an owner whose lock the system does not know is gone.

    Parameters
    ----------
    owner : mapping
        From `read`.
    silence : float
        Seconds since its last sign of life.
    locks_work : bool
        Whether the system keeps processes of this machine out of each other's locks.
    """
    if not owner.get("token"):
        return True  # nobody, or a release that left everything to the system
    # of this start of this machine: its process can be looked for
    if owner["boot"] == posix.name_boot() and (posix.name_boot() or owner["host"] == platform.node()):
        if locks_work:
            return True
        if owner["namespace"] == posix.name_namespace():
            return not _is_alive(owner)
    elif owner["host"] == platform.node():
        # the machine was started anew since; or another one has the same name, and would have given a sign of life
        return silence > 2 * INTERVAL
    return silence > SILENT * INTERVAL


def is_far(owner: Mapping[str, str]) -> bool:
    """Tell whether an owner is of another machine, whose clock may be another one too."""
    return bool(owner.get("token")) and owner["boot"] != posix.name_boot() and owner["host"] != platform.node()


def _is_alive(owner: Mapping[str, str]) -> bool:
    # what a file says may be anything: a number that is none is no process
    pid = int(owner["pid"]) if owner["pid"].isdecimal() else 0
    # a number may belong to another process by now, which was started at another time
    if owner["birth"] != (posix.find_birth(pid) or ""):
        return False
    if pid == os.getpid():
        return owner["token"] in held
    return posix.exists(pid)


def is_held(path: Path) -> bool:
    """Tell whether a process holds the lock at this moment."""
    try:
        descriptor = open_plain(path, os.O_RDONLY)
    except (OSError, RunDirectoryError):
        return False
    try:
        # a lock of the system is the best witness, where locks work
        with contextlib.suppress(OSError):
            try:
                posix.lock_shared(descriptor, wait=False)
            except BlockingIOError:
                return True
        # elsewhere it is what the owner wrote, and how long it has been silent
        owner = read(os.pread(descriptor, LIMIT, 0))
        return bool(owner) and not is_gone(
            owner, measure_silence(descriptor), locks_work=locks_work_here(path, os.O_RDONLY)
        )
    except (OSError, RunDirectoryError):
        return False
    finally:
        os.close(descriptor)


def locks_work_here(path: Path, flags: int = os.O_RDWR) -> bool:
    """Tell whether the system keeps a second opening of a file out of the lock that the first one has."""
    second = open_plain(path, flags)
    try:
        with where_locks_work():
            system.lock(second)
    except BlockingIOError:
        return True
    finally:
        os.close(second)
    return False


@contextlib.contextmanager
def where_locks_work() -> Iterator[None]:
    """Let a call for a lock do nothing, while the block runs, on a mount that has no locks."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


def measure_silence(descriptor: int) -> float:
    """Return the seconds since the last sign of life by the clock of this machine; or until it, if clocks differ."""
    return abs(time.time() - os.fstat(descriptor).st_mtime)
