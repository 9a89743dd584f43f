"""Whether an experiment fits into this machine, told before it is tried."""

import math
import os

import numpy as np

from hetevo.evolve.config import Config, ConfigError
from hetevo.populations.circuits import genome
from hetevo.populations.species import Species


def check_memory(config: Config, species: Species) -> None:
    """Refuse sizes that cannot work, before anything of them is allocated.

    Parameters
    ----------
    config : Config
        Names the sizes.
    species : Species
        Names the genes.

    Raises
    ------
    ConfigError
        Naming what is needed and what there is.
    """
    life, task = config.lifetime, config.task
    each = sum(math.prod(gene.shape) * np.dtype(gene.dtype).itemsize for gene in genome(species))
    tasks = max(life.tasks, config.heldout.tasks if config.heldout.every else 0)
    samples = tasks * (life.presentations * life.batch + life.test_samples + config.probe.samples)
    needs = {
        # parents and children are there at the same time
        "the population (evolution.size, network, task)": 2 * each * config.evolution.size,
        "a generation's samples (lifetime, task)": 4 * samples * (task.inputs + task.outputs + 1),
    }
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for what, needed in needs.items():
        if needed > memory:
            raise ConfigError(
                f"{what} needs {needed / 2**30:,.1f} GiB; this machine has {memory / 2**30:,.1f} GiB."
                " Choose smaller sizes, or a larger machine."
            )
