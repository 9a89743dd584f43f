"""What this machine has for a run: memory (also by control group and ulimit), cores, threads (which it may refuse)."""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hetevo.evolve import posix
from hetevo.populations.errors import MachineFailedError

ULIMITS = {
    "RLIMIT_AS": ("ulimit -v", "VmSize"),
    "RLIMIT_DATA": ("ulimit -d", "VmData"),
    "RLIMIT_RSS": ("ulimit -m", "VmRSS"),
}
"""Limits of each process, with the option that sets them and the line of ``/proc/self/status`` that counts."""


@dataclass(frozen=True)
class Memory:
    """Memory that there is, and who says so.

    Parameters
    ----------
    name : str
        What sets the limit, for messages: ``"this machine"``, ``"the control group /job"``, ``"ulimit -v"``.
    total : int
        Bytes.
    free : int
        Bytes of it that are not in use; what the system can take back at once counts as free.
    """

    name: str
    total: int
    free: int


def available_memory(root: Path = Path("/")) -> Memory:
    """Return the tightest limit of what all processes of a run may take together.

    Parameters
    ----------
    root : Path, optional
        Where ``proc`` and ``sys`` are.
    """
    # what is free counts: a large limit that others use up is tight too
    return min([_read_machine(root), *_read_groups(root)], key=lambda memory: memory.free)


def process_limits(root: Path = Path("/")) -> dict[str, Memory]:
    """Return what one process may take by ulimit, by the name of the limit; none where there is no limit.

    Parameters
    ----------
    root : Path, optional
        Where ``proc`` is.
    """
    used, found = _read_table(root / "proc/self/status"), {}
    for limit, (name, line) in ULIMITS.items():
        total = posix.soft_limit(limit)
        if total is not None:
            found[limit] = Memory(name, total, max(0, total - used.get(line, 0)))
    return found


def _read_machine(root: Path) -> Memory:
    table = _read_table(root / "proc/meminfo")
    total = table.get("MemTotal") or posix.physical_memory()
    return Memory("this machine", total, min(total, table.get("MemAvailable", total) + table.get("SwapFree", 0)))


def _read_groups(root: Path) -> Iterator[Memory]:
    """Read the limits of every control group that this process is in: its own, and those around it."""
    with contextlib.suppress(OSError):
        # 0 is the unified hierarchy; older systems name the kind of resource
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            number, kinds, path = line.split(":", 2)
            if number == "0":
                for folder in ("sys/fs/cgroup", "sys/fs/cgroup/unified"):
                    yield from _read_around(root / folder, path, ("memory.max", "memory.high"), "memory.current")
            elif "memory" in kinds.split(","):
                limits, used = ("memory.limit_in_bytes",), "memory.usage_in_bytes"
                yield from _read_around(root / "sys/fs/cgroup/memory", path, limits, used)


def _read_around(mounted: Path, path: str, limits: tuple[str, ...], used: str) -> Iterator[Memory]:
    """Read a group's limits and those of the groups around it; inside a container the outer ones are not there."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    # a group is bound by all groups around it
    for depth in range(len(parts), -1, -1):
        group = mounted.joinpath(*parts[:depth])
        totals = [total for total in (_read_number(group / limit) for limit in limits) if total is not None]
        if totals:
            # pages of files that were read are given back when they are needed
            cache = _read_table(group / "memory.stat")
            held = cache.get("total_inactive_file", cache.get("inactive_file", 0))
            held += cache.get("total_active_file", cache.get("active_file", 0))
            in_use = max(0, (_read_number(group / used) or 0) - held)
            total = min(totals)
            yield Memory(f"the control group /{'/'.join(parts[:depth])}", total, max(0, total - in_use))


def _read_number(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):  # not there, or "max"
        return int(path.read_text())
    return None


def _read_table(path: Path) -> dict[str, int]:
    """Read lines such as ``MemTotal: 123 kB`` or ``inactive_file 123``, in bytes; empty if there are none."""
    with contextlib.suppress(OSError):
        lines = re.findall(r"^(\w+):?\s+(\d+)( kB)?$", path.read_text(), re.MULTILINE)
        return {name: int(number) * (1024 if unit else 1) for name, number, unit in lines}
    return {}


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


KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(256 << 20), "MALLOC_MMAP_THRESHOLD_": str(32 << 20)}
"""What lets the allocator of glibc keep memory in processes that are yet to be started; see `keep_memory`."""

_OPTIONS = {"MALLOC_TRIM_THRESHOLD_": -1, "MALLOC_MMAP_THRESHOLD_": -3}
"""Their numbers in ``malloc.h``."""


def keep_memory() -> None:
    """Let the allocator of this process, one of Hetevo's own, keep up to 256 MiB of what was freed.

    Settings of the user, in variables of those names or in ``GLIBC_TUNABLES``, stay. A block of lives takes and gives
    back a few MiB again and again. By default glibc returns them to the system, which clears every page that is touched
    anew: 900 page faults a block of `emergence`, 3 % of its time.
    """
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return  # another C library
    for variable, size in KEEP_MEMORY.items():
        if variable not in os.environ and "glibc.malloc" not in os.environ.get("GLIBC_TUNABLES", ""):
            mallopt(_OPTIONS[variable], int(size))


def available_cores() -> int:
    """Return the cores that this process may run on (a batch system may grant fewer than the machine has)."""
    return len(posix.allowed_cores())
