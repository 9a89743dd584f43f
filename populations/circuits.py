"""A block of two-pathway circuits, laid out for speed.

``N`` circuits live side by side on axis 0; each network's products are small matrix products of its own, so that its
bits do not depend on which other networks share the block. Three decisions make the layout:

*Panels.* Weights are cut into panels: rows of receiving neurons, with the range of columns that any wiring allows. One
panel a level skips what no wiring allows; one panel for everything saves calls. What is below a level is a prefix of
the units, what is above it a suffix, so that a product reads its activities without a copy.

*One layout for both pathways.* ``V`` is stored transposed: ``V[i, k]`` stands where ``W[k, i]`` does. So both updates
need the same correlations ``<q_k x_i>``, which are computed once (see `plasticity`), and transporting weights is using
one for the other.

*Left operands may be transposed views, right ones not.* The learning sweep's ``V`` is a transposed view, which costs
nothing there; a transposed right operand would cost more than copying it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from populations.birth import Weights
from populations.layout import Layout
from populations.species import Species
from populations.types import Floats, Mask

PANEL_COST = 250
"""What one more panel costs, in cells: its products are calls of their own (measured for 16 samples)."""


@dataclass(frozen=True)
class Panel:
    """Some receiving neurons and the range of units that may reach them.

    Parameters
    ----------
    rows : slice
        Receiving neurons of the ascending pathway; senders of the descending one.
    columns : slice
        Sending units of the ascending pathway; receivers of the descending one.
    """

    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    @property
    def cells(self) -> int:
        """Places for a synapse in each pathway."""
        rows, columns = self.shape
        return rows * columns

    def cut(self, whole: Floats) -> Floats:
        """Return this panel of arrays of shape (..., H + O, I + H)."""
        return whole[..., self.rows, self.columns]


def connected(species: Species) -> Mask:
    """Tell which units and neurons may be connected in either pathway, shape (H + O, I + H)."""
    layout, allowed = species.layout, species.allowed
    either = allowed.ascending.copy()
    either[:, layout.input_units :] |= allowed.descending.T
    return either


def panels(species: Species) -> list[Panel]:
    """Cut the synapses of a species into panels: few, but holding few synapses that no wiring allows.

    Levels that follow each other may share a panel. The choice depends on the species only, never on the block.

    Parameters
    ----------
    species : Species
        Names the sizes and what any wiring allows.
    """
    layout, either = species.layout, connected(species)
    levels = (*layout.level_slices, slice(layout.hidden, layout.neurons))

    def panel(first: int, stop: int) -> Panel:
        rows = slice(levels[first].start, levels[stop - 1].stop)
        senders = np.flatnonzero(either[rows].any(axis=0))
        return Panel(rows, slice(int(senders[0]), int(senders[-1]) + 1))

    best: list[tuple[int, list[Panel]]] = [(0, [])]  # cost and panels of the lowest levels, for each number of levels
    for stop in range(1, len(levels) + 1):
        ways = [
            (best[first][0] + panel(first, stop).cells + PANEL_COST, [*best[first][1], panel(first, stop)])
            for first in range(stop)
        ]
        best.append(min(ways, key=lambda way: way[0]))
    return best[-1][1]


class Circuits:
    """Weights of ``N`` circuits, panel by panel.

    Parameters
    ----------
    species : Species
        What the circuits have in common.
    weights : Weights
        ``W``, shape (N, H + O, I + H), and ``V``, shape (N, H, H + O).
    dtype : dtype, optional
        float32 on the fast path.

    Attributes
    ----------
    weights : ndarray of float, shape (2, N, cells)
        ``W`` and, in the same layout, ``V`` transposed; a network's panels lie one after another, so that one call
        passes over all of them.
    stacks : list of ndarray of float, shape (2, N, n, m)
        Views of ``weights``, one a panel.
    """

    def __init__(self, species: Species, weights: Weights, dtype: DTypeLike = np.float32) -> None:
        self.species = species
        self.networks = len(weights.ascending)
        self.dtype = np.dtype(dtype)
        self.panels = panels(species)
        self.weights = self.flat(np.stack([weights.ascending, unmirrored(species.layout, weights.descending)]))
        self.stacks = self.by_panel(self.weights)

    def flat(self, whole: Floats) -> Floats:
        """Return the panels of arrays of shape (..., H + O, I + H) one after another, (..., cells)."""
        cut = [panel.cut(whole).reshape(*whole.shape[:-2], panel.cells) for panel in self.panels]
        return np.concatenate(cut, axis=-1, dtype=self.dtype)

    def by_panel(self, flat: Floats) -> list[Floats]:
        """Return a view for each panel, (..., n, m), of an array of shape (..., cells)."""
        ends = np.cumsum([panel.cells for panel in self.panels])[:-1]
        parts = np.split(flat, ends, axis=-1)
        return [part.reshape(*part.shape[:-1], *panel.shape) for part, panel in zip(parts, self.panels, strict=True)]

    def whole(self) -> Weights:
        """Return the weights of all panels as one array a pathway, shapes as for the constructor."""
        layout = self.species.layout
        both = np.zeros((2, self.networks, layout.neurons, layout.units), self.dtype)
        for panel, stack in zip(self.panels, self.stacks, strict=True):
            both[:, :, panel.rows, panel.columns] = stack
        # transported weights are the ascending ones, whatever V was at birth
        descending = both[0] if self.species.rule.transport else both[1]
        return Weights(both[0], np.ascontiguousarray(self.species.mirror(descending)))


def unmirrored(layout: Layout, descending: Floats) -> Floats:
    """Return arrays of the descending pathway, (N, H, H + O), in the layout of the ascending one, (N, H + O, I + H)."""
    placed: Floats = np.zeros((len(descending), layout.neurons, layout.units), descending.dtype)
    placed[:, :, layout.input_units :] = descending.swapaxes(1, 2)
    return placed
