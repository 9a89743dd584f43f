"""A Ray cluster: one started for this run on this machine, one that was named, or that of the caller's own session."""

from evolve.backends.ray.backend import RayBackend
from evolve.backends.ray.errors import ClusterError, ClusterLostError

__all__ = ["ClusterError", "ClusterLostError", "RayBackend"]
