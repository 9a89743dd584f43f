"""Arithmetic that is the same on every x86-64-v3 processor: `backend.portable`.

Two libraries choose among routines by the processor, and these round differently. OpenBLAS has kernels of matrix
products for each kind of core; NumPy has loops with AVX-512, among which are exponentials (float64 `exp`, float32
`expm1` and `logaddexp`). Both can be told what to choose before they are loaded, by the environment: so lives are
computed in worker processes that are started with `pins`, and never in a process that was started otherwise. What such
a process chose is looked at in it, since an environment is only a wish.

What is left depends on software alone: SciPy's sparse products have one routine, and the C library's `exp` and `log`
have one for all processors with FMA, which x86-64-v3 has. The process that evolves has loaded NumPy already; what it
computes itself is exact or rounded once, but for exponentials and logarithms, for which see
`hetevo.populations.elementary`.
"""

import os
import platform
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from threadpoolctl import threadpool_info

from hetevo.evolve.software import cpu_features
from hetevo.populations.errors import SettingError

CORE = "Haswell"
"""The core whose kernels OpenBLAS takes: the first with AVX2 and FMA, which every x86-64-v3 processor has."""

LEVEL = ("X86_V3", "SSSE3", "SSE41", "POPCNT", "SSE42", "AVX", "F16C", "FMA3", "AVX2")
"""What NumPy calls the features of x86-64-v3: one name since 2.4, one for each before."""

NEEDED = ("AVX2", "FMA3", "F16C")
"""Those that a processor below x86-64-v3 lacks."""

HOW_TO_GO_ON = (
    "Compute on such a machine, or leave backend.portable out of a new run, whose last bits are then those of this"
    " processor."
)

# no public function of NumPy names the features that it would have to be told not to use
_umath: Any = import_module("numpy._core._multiarray_umath")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class PortableError(SettingError):
    """Portable arithmetic cannot be had here."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"backend.portable: expected {expected}, got {found}. {HOW_TO_GO_ON}")


def pins() -> dict[str, str]:
    """Return the variables of the environment with which a process must be started to compute portably."""
    # the names depend on NumPy's version; it starts with one list only, so that the other one is emptied
    others = [name for name in _dispatched() if name not in LEVEL]
    return {
        "OPENBLAS_CORETYPE": CORE,
        "NPY_DISABLE_CPU_FEATURES": " ".join(others),
        "NPY_ENABLE_CPU_FEATURES": "",
    }


def check_machine() -> None:
    """Refuse a machine on which no process can compute portably.

    Raises
    ------
    PortableError
        If its processor is below x86-64-v3, or its linear algebra is not OpenBLAS.
    """
    machine, has = platform.machine(), _processor()
    lacks = [name for name in NEEDED if not has.get(name)]
    if machine.lower() not in ("x86_64", "amd64") or lacks:
        without = f" without {', '.join(lacks)}" if lacks else ""
        raise PortableError("an x86-64-v3 processor (AVX2 and FMA)", f"{machine or 'an unknown one'}{without}")
    libraries = {str(library["internal_api"]) for library in blas_libraries()}
    if libraries != {"openblas"}:
        raise PortableError(
            "a NumPy whose linear algebra is OpenBLAS, as that of pip is", " and ".join(sorted(libraries)) or "none"
        )


def is_possible() -> bool:
    """Tell whether `check_machine` has nothing against this machine."""
    try:
        check_machine()
    except PortableError:
        return False
    return True


def pinned_machine() -> dict[str, str]:
    """Return what a process that computes portably shows of its machine, see `fingerprint.Fingerprint`."""
    features = [name for name in _dispatched() if name in LEVEL]
    return {
        "kernel of linear algebra": CORE,
        "processor": " ".join([platform.machine(), *features]),
        "C library": "-".join(platform.libc_ver()),
    }


@cache
def find_problem() -> str:
    """Say why this process does not compute portably, as it found out once; empty if it does."""
    if any(os.environ.get(name, "") != value for name, value in pins().items()):
        return "a process that was started without the pins of portable arithmetic"
    # the environment is a wish: what was chosen counts
    kernels = {str(library.get("architecture")) for library in blas_libraries()}
    if kernels != {CORE}:
        return f"the kernels of {', '.join(sorted(kernels)) or 'no known library'}, although OPENBLAS_CORETYPE={CORE}"
    features = [name for name in _dispatched() if name in LEVEL]
    if cpu_features() != features:
        found, wanted = (" ".join(names) or "none" for names in (cpu_features(), features))
        return f"a NumPy that uses the features {found}, although it was to use {wanted}"
    return ""


def is_pinned() -> bool:
    """Tell whether this process computes portably."""
    return not find_problem()


def require_pins() -> None:
    """Refuse to compute in a process that does not do so portably.

    Raises
    ------
    PortableError
        If this is one.
    """
    if problem := find_problem():
        raise PortableError(
            f"a process that computes with the kernels of {CORE} and NumPy's loops of x86-64-v3",
            f"{problem} (on {platform.node()})",
        )


def call_pinned(function: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """Call a function, unless this process does not compute portably: see `require_pins`."""
    require_pins()
    return function(*args, **kwargs)


def blas_libraries() -> list[dict[str, Any]]:
    """Return the libraries of linear algebra of NumPy that this process has loaded, as threadpoolctl says."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    # others, such as SciPy's, are loaded in some processes only
    return [library for library in libraries if "numpy" in library["filepath"]] or libraries


def _dispatched() -> list[str]:
    """Return the features among which this NumPy chooses its loops, in its order, whatever the processor has."""
    return list(_umath.__cpu_dispatch__)


def _processor() -> dict[str, bool]:
    """Return what NumPy knows of the processor, by name of the feature."""
    return dict(_umath.__cpu_features__)
