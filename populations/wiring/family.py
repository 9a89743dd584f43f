"""What a wiring family is."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator

from populations.layout import Layout
from populations.types import Mask


@dataclass(frozen=True)
class Pathways:
    """One mask for each pathway of a network.

    Parameters
    ----------
    ascending : ndarray of bool, shape (H + O, I + H)
        Row: receiving neuron; column: sending unit.
    descending : ndarray of bool, shape (H, H + O)
        Row: receiving hidden neuron; column: sending neuron.
    """

    ascending: Mask
    descending: Mask


class WiringFamily(Protocol):
    """A way to wire networks at random."""

    def allowed(self, layout: Layout) -> Pathways:
        """Return the synapses that this family may ever contain; mutation flips only those."""
        ...

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Draw the wiring of one network with the given densities (ascending, descending)."""
        ...


def thin(allowed: Pathways, density: tuple[float, float], rng: Generator) -> Pathways:
    """Keep each allowed synapse with a probability, in each pathway independently.

    Parameters
    ----------
    allowed : Pathways
        Synapses to choose from.
    density : tuple of float
        Probability that an allowed synapse is present (ascending, descending), in 0..1.
    rng : numpy.random.Generator
        Source of randomness.
    """

    def keep(mask: Mask, probability: float) -> Mask:
        return np.asarray(mask & (rng.random(mask.shape) < probability))

    return Pathways(keep(allowed.ascending, density[0]), keep(allowed.descending, density[1]))
