"""What can be wrong with a cluster."""

from populations.errors import HetevoError, RunFailedError


class ClusterError(HetevoError):
    """A cluster is not there, or not what was asked for; nothing was computed."""


class ClusterLostError(RunFailedError):
    """A cluster could not be started, or was lost on the way."""
