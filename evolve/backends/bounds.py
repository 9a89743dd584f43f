"""How many worker processes are started: no more than can have something to do, or than a machine bears."""

from hetevo.evolve.backends.local import available_cores
from hetevo.evolve.config import BackendTable, ConfigError

A_CORE = 4
"""Processes for each core that are started without being asked twice: more only wait for each other."""


def workers_here(settings: BackendTable, most: int) -> int:
    """Return how many worker processes of this machine there will be; 0 if they are a cluster's.

    Parameters
    ----------
    settings : BackendTable
        Names how many are asked for; 0: one a core.
    most : int
        Blocks, or runs, that there can be at once.
    """
    return 0 if settings.address else min(settings.workers or available_cores(), most)


def bounded(settings: BackendTable, most: int, *, force: bool = False) -> BackendTable:
    """Return the settings with as many workers as there will be.

    Parameters
    ----------
    settings : BackendTable
        What is asked for. A cluster's address leaves it as it is: the cluster says how many it has.
    most : int
        Blocks, or runs, that there can be at once.
    force : bool, optional
        Start any number of them.

    Raises
    ------
    ConfigError
        If that is more than `A_CORE` for each core, and not ``force``.
    """
    workers, cores = workers_here(settings, most), available_cores()
    if workers > A_CORE * cores and not force:
        raise ConfigError(
            f"backend.workers: expected at most {A_CORE * cores}, which is {A_CORE} for each core that this process may"
            f" run on, got {settings.workers}: all would be started at once. Give --workers {cores} or leave it out;"
            " to start them all the same, add --force (in Python force=True)."
        )
    return settings.model_copy(update={"workers": workers}) if workers else settings
