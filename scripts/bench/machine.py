"""The machine that a benchmark ran on, and how it is kept still."""

import datetime
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def pin() -> int | None:
    """Keep this process on one core, and every library in it on one thread; call it before JAX is imported.

    Returns
    -------
    int or None
        The core; None where the system does not allow pinning.
    """
    os.environ.update(
        XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
        JAX_PLATFORMS="cpu",
    )
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # linear algebra that is loaded already
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def best_seconds(function: Callable[[], object], repeats: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the shortest of several durations of a call: what disturbs a measurement only ever adds to it."""
    durations = []
    for _ in range(repeats):
        begin = clock()
        function()
        durations.append(clock() - begin)
    return min(durations)


def machine(*packages: str) -> dict[str, Any]:
    """Describe the processor, the system, the linear algebra library and the versions of some packages."""
    from threadpoolctl import threadpool_info

    # products of matrices are what takes the time: name the library that makes them
    blas = [
        f"{pool['internal_api']} {pool['version']} ({pool['architecture']})"
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and pool.get("architecture")
    ]
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "blas": ", ".join(sorted(set(blas))),
        "versions": {name: _version(name) for name in ("hetevo", "numpy", *packages)},
    }


def describe(facts: dict[str, Any]) -> str:
    """Write what `machine` returned as one line."""
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    return (
        f"{facts['processor']}, {facts['cores']} cores, {facts['system']}, Python {facts['python']}, {facts['blas']};"
        f" {versions}; {facts['date']}"
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or "unknown processor"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
