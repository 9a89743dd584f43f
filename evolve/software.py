"""What computes: versions of packages, hashes of their sources, features of the processor. Any process may ask."""

import hashlib
import importlib.util
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

import numpy as np


@cache
def installed_version(package: str) -> str | None:
    """Return the version of a package; None if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def cpu_features() -> list[str]:
    """Return the processor's features: they decide NumPy's loops, and with them the last bits of exp and tanh."""
    config = np.show_config(mode="dicts")
    assert isinstance(config, dict)
    return list(config.get("SIMD Extensions", {}).get("found", []))


def locate(module: str) -> tuple[str, ModuleSpec | None]:
    """Return the first part of a module's name that is no mere folder, and where it is; nothing of it is imported."""
    first, *others = module.split(".")
    # in the current folder last, where nothing is put on the path by looking
    name, spec = first, _find_spec(first) or PathFinder.find_spec(first, [str(Path.cwd())])
    for part in others:
        if spec is None or spec.origin is not None:
            break
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations or []))
    return name, spec


def _find_spec(package: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(package)
    except (ModuleNotFoundError, ValueError):  # its folder is not on the path; or what was typed, or a script
        return None


def hash_sources(package: str) -> str:
    """Return a short hash of the sources of a package or module, where it was loaded from; empty if it has none.

    Parameters
    ----------
    package : str
        Such as ``"hetevo.evolve"``; it is not imported, a package above it is.
    """
    spec = _find_spec(package) or locate(package)[1]
    if spec is None or spec.origin is None:
        return ""  # not there; or a folder of anything, which may be all of a disk
    digest, found = hashlib.sha256(), False
    # names and content of all files, in a fixed order
    for place in map(Path, spec.submodule_search_locations or [spec.origin or ""]):
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place] if place.suffix == ".py" else []:
            found = True
            digest.update(f"{file.relative_to(place.parent).as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12] if found else ""
