"""Who holds a lock, and whether that process is gone: what a lock file says where the locks of the system are no help.

A record is trusted as far as it can be checked. A process of this machine is looked for; one of another machine is
known by its signs of life: it touches the lock file every `INTERVAL` seconds.
"""

import json
import os
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from hetevo.evolve.rundir.provenance import now

INTERVAL = 10.0
"""Seconds between two signs of life."""

SILENT = 6
"""Intervals without one after which a process that cannot be looked for counts as gone."""

_KEYS = ("host", "pid", "started", "token", "boot", "namespace", "birth")

held: set[str] = set()
"""Tokens of the locks that this process holds."""


def me(token: str) -> dict[str, str]:
    """Return the record of this process, for one lock."""
    pid = os.getpid()
    values = platform.node(), str(pid), now(), token, _boot(), _namespace(), _birth(pid) or ""
    return dict(zip(_KEYS, values, strict=True))


def read(content: bytes) -> dict[str, str]:
    """Return who a lock file names; empty if nobody."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return {key: str(found.get(key, ""))[:200] for key in _KEYS} if isinstance(found, dict) else {}


def named(owner: Mapping[str, str]) -> str:
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
    if owner["boot"] == _boot() and (_boot() or owner["host"] == platform.node()):
        if locks_work:
            return True
        if owner["namespace"] == _namespace():
            return not _lives(owner)
    elif owner["host"] == platform.node():
        # the machine was started anew since; or another one has the same name, and would have given a sign of life
        return silence > 2 * INTERVAL
    return silence > SILENT * INTERVAL


def is_far(owner: Mapping[str, str]) -> bool:
    """Tell whether an owner is of another machine, whose clock may be another one too."""
    return bool(owner.get("token")) and owner["boot"] != _boot() and owner["host"] != platform.node()


def _lives(owner: Mapping[str, str]) -> bool:
    pid = int(owner["pid"]) if owner["pid"].isdecimal() else 0
    if owner["birth"] != (_birth(pid) or ""):
        return False
    if pid == os.getpid():
        return owner["token"] in held
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # somebody else's
    return pid > 0


@cache
def _boot() -> str:
    """Return what this start of this machine is called; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _namespace() -> str:
    """Return what the process numbers of this process belong to: that of a container, or the machine's."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _birth(pid: int) -> str | None:
    """Return when a process was started, in ticks since the machine was; None if there is none, or nobody knows."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None
