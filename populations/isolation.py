"""Keeping results apart from what else goes on in the process: settings of the caller, threads of libraries."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from functools import wraps
from threading import RLock
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

Given = ParamSpec("Given")
Result = TypeVar("Result")

_LOCK = RLock()

_found: dict[tuple[int, str], ThreadpoolController] = {}
"""Numerical libraries that are loaded, by what is imported: looking for them takes as long as a short life."""


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
    with _LOCK, _libraries().limit(limits=1):
        yield


def _libraries() -> ThreadpoolController:
    # an import may have loaded one more since the last look
    imported = len(sys.modules), next(reversed(sys.modules))
    if imported not in _found:
        _found.clear()
        _found[imported] = ThreadpoolController()
    return _found[imported]
