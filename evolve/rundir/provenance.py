"""Provenance: what ran, where, when and with which versions."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

SCHEMA = 1
_PACKAGES = ("hetevo", "numpy", "scipy", "deap", "ray", "pyarrow", "pandas", "scikit-learn")


def software() -> dict[str, Any]:
    """Return versions, source state, host, processor features and linear algebra libraries."""
    return {
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "python": platform.python_version(),
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
        "source": _source(),
        "host": platform.node(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "cpu_features": cpu_features(),
        "libraries": [
            {key: library.get(key) for key in ("internal_api", "version", "architecture", "threading_layer")}
            for library in threadpool_info()
        ],
    }


def now() -> str:
    """Return the time in UTC, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def cpu_features() -> list[str]:
    """Return the processor's features: they decide NumPy's loops, and with them the last bits of exp and tanh."""
    config = np.show_config(mode="dicts")
    assert isinstance(config, dict)
    return list(config.get("SIMD Extensions", {}).get("found", []))


def _source() -> dict[str, Any] | None:
    """Return commit and dirty flag if this is a git checkout of Hetevo, None otherwise."""
    folder = Path(__file__).resolve().parent.parent.parent
    if not (folder / ".git").exists():
        return None
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        dirty = bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "dirty": dirty}


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()
