"""A Ray cluster: one started for this run on this machine, one that was named, or that of the caller's own session."""

from typing import TYPE_CHECKING

from hetevo._names import find_in

if TYPE_CHECKING:
    from hetevo.evolve.backends.ray.backend import RayBackend
    from hetevo.evolve.backends.ray.session import ClusterError, ClusterLostError

__all__ = ["ClusterError", "ClusterLostError", "RayBackend"]

if not TYPE_CHECKING:  # on first use: Ray's workers need none of them
    __getattr__ = find_in(
        ("hetevo.evolve.backends.ray.session", "hetevo.evolve.backends.ray.backend"), __name__, __all__
    )


def __dir__() -> list[str]:
    return sorted(__all__)
