"""A wiring: within a level neurons lie on a ring, and only neighbours of two levels may be connected."""

from dataclasses import dataclass

import numpy as np

from hetevo.populations.wiring import Pathways, WiringFamily
from hetevo.populations.wiring.family import thin


@dataclass(frozen=True)
class Ring(WiringFamily):
    """Synapses between places on the ring that are at most ``reach`` of its circumference apart."""

    reach: float = 0.25

    def allowed(self, layout):
        sizes = [layout.input_units, *layout.levels, layout.outputs]
        places = np.concatenate([np.arange(size) / size for size in sizes])
        apart = np.abs(places[:, None] - places[None, :])
        near = np.minimum(apart, 1 - apart) <= self.reach
        # rows: neurons; columns: units that send to them
        neurons, hidden = slice(layout.input_units, None), layout.hidden
        ascending = layout.below() & near[neurons, : layout.units]
        descending = layout.above() & near[neurons, neurons][:hidden]
        return Pathways(ascending, descending)

    def draw(self, layout, density, rng):
        return thin(self.allowed(layout), density, rng)
