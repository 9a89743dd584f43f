"""Probes are plug-ins: an installed package announces them, and evolution never names the package.

The entry-point group is ``hetevo.probes``; a probe is a class without constructor arguments whose ``measure`` takes a
lifetime snapshot, see `hetevo.populations.evaluation.Probe`.
"""

from importlib.metadata import entry_points
from typing import cast

from hetevo.evolve.config import ConfigError
from hetevo.populations.errors import nearest
from hetevo.populations.evaluation import Probe

GROUP = "hetevo.probes"


def probe_named(name: str) -> Probe:
    """Return the probe of a name.

    Parameters
    ----------
    name : str
        As announced by an installed package; Hetevo itself announces ``alignment``.

    Raises
    ------
    ConfigError
        If no installed package announces it.
    """
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        raise ConfigError(
            f"probe.name: no installed package announces a probe {name!r}.{nearest(name, found)}"
            f" Found: {', '.join(sorted(found)) or 'none; install Hetevo with pip, or set probe.every = 0'}."
        )
    return cast(Probe, found[name].load()())
