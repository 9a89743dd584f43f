"""Circuits with separate error neurons against two-pathway circuits of the same sizes, in the same run."""

import time
from collections.abc import Callable
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

VARIANTS = {
    "as they are": ErrorNeurons(),
    "teaching alone plastic": ErrorNeurons(plastic=("ascending", "teaching")),
    "gated decay": ErrorNeurons(decay="gated"),
}
"""What is compared with two-pathway circuits, by name."""

QUIET = 0.001
"""Standard deviation of gains: lives that diverge would take another time."""


def compare(cell: Cell, repeats: int) -> dict[str, Any]:
    """Return how many times as much processor time lives take as those of two-pathway circuits of one size.

    Parameters
    ----------
    cell : Cell
        The size.
    repeats : int
        Turns that all variants take; the fastest of each counts.
    """
    plain = cell.species(gain_scale=QUIET)
    network = replace(plain.network, circuit="error-neurons")
    variants = {name: replace(plain, network=network, error_neurons=own) for name, own in VARIANTS.items()}
    lives = [_lives(species) for species in (plain, *variants.values())]
    # in turns, so that what else the machine does meets all of them
    seconds = [min(times) for times in zip(*([_time(live) for live in lives] for _ in range(repeats)), strict=True)]
    return {
        "levels × S": cell.name,
        **{name: own / seconds[0] for name, own in zip(VARIANTS, seconds[1:], strict=True)},
    }


def _time(live: Callable[[], None]) -> float:
    start = time.process_time()
    live()
    return time.process_time() - start


def _lives(species: Species) -> Callable[[], None]:
    """Return what lets all networks live, block by block, without birth and test."""
    genes, lived, step = draw_founders(species, 0, NETWORKS), experience(species, 0, 0), block_size(species)
    draw = draw_error_weights if species.circuit == "error-neurons" else draw_innate_weights
    innate = draw(species, genes, np.arange(NETWORKS), 0, 0)
    parts = [slice(start, start + step) for start in range(0, NETWORKS, step)]

    def live() -> None:
        for rows in parts:
            live_block(species, genes.take(rows), type(innate)(*(weights[rows] for weights in innate)), lived)

    return live
