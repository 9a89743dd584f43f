"""What only POSIX systems have, or each in a way of its own: locks, signals, processes, memory. Nobody else asks them.

Linux is what is tested; on macOS, which has no ``/proc``, what is read there counts as unknown, and callers do without
it. Windows has no such locks and signals: it is refused here, in one line, and has them in the Windows Subsystem for
Linux. Folders that are reached by descriptors are in `hetevo.evolve.rundir.places` and `hetevo.evolve.rundir.system`;
`hetevo.evolve.backends.ray.host` is run alone and looks for its processes itself.
"""

import contextlib
import os
import signal
import sys
import time
from functools import cache
from pathlib import Path

from hetevo.populations.errors import MachineFailedError

try:
    import fcntl
    import resource
except ImportError:
    raise MachineFailedError(
        f"Hetevo needs Linux or macOS; this is {sys.platform}. On Windows, install it in the Windows Subsystem for"
        " Linux (wsl --install), and keep run directories there."
    ) from None

SIGNALS = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGXCPU,
)
"""Ctrl-C, a polite kill, a terminal that is gone, two early warnings that batch systems can be asked for, and the one
that comes when the processor time that was granted is used up."""

FAULTS = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL})
"""Signals that a process brings on itself. Any other comes from outside: SIGKILL, where memory is short."""

Mask = set[signal.Signals] | set[int]

# ---------------------------------------------------------------- locks, which the system gives back with the process


def lock_alone(descriptor: int, *, wait: bool = False) -> None:
    """Take an exclusive lock on a file; BlockingIOError if another process has one or a share in it, or wait for it."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def lock_within(descriptor: int, seconds: float) -> bool:
    """Take an exclusive lock on a file as soon as nobody else has it; False if somebody does after some seconds."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            lock_alone(descriptor)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
        time.sleep(0.05)


def lock_shared(descriptor: int, *, wait: bool = True) -> None:
    """Take a share in a lock, waiting for whoever has it alone; without ``wait``, BlockingIOError."""
    fcntl.flock(descriptor, fcntl.LOCK_SH | (0 if wait else fcntl.LOCK_NB))


# ---------------------------------------------------------------- signals


def block_signals() -> Mask:
    """Let `SIGNALS` wait in this thread, and in processes that it starts; return what waited before."""
    return signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def unblock_signals() -> None:
    """Let `SIGNALS` reach this thread again."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def take_signals() -> bool:
    """Take what waits since `block_signals`, in all threads of this process; tell whether there was anything."""
    taken = False
    while waiting := signal.sigpending() & {*SIGNALS}:
        signal.sigwait(waiting)
        taken = True
    return taken


def restore_signals(before: Mask) -> None:
    """Let wait what waited before `block_signals`."""
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---------------------------------------------------------------- processes


def exists(pid: int) -> bool:
    """Tell whether there is a process of a number, whoever's."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # somebody else's
    return pid > 0


def watch(pid: int) -> int | None:
    """Return a descriptor that can be read from when a process has ended; None where the system has no such thing.

    Raises
    ------
    ProcessLookupError
        If there is no such process any more.
    """
    try:
        return os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except ProcessLookupError:
        raise
    except OSError:
        return None  # kernels without it, and sandboxes


def kill(pid: int) -> None:
    """End a process at once; nothing if it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_session(pid: int) -> None:
    """End a process that has a session of its own, and all that it started there; nothing if they have ended."""
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def find_birth(pid: int) -> str | None:
    """Return when a process was started, in ticks since the machine was; None if there is none, or nobody knows."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


@cache
def name_boot() -> str:
    """Return what this start of this machine is called; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def name_namespace() -> str:
    """Return what the process numbers of this process belong to: a container's or the machine's; empty: unknown."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


# ---------------------------------------------------------------- the machine


def find_path(descriptor: int) -> Path:
    """Return where a file or folder lies that is open.

    Raises
    ------
    OSError
        If the system does not say.
    """
    if hasattr(fcntl, "F_GETPATH"):  # macOS
        return Path(os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0")))
    return Path(f"/proc/self/fd/{descriptor}").readlink()


def physical_memory() -> int:
    """Return the bytes of memory that the machine has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def soft_limit(name: str) -> int | None:
    """Return what this process may take of something, such as ``RLIMIT_AS``; None if there is no limit."""
    number = getattr(resource, name, None)
    limit = resource.RLIM_INFINITY if number is None else resource.getrlimit(number)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def measure_usage(*, children: bool = False) -> resource.struct_rusage:
    """Return what this process has used, or those that it started and that ended, as the system counts it."""
    return resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF)


def peak_memory(*, children: bool = False) -> int:
    """Return the most bytes that this process took, or the largest of those that it started and that ended."""
    unit = 1 if sys.platform == "darwin" else 1024  # kilobytes, except there
    return measure_usage(children=children).ru_maxrss * unit


def allowed_cores() -> set[int]:
    """Return the numbers of the cores that this process may run on; a batch system may grant fewer than there are."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
