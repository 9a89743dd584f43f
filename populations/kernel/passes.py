"""The forward and the backward pass through a block of circuits: activities up, learning signals down.

Signals are stored unit by unit, ``(units, networks, S)``: what belongs to a level is one stretch of memory, so that its
activation function is one pass, while a matrix product reads the same numbers network by network with a stride. The
number of networks side by side is made odd, because strides of a power of two would compete for the same cache lines.
"""

from dataclasses import dataclass

import numpy as np

from hetevo.populations.kernel.memory import CircuitBlock
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class _Upward:
    """One level of the forward pass: ``own = weights @ below`` by network, then ``f`` on ``stretch``, its memory."""

    weights: Floats
    below: Floats
    own: Floats
    stretch: Floats


@dataclass(frozen=True)
class _Downward:
    """One level of the backward pass: ``own`` is the sum of ``weights @ above``, then times the slope."""

    products: list[tuple[Floats, Floats]]
    own: Floats
    stretch: Floats
    slope: Floats
    scratch: Floats
    scratch_stretch: Floats


class Passes:
    """Both passes through ``N`` circuits through ``S`` samples, in buffers that are used again and again.

    Parameters
    ----------
    circuits : CircuitBlock
        Whose weights to use; always their present values.
    samples : int
        ``S``.

    Attributes
    ----------
    activity : ndarray of float, shape (N, I + H + O, S)
        ``x``: inputs, hidden neurons, outputs.
    signal : ndarray of float, shape (N, H + O, S)
        ``q``: learning signals of hidden neurons and outputs.
    outputs, error : ndarray of float, shape (N, O, S)
        The outputs' parts of these.
    """

    def __init__(self, circuits: CircuitBlock, samples: int) -> None:
        layout = circuits.species.layout
        self.circuits, self.samples = circuits, samples
        self._x = self._stretch(layout.units + layout.outputs)
        self._q = self._stretch(layout.neurons)
        self._slope = self._stretch(layout.hidden)
        self.activity, self.signal = self._by_network(self._x), self._by_network(self._q)
        self.outputs = self.activity[:, layout.units :]
        self.error = self.signal[:, layout.hidden :]
        self._prepare()

    def _prepare(self) -> None:
        """Line up views of weights and signals, once."""
        layout = self.circuits.species.layout
        self._up = [self._upward(rows) for rows in (*layout.level_slices, slice(layout.hidden, layout.neurons))]
        self._down = [self._downward(rows) for rows in reversed(layout.level_slices)]

    def _stretch(self, units: int) -> Floats:
        # an odd number of networks, so that no stride is a power of two
        return np.zeros((units, self.circuits.networks | 1, self.samples), self.circuits.dtype)

    def _by_network(self, stretch: Floats) -> Floats:
        return stretch[:, : self.circuits.networks].swapaxes(0, 1)

    def _by_task(self, stretch: Floats, tasks: int) -> Floats:
        """Return a view (units, individuals, tasks, S)."""
        return stretch[:, : self.circuits.networks].reshape(len(stretch), -1, tasks, self.samples)

    def _upward(self, rows: slice) -> _Upward:
        first, circuits = self.circuits.species.layout.input_units, self.circuits
        for panel, stack in zip(circuits.panels, circuits.stacks, strict=True):
            if panel.rows.start <= rows.start and rows.stop <= panel.rows.stop:
                stop = min(first + rows.start, panel.columns.stop)  # nothing reaches a level from its own or above
                weights = stack[0][:, shifted(rows, -panel.rows.start), : stop - panel.columns.start]
                below, own = self.activity[:, panel.columns.start : stop], shifted(rows, first)
                return _Upward(weights, below, self.activity[:, own], self._x[own])
        raise AssertionError("every neuron is in a panel")

    def _downward(self, rows: slice) -> _Downward:
        circuits, products = self.circuits, []
        units = shifted(rows, circuits.species.layout.input_units)
        plane = 0 if circuits.species.rule.transport else 1
        # what a level hears comes from the panels of all levels above it
        for panel, stack in zip(circuits.panels, circuits.stacks, strict=True):
            above = slice(max(panel.rows.start, rows.stop), panel.rows.stop)
            if above.start < above.stop and panel.columns.start <= units.start and units.stop <= panel.columns.stop:
                block = stack[plane][:, shifted(above, -panel.rows.start), shifted(units, -panel.columns.start)]
                products.append((block.swapaxes(1, 2), self.signal[:, above]))
        # room for the second and further products, which are added to the first
        scratch = self._stretch(rows.stop - rows.start)
        return _Downward(
            products, self.signal[:, rows], self._q[rows], self._slope[rows], self._by_network(scratch), scratch
        )

    def load(self, inputs: Floats) -> None:
        """Present inputs, shape (K, I, S), to networks that are ordered individual by individual, task by task."""
        # every individual sees the same samples
        self._by_task(self._x[: inputs.shape[1]], len(inputs))[:] = inputs.swapaxes(0, 1)[:, None]

    def forward(self) -> None:
        """Run the forward pass: ``p_i = sum_j W_ij x_j``, ``x_i = f(p_i)``; outputs are linear."""
        for level in self._up:
            self.circuits.product(level.weights, level.below, level.own)
            if level is not self._up[-1]:
                self.circuits.species.transfer.apply(level.stretch, level.stretch)

    def compare(self, targets: Floats, clip: float = np.inf) -> None:
        """Set the outputs' learning signal to the error: ``q_o = target_o - y_o``, clipped.

        Parameters
        ----------
        targets : ndarray of float, shape (K, O, S)
            What the outputs should have been.
        clip : float, optional
            Largest absolute signal.
        """
        layout, tasks = self.circuits.species.layout, len(targets)
        outputs, error = self._x[layout.units :], self._q[layout.hidden :]
        # in two steps, since broadcasting is faster for a copy than for a difference
        self._by_task(error, tasks)[:] = targets.swapaxes(0, 1)[:, None]
        np.subtract(error, outputs, out=error)
        if np.isfinite(clip):
            np.minimum(error, clip, out=error)
            np.maximum(error, -clip, out=error)

    def backward(self) -> None:
        """Run the backward pass: ``q_i = f'(p_i) * sum_k V_ik q_k``, from the outputs down."""
        species, layout = self.circuits.species, self.circuits.species.layout
        # f'(p) of all hidden neurons at once
        if species.plasticity.derivative:
            species.transfer.slope(self._x[layout.input_units : layout.units], self._slope)
        # from the level below the outputs down to the first
        for level in self._down:
            for number, (weights, above) in enumerate(level.products):
                self.circuits.product(weights, above, level.scratch if number else level.own)
                if number:
                    np.add(level.stretch, level.scratch_stretch, out=level.stretch)
            if species.plasticity.derivative:
                np.multiply(level.stretch, level.slope, out=level.stretch)
        self._distort()

    def _distort(self) -> None:
        """Do to hidden neurons' signals what the rule does to them."""
        species, layout = self.circuits.species, self.circuits.species.layout
        if species.rule.signs:
            np.sign(self._q[: layout.hidden], out=self._q[: layout.hidden])
        # each sample gets the signal of the one before it
        if species.rule.shuffled:
            self._q[: layout.hidden] = np.roll(self._q[: layout.hidden], 1, axis=2)


@dataclass(frozen=True)
class _Product:
    """``out = weights @ sent``, by network."""

    weights: Floats
    sent: Floats
    out: Floats


class SettlingPasses(Passes):
    """Both passes through circuits with loops, which settle for a number of steps; see `Passes`.

    All hidden neurons are updated at once, from the state of the step before::

        x(k) = f(W [inputs, x(k - 1)]),  x(0) = 0        outputs are read from the last state
        q(k) = f'(p) * V [q(k - 1), q_out],  q(0) = 0    with the slope of the last state
    """

    def _prepare(self) -> None:
        layout, circuits = self.circuits.species.layout, self.circuits
        self._states = slice(layout.input_units, layout.units)
        # potentials stay apart from states, of which all neurons need those of the step before
        self._potential, self._total, self._part = (self._stretch(layout.hidden) for _ in range(3))
        potential, part = self._by_network(self._potential), self._by_network(self._part)
        plane = 0 if circuits.species.rule.transport else 1
        self._recurrent: list[_Product] = []
        self._taught: list[tuple[slice, _Product]] = []
        for panel, stack in zip(circuits.panels, circuits.stacks, strict=True):
            readout = panel.rows.start >= layout.hidden
            self._recurrent.append(
                _Product(
                    stack[0], self.activity[:, panel.columns], self.outputs if readout else potential[:, panel.rows]
                )
            )
            # only hidden neurons hear signals
            own = slice(max(panel.columns.start, layout.input_units), panel.columns.stop)
            if own.start < own.stop:
                block = stack[plane][:, :, shifted(own, -panel.columns.start)].swapaxes(1, 2)
                hidden = shifted(own, -layout.input_units)
                self._taught.append((hidden, _Product(block, self.signal[:, panel.rows], part[:, hidden])))
        self._readout = self._recurrent.pop()  # outputs come last, and nothing hears them on the way up

    def forward(self) -> None:
        """Let activities settle, then read the outputs."""
        states, species = self._x[self._states], self.circuits.species
        states[:] = 0
        for _ in range(species.settle):
            for one in self._recurrent:
                self.circuits.product(one.weights, one.sent, one.out)
            species.transfer.apply(self._potential, states)
        self.circuits.product(self._readout.weights, self._readout.sent, self._readout.out)

    def backward(self) -> None:
        """Let learning signals settle, at the activities that were reached."""
        species, layout = self.circuits.species, self.circuits.species.layout
        if species.plasticity.derivative:
            species.transfer.slope(self._x[self._states], self._slope)
        # q(0) = 0; outputs keep their error
        signals = self._q[: layout.hidden]
        signals[:] = 0
        for _ in range(species.settle):
            self._total[:] = 0
            for hidden, one in self._taught:
                self.circuits.product(one.weights, one.sent, one.out)
                np.add(self._total[hidden], self._part[hidden], out=self._total[hidden])
            if species.plasticity.derivative:
                np.multiply(self._total, self._slope, out=signals)
            else:
                signals[:] = self._total
        self._distort()


def passes_of(circuits: CircuitBlock, samples: int) -> Passes:
    """Return the passes that suit circuits: one pass where synapses only lead up, else until they have settled.

    Parameters
    ----------
    circuits : CircuitBlock
        Whose weights to use.
    samples : int
        ``S``.
    """
    return (SettlingPasses if circuits.species.family.recurrent else Passes)(circuits, samples)


def shifted(span: slice, by: int) -> slice:
    """Move a slice."""
    return slice(span.start + by, span.stop + by)
