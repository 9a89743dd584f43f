"""Circuits with separate error neurons: their genome, their birth, their life and their test.

What happens in a presentation is in `hetevo.populations.error_model`, and, fast, in `hetevo.populations.kernel`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.birth import draw_error_weights, draw_gene
from hetevo.populations.circuits.circuit import Block, Outcome
from hetevo.populations.circuits.two_pathway import BLOCK_BYTES, BLOCK_NETWORKS, measure_change, normalised_loss
from hetevo.populations.error_neurons import KINDS, draw_wiring, error_layout, weight_shapes
from hetevo.populations.genome import Gene
from hetevo.populations.kernel.error_block import ErrorPasses, count_cells
from hetevo.populations.kernel.hardware import Hardware
from hetevo.populations.kernel.life import live_block
from hetevo.populations.kernel.snapshot import Snapshot, count_probed
from hetevo.populations.species import Species


class ErrorNeuronsCircuit:
    """The kind of circuit that `hetevo.populations.error_model` describes; see `Circuit` for its methods."""

    inherits = "gains"

    def genome(self, species: Species) -> tuple[Gene, ...]:
        """Gains, decays and wirings of four kinds of synapses and, if they are inherited, innate weights."""
        shapes, priors, shared = weight_shapes(species), species.genome, species.plasticity.gains_shared
        # the order decides what founders draw, and what digests hash
        genes = [
            Gene(f"gains_{kind}", "gain", (1 if shared else shapes[kind][0],), priors.prior("gain_scale", kind))
            for kind in KINDS
        ]
        genes += [Gene(f"decay_{kind}", "decay", ()) for kind in KINDS]
        genes += [Gene(f"mask_{kind}", "mask", shapes[kind]) for kind in KINDS]
        if priors.innate == "inherited":
            genes += [Gene(f"innate_{kind}", "innate", shapes[kind]) for kind in KINDS]
        return tuple(genes)

    def draw_founder(self, species: Species, rng: Generator) -> dict[str, NDArray[Any]]:
        """Draw all wirings, then the other genes in their order."""
        masks: dict[str, Any] = {f"mask_{kind}": mask for kind, mask in draw_wiring(species, rng).items()}
        genes = self.genome(species)
        return {gene.name: masks[gene.name] if gene.kind == "mask" else draw_gene(gene, species, rng) for gene in genes}

    def block_size(self, species: Species) -> int:
        """Keep a block's weights, their changes and its signals in cache."""
        # weights, drive, scale and keep; activity, signal, slope and what is added, of error neurons three
        neurons = 4 * species.layout.neurons + 3 * error_layout(species).neurons
        bytes_each = 4 * (4 * count_cells(species) + neurons * species.lifetime.batch)
        return max(1, int(np.clip(BLOCK_BYTES // bytes_each, *BLOCK_NETWORKS)) // species.lifetime.tasks)

    def count_bytes(self, species: Species, networks: int, probed: int) -> int:
        """Count weights, signals, the test, the probe, and changes and signals that come late."""
        layout, life, errors = species.layout, species.lifetime, error_layout(species)
        signals, cells = 3 * (layout.units + layout.neurons + errors.neurons), count_cells(species)
        late = sum(
            cells * min(device.delay, life.presentations)
            + (layout.neurons + errors.neurons) * life.batch * min(device.stale, life.presentations)
            for device in species.perturbations
            if isinstance(device, Hardware)
        )
        probe = signals * probed * min(networks, count_probed(species, probed))
        # numbers in single precision; weights, drive, scale and keep
        return 4 * (networks * (4 * cells + signals * max(life.batch, life.test_samples) + late) + probe)

    def live(self, block: Block, observer: Callable[[Snapshot], None] | None, moments: Sequence[int]) -> Outcome:
        """Draw innate weights, live in the kernel, and test."""
        species, test = block.species, block.experience.test
        innate = draw_error_weights(species, block.genes, block.individuals, block.seed, block.generation)
        lives = live_block(
            species, block.genes, innate, block.experience, observer=observer, moments=moments, streams=block.streams
        )
        # only activities are needed
        passes = ErrorPasses(lives.circuits.stacks, test.inputs.shape[-1], len(test.inputs))
        with np.errstate(all="ignore"):
            passes.forward(test.inputs)
            outputs = passes.outputs.reshape(-1, *test.targets.shape).astype(np.float64)
            loss, accuracy = normalised_loss(species, outputs, test.targets)
        change = measure_change(species, block.genes, innate, lives.circuits.whole()) if block.changes else None
        return Outcome(loss, accuracy, lives.diverged | ~np.isfinite(loss), change)
