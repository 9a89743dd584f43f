"""Injury, and growth: hidden neurons or synapses that a circuit loses, or gets, in the middle of its life."""

from dataclasses import dataclass

import numpy as np

from hetevo.populations import settings
from hetevo.populations.birth import Weights
from hetevo.populations.kernel.memory import CircuitBlock
from hetevo.populations.kernel.perturbation import Course, PerturbedBlock
from hetevo.populations.random_streams import Purpose
from hetevo.populations.types import Floats, Mask


@dataclass(frozen=True)
class Injury(settings.Injury):
    """What happens to every life at one moment; see `hetevo.populations.settings.Injury`."""

    def begin(self, block: PerturbedBlock) -> Course:
        """Draw what is concerned, and take it away at once if it is to be inserted."""
        return _Injured(self, block)


class _Injured(Course):
    def __init__(self, injury: Injury, block: PerturbedBlock) -> None:
        self._injury, self._block = injury, block
        self._moment = int(injury.at * block.presentations)
        layout, size = block.circuits.species.layout, block.genes.size
        self._up: Mask = np.zeros((size, layout.neurons, layout.units), np.bool_)
        self._down: Mask = np.zeros((size, layout.hidden, layout.neurons), np.bool_)
        # each life has its own lot, whatever block it is in
        for n, rng in enumerate(block.streams(Purpose.INJURY)):
            if injury.what == "neurons":
                # a neuron takes all of its synapses along, in both pathways
                hit = rng.random(layout.hidden) < injury.share
                self._up[n, : layout.hidden][hit] = True
                self._up[n, :, layout.input_units :][:, hit] = True
                self._down[n][hit] = True
                self._down[n, :, : layout.hidden][:, hit] = True
            else:
                self._up[n] = rng.random(self._up[n].shape) < injury.share
                self._down[n] = rng.random(self._down[n].shape) < injury.share
        self._masks = block.genes.mask_ascending.copy(), block.genes.mask_descending.copy()
        self._innate = block.circuits.weights.copy()
        if injury.kind == "insert":
            self._remove()

    def before(self, t: int) -> None:
        # it happens once
        if t != self._moment:
            return
        if self._injury.kind == "insert":
            self._insert()
        else:
            self._remove()
        if not self._injury.plastic_after:
            self._block.plasticity.frozen = True

    def _remove(self) -> None:
        genes, circuits = self._block.genes, self._block.circuits
        genes.mask_ascending[:] &= ~self._up
        genes.mask_descending[:] &= ~self._down
        circuits.weights *= self._present(circuits)
        self._block.plasticity.rewire(genes)

    def _insert(self) -> None:
        genes, circuits = self._block.genes, self._block.circuits
        # what was there all the time keeps what it has learnt
        absent = self._present(circuits) == 0
        genes.mask_ascending[:], genes.mask_descending[:] = self._masks
        circuits.weights[absent] = self._innate[absent]
        self._block.plasticity.rewire(genes)

    def _present(self, circuits: CircuitBlock) -> Floats:
        """Return 1 where there is a synapse and 0 elsewhere, in the layout of the weights."""
        # masks take the way of weights, which ends in the same layout
        genes, dtype = self._block.genes, circuits.dtype
        masks = Weights(genes.mask_ascending.astype(dtype), genes.mask_descending.astype(dtype))
        return CircuitBlock(circuits.species, masks, dtype, networks_last=circuits.networks_last).weights
