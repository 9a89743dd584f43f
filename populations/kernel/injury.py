"""Injury, and growth: hidden neurons or synapses that a circuit loses, or gets, in the middle of its life."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from hetevo.populations import settings
from hetevo.populations.error_neurons import NAME, error_layout
from hetevo.populations.kernel.perturbation import Course, PerturbedBlock
from hetevo.populations.random_streams import Purpose
from hetevo.populations.species import Species
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
        # what is concerned, by kind of synapses
        self._kinds = [name.removeprefix("mask_") for name in block.genes if name.startswith("mask_")]
        self._hit: dict[str, Mask] = {kind: np.zeros_like(block.genes[f"mask_{kind}"]) for kind in self._kinds}
        # each life has its own lot, whatever block it is in
        for n, rng in enumerate(block.streams(Purpose.INJURY)):
            if injury.what == "neurons":
                self._strike(n, rng)
                continue
            for hit in self._hit.values():
                hit[n] = rng.random(hit[n].shape) < injury.share
        self._masks = {kind: block.genes[f"mask_{kind}"].copy() for kind in self._kinds}
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

    def _strike(self, n: int, rng: Generator) -> None:
        """Draw hidden neurons, and error neurons where there are some, which take all of their synapses along."""
        species = self._block.circuits.species
        struck = {"hidden": rng.random(species.layout.hidden) < self._injury.share}
        if species.network.circuit == NAME:
            struck["error"] = rng.random(error_layout(species).hidden) < self._injury.share
        for kind, ends in _ends(species).items():
            hit = self._hit[kind][n]
            # as receivers, then as senders
            for places, (group, first) in zip((hit, hit.T), ends, strict=True):
                places[first : first + len(struck[group])][struck[group]] = True

    def _remove(self) -> None:
        genes, circuits = self._block.genes, self._block.circuits
        for kind, hit in self._hit.items():
            genes[f"mask_{kind}"][:] &= ~hit
        circuits.weights *= self._present(circuits)
        self._block.plasticity.rewire(genes)

    def _insert(self) -> None:
        genes, circuits = self._block.genes, self._block.circuits
        # what was there all the time keeps what it has learnt
        absent = self._present(circuits) == 0
        for kind, mask in self._masks.items():
            genes[f"mask_{kind}"][:] = mask
        circuits.weights[absent] = self._innate[absent]
        self._block.plasticity.rewire(genes)

    def _present(self, circuits: Any) -> Floats:
        """Return 1 where there is a synapse and 0 elsewhere, in the layout of the weights."""
        present: Floats = np.zeros_like(circuits.weights)
        stacks = circuits.stack(present)
        for kind in self._kinds:
            stacks.place(kind, self._block.genes[f"mask_{kind}"])
        return present


def _ends(species: Species) -> dict[str, tuple[tuple[str, int], tuple[str, int]]]:
    """Return which neurons receive and send by each kind of synapses, and which row and column are their first."""
    hidden, error = ("hidden", 0), ("error", 0)
    ascending = hidden, ("hidden", species.layout.input_units)
    if species.network.circuit != NAME:
        return {"ascending": ascending, "descending": (hidden, hidden)}
    return {
        "ascending": ascending,
        "sensing": (error, hidden),
        "teaching": (hidden, error),
        "descending": (error, error),
    }
