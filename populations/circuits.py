"""A block of two-pathway circuits, laid out for speed.

``N`` circuits live side by side on axis 0. Every level keeps its own weights, and its activity stands as a slice of one
array in which all lower levels form a prefix and all higher ones a suffix. So each product below reads and writes
contiguous memory, and each network's product is a small matrix product of its own: its bits do not depend on which
other networks share the block.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from populations.birth import Weights
from populations.species import Species
from populations.types import Floats, Mask


@dataclass(frozen=True)
class Projection:
    """A level of neurons, and the range of senders that may reach it.

    Parameters
    ----------
    rows : slice
        The receiving neurons.
    sources : slice
        Smallest range that holds every allowed sender; what no wiring allows is never computed.
    """

    rows: slice
    sources: slice


def projections(allowed: Mask, levels: tuple[slice, ...]) -> list[Projection]:
    """Cut a pathway into one projection a level.

    Parameters
    ----------
    allowed : ndarray of bool, shape (receivers, senders)
        Synapses that may exist.
    levels : tuple of slice
        Receivers of each level.
    """
    cut = []
    for rows in levels:
        senders = np.flatnonzero(allowed[rows].any(axis=0))
        start, stop = (int(senders[0]), int(senders[-1]) + 1) if len(senders) else (0, 1)
        cut.append(Projection(rows, slice(start, stop)))
    return cut


class Circuits:
    """Weights of ``N`` circuits, level by level.

    Parameters
    ----------
    species : Species
        What the circuits have in common.
    weights : Weights
        ``W``, shape (N, H + O, I + H), and ``V``, shape (N, H, H + O).
    dtype : dtype, optional
        float32 on the fast path.
    """

    def __init__(self, species: Species, weights: Weights, dtype: DTypeLike = np.float32) -> None:
        layout, allowed = species.layout, species.allowed
        self.species = species
        self.networks = len(weights.ascending)
        self.dtype = np.dtype(dtype)
        outputs = slice(layout.hidden, layout.neurons)
        descending = species.mirror(allowed.ascending) if species.rule.transport else allowed.descending
        self.up = projections(allowed.ascending, (*layout.level_slices, outputs))
        self.down = projections(descending, layout.level_slices)
        self.ascending = [self._cut(weights.ascending, projection) for projection in self.up]
        self.descending = [self._cut(weights.descending, projection) for projection in self.down]

    def _cut(self, whole: Floats, projection: Projection) -> Floats:
        return np.ascontiguousarray(whole[:, projection.rows, projection.sources], dtype=self.dtype)

    def whole(self) -> Weights:
        """Return the weights of all levels as one array a pathway, shapes as for the constructor."""
        layout = self.species.layout
        ascending = np.zeros((self.networks, layout.neurons, layout.units), self.dtype)
        descending = np.zeros((self.networks, layout.hidden, layout.neurons), self.dtype)
        for into, parts, cuts in ((ascending, self.ascending, self.up), (descending, self.descending, self.down)):
            for part, projection in zip(parts, cuts, strict=True):
                into[:, projection.rows, projection.sources] = part
        return Weights(ascending, descending)

    def transport(self) -> None:
        """Set ``V`` to the transpose of ``W``, ignoring the descending wiring."""
        offset = self.species.layout.input_units
        for level, projection in zip(self.descending, self.down, strict=True):
            for upper, source in zip(self.ascending, self.up, strict=True):
                columns = _shifted(projection.rows, offset - source.sources.start)
                rows = _shifted(source.rows, -projection.sources.start)
                # levels that no wiring connects lie outside each other's ranges
                if _within(columns, upper) and _within(rows, level):
                    np.copyto(level[:, :, rows], upper[:, :, columns].swapaxes(1, 2))


def _within(span: slice, weights: Floats) -> bool:
    return bool(span.start >= 0 and span.stop <= weights.shape[2])


def _shifted(span: slice, by: int) -> slice:
    return slice(span.start + by, span.stop + by)


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
        scratch = np.empty((circuits.networks, max(layout.levels), samples), circuits.dtype)
        first = layout.input_units
        self.inputs = self.activity[:, :first]
        self.outputs = self.activity[:, layout.units :]
        self.error = self.signal[:, layout.hidden :]
        self._up = [
            (weights, self.activity[:, cut.sources], self.activity[:, _shifted(cut.rows, first)])
            for weights, cut in zip(circuits.ascending, circuits.up, strict=True)
        ]
        self._down = [
            (
                weights,
                self.signal[:, cut.sources],
                self.signal[:, cut.rows],
                self.activity[:, _shifted(cut.rows, first)],
                scratch[:, : weights.shape[1]],
            )
            for weights, cut in zip(circuits.descending, circuits.down, strict=True)
        ][::-1]

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
        for weights, above, own, activity, scratch in self._down:
            np.matmul(weights, above, out=own)
            if species.derivative:
                species.transfer.modulate(own, activity, scratch)
