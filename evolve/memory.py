"""Whether an experiment fits into this machine's memory, before anything is allocated or written."""

import os

from evolve.config import Config, ConfigError


def check_memory(config: Config) -> None:
    """Refuse sizes that cannot fit.

    Parameters
    ----------
    config : Config
        The experiment.

    Raises
    ------
    ConfigError
        With the memory that is needed and there is.
    """
    needed, there = bytes_needed(config), _physical_memory()
    if there is not None and needed > there:
        raise ConfigError(
            f"evolution.size = {config.evolution.size}, network.levels = {list(config.network.levels)},"
            f" lifetime.presentations = {config.lifetime.presentations}: expected an experiment that fits into this"
            f" machine's {there / 2**30:.3g} GiB of memory, but it needs at least {needed / 2**30:.3g} GiB."
            " Make one of them smaller"
        )


def bytes_needed(config: Config) -> int:
    """Return a lower bound: parents and children, one individual's lives, and the samples of a generation."""
    task, life, hidden = config.task, config.lifetime, sum(config.network.levels)
    neurons, units = hidden + task.outputs, hidden + task.inputs + config.network.bias
    synapses = neurons * units + hidden * neurons
    inherited = 4 * synapses if config.genome.innate == "inherited" else 0
    genome = synapses + inherited + 4 * (neurons + hidden)
    lives = 4 * life.tasks * (3 * synapses + 2 * life.batch * (neurons + units))
    samples = 4 * life.tasks * (task.inputs + 1 + task.outputs) * (life.presentations * life.batch + life.test_samples)
    return 2 * config.evolution.size * genome + lives + samples


def _physical_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None  # a system that does not tell
