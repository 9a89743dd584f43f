"""Layered wiring: each level talks to its neighbours only."""

from dataclasses import dataclass
from typing import Literal

from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.wiring.family import Pathways, WiringFamily, thin


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

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Keep each allowed synapse with the probability of its pathway."""
        return thin(self.allowed(layout), density, rng)
