"""What can be wrong with a cluster."""

import re

from hetevo.populations.errors import HetevoError, MachineFailedError, spell


class ClusterError(HetevoError):
    """A cluster is not there, or not what was asked for; nothing was computed."""


class ClusterLostError(MachineFailedError):
    """A cluster could not be started, or was lost on the way."""


def in_short(error: Exception) -> str:
    """Return the first sentence of what Ray says."""
    return re.split(r"\.\s|\n", str(error).strip(), maxsplit=1)[0].rstrip(".") or type(error).__name__


def how_to_go_on() -> str:
    """Say how a run goes on whose cluster was lost."""
    here, there = spell("resume", "RUN", "--backend", "local"), spell("resume", "RUN", "--address", "HOST:PORT")
    return f"What had lived is saved. Go on with this machine alone: {here}; or with another cluster: {there}"
