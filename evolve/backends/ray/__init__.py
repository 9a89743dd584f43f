"""A Ray cluster: one started for this run on this machine, one that was named, or that of the caller's own session."""

from hetevo.evolve.backends.ray.backend import RayBackend
from hetevo.evolve.backends.ray.session import ClusterError, ClusterLostError

__all__ = ["ClusterError", "ClusterLostError", "RayBackend"]
