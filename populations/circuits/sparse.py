"""Two-pathway circuits whose wirings are lists of synapses, see `hetevo.populations.sparse`.

They live one after another, in the same memory, so that thousands of neurons need little of it; and the bits of one
never depend on the others.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.circuits.circuit import Block, Outcome
from hetevo.populations.circuits.two_pathway import TwoPathway, normalised_loss
from hetevo.populations.genome import Gene
from hetevo.populations.rules import PATHWAYS, Pathway
from hetevo.populations.sparse.birth import SynapseWeights, Wiring, draw_synapse_weights
from hetevo.populations.sparse.circuit import PART, SparseCircuit
from hetevo.populations.sparse.life import live_sparse
from hetevo.populations.species import Species
from hetevo.populations.synapses import mirror
from hetevo.populations.types import Floats

SYNAPSE_BYTES = 8 + 4 + 4
"""Position, row and column of a synapse."""

BLOCK_WORK = 1 << 27
"""Synapses times samples of all presentations in a block: about a tenth of a second (measured, one core of two)."""

BLOCK_NETWORKS = 64
"""Most individuals in a block."""

CALLS = 100_000
"""What the calls of a presentation cost besides, in the same unit."""


class Sparse(TwoPathway):
    """The kind of circuit that `TwoPathway` is, in sparse storage; see `Circuit` for its methods."""

    def genome(self, species: Species) -> tuple[Gene, ...]:
        """Name the same genes, wirings as lists of synapses."""
        return tuple(_listed(gene, species) for gene in super().genome(species))

    def draw_wiring(self, species: Species, rng: Generator) -> dict[str, NDArray[Any]]:
        """Draw both wirings as lists."""
        densities = species.network.density_ascending, species.network.density_descending
        drawn = species.family.draw_lists(species.layout, densities, rng)
        down = mirror(species.layout, drawn.ascending)[0] if species.transposed else drawn.descending
        return {"mask_ascending": drawn.ascending, "mask_descending": down}

    def block_size(self, species: Species) -> int:
        """Live one after another in any block; many small networks are worth sending out together."""
        life = species.lifetime
        synapses = sum(_expected(species, pathway) for pathway in PATHWAYS)
        work = life.tasks * life.presentations * (synapses * life.batch + CALLS)
        return int(np.clip(BLOCK_WORK // work, 1, BLOCK_NETWORKS))

    def count_bytes(self, species: Species, networks: int, probed: int) -> int:
        """Count the synapses of one individual, its lives' weights, and the signals of the largest batch."""
        layout, life = species.layout, species.lifetime
        synapses = sum(_expected(species, pathway) for pathway in PATHWAYS)
        # weights and, with momentum, traces of each life; weights, updates and gradients that a probe looks at
        values = 4 * synapses * life.tasks * (1 + (species.rule.momentum > 0) + (5 if probed else 0))
        samples = max(3 * life.batch, 2 * life.test_samples, 3 * (life.tasks + 1) * probed)
        return synapses * SYNAPSE_BYTES + values + 4 * (layout.units + layout.neurons) * samples + 3 * 4 * PART

    def live(self, block: Block, observer: Callable[[Any], None] | None, moments: Sequence[int]) -> Outcome:
        """Let individual after individual be born, live and be tested."""
        species, outcomes = block.species, []
        for row, individual in enumerate(block.individuals):
            genes = block.genes.take(slice(row, row + 1))
            wiring = Wiring.of(species, genes)
            innate = draw_synapse_weights(species, genes, wiring, int(individual), block.seed, block.generation)
            circuits, diverged = live_sparse(
                species, genes, wiring, innate, block.experience, observer=observer, moments=moments
            )
            loss, accuracy = _evaluate_test(circuits, block)
            change = _measure_change(species, innate, circuits) if block.changes else loss
            outcomes.append((loss, accuracy, diverged | ~np.isfinite(loss), change))
        loss, accuracy, diverged, change = (np.concatenate(part) for part in zip(*outcomes, strict=True))
        return Outcome(loss, accuracy, diverged, change if block.changes else None)


def _listed(gene: Gene, species: Species) -> Gene:
    if gene.kind != "mask":
        return gene
    rows, columns = gene.shape
    pathway: Pathway = "ascending" if gene.name == "mask_ascending" else "descending"
    return Gene(gene.name, gene.kind, (), matrix=(rows, columns), expected=_expected(species, pathway))


def _expected(species: Species, pathway: Pathway) -> int:
    """Count the synapses that a founder has in a pathway, about."""
    up, down = species.places
    if pathway == "ascending" or species.transposed:
        return int(up.size * species.network.density_ascending)
    return int(down.size * species.network.density_descending)


def _measure_change(species: Species, born: SynapseWeights, circuits: list[SparseCircuit]) -> Floats:
    """Measure how much an individual's lives changed its weights, (K,); see `measure_change` of matrices."""
    total, synapses = np.zeros(len(circuits)), 0
    with np.errstate(all="ignore"):
        for pathway in (pathway for pathway in PATHWAYS if pathway in species.plastic):
            first = getattr(born, pathway).astype(np.float64)
            total += [np.abs(circuit.weights[pathway] - first).sum() for circuit in circuits]
            synapses += len(first)
    return np.asarray(total / max(synapses, 1))


def _evaluate_test(circuits: list[SparseCircuit], block: Block) -> tuple[Floats, Floats]:
    """Measure the outputs of an individual's circuits on fresh samples; loss and accuracy, (K,)."""
    test = block.experience.test
    with np.errstate(all="ignore"):
        outputs = []
        for circuit, inputs in zip(circuits, test.inputs, strict=True):
            circuit.forward(inputs)
            outputs.append(circuit.y.astype(np.float64))
        return normalised_loss(block.species, np.stack(outputs)[None], test.targets)
