"""Circuits with an ascending and a descending pathway: their genome, their birth, their life and their test.

What happens in a presentation is in `hetevo.populations.model`, and, fast, in `hetevo.populations.kernel`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.birth import draw_gene, draw_innate_weights
from hetevo.populations.circuits.circuit import Block, Outcome
from hetevo.populations.experience import Samples
from hetevo.populations.genome import SIGNS, Gene, Population, term_gene
from hetevo.populations.kernel.hardware import Hardware
from hetevo.populations.kernel.life import live_block
from hetevo.populations.kernel.memory import CircuitBlock
from hetevo.populations.kernel.panels import count_cells
from hetevo.populations.kernel.passes import passes_of
from hetevo.populations.kernel.snapshot import Snapshot, count_probed
from hetevo.populations.rules import PATHWAYS
from hetevo.populations.species import Species
from hetevo.populations.types import Floats

BLOCK_BYTES = 5 << 20
"""Working memory of a block of lives: beyond it, passes over the weights slow down (measured, one core of two)."""

BLOCK_NETWORKS = (1, 256)
"""Fewest and most lives in a block: with fewer the interpreter's share grows, with more nothing is gained."""

ONLINE_BYTES, ONLINE_NETWORKS = 8 << 20, (16, 512)
"""The same for one sample a presentation, where networks are the fastest axis."""


class TwoPathway:
    """The kind of circuit that `hetevo.populations.model` describes; see `Circuit` for its methods."""

    inherits = "gains"

    def genome(self, species: Species) -> tuple[Gene, ...]:
        """Gains, coefficients of other terms, decays, wirings and, if they are inherited, innate weights and signs."""
        layout, priors, plasticity = species.layout, species.genome, species.plasticity
        rows = {"ascending": layout.neurons, "descending": layout.hidden}
        shapes = {"ascending": (layout.neurons, layout.units), "descending": (layout.hidden, layout.neurons)}
        width = {pathway: 1 if plasticity.gains_shared else rows[pathway] for pathway in rows}
        # the order decides what founders draw, and what digests hash
        genes = [
            Gene(f"gains_{pathway}", "gain", (width[pathway],), priors.prior("gain_scale", pathway)) for pathway in rows
        ]
        for pathway in PATHWAYS:
            places = 1 if plasticity.terms_shared else rows[pathway]
            genes += [
                Gene(term_gene(pathway, term), "gain", (places,), priors.term_scale)
                for term in species.rule.terms(pathway)
                if term != "heterosynaptic"
            ]
        genes += [Gene(f"decay_{pathway}", "decay", ()) for pathway in rows]
        genes += [Gene(f"mask_{pathway}", "mask", shapes[pathway]) for pathway in rows]
        if priors.innate == "inherited":
            genes += [Gene(f"innate_{pathway}", "innate", shapes[pathway]) for pathway in rows]
        if species.network.dale:
            genes.append(Gene(SIGNS, "sign", (layout.neurons,)))
        return tuple(genes)

    def draw_founder(self, species: Species, rng: Generator) -> dict[str, NDArray[Any]]:
        """Draw both wirings, then the other genes in their order."""
        masks, genes = self.draw_wiring(species, rng), self.genome(species)
        return {gene.name: masks[gene.name] if gene.kind == "mask" else draw_gene(gene, species, rng) for gene in genes}

    def draw_wiring(self, species: Species, rng: Generator) -> dict[str, NDArray[Any]]:
        """Draw both wirings, by the names of their genes."""
        densities = species.network.density_ascending, species.network.density_descending
        wiring = species.family.draw(species.layout, densities, rng)
        descending = species.mirror(wiring.ascending) if species.transposed else wiring.descending
        return {"mask_ascending": wiring.ascending, "mask_descending": descending}

    def block_size(self, species: Species) -> int:
        """Keep a block's weights, their changes and its signals in cache."""
        layout, life = species.layout, species.lifetime
        # weights, drive, scale and keep of both pathways; activity, signal, slope and what is added to them
        bytes_each = 4 * (4 * count_cells(species) + 4 * layout.neurons * life.batch)
        online = life.batch == 1
        most_bytes, networks = (ONLINE_BYTES, ONLINE_NETWORKS) if online else (BLOCK_BYTES, BLOCK_NETWORKS)
        return max(1, int(np.clip(most_bytes // bytes_each, *networks)) // life.tasks)

    def count_bytes(self, species: Species, networks: int, probed: int) -> int:
        """Count weights, signals, the test, the probe, and changes and signals that come late."""
        layout, life = species.layout, species.lifetime
        cells, signals = count_cells(species), 3 * (layout.units + layout.neurons)
        late = sum(
            cells * min(device.delay, life.presentations)
            + layout.neurons * life.batch * min(device.stale, life.presentations)
            for device in species.perturbations
            if isinstance(device, Hardware)
        )
        probe = signals * probed * min(networks, count_probed(species, probed))
        # numbers in single precision; two pathways, each with weights, drive, scale and keep
        return 4 * (networks * (4 * cells + signals * max(life.batch, life.test_samples) + late) + probe)

    def live(self, block: Block, observer: Callable[[Snapshot], None] | None, moments: Sequence[int]) -> Outcome:
        """Draw innate weights, live in the kernel, and test."""
        species = block.species
        innate = draw_innate_weights(species, block.genes, block.individuals, block.seed, block.generation)
        lives = live_block(
            species, block.genes, innate, block.experience, observer=observer, moments=moments, streams=block.streams
        )
        loss, accuracy = evaluate_test(lives.circuits, block.experience.test)
        change = measure_change(species, block.genes, innate, lives.circuits.whole()) if block.changes else None
        return Outcome(loss, accuracy, lives.diverged | ~np.isfinite(loss), change)


def measure_change(species: Species, genes: Population, born: Any, ended: Any) -> Floats:
    """Measure how much lives changed weights: the mean of ``|W(end) - W(birth)|`` over all plastic synapses.

    Parameters
    ----------
    species : Species
        Says which kinds of synapses are plastic.
    genes : Population
        P genomes.
    born, ended : Weights or ErrorWeights
        At birth, P rows; and at the end of ``N = P * K`` lives, ordered individual by individual, task by task.

    Returns
    -------
    ndarray of float64, shape (N,)
        0 where nothing is plastic; not finite where a weight is not.
    """
    size = genes.size
    total, synapses = np.zeros((size, len(ended[0]) // size)), np.zeros((size, 1))
    with np.errstate(all="ignore"):
        for kind in species.plastic:
            first, last = (getattr(weights, kind).astype(np.float64) for weights in (born, ended))
            # synapses that are not there are 0 at both times
            total += np.abs(last.reshape(*total.shape, -1) - first.reshape(size, 1, -1)).sum(axis=2)
            synapses += genes[f"mask_{kind}"].reshape(size, -1).sum(axis=1)[:, None]
    return np.asarray(total / np.maximum(synapses, 1)).ravel()


def evaluate_test(circuits: CircuitBlock, samples: Samples) -> tuple[Floats, Floats]:
    """Measure the outputs of N circuits on fresh samples.

    Parameters
    ----------
    circuits : CircuitBlock
        N circuits, ordered individual by individual, task by task.
    samples : Samples
        Arrays (K, units, n).

    Returns
    -------
    loss, accuracy : ndarray of float64, shape (N,)
        Normalised loss, not capped and possibly not finite; and accuracy, NaN unless the task is a classification.
    """
    # only activities are needed
    passes = passes_of(circuits.stacks, samples.inputs.shape[-1], len(samples.inputs))
    with np.errstate(all="ignore"):
        passes.forward(samples.inputs)
        outputs = passes.outputs.reshape(-1, *samples.targets.shape).astype(np.float64)
        return normalised_loss(circuits.species, outputs, samples.targets)


def normalised_loss(species: Species, outputs: Floats, targets: Floats) -> tuple[Floats, Floats]:
    """Compare outputs with targets.

    Parameters
    ----------
    species : Species
        Says whether the task is a classification.
    outputs : ndarray of float64, shape (P, K, O, n)
        Of P individuals in K tasks.
    targets : ndarray of float, shape (K, O, n)
        What they should be.

    Returns
    -------
    loss, accuracy : ndarray of float64, shape (P * K,)
        See `evaluate_test`.
    """
    targets = targets.astype(np.float64)
    wrong = (outputs - targets) ** 2
    # mean squared error over the mean square of the target, by life
    loss = wrong.reshape(*wrong.shape[:2], -1).mean(axis=2) / (targets**2).reshape(len(targets), -1).mean(axis=1)
    accuracy = np.full(loss.shape, np.nan)
    if species.task.classification:
        accuracy = (outputs.argmax(axis=2) == targets.argmax(axis=1)).mean(axis=2)
    return loss.ravel(), accuracy.ravel()
