"""What workers need to know of an experiment besides genes; nothing here loads more than lives do."""

from dataclasses import dataclass

from hetevo.populations.evaluation import Probe
from hetevo.populations.kernel.perturbation import Perturbation
from hetevo.populations.species import Species


@dataclass(frozen=True)
class Job:
    """What stays the same in every generation; it travels to workers once a block.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    seed : int
        Seed of the experiment.
    block : int
        Individuals that live side by side; 0: chosen from sizes and cache.
    probe : Probe or None
        Measures to take.
    probe_samples : int
        Size of the probe batch.
    moments : tuple of int
        Further moments of life at which to measure, in percent.
    probe_share : float
        Share of the individuals that are measured.
    packages : frozenset of str
        Packages of others that decide results besides those of the classes of species and probe.
    portable : bool
        Whether only a process that computes portably may let anybody live (`hetevo.evolve.backends.portable`).
    changes : bool
        Whether to tell how much weights change in a life, which an objective may be.
    injury : Perturbation or None
        What befalls second lives of everybody, whose loss an objective may be.
    """

    species: Species
    seed: int
    block: int = 0
    probe: Probe | None = None
    probe_samples: int = 128
    moments: tuple[int, ...] = ()
    probe_share: float = 1.0
    packages: frozenset[str] = frozenset()
    portable: bool = False
    changes: bool = False
    injury: Perturbation | None = None
