"""The wiring of the cerebellum: granule cells, Purkinje cells, and climbing fibres that carry the error to each."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout
from hetevo.populations.wiring.family import Pathways, WiringFamily, thin


@dataclass(frozen=True)
class Cerebellum(WiringFamily):
    """Two levels: granule cells, which expand the inputs, and Purkinje cells, which alone receive the error.

    After Marr (1969) and Albus (1971). Each granule cell has a few dendrites; no descending synapse reaches it, so that
    it never changes: a fixed random expansion. Parallel fibres lead to Purkinje cells and these to the outputs, with
    the density of the ascending pathway; climbing fibres lead from the outputs to Purkinje cells, with that of the
    descending one.

    Parameters
    ----------
    dendrites : int
        Mossy fibres that reach a granule cell (all, if there are no more inputs); at least 1.

    Raises
    ------
    SettingError
        If a granule cell has no dendrite, or, when it is drawn, if there are not exactly two levels.
    """

    dendrites: int = 4

    def __post_init__(self) -> None:
        if self.dendrites < 1:
            raise SettingError(f"network.options.dendrites: expected at least 1, got {self.dendrites}")

    def check(self, layout: Layout) -> None:
        """Check that there are granule cells and Purkinje cells, and nothing else."""
        if len(layout.levels) != 2:
            raise SettingError(
                "network.levels: the cerebellum has two, granule cells and Purkinje cells, such as [60, 8]; got"
                f" {list(layout.levels)}"
            )

    def allowed(self, layout: Layout) -> Pathways:
        """Return inputs to granule cells, these to Purkinje cells, these to outputs; outputs back to Purkinje cells."""
        to, come = layout.neuron_level, layout.unit_level
        ascending = come[None, :] == to[:, None] - 1
        if layout.bias:
            ascending[:, layout.inputs] = True
        hidden = to[: layout.hidden]
        descending = (hidden[:, None] == 2) & (to[None, :] == 3)
        return Pathways(ascending, descending)

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Draw the dendrites of each granule cell, and other synapses with the probability of their pathway."""
        drawn = thin(self.allowed(layout), density, rng)
        granule = layout.level_slices[0]
        lots = rng.random((granule.stop, layout.inputs)).argsort(axis=1).argsort(axis=1)
        ascending = drawn.ascending.copy()
        ascending[granule] = False
        ascending[granule, : layout.inputs] = lots < self.dendrites
        if layout.bias:
            ascending[granule, layout.inputs] = True
        return Pathways(np.asarray(ascending), drawn.descending)
