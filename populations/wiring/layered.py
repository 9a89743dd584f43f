"""Layered wiring: each level talks to its neighbours only."""

from dataclasses import dataclass
from typing import ClassVar

from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.wiring.family import Pathways, WiringFamily, thin
from hetevo.populations.wiring.places import Places, neighbouring_levels


@dataclass(frozen=True)
class Layered(WiringFamily):
    """Synapses between adjacent levels only; the bias unit reaches every level."""

    listed: ClassVar[bool] = True

    def allowed(self, layout: Layout) -> Pathways:
        """Return the pairs of adjacent levels, and the bias to every neuron."""
        ascending = layout.unit_level[None, :] == layout.neuron_level[:, None] - 1
        if layout.bias:
            ascending[:, layout.input_units - 1] = True
        descending = layout.neuron_level[None, :] == layout.neuron_level[: layout.hidden, None] + 1
        return Pathways(ascending, descending)

    def places(self, layout: Layout) -> tuple[Places, Places]:
        """Return the same as bands of rows."""
        return neighbouring_levels(layout)

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Keep each allowed synapse with the probability of its pathway."""
        return thin(self.allowed(layout), density, rng)
