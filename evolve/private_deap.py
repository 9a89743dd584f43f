"""DEAP with random generators of its own: its files are executed a second time, as the package ``hetevo_deap``.

DEAP's operators draw from Python's and NumPy's global generators, which belong to everybody: a thread that calls
`random.random` between two draws would change who reproduces. In the private copy the names ``random`` and ``numpy``
stand for private generators. So nothing that others do with the global generators, or with the modules named ``deap``,
reaches a run, and a run leaves both alone. All of DEAP that Hetevo uses is imported from here.
"""

import importlib
import importlib.util
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import MT19937, Generator
from numpy.typing import NDArray

if TYPE_CHECKING:  # the copy has the same names as what it copies
    from deap import base, cma, tools

__all__ = ["PYTHON", "base", "cma", "draw_below", "draw_unit", "private_generators", "tools"]

NAME = "hetevo_deap"
"""Package under which the copy is known to Python."""

PYTHON = random.Random()
"""What the copy calls ``random``: an object with the module's functions."""

NUMPY = np.random.RandomState()
"""What the copy calls ``numpy.random``: the kind of generator behind the functions of that module."""

# one pair for all threads and a lock, not a pair for each: a selection takes milliseconds, and a generator that is
# simply there can take the place of a module, and of functions that were imported from it
_LOCK = RLock()


@contextmanager
def private_generators(rng: Generator) -> Iterator[None]:
    """Seed the generators of the private copy, and keep other threads from drawing from them, inside the block.

    Parameters
    ----------
    rng : numpy.random.Generator
        Addressed stream from which the two seeds are drawn.
    """
    with _LOCK:
        PYTHON.seed(int(rng.integers(2**63)))
        NUMPY.seed(int(rng.integers(2**32)))
        yield


def draw_below(end: int, count: int) -> NDArray[np.int64]:
    """Draw whole numbers from `PYTHON`, all at once: the same ones as by its method ``choice`` one after another.

    Parameters
    ----------
    end : int
        One more than the largest, 1 to 2**32 - 1.
    count : int
        How many.

    Returns
    -------
    ndarray of int64, shape (count,)
        As often each of 0 to ``end - 1``; `PYTHON` stands behind the last one.
    """
    # Python takes as many bits of each 32 as the end has, and passes over what is too large: half or more are not
    shift, batch = np.uint32(32 - end.bit_length()), 2 * count + 64
    words = _peek(batch)
    while len(found := np.flatnonzero(words >> shift < end)) < count:
        batch *= 2
        words = _peek(batch)
    drawn = (words[found[:count]] >> shift).astype(np.int64)
    _skip(int(found[count - 1]) + 1 if count else 0)
    return drawn


def draw_unit(count: int) -> NDArray[np.float64]:
    """Draw numbers from 0 to below 1 from `PYTHON`, all at once: the same ones as by its method ``random``."""
    drawn = Generator(_twister()).random(count)
    _skip(2 * count)  # a number takes two words of 32 bits
    return drawn


def _twister() -> MT19937:
    """Return NumPy's generator of the same kind as `PYTHON`, in the same state."""
    _, state, _ = PYTHON.getstate()
    twin = MT19937()
    twin.state = {"bit_generator": "MT19937", "state": {"key": np.array(state[:-1], np.uint32), "pos": state[-1]}}
    return twin


def _peek(count: int) -> NDArray[np.uint32]:
    """Return the next words of `PYTHON` without drawing them."""
    return np.asarray(_twister().random_raw(count), np.uint32)


def _skip(count: int) -> None:
    """Leave `PYTHON` as if that many words had been drawn."""
    version, _, gauss = PYTHON.getstate()
    twin = _twister()
    twin.random_raw(count, output=False)
    state: Any = twin.state["state"]
    PYTHON.setstate((version, (*state["key"].tolist(), int(state["pos"])), gauss))


def _replacements() -> dict[int, Any]:
    """Return the private counterpart of whatever draws from a global generator, by the identity of the latter."""
    # a module like NumPy in all but its generators
    numpy = ModuleType("numpy")
    vars(numpy).update(vars(np), random=NUMPY)
    found: dict[int, Any] = {id(random): PYTHON, id(np): numpy, id(np.random): NUMPY}
    for shared, private in ((random, PYTHON), (np.random, NUMPY)):
        names = (name for name in shared.__all__ if hasattr(private, name))
        found |= {id(getattr(shared, name)): getattr(private, name) for name in names}
    return found


class _Later(ModuleType):
    """Stands for a module that is imported when something of it is used."""

    def __getattr__(self, name: str) -> Any:
        # the real one, not this one again
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def _loading_later(name: str) -> Iterator[None]:
    """Let whoever imports a module in the block have it when something of it is used."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = later = _Later(name)
    try:
        yield
    finally:
        if sys.modules.get(name) is later:
            del sys.modules[name]


def _copy_modules(*names: str) -> list[ModuleType]:
    """Execute DEAP's package and some of its modules anew, and give all of them the private generators."""
    # found, not imported: the module `deap` that others use is left alone
    original = importlib.util.find_spec("deap")
    assert original is not None
    assert original.origin is not None
    spec = importlib.util.spec_from_file_location(
        NAME, original.origin, submodule_search_locations=original.submodule_search_locations
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[NAME] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    # DEAP's own imports are relative, so they find the copies
    modules = [importlib.import_module(f"{NAME}.{name}") for name in names]
    private = _replacements()
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{NAME}."):
            vars(module).update({key: private.get(id(value), value) for key, value in vars(module).items()})
    return modules


if not TYPE_CHECKING:
    # which only indicators of several objectives need, and which loads what downloads data sets
    with _loading_later("moocore"):
        base, cma, tools = _copy_modules("base", "cma", "tools")
