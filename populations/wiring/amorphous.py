"""Amorphous wiring: any lower level to any higher one, at random."""

from dataclasses import dataclass
from typing import ClassVar

from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.wiring.family import Pathways, WiringFamily, thin
from hetevo.populations.wiring.places import Places, levels_below


@dataclass(frozen=True)
class Amorphous(WiringFamily):
    """Each synapse from a lower to a higher level (and back) is present at random, skips included."""

    listed: ClassVar[bool] = True

    def allowed(self, layout: Layout) -> Pathways:
        """Return all pairs of a lower and a higher level."""
        return Pathways(layout.below(), layout.above())

    def places(self, layout: Layout) -> tuple[Places, Places]:
        """Return the same as bands of rows."""
        return levels_below(layout)

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Keep each allowed synapse with the probability of its pathway."""
        return thin(self.allowed(layout), density, rng)
