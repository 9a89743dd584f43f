"""Recurrent wiring: any directed graph."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.wiring.family import Pathways, WiringFamily, thin
from hetevo.populations.wiring.places import Places, all_pairs


@dataclass(frozen=True)
class Recurrent(WiringFamily):
    """Each synapse from any unit to any other neuron is present at random, loops included; levels mean nothing."""

    recurrent: ClassVar[bool] = True
    listed: ClassVar[bool] = True

    def allowed(self, layout: Layout) -> Pathways:
        """Return all pairs but those of a neuron with itself."""
        ascending = np.ones((layout.neurons, layout.units), np.bool_)
        descending = np.ones((layout.hidden, layout.neurons), np.bool_)
        neurons = np.arange(layout.hidden)
        ascending[neurons, layout.input_units + neurons] = False
        descending[neurons, neurons] = False
        return Pathways(ascending, descending)

    def places(self, layout: Layout) -> tuple[Places, Places]:
        """Return the same as bands of rows."""
        return all_pairs(layout)

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Keep each allowed synapse with the probability of its pathway."""
        return thin(self.allowed(layout), density, rng)
