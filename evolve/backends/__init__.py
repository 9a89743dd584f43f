"""Where a population lives: this machine's cores, or a cluster.

One backend a file. To add one, write a class like `backend.Backend` and name it in `BACKENDS`.
"""

from collections.abc import Callable

from hetevo.evolve.backends.auto import AutoBackend
from hetevo.evolve.backends.backend import Backend, Job
from hetevo.evolve.backends.local import LocalBackend
from hetevo.evolve.backends.ray import RayBackend
from hetevo.evolve.config import BackendTable

BACKENDS: dict[str, Callable[[BackendTable], Backend]] = {
    "local": LocalBackend,
    "ray": RayBackend,
    "auto": AutoBackend,
}
"""Backends by the name used in ``[backend] name``."""

__all__ = ["BACKENDS", "AutoBackend", "Backend", "Job", "LocalBackend"]
