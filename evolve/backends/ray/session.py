"""What is known of Ray without importing it: the session of this process, and what can be wrong with a cluster.

A user's own program may hold a session: it is used when asked for, never ended or changed.
"""

import re
import sys

from hetevo.evolve.config import CURRENT
from hetevo.populations.errors import HetevoError, MachineFailedError, SettingError, spell


def check_session(address: str) -> None:
    """Compare an address with what this process is connected to, before anything is started or set.

    Ray is not imported for that: a process that never did has no session.

    Parameters
    ----------
    address : str
        See ``[backend] address``.

    Raises
    ------
    SettingError
        If the process has a session that was not asked for, or has none that was.
    """
    connected = is_connected()
    # whoever began the session may need it as it is: it is joined only where that was asked for
    if connected and address != CURRENT:
        given = repr(address) if address else "none"
        raise SettingError(
            f'backend.address: this process called ray.init() itself, so expected "{CURRENT}", which computes in that'
            f' session and leaves it as it is, got {given}. Or choose backend.name = "local", or call'
            " ray.shutdown() first."
        )
    # nothing is begun where a session was expected
    if not connected and address == CURRENT:
        raise SettingError(
            f'backend.address: "{CURRENT}" is the Ray session that a Python program began in this process, so expected'
            " ray.init() to be called before, but it was not. Name a cluster (--address HOST:PORT), or compute on this"
            " machine: --backend local."
        )


def is_connected() -> bool:
    """Tell whether this process is connected to Ray, without importing it."""
    # a process that never imported Ray has no session
    ray = sys.modules.get("ray")
    return ray is not None and bool(ray.is_initialized())


def resolve_address(address: str) -> str:
    """Return the address of the cluster that ``"current"`` means in this process; any other as it is."""
    if address != CURRENT:
        return address
    return str(sys.modules["ray"].get_runtime_context().gcs_address)


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
