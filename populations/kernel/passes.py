"""The forward and the backward pass through a block of circuits: activities up, learning signals down.

Signals are stored unit by unit, ``(units, networks, S)``: what belongs to a level is one stretch of memory, so that its
activation function is one pass, while a matrix product reads the same numbers network by network with a stride. The
number of networks side by side is made odd, because strides of a power of two would compete for the same cache lines;
where they are the fastest axis, the number of cache lines is.

Inputs are the same for all networks of a task, and are read where they are: each network's product with them has a
broadcast right operand.
"""

import numpy as np

from hetevo.populations.kernel.memory import CACHE_LINE, Stacks, Step, aligned, run
from hetevo.populations.kernel.panels import find_runs
from hetevo.populations.types import Floats, Mask


class Passes:
    """Both passes through ``N`` circuits with ``S`` samples, in buffers that are used again and again.

    Parameters
    ----------
    stacks : Stacks
        Weights to use; always their present values.
    samples : int
        ``S``.
    tasks : int, optional
        ``K``; networks are ordered individual by individual, task by task.

    Attributes
    ----------
    neurons : ndarray of float, shape (N, H + O, S)
        Activity of hidden neurons and outputs.
    signal : ndarray of float, shape (N, H + O, S)
        ``q``: their learning signals.
    outputs, error : ndarray of float, shape (N, O, S)
        The outputs' parts of these.
    inputs : ndarray of float, shape (K, I, S), or (N, I, 1) where networks are last
        Activity of the input units in the last forward pass.
    """

    def __init__(self, stacks: Stacks, samples: int, tasks: int = 1) -> None:
        layout, first = stacks.species.layout, stacks.ascending[0]
        self.stacks, self.samples, self.tasks = stacks, samples, tasks
        self.species, self.networks, self.dtype = stacks.species, len(first), first.dtype
        self._x, self._q, self._part, self._slope = self.stretches(*3 * [layout.neurons], layout.hidden)
        self.neurons, self.signal = self.by_network(self._x), self.by_network(self._q)
        self.outputs, self.error = self.neurons[:, layout.hidden :], self.signal[:, layout.hidden :]
        # inputs that networks share are read where they are
        self.inputs: Floats = np.empty((tasks, layout.input_units, samples), self.dtype)
        if stacks.networks_last:
            self.inputs = self.by_network(self.stretches(layout.input_units)[0])
        self._hidden_panels = stacks.hidden_panels
        self._up, self._down = self._upward(), self._downward()

    def stretches(self, *units: int) -> list[Floats]:
        """Return buffers (units, N or some more, S)."""
        networks = self.networks | 1
        # a network alone would have its units side by side, and with one sample other bits than in company
        if self.samples == 1:
            networks = max(networks, 3)
        # networks on the fastest axis: an odd number of cache lines
        if self.stacks.networks_last:
            line = CACHE_LINE // self.dtype.itemsize
            networks = (-(-self.networks // line) | 1) * line
        stretches = aligned(self.dtype, *((number, networks, self.samples) for number in units))
        # nobody's numbers are computed along, and what is subnormal or not finite would take long
        for stretch in stretches:
            stretch[:, self.networks :] = 0
        return stretches

    def by_network(self, stretch: Floats) -> Floats:
        """Return a view (N, units, S) of a buffer."""
        return stretch[:, : self.networks].swapaxes(0, 1)

    def by_task(self, array: Floats) -> Floats:
        """Return a view (P, K, ...) of an array (N, ...)."""
        return array.reshape(-1, self.tasks, *array.shape[1:])

    def product(self, left: Floats, right: Floats, out: Floats) -> Step:
        """Multiply stacks of matrices: (N, n, r) by (N, r, m) gives (N, n, m)."""
        if not self.stacks.networks_last:
            return np.matmul, (left, right, out)
        # an outer product has nothing to sum
        if left.shape[2] == 1:
            return np.multiply, (left, right, out)
        return _sum_products, (left, right, out)

    def _upward(self) -> list[Step]:
        """Line up what the forward pass does after the inputs have arrived."""
        layout = self.species.layout
        steps: list[Step] = []
        x, reached = self._x, np.zeros(layout.neurons, np.bool_)
        self._arrive(x, reached)
        panel_of = {panel.neurons(self.species).start: number for number, panel in enumerate(self._hidden_panels)}
        for level in layout.level_slices:
            # whom nothing reaches has potential 0
            steps += [(x[rows].fill, (0,)) for rows in find_runs(~reached, level)]
            steps.append((self.species.transfer.apply, (x[level], x[level])))
            if level.start not in panel_of:
                continue
            number = panel_of[level.start]
            rows, weights = self._hidden_panels[number].rows, self.stacks.hidden[number]
            if reached[rows].any():
                steps += [(x[fresh].fill, (0,)) for fresh in find_runs(~reached, rows)]
                steps.append(self.product(weights, self.neurons[:, level], self.by_network(self._part)[:, rows]))
                steps.append((np.add, (x[rows], self._part[rows], x[rows])))
            else:
                steps.append(self.product(weights, self.neurons[:, level], self.neurons[:, rows]))
            reached[rows] = True
        return steps + [(x[rows].fill, (0,)) for rows in find_runs(~reached, slice(layout.hidden, layout.neurons))]

    def _arrive(self, target: Floats, reached: Mask) -> None:
        """Prepare the product of weights and inputs, which ends in the buffer ``target``."""
        self._arrival: tuple[Floats, Floats] | None = None
        panel, weights = self.stacks.panels[0], self.stacks.ascending[0]
        if not panel.hidden:
            reached[panel.rows] = True
            self._arrival = weights, self.by_network(target)[:, panel.rows]

    def _downward(self) -> list[Step]:
        """Line up what the backward pass does."""
        steps = self._slopes()
        stacks = self.stacks.hidden if self.species.rule.transport else self.stacks.descending
        heard = dict(zip((panel.neurons(self.species).start for panel in self._hidden_panels), stacks, strict=True))
        rows_of = {panel.neurons(self.species).start: panel.rows for panel in self._hidden_panels}
        for level in reversed(self.species.layout.level_slices):
            if level.start not in heard:  # nobody sends to it
                steps.append((self._q[level].fill, (0,)))
                continue
            above = self.signal[:, rows_of[level.start]]
            steps.append(self.product(heard[level.start].swapaxes(1, 2), above, self.signal[:, level]))
            if self.species.plasticity.derivative:
                steps.append((np.multiply, (self._q[level], self._slope[level], self._q[level])))
        return steps + self._distortions()

    def _slopes(self) -> list[Step]:
        """Line up ``f'(p)`` of all hidden neurons."""
        hidden = self._x[: self.species.layout.hidden]
        return [(self.species.transfer.slope, (hidden, self._slope))] if self.species.plasticity.derivative else []

    def _distortions(self) -> list[Step]:
        """Line up what the rule does to hidden neurons' signals."""
        hidden = self._q[: self.species.layout.hidden]
        steps: list[Step] = []
        if self.species.rule.signs:
            steps.append((np.sign, (hidden, hidden)))
        # each sample gets the signal of the one before it
        if self.species.rule.shuffled:
            steps.append((lambda: np.copyto(hidden, np.roll(hidden, 1, axis=2)), ()))
        return steps

    def forward(self, inputs: Floats) -> None:
        """Run the forward pass: ``p_i = sum_j W_ij x_j``, ``x_i = f(p_i)``; outputs are linear.

        Parameters
        ----------
        inputs : ndarray of float, shape (K, I, S)
            Activity of the input units, the bias included.
        """
        if self.stacks.networks_last:
            # element-wise products want them beside the weights
            self.by_task(self.inputs)[:] = inputs
        else:
            self.inputs = inputs
        if self._arrival is not None:
            weights, potentials = self._arrival
            if self.stacks.networks_last:
                _sum_products(weights, self.inputs, potentials)
            else:
                np.matmul(self.by_task(weights), inputs, self.by_task(potentials))
        run(self._up)

    def compare(self, targets: Floats, clip: float = np.inf) -> None:
        """Set the outputs' learning signal to the error: ``q_o = target_o - y_o``, clipped.

        Parameters
        ----------
        targets : ndarray of float, shape (K, O, S)
            What the outputs should have been.
        clip : float, optional
            Largest absolute signal.
        """
        hidden = self.species.layout.hidden
        outputs, error = self._x[hidden:], self._q[hidden:]
        # in two steps, since broadcasting is faster for a copy than for a difference
        self.by_task(self.error)[:] = targets
        np.subtract(error, outputs, error)
        if clip < np.inf:
            np.minimum(error, clip, out=error)
            np.maximum(error, -clip, out=error)

    def backward(self) -> None:
        """Run the backward pass: ``q_i = f'(p_i) * sum_k V_ik q_k``, from the outputs down."""
        run(self._down)

    def activity(self) -> Floats:
        """Return ``x`` of input units, hidden neurons and outputs, a new array of shape (N, I + H + O, S)."""
        layout = self.species.layout
        whole = np.empty((self.networks, layout.units + layout.outputs, self.samples), self.dtype)
        given = self.inputs if self.stacks.networks_last else self.inputs[None]
        (whole if self.stacks.networks_last else self.by_task(whole))[..., : layout.input_units, :] = given
        whole[:, layout.input_units :] = self.neurons
        return whole


class SettlingPasses(Passes):
    """Both passes through circuits with loops, which settle for a number of steps; see `Passes`.

    All hidden neurons are updated at once, from the state of the step before::

        x(k) = f(W [inputs, x(k - 1)]),  x(0) = 0        outputs are read from the last state
        q(k) = f'(p) * V [q(k - 1), q_out],  q(0) = 0    with the slope of the last state

    What comes from outside, from inputs or outputs, is the same in each step, and is computed once.
    """

    def _upward(self) -> list[Step]:
        layout, apply = self.species.layout, self.species.transfer.apply
        hidden = slice(0, layout.hidden)
        # where nothing arrives it stays 0
        (given,) = self.stretches(layout.neurons)
        given.fill(0)
        self._arrive(given, np.zeros(layout.neurons, np.bool_))
        steps: list[Step] = [(apply, (given[hidden], self._x[hidden]))]
        for _ in range(self.species.settle - 1):
            steps += self._add(self._part, given, hidden)
            steps.append((apply, (self._part[hidden], self._x[hidden])))
        return steps + self._add(self._x, given, slice(layout.hidden, layout.neurons))

    def _add(self, target: Floats, given: Floats, rows: slice) -> list[Step]:
        """Write what hidden neurons send to some neurons, and what is given, into their part of a buffer."""
        for panel, weights in zip(self._hidden_panels, self.stacks.hidden, strict=True):
            both = slice(max(rows.start, panel.rows.start), min(rows.stop, panel.rows.stop))
            if both.start >= both.stop:
                continue
            sent = weights[:, both.start - panel.rows.start : both.stop - panel.rows.start]
            hidden = self.neurons[:, panel.neurons(self.species)]
            product = self.product(sent, hidden, self.by_network(target)[:, both])
            # whom no hidden neuron may reach has what is given alone
            beside = [slice(rows.start, both.start), slice(both.stop, rows.stop)]
            copies: list[Step] = [(np.copyto, (target[one], given[one])) for one in beside if one.start < one.stop]
            return [product, (np.add, (target[both], given[both], target[both])), *copies]
        return [(np.copyto, (target[rows], given[rows]))]

    def _downward(self) -> list[Step]:
        layout = self.species.layout
        hidden, signals, steps = slice(0, layout.hidden), self._q[: layout.hidden], self._slopes()
        (given,) = self.stretches(layout.hidden)
        given.fill(0)
        stacks = self.stacks.hidden if self.species.rule.transport else self.stacks.descending
        derivative = self.species.plasticity.derivative

        def settle(potential: Floats) -> Step:
            return (np.multiply, (potential, self._slope, signals)) if derivative else (np.copyto, (signals, potential))

        for panel, weights in zip(self._hidden_panels, stacks, strict=True):
            # outputs keep their error, and hidden signals begin at 0
            split = max(layout.hidden - panel.rows.start, 0)
            if panel.rows.stop > layout.hidden:
                errors = self.signal[:, panel.rows.start + split : panel.rows.stop]
                steps.append(self.product(weights[:, split:].swapaxes(1, 2), errors, self.by_network(given)))
            steps.append(settle(given))
            above = slice(panel.rows.start, min(panel.rows.stop, layout.hidden))
            for _ in range(self.species.settle - 1 if above.start < above.stop else 0):
                product = self.by_network(self._part)[:, hidden]
                steps.append(self.product(weights[:, :split].swapaxes(1, 2), self.signal[:, above], product))
                steps.append((np.add, (self._part[hidden], given, self._part[hidden])))
                steps.append(settle(self._part[hidden]))
        # where nobody hears anything
        return steps + ([] if self._hidden_panels else [(signals.fill, (0,))]) + self._distortions()


def _sum_products(left: Floats, right: Floats, out: Floats) -> None:
    np.einsum("anr,arm->anm", left, right, out=out)


def passes_of(stacks: Stacks, samples: int, tasks: int = 1) -> Passes:
    """Return the passes that suit circuits: one pass where synapses only lead up, else until they have settled.

    Parameters
    ----------
    stacks : Stacks
        Weights to use.
    samples : int
        ``S``.
    tasks : int, optional
        ``K``.
    """
    return (SettlingPasses if stacks.species.family.recurrent else Passes)(stacks, samples, tasks)
