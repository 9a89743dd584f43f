"""Small-world wiring: a lattice with some synapses moved to random places."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.types import Mask
from hetevo.populations.wiring.family import Pathways, WiringFamily, share
from hetevo.populations.wiring.geometry import local


@dataclass(frozen=True)
class SmallWorld(WiringFamily):
    """Like Watts and Strogatz (1998): each synapse of a lattice gets another sender with a probability.

    Receivers keep the number of their synapses; 0 is the lattice, 1 a random graph with equal in-degrees.

    Parameters
    ----------
    rewiring : float
        Probability that a synapse is moved, 0 to 1.

    Raises
    ------
    SettingError
        If it is no probability.
    """

    rewiring: float = 0.1

    def __post_init__(self) -> None:
        share("rewiring", self.rewiring)

    def allowed(self, layout: Layout) -> Pathways:
        """Return all pairs of a lower and a higher level."""
        return Pathways(layout.below(), layout.above())

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Draw a lattice, then move synapses."""
        allowed = self.allowed(layout)
        drawn = local(layout, allowed, density, rng)
        return Pathways(
            _moved(drawn.ascending, allowed.ascending, self.rewiring, rng),
            _moved(drawn.descending, allowed.descending, self.rewiring, rng),
        )


def _moved(present: Mask, allowed: Mask, probability: float, rng: Generator) -> Mask:
    """Move synapses to free allowed places of the same receiver, as many as there are."""
    leaving = present & (rng.random(present.shape) < probability)
    free = allowed & ~present
    counts = np.minimum(leaving.sum(axis=1), free.sum(axis=1))[:, None]

    def some(of: Mask) -> Mask:
        """Choose so many of each row by lot."""
        keys = np.where(of, rng.random(of.shape), np.inf)
        return np.asarray((keys.argsort(axis=1).argsort(axis=1) < counts) & of)

    return np.asarray((present & ~some(leaving)) | some(free))
