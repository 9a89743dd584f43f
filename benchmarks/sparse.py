"""Sparse storage: a presentation with lists of synapses beside one with matrices, and at sizes without matrices."""

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hetevo.populations.birth import Weights
from hetevo.populations.circuits import circuit_of, draw_founders
from hetevo.populations.evaluation import evaluate
from hetevo.populations.experience import experience
from hetevo.populations.genome import Population
from hetevo.populations.kernel.life import live_block
from hetevo.populations.layout import Layout
from hetevo.populations.settings import Genome, Lifetime, Network
from hetevo.populations.sparse.birth import Wiring, draw_synapse_weights
from hetevo.populations.sparse.life import live_sparse
from hetevo.populations.species import Species
from hetevo.populations.storage import is_large_and_sparse
from hetevo.populations.synapses import to_mask
from hetevo.populations.tasks import Sine

INPUTS, OUTPUTS = 6, 2
SHORT, LONG = 2, 8
"""Presentations of two lives, whose difference leaves out birth and test."""


@dataclass(frozen=True)
class Size:
    """One size of networks.

    Parameters
    ----------
    levels : tuple of int
        Neurons in each hidden level.
    density : float
        Of both pathways.
    samples : int
        Samples a presentation, ``S``.
    """

    levels: tuple[int, ...]
    density: float
    samples: int = 16

    def species(self, storage: str, presentations: int) -> Species:
        """Return the species: amorphous wiring, the task `sine`, one task a generation."""
        density = {"density_ascending": self.density, "density_descending": self.density}
        return Species(
            layout=Layout(INPUTS, self.levels, OUTPUTS),
            task=Sine(INPUTS, OUTPUTS),
            network=Network(self.levels, storage=storage, **density),  # type: ignore[arg-type]
            genome=Genome(gain_scale=0.01),
            lifetime=Lifetime(presentations=presentations, batch=self.samples, tasks=1),
        )

    @property
    def chosen(self) -> str:
        """What ``network.storage = "auto"`` chooses."""
        network = self.species("dense", 1).network
        return "sparse" if is_large_and_sparse(Layout(INPUTS, self.levels, OUTPUTS), network) else "dense"


COMPARED = tuple(
    Size((neurons, neurons), density, samples)
    for neurons in (64, 256, 512, 1024)
    for density in (0.01, 0.05, 0.1, 0.2)
    for samples in (1, 16, 64)
)
"""Sizes at which both storages fit into memory."""

LARGE = Size((5_000, 5_000), 0.01), Size((50_000, 50_000), 0.002)
"""10,000 neurons with 250,000 synapses a pathway, and 100,000 with 5 million."""


def processor_seconds(function: Callable[[], object], repeats: int) -> float:
    """Return the shortest of several times that the processor took for a call."""
    durations = []
    for _ in range(repeats):
        begin = time.process_time()
        function()
        durations.append(time.process_time() - begin)
    return min(durations)


def compare(size: Size, repeats: int) -> dict[str, Any]:
    """Measure a presentation of one network in both storages: the same network, with the same weights."""
    seconds = {"sparse": 0.0, "dense": 0.0}
    for presentations, sign in ((LONG, 1), (SHORT, -1)):
        species, dense = size.species("sparse", presentations), size.species("dense", presentations)
        genes, lived, layout = draw_founders(species, 0, 1), experience(species, 0, 0), species.layout
        wiring = Wiring.of(species, genes)
        innate = draw_synapse_weights(species, genes, wiring, 0, 0, 0)
        shapes = {"mask_ascending": (layout.neurons, layout.units), "mask_descending": (layout.hidden, layout.neurons)}
        masks = Population({n: to_mask(genes[n], shapes[n]) if n in shapes else genes[n] for n in genes})
        born = Weights(wiring.ascending.dense(innate.ascending)[None], wiring.descending.dense(innate.descending)[None])
        share = sign / (LONG - SHORT)
        seconds["sparse"] += share * processor_seconds(
            partial(live_sparse, species, genes, wiring, innate, lived), repeats
        )
        seconds["dense"] += share * processor_seconds(partial(live_block, dense, masks, born, lived), repeats)
    return {**_describe(size), **seconds, "times": seconds["dense"] / seconds["sparse"], "auto": size.chosen}


def measure(size: Size, repeats: int) -> dict[str, Any]:
    """Measure a presentation of one large network, and the working memory of its life, test and all."""
    seconds, synapses, taken = 0.0, 0, 0
    for presentations, sign in ((LONG, 1), (SHORT, -1)):
        species = size.species("auto", presentations)
        genes = draw_founders(species, 0, 1)
        synapses = int(genes.synapses[0])

        def live(species: Species = species, genes: Population = genes) -> object:
            return evaluate(species, genes, np.arange(1), seed=0, generation=0)

        seconds += sign * processor_seconds(live, repeats) / (LONG - SHORT)
        tracemalloc.start()
        live()
        taken = max(taken, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    counted = circuit_of(species).count_bytes(species, 1, 0)
    return {**_describe(size), "synapses": synapses, "sparse": seconds, "bytes": taken, "counted": counted}


def _describe(size: Size) -> dict[str, Any]:
    return {"levels": list(size.levels), "density": size.density, "samples": size.samples}
