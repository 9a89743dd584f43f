"""Tiny runs, and faults placed inside their file operations: the n-th one fails, is cut short, or kills the process."""

import contextlib
import errno
import multiprocessing
import os
import signal
import threading

import pandas as pd

from hetevo.evolve import Experiment, preset
from hetevo.evolve.rundir import system

TINY = [
    "network.levels=[2]",
    "task.inputs=2",
    "lifetime={presentations=3,batch=2,tasks=1,test_samples=8}",
    "evolution.size=6",
    "evolution.elites=1",
    "evolution.generations=2",
    "probe.samples=4",
    "checkpoint={every=1,keep=2}",
    "backend.workers=1",
]
OPERATIONS = [
    *("open_file", "write", "sync", "truncate", "lock", "rename", "unlink"),
    *("make_directory", "remove_directory", "names", "look", "read", "close"),
]
CHANGING = {"open_file", "write", "sync", "truncate", "rename", "make_directory"}
"""Operations that a full disk can refuse."""


def tiny(*overrides):
    return preset("smoke", overrides=[*TINY, *overrides])


def go(path, *overrides, notices=None, **options):
    """Start the tiny run, or go on with it."""
    experiment = Experiment(tiny(*overrides))
    return experiment.run(path, or_resume=True, notice=notices.append if notices is not None else print, **options)


def outcome(run):
    """Everything that must be the same however often a run was interrupted."""
    records = [pd.read_parquet(run.path / table) for table in ("generations", "individuals")]
    return run.digest, run.probe_digest, *(frame.to_json() for frame in records)


@contextlib.contextmanager
def operations(act):
    """Call ``act(number, name, arguments)`` in the place of every file operation; what it returns, if anything, counts.

    ``act`` returns a callable that does the operation, or None to let it happen.
    """
    count = 0
    originals = {name: getattr(system, name) for name in OPERATIONS}

    def wrapped(name, original):
        def operation(*arguments):
            nonlocal count
            count += 1
            other = act(count, name, arguments)
            return original(*arguments) if other is None else other(original, *arguments)

        return operation

    for name, original in originals.items():
        setattr(system, name, wrapped(name, original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(system, name, original)


def traced(action):
    """Return the names of all file operations of an action."""
    names = []

    def note(number, name, arguments):
        names.append(name)

    with operations(note):
        action()
    return names


def traced_by_thread(action):
    """Return the names of all file operations: of this thread, and of others. Threads take turns as they like."""
    mine, others = [], []

    def note(number, name, arguments):
        (mine if threading.current_thread() is threading.main_thread() else others).append(name)

    with operations(note):
        action()
    return mine, others


def failing(at, code):
    """Let one operation fail with an error."""

    def act(number, name, arguments):
        return refuse if number == at else None

    def refuse(original, *arguments):
        if original is _CLOSE:
            original(*arguments)
        raise OSError(code, os.strerror(code))

    return act


def full(number, name, arguments):
    """Let the disk be full: nothing can be changed."""

    def refuse(original, *arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    opening = name == "open_file" and arguments[1] & os.O_CREAT and not os.path.lexists(arguments[0])
    return refuse if opening or name in ("write", "truncate", "rename", "make_directory", "unlink") else None


def cut_short(at, then=None):
    """Let one write take half of what it was given; the next one fails with an error, if there is one."""

    def act(number, name, arguments):
        if number == at and name == "write":
            return half
        if then and number == at + 1 and name == "write":
            return lambda original, *arguments: (_ for _ in ()).throw(OSError(then, os.strerror(then)))
        return None

    def half(original, descriptor, content):
        return original(descriptor, content[: max(1, len(content) // 2)])

    return act


def killing(at, *, inside):
    """Kill the process at one operation: before it, or after half of a write or all of anything else."""

    def act(number, name, arguments):
        return die if number == at else None

    def die(original, *arguments):
        if inside and original is _WRITE:
            original(arguments[0], arguments[1][: len(arguments[1]) // 2])
        elif inside:
            with contextlib.suppress(BlockingIOError):  # a lock that somebody else has
                original(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    return act


_CLOSE, _WRITE = system.close, system.write

ERRORS = (errno.ENOSPC, errno.EIO)

# children are forked from a server that has loaded everything and started no thread: quick, and safe
CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["hetevo.evolve", "hetevo.analysis.probe", "pandas", "pytest"])


def child(target, *arguments):
    """Start a function in a process of its own."""
    process = CHILDREN.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def live_and_die(path, at, inside, overrides=()):
    """Go on with a run until the file operation that kills the process."""
    with operations(killing(at, inside=inside)):
        go(path, *overrides)


def live(path, overrides=()):
    """Go on with a run until something from outside ends the process."""
    go(path, *overrides)
