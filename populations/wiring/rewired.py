"""Rewired wiring: everything between layered and amorphous."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.types import Mask
from hetevo.populations.wiring.amorphous import Amorphous
from hetevo.populations.wiring.family import Pathways, WiringFamily, share
from hetevo.populations.wiring.layered import Layered


@dataclass(frozen=True)
class Rewired(WiringFamily):
    """The synapses of a layered network, some of which lead to any place of an amorphous one instead.

    Density is the share of the layered family's synapses. Their number is the same, in the mean, for every fraction
    rewired, as long as there are free places.

    Parameters
    ----------
    ascending, descending : float
        Fraction of the pathway's synapses that are rewired: 0 is layered, 1 random.

    Raises
    ------
    SettingError
        If a fraction is not in 0..1.
    """

    ascending: float = 0.5
    descending: float = 0.5

    def __post_init__(self) -> None:
        share("ascending", self.ascending)
        share("descending", self.descending)

    def allowed(self, layout: Layout) -> Pathways:
        """Return all pairs of a lower and a higher level in a pathway that is rewired, else adjacent levels."""
        near, far = Layered().allowed(layout), Amorphous().allowed(layout)
        return Pathways(
            far.ascending if self.ascending else near.ascending,
            far.descending if self.descending else near.descending,
        )

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Draw a layered network, then move synapses to free places, by lot."""
        near, far = Layered().draw(layout, density, rng), self.allowed(layout)
        return Pathways(
            _moved(near.ascending, far.ascending, self.ascending, rng),
            _moved(near.descending, far.descending, self.descending, rng),
        )


def _moved(present: Mask, allowed: Mask, fraction: float, rng: Generator) -> Mask:
    """Take synapses away, each with a probability, and put as many on places by lot, the old ones among them."""
    kept = present & (rng.random(present.shape) >= fraction)
    free = np.flatnonzero(allowed & ~kept)
    moved = kept.copy()
    moved.flat[rng.permutation(free)[: int(present.sum() - kept.sum())]] = True
    return moved
