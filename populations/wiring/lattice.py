"""Lattice wiring: every neuron reaches its nearest neighbours."""

from dataclasses import dataclass
from typing import ClassVar

from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.wiring.family import Pathways, WiringFamily
from hetevo.populations.wiring.geometry import local, local_lists
from hetevo.populations.wiring.places import Lists, Places, levels_below


@dataclass(frozen=True)
class Lattice(WiringFamily):
    """Each neuron receives from the nearest units of lower levels (and from above), all of the same number.

    The neurons of a level lie on a ring; a skipped level is as far as once around it. At low density the wiring is
    therefore layered, with local receptive fields; skips appear where all of the neighbouring level is reached.
    """

    listed: ClassVar[bool] = True

    def allowed(self, layout: Layout) -> Pathways:
        """Return all pairs of a lower and a higher level."""
        return Pathways(layout.below(), layout.above())

    def places(self, layout: Layout) -> tuple[Places, Places]:
        """Return the same as bands of rows."""
        return levels_below(layout)

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Keep the nearest senders of each neuron, the share that the density of the pathway says."""
        return local(layout, self.allowed(layout), density, rng)

    def draw_lists(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Lists:
        """Keep the nearest senders of each neuron, without a matrix."""
        return local_lists(layout, density, rng)
