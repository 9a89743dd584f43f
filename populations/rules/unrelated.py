"""A rule whose learning signals have nothing to do with the error: to see what any rule would look like."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hetevo.populations.rules.rule import Rule

if TYPE_CHECKING:  # circuits belong to a species, and that has a rule
    from hetevo.populations.model import TwoPathwayCircuits


@dataclass(frozen=True)
class RandomSignal(Rule):
    """Hidden neurons learn from sums of what reaches them, with random weights that never change.

    ``q_i = f'(p_i) sum_j R_ij x_j``, with ``R_ij ~ N(0, 1 / fan-in)`` of its own in every life, where there are
    synapses. W changes by ``gA_i <q_i x_j>`` as with any learning signal, and outputs learn from their errors. V does
    nothing, and does not change.
    """

    descending: tuple[str, ...] = ()

    def begin(self, circuits: "TwoPathwayCircuits") -> None:
        """Draw R."""
        hidden = circuits.A[:, : circuits.species.layout.hidden]
        if len(circuits.generators) != len(hidden):
            raise ValueError("the rule random-signal draws its signals: pass a generator for each circuit")
        drawn = np.stack([generator.standard_normal(hidden.shape[1:]) for generator in circuits.generators])
        circuits.R = hidden * drawn / np.sqrt(np.maximum(hidden.sum(axis=2, keepdims=True), 1))

    def update(self, circuits: "TwoPathwayCircuits") -> None:
        """Put random sums in the place of hidden neurons' learning signals, and change W by them."""
        species, hidden = circuits.species, circuits.species.layout.hidden
        own = circuits.x[:, species.layout.input_units :]
        slope = np.ones_like(own)
        if species.plasticity.derivative:
            species.transfer.slope(own, slope)
        circuits.q[:, :hidden] = slope * (circuits.R @ circuits.x)
        circuits.distort()
        circuits.update()
