"""Keeping results apart from what else goes on in the process: settings of the caller, threads of libraries."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from functools import wraps
from threading import RLock
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

Given = ParamSpec("Given")
Result = TypeVar("Result")

_LOCK = RLock()


def isolated(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Make a function deaf to its caller's `numpy.seterr`, `numpy.setbufsize` and the like.

    A product that underflows must not be an error, nor a sum run in other chunks, because the main script wishes so
    for its own arrays. The function is called in an empty context, where NumPy's settings are those of a new process.
    """

    @wraps(function)
    def call(*given: Given.args, **named: Given.kwargs) -> Result:
        return Context().run(function, *given, **named)

    return call


@contextmanager
def one_thread() -> Iterator[None]:
    """Let numerical libraries use one thread inside the block: no result may depend on how many they happen to use.

    Their limits hold for the whole process, so one thread at a time is in such a block; otherwise the first to leave
    would lift the limit for the rest. Others wait, which costs little: threads take turns in the interpreter anyway.
    """
    with _LOCK, threadpool_limits(1):
        yield
