"""A block of two-pathway circuits, laid out for speed.

``N`` circuits live side by side on axis 0; each network's products are small matrix products of its own, so that its
bits do not depend on which other networks share the block. Four decisions make the layout:

*Prefixes.* The activities of all units stand in one array, lowest level first. What is below a level is a prefix, what
is above it a suffix, and a product reads it without a copy.

*Panels.* Weights are cut into panels: rows of receiving neurons, with the range of columns that any wiring allows. One
panel a level skips what no wiring allows; one panel for everything saves calls. Small networks take the second.

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

ONE_PANEL_SYNAPSES = 600
"""Neurons times units up to which one panel for everything was measured to be faster than one a level."""


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
    """Cut the synapses of a species into panels; the choice depends on sizes only, never on the block.

    Parameters
    ----------
    species : Species
        Names the sizes and what any wiring allows.
    """
    layout = species.layout
    if layout.neurons * layout.units <= ONE_PANEL_SYNAPSES:
        return [Panel(slice(0, layout.neurons), slice(0, layout.units))]
    either, cut = connected(species), []
    for rows in (*layout.level_slices, slice(layout.hidden, layout.neurons)):
        senders = np.flatnonzero(either[rows].any(axis=0))
        cut.append(Panel(rows, slice(int(senders[0]), int(senders[-1]) + 1)))
    return cut


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
    stacks : list of ndarray of float, shape (2, N, n, m)
        For each panel ``W`` and, in the same layout, ``V`` transposed.
    """

    def __init__(self, species: Species, weights: Weights, dtype: DTypeLike = np.float32) -> None:
        self.species = species
        self.networks = len(weights.ascending)
        self.dtype = np.dtype(dtype)
        self.panels = panels(species)
        whole: Floats = np.stack([weights.ascending, unmirrored(species.layout, weights.descending)])
        self.stacks = [np.ascontiguousarray(panel.cut(whole), dtype=self.dtype) for panel in self.panels]

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


class Sweep:
    """Both sweeps of ``N`` circuits through ``S`` samples, in buffers that are used again and again.

    Parameters
    ----------
    circuits : Circuits
        Whose weights to use; always their present values.
    samples : int
        ``S``.

    Attributes
    ----------
    activity : ndarray of float, shape (N, I + H + O, S)
        ``x``: inputs, hidden neurons, outputs.
    signal : ndarray of float, shape (N, H + O, S)
        ``q``: learning signals of hidden neurons and outputs.
    """

    def __init__(self, circuits: Circuits, samples: int) -> None:
        layout = circuits.species.layout
        self.circuits = circuits
        self.samples = samples
        self.activity = np.empty((circuits.networks, layout.units + layout.outputs, samples), circuits.dtype)
        self.signal = np.empty((circuits.networks, layout.neurons, samples), circuits.dtype)
        first = layout.input_units
        self.inputs = self.activity[:, :first]
        self.outputs = self.activity[:, layout.units :]
        self.error = self.signal[:, layout.hidden :]
        self._up = [self._ascent(rows) for rows in (*layout.level_slices, slice(layout.hidden, layout.neurons))]
        self._down = [self._descent(rows) for rows in reversed(layout.level_slices)]

    def _ascent(self, rows: slice) -> tuple[Floats, Floats, Floats]:
        """Weights, senders' activity and own activity of a level."""
        layout, circuits = self.circuits.species.layout, self.circuits
        first = layout.input_units
        for panel, stack in zip(circuits.panels, circuits.stacks, strict=True):
            if panel.rows.start <= rows.start and rows.stop <= panel.rows.stop:
                stop = min(first + rows.start, panel.columns.stop)  # nothing reaches a level from its own or above
                weights = stack[0][:, shifted(rows, -panel.rows.start), : stop - panel.columns.start]
                return weights, self.activity[:, panel.columns.start : stop], self.activity[:, shifted(rows, first)]
        raise AssertionError("every neuron is in a panel")

    def _descent(self, rows: slice) -> tuple[list[tuple[Floats, Floats]], Floats, Floats, Floats, Floats]:
        """Products (weights, senders' signal), own signal, own activity, and two scratch arrays of a level."""
        layout, circuits = self.circuits.species.layout, self.circuits
        units, products = shifted(rows, layout.input_units), []
        plane = 0 if circuits.species.rule.transport else 1
        for panel, stack in zip(circuits.panels, circuits.stacks, strict=True):
            above = slice(max(panel.rows.start, rows.stop), panel.rows.stop)
            if above.start < above.stop and panel.columns.start <= units.start and units.stop <= panel.columns.stop:
                block = stack[plane][:, shifted(above, -panel.rows.start), shifted(units, -panel.columns.start)]
                products.append((block.swapaxes(1, 2), self.signal[:, above]))
        size = (circuits.networks, rows.stop - rows.start, self.samples)
        scratch, slope = np.empty(size, circuits.dtype), np.empty(size, circuits.dtype)
        return products, self.signal[:, rows], self.activity[:, units], scratch, slope

    def load(self, inputs: Floats) -> None:
        """Present inputs, shape (K, I, S), to networks that are ordered individual by individual, task by task."""
        tasks = len(inputs)
        self.inputs.reshape(-1, tasks, *inputs.shape[1:])[:] = inputs

    def ascend(self) -> None:
        """Run the sensory sweep: ``p_i = sum_j W_ij x_j``, ``x_i = f(p_i)``; outputs are linear."""
        transfer = self.circuits.species.transfer
        for weights, below, own in self._up[:-1]:
            np.matmul(weights, below, out=own)
            transfer.apply(own, own)
        weights, below, outputs = self._up[-1]
        np.matmul(weights, below, out=outputs)

    def compare(self, targets: Floats, clip: float = np.inf) -> None:
        """Set the outputs' learning signal to the error: ``q_o = target_o - y_o``, clipped.

        Parameters
        ----------
        targets : ndarray of float, shape (K, O, S)
            What the outputs should have been.
        clip : float, optional
            Largest absolute signal.
        """
        tasks = (-1, len(targets), *targets.shape[1:])
        np.subtract(targets, self.outputs.reshape(tasks), out=self.error.reshape(tasks))
        if np.isfinite(clip):
            np.clip(self.error, -clip, clip, out=self.error)

    def descend(self) -> None:
        """Run the learning sweep: ``q_i = f'(p_i) * sum_k V_ik q_k``, from the outputs down."""
        species = self.circuits.species
        for products, own, activity, scratch, slope in self._down:
            for number, (weights, above) in enumerate(products):
                np.matmul(weights, above, out=scratch if number else own)
                if number:
                    np.add(own, scratch, out=own)
            if species.derivative:
                species.transfer.modulate(own, activity, slope)


def shifted(span: slice, by: int) -> slice:
    """Move a slice."""
    return slice(span.start + by, span.stop + by)
