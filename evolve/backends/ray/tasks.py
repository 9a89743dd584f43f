"""Functions as tasks of a Ray cluster."""

import time
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from hetevo.evolve.backends.fingerprint import Fingerprint, fingerprint
from hetevo.populations.errors import MachineFailedError

STRANGER_SECONDS = 5.0
"""Seconds that a worker that computes otherwise does nothing, so that others take what it gets."""

Call = tuple[int, Callable[..., Any], tuple[Any, ...]]
"""A number by which its result is known, a function, and its arguments."""

_tasks: dict[Any, int] = {}


class StrangerError(Exception):
    """A worker computes otherwise than the process that sent it something to do."""


@cache
def task(function: Callable[..., Any], retries: int = 0) -> Any:
    """Return a function as a task of one CPU.

    Each one that is made stays in the memory of the cluster's head, and in that of every worker that computed it.

    Parameters
    ----------
    function : callable
        Of a module: every call with it returns the same task.
    retries : int, optional
        Times that Ray may send it again because its worker or node was lost, or it raised.
    """
    import ray

    made = ray.remote(num_cpus=1, max_retries=retries, retry_exceptions=retries > 0, scheduling_strategy="SPREAD")
    return made(function)


def exchange(calls: Sequence[Call], retries: int, seconds: float) -> list[tuple[int, Any, Exception | None]]:
    """Begin some calls as tasks of the cluster, wait a moment, and return the results of those that have ended.

    Parameters
    ----------
    calls : sequence of (int, callable, tuple)
        Number, function and arguments of each.
    retries : int
        Times that a task may be sent again because its node was lost.
    seconds : float
        Longest time to wait.

    Returns
    -------
    list of (int, result, exception)
        Of calls of now and earlier.
    """
    import ray

    for number, function, args in calls:
        _tasks[task(_call, retries).remote(fingerprint(), function, args)] = number
    ended = ray.wait(list(_tasks), num_returns=1, timeout=seconds)[0] if _tasks else []
    found: list[tuple[int, Any, Exception | None]] = []
    for reference in ended:
        number = _tasks.pop(reference)
        try:
            found.append((number, *ray.get(reference)))
        except Exception as error:  # it was lost; or a worker raised that has not shown what it computes with
            found.append((number, None, MachineFailedError(str(error))))
    return found


def _call(
    sender: Fingerprint, function: Callable[..., Any], args: tuple[Any, ...]
) -> tuple[Any, MachineFailedError | RuntimeError | None]:
    """Call a function in a worker; in one of another machine's kind too, since whatever is sent here is a whole run.

    What the function raises is returned, as text: only a worker that has other code raises, and then another one tries.

    Raises
    ------
    StrangerError
        If this worker has other software than the sender.
    """
    if problem := fingerprint().problem(sender, mixed=True):
        time.sleep(STRANGER_SECONDS)
        raise StrangerError(problem)
    try:
        return function(*args), None
    except Exception as error:
        kind = MachineFailedError if isinstance(error, MemoryError) else RuntimeError
        return None, kind(traceback.format_exc().strip())
