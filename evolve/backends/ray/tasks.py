"""Functions as tasks of Ray, each made once."""

from collections.abc import Callable
from functools import cache
from typing import Any


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
