"""Cortical wiring: areas one above the other, with lateral synapses inside each."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.types import Mask
from hetevo.populations.wiring.family import Pathways, WiringFamily, share, thin
from hetevo.populations.wiring.layered import Layered
from hetevo.populations.wiring.places import Lists, Places, draw_thinned, neighbouring_levels


@dataclass(frozen=True)
class Cortical(WiringFamily):
    """Areas such as V1, V2 and V4, one a level: feedforward up, feedback down, lateral synapses inside an area.

    Parameters
    ----------
    lateral : float
        Share of the lateral synapses that the densities would give, in both pathways, 0 to 1.

    Raises
    ------
    SettingError
        If it is no share.
    """

    lateral: float = 1.0
    recurrent: ClassVar[bool] = True
    listed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        share("lateral", self.lateral)

    def allowed(self, layout: Layout) -> Pathways:
        """Return the pairs of adjacent areas, the bias to every neuron, and the pairs within an area."""
        between = Layered().allowed(layout)
        if not self.lateral:
            return between
        up, down = _lateral(layout)
        return Pathways(between.ascending | up, between.descending | down)

    def places(self, layout: Layout) -> tuple[Places, Places]:
        """Return the same as bands of rows."""
        return neighbouring_levels(layout, lateral=self.lateral > 0)

    def draw_lists(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Lists:
        """Keep each synapse with the probability of its pathway, then of the lateral ones a share."""
        between, drawn = neighbouring_levels(layout), []
        for places, share_of, near in zip(self.places(layout), density, between, strict=True):
            positions = draw_thinned(places, share_of, rng)
            kept = near.holds(positions) | (rng.random(len(positions)) < self.lateral)
            drawn.append(positions[kept])
        return Lists(*drawn)

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Keep each allowed synapse with the probability of its pathway, lateral ones with a share of it."""
        drawn = thin(self.allowed(layout), density, rng)
        up, down = _lateral(layout)
        return Pathways(
            drawn.ascending & ~(up & (rng.random(up.shape) >= self.lateral)),
            drawn.descending & ~(down & (rng.random(down.shape) >= self.lateral)),
        )


def _lateral(layout: Layout) -> tuple[Mask, Mask]:
    """Tell which pairs of different neurons lie in one area, as (H + O, I + H) and (H, H + O)."""
    area = layout.neuron_level[: layout.hidden]
    same = (area[:, None] == area[None, :]) & ~np.eye(layout.hidden, dtype=np.bool_)
    up = np.zeros((layout.neurons, layout.units), np.bool_)
    up[: layout.hidden, layout.input_units :] = same
    down = np.zeros((layout.hidden, layout.neurons), np.bool_)
    down[:, : layout.hidden] = same
    return up, down
