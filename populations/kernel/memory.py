"""The weights of a block of two-pathway circuits, laid out for speed.

``N`` circuits live side by side; each network's products are its own, so that its bits do not depend on which other
networks share the block. Four decisions make the layout:

*Panels.* Weights are cut into panels, one a level: rows of receiving neurons, with the range of columns that any wiring
allows, so that nothing is computed where no synapse can be. What is below a level is a prefix of the units, what is
above it a suffix, and a product reads their signals without a copy. All panels of a network lie one after another: what
is done to every weight is one call.

*One layout for both pathways.* ``V`` is stored transposed: ``V[i, k]`` stands where ``W[k, i]`` does. So both updates
need the same correlations ``<q_k x_i>``, which are computed once (see `plasticity`), and transporting weights is using
one for the other.

*Left operands may be transposed views, right ones not.* The backward pass's ``V`` is a transposed view, which costs
nothing there; a transposed right operand would cost more than copying it.

*Networks last for one sample a presentation.* Then products of matrices with matrices become products with vectors,
which use each weight once. With the networks on the fastest axis they are element-wise passes over all networks.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from hetevo.populations.birth import Weights
from hetevo.populations.layout import Layout
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask


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
    # the outputs and hidden neurons that send down are rows here
    either[:, layout.input_units :] |= allowed.descending.T
    return either


def panels(species: Species) -> list[Panel]:
    """Cut the synapses of a species into panels, one a level and one for the outputs.

    Parameters
    ----------
    species : Species
        Names the sizes and what any wiring allows.
    """
    layout, either, cut = species.layout, connected(species), []
    for rows in (*layout.level_slices, slice(layout.hidden, layout.neurons)):
        # from the first to the last that may be connected; what lies between is 0
        senders = np.flatnonzero(either[rows].any(axis=0))
        cut.append(Panel(rows, slice(int(senders[0]), int(senders[-1]) + 1)))
    return cut


class CircuitBlock:
    """Weights of ``N`` circuits, panel by panel.

    Parameters
    ----------
    species : Species
        What the circuits have in common.
    weights : Weights
        ``W``, shape (N, H + O, I + H), and ``V``, shape (N, H, H + O).
    dtype : dtype, optional
        float32 on the fast path.
    networks_last : bool, optional
        Order in memory, not in shapes: networks on the fastest axis, for one sample a presentation.

    Attributes
    ----------
    weights : ndarray of float, shape (2, N, cells)
        ``W`` and, in the same layout, ``V`` transposed; a network's panels lie one after another, so that one call
        passes over all of them.
    stacks : list of ndarray of float, shape (2, N, n, m)
        Views of ``weights``, one a panel.
    """

    def __init__(
        self, species: Species, weights: Weights, dtype: DTypeLike = np.float32, *, networks_last: bool = False
    ) -> None:
        self.species = species
        self.networks_last = networks_last
        self.networks = len(weights.ascending)
        self.dtype = np.dtype(dtype)
        self.panels = panels(species)
        self.weights = self.flat(np.stack([weights.ascending, unmirrored(species.layout, weights.descending)]))
        self.stacks = self.by_panel(self.weights)

    def flat(self, whole: Floats) -> Floats:
        """Return the panels of arrays of shape (..., N, H + O, I + H) one after another, (..., N, cells)."""
        cut = [panel.cut(whole).reshape(*whole.shape[:-2], panel.cells) for panel in self.panels]
        flat = np.concatenate(cut, axis=-1, dtype=self.dtype)
        return np.ascontiguousarray(flat.swapaxes(-1, -2)).swapaxes(-1, -2) if self.networks_last else flat

    def by_panel(self, flat: Floats) -> list[Floats]:
        """Return a view for each panel, (..., N, n, m), of an array of shape (..., N, cells)."""
        # views, and no copies: what is done to a panel is done to the weights
        ends = np.cumsum([panel.cells for panel in self.panels])[:-1]
        parts = np.split(flat, ends, axis=-1)
        return [part.reshape(*part.shape[:-1], *panel.shape) for part, panel in zip(parts, self.panels, strict=True)]

    def product(self, left: Floats, right: Floats, out: Floats) -> None:
        """Multiply stacks of matrices: (N, n, r) by (N, r, m) gives (N, n, m)."""
        if not self.networks_last:
            np.matmul(left, right, out=out)
        # an outer product has nothing to sum
        elif left.shape[2] == 1:
            np.multiply(left, right, out=out)
        else:
            np.einsum("anr,arm->anm", left, right, out=out)

    def whole(self, rows: slice = slice(None)) -> Weights:
        """Return the weights of all panels as one array a pathway, shapes as for the constructor, for some networks."""
        layout = self.species.layout
        networks = len(range(self.networks)[rows])
        both = np.zeros((2, networks, layout.neurons, layout.units), self.dtype)
        for panel, stack in zip(self.panels, self.stacks, strict=True):
            both[:, :, panel.rows, panel.columns] = stack[:, rows]
        # transported weights are the ascending ones, whatever V was at birth
        descending = both[0] if self.species.rule.transport else both[1]
        return Weights(both[0], np.ascontiguousarray(self.species.mirror(descending)))


def unmirrored(layout: Layout, descending: Floats) -> Floats:
    """Return arrays of the descending pathway, (N, H, H + O), in the layout of the ascending one, (N, H + O, I + H)."""
    placed: Floats = np.zeros((len(descending), layout.neurons, layout.units), descending.dtype)
    placed[:, :, layout.input_units :] = descending.swapaxes(1, 2)
    return placed
