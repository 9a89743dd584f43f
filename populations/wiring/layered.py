"""Layered wiring: each level talks to its neighbours only."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.wiring.family import Pathways, WiringFamily, thin
from hetevo.populations.wiring.places import Band, Bands, Places, neighbouring_levels


@dataclass(frozen=True)
class Layered(WiringFamily):
    """Synapses between adjacent levels only; the bias unit reaches every level.

    Parameters
    ----------
    feedback_from : str
        Whom hidden neurons hear: ``"neighbours"``, the level above; or ``"outputs"`` alone, whatever lies between
        (direct feedback, Nøkland 2016). With `network.feedback` = ``"transposed"`` it means nothing.
    """

    feedback_from: Literal["neighbours", "outputs"] = "neighbours"

    listed: ClassVar[bool] = True

    def allowed(self, layout: Layout) -> Pathways:
        """Return the pairs of adjacent levels, and the bias to every neuron."""
        ascending = layout.unit_level[None, :] == layout.neuron_level[:, None] - 1
        if layout.bias:
            ascending[:, layout.input_units - 1] = True
        senders, own = layout.neuron_level[None, :], layout.neuron_level[: layout.hidden, None]
        descending = senders == own + 1
        if self.feedback_from == "outputs":
            descending = (senders == layout.neuron_level[-1]) & (senders > own)
        return Pathways(ascending, descending)

    def places(self, layout: Layout) -> tuple[Places, Places]:
        """Return the same as bands of rows."""
        up, down = neighbouring_levels(layout)
        if self.feedback_from == "outputs":
            down = Bands((Band(range(layout.hidden), (range(layout.hidden, layout.neurons),)),), layout.neurons)
        return up, down

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Keep each allowed synapse with the probability of its pathway."""
        return thin(self.allowed(layout), density, rng)
