"""A Ray cluster: one started for this run on this machine, or one that was named."""

from evolve.backends.ray.backend import RayBackend
from evolve.backends.ray.errors import ClusterError, ClusterLostError

__all__ = ["ClusterError", "ClusterLostError", "RayBackend"]
