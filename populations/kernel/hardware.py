"""Imperfect hardware: noise, coarse weights, gains that mismatch, changes and signals that come late."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from hetevo.populations import settings
from hetevo.populations.kernel.perturbation import Course, PerturbedBlock, learning_signals
from hetevo.populations.random_streams import Purpose
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class Hardware(settings.Hardware):
    """What devices do to learning; see `hetevo.populations.settings.Hardware`. Every default is the perfect device.

    Stored weights are one of 2^bits - 1 evenly spaced values from ``-range`` to ``range``, 0 among them.
    """

    def begin(self, block: PerturbedBlock) -> Course:
        """Draw the mismatch, and round the innate weights."""
        return _Imperfect(self, block)


class _Imperfect(Course):
    def __init__(self, hardware: Hardware, block: PerturbedBlock) -> None:
        self._hardware, self._block = hardware, block
        self._generators = block.streams(Purpose.HARDWARE)
        self._weights = block.circuits.weights
        self._signals: deque[list[Floats]] = deque(maxlen=hardware.stale + 1)
        self._changes: deque[Floats] = deque(maxlen=hardware.delay + 1)
        self._old = self._weights.copy()
        # every neuron's gains miss their values by a factor, for life
        if hardware.mismatch:
            for gains in [values for name, values in block.genes.items() if name.startswith("gains_")]:
                for n, rng in enumerate(self._generators):
                    gains[n] *= np.exp(hardware.mismatch * rng.standard_normal(gains.shape[1]))
            block.plasticity.rewire(block.genes)
        self._store()

    def before(self, t: int) -> None:
        np.copyto(self._old, self._weights)

    def between(self, t: int) -> None:
        if not self._hardware.stale:
            return
        # signals of hidden neurons come late, errors at the outputs at once or as late
        late = learning_signals(self._block.passes, outputs=self._hardware.stale_outputs)
        self._signals.append([signals.copy() for signals in late])
        # before the first one has arrived there is none
        for number, signals in enumerate(late):
            signals[:] = self._signals[0][number] if t >= self._hardware.stale else 0

    def after(self, t: int) -> None:
        hardware = self._hardware
        # all that the presentation changed, decay included
        change: Floats = self._weights - self._old
        if hardware.noise:
            change *= 1 + hardware.noise * self._drawn("standard_normal")
        if hardware.jitter:
            # where nothing is written nothing goes wrong: absent and fixed synapses stay as they are
            change += hardware.jitter * self._drawn("standard_normal") * (change != 0)
        # written late, in the order in which changes were made
        if hardware.delay:
            self._changes.append(change)
            change = self._changes[0] if t >= hardware.delay else np.zeros_like(change)
        np.add(self._old, change, out=self._weights)
        # a delayed change may turn a weight over
        self._block.plasticity.keep_signs()
        self._store()

    def _store(self) -> None:
        """Round the weights to what the device can hold."""
        hardware = self._hardware
        if not hardware.bits:
            return
        # as many values on either side of 0
        most = 2 ** (hardware.bits - 1) - 1
        step = hardware.range / most
        # floor keeps 0, so that an absent synapse stays absent
        offset = self._drawn("random") if hardware.rounding == "stochastic" else 0.5
        np.multiply(np.clip(np.floor(self._weights / step + offset), -most, most), step, out=self._weights)

    def _drawn(self, kind: str) -> Floats:
        """Draw a number for every synapse, each life from a generator of its own."""
        circuits = self._block.circuits
        drawn: Floats = np.empty_like(self._weights)
        parts = circuits.by_network(drawn)
        ends = np.cumsum([0, *(part.shape[1] for part in parts)])
        # by life and not by weight, so that a life draws the same in any block
        for n, rng in enumerate(self._generators):
            of_life = getattr(rng, kind)(int(ends[-1]), dtype=np.float32)
            for part, start, stop in zip(parts, ends, ends[1:], strict=False):
                part[n] = of_life[start:stop]
        return drawn
