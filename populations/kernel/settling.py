"""Passes through circuits with loops: both pathways settle for a number of steps.

All hidden neurons are updated at once, from the state of the step before::

    x(k) = f(W [inputs, x(k - 1)]),  x(0) = 0        outputs are read from the last state
    q(k) = f'(p) * V [q(k - 1), q_out],  q(0) = 0    with the slope of the last state
"""

from dataclasses import dataclass

import numpy as np

from hetevo.populations.kernel.memory import CircuitBlock
from hetevo.populations.kernel.passes import Passes, shifted
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class _Product:
    """``out = weights @ sent``, by network."""

    weights: Floats
    sent: Floats
    out: Floats


class SettlingPasses(Passes):
    """Both passes through circuits with loops; see `Passes` for parameters and attributes."""

    def _prepare(self) -> None:
        layout, circuits = self.circuits.species.layout, self.circuits
        self._states = slice(layout.input_units, layout.units)
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
    circuits : Circuits
        Whose weights to use.
    samples : int
        ``S``.
    """
    return (SettlingPasses if circuits.species.family.recurrent else Passes)(circuits, samples)
