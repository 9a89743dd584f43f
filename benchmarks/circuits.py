"""Circuits with separate error neurons against two-pathway circuits of the same sizes, in the same run."""

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.cells import NETWORKS, Cell
from hetevo.populations.birth import draw_error_weights, draw_innate_weights
from hetevo.populations.circuits import block_size, draw_founders
from hetevo.populations.experience import experience
from hetevo.populations.kernel.life import live_block
from hetevo.populations.settings import ErrorNeurons
from hetevo.populations.species import Species
from hetevo.scripts.bench.machine import best_seconds

VARIANTS = {
    "as they are": ErrorNeurons(),
    "teaching alone plastic": ErrorNeurons(plastic=("ascending", "teaching")),
    "gated decay": ErrorNeurons(decay="gated"),
}
"""What is compared with two-pathway circuits, by name."""

QUIET = 0.001
"""Standard deviation of gains: lives that diverge would take another time."""


def compare(cell: Cell, repeats: int) -> dict[str, Any]:
    """Return how many times as long lives take as those of two-pathway circuits of one size, by variant."""
    species = cell.species(gain_scale=QUIET)
    network = replace(species.network, circuit="error-neurons")
    seconds = _seconds(species, repeats)
    variants = {name: replace(species, network=network, error_neurons=own) for name, own in VARIANTS.items()}
    return {"levels × S": cell.name, **{name: _seconds(own, repeats) / seconds for name, own in variants.items()}}


def _seconds(species: Species, repeats: int) -> float:
    """Return what the lives of all networks take, block by block, without birth and test."""
    genes, lived, step = draw_founders(species, 0, NETWORKS), experience(species, 0, 0), block_size(species)
    draw = draw_error_weights if species.circuit == "error-neurons" else draw_innate_weights
    innate = draw(species, genes, np.arange(NETWORKS), 0, 0)
    parts = [slice(start, start + step) for start in range(0, NETWORKS, step)]

    def live() -> None:
        for rows in parts:
            live_block(species, genes.take(rows), type(innate)(*(weights[rows] for weights in innate)), lived)

    return best_seconds(live, repeats)
