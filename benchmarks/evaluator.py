"""Lifetimes against JAX, PyTorch, DEAP's usual way, and the processor's own limit; all on one core."""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import deap_peer
from benchmarks.cells import CELLS, LARGE, LARGE_GAINS, LARGE_PRESENTATIONS, NETWORKS, PRESENTATIONS, Block, Cell
from hetevo.populations.birth import Weights
from hetevo.populations.circuits import block_size
from hetevo.populations.kernel.life import live_block
from hetevo.scripts.bench.machine import best_seconds

DEAP_NETWORKS = 16
"""Networks that the one-by-one peer lives; its time grows in proportion."""

CHECKED_PRESENTATIONS, CHECKED_GAINS = 20, 0.01
"""Lives in which results are compared: long and lively ones are chaotic, so that rounding alone makes them part."""

SGEMM_SIZE = 1024


def ours(block: Block) -> list[Weights]:
    """Live block by block as the evaluator does, and return the final weights of each block."""
    step, ended = block_size(block.species), []
    for start in range(0, block.genes.size, step):
        part = block.part(slice(start, start + step))
        ended.append(live_block(part.species, part.genes, part.innate, part.experience).circuits.whole())
    return ended


def sgemm_peak(repeats: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the operations a second of a large matrix product in single precision."""
    rng = np.random.default_rng(0)
    left, right = (rng.random((SGEMM_SIZE, SGEMM_SIZE), np.float32) for _ in range(2))
    out = np.empty_like(left)
    return 2 * SGEMM_SIZE**3 / best_seconds(lambda: np.matmul(left, right, out=out), 3 * repeats, clock)


def compare(cell: Cell, peak: float, repeats: int, *, with_jax: bool) -> dict[str, Any]:
    """Measure one size.

    Parameters
    ----------
    cell : Cell
        The size.
    peak : float
        From `sgemm_peak`.
    repeats : int
        Repetitions, of which the fastest counts.
    with_jax : bool
        Whether JAX is installed.

    Returns
    -------
    dict
        Rates in network presentations a second, and ratios; JAX's are None without it.
    """
    block = Block.of(cell.species())
    presentations = NETWORKS * PRESENTATIONS
    rate = presentations / best_seconds(lambda: ours(block), repeats)
    few = block.part(slice(DEAP_NETWORKS))
    deap_rate = DEAP_NETWORKS * PRESENTATIONS / best_seconds(deap_peer.lifetimes(few), max(1, repeats // 2))
    row: dict[str, Any] = {
        "cell": cell.name,
        "block": block_size(block.species),
        "presentations_a_second": rate,
        "deap": rate / deap_rate,
        "share_of_sgemm": rate * cell.needed_flops / peak,
        "jax": None,
        "jax_compile_seconds": None,
        "jax_difference": None,
    }
    if with_jax:
        from benchmarks import jax_peer

        run, row["jax_compile_seconds"] = jax_peer.lifetimes(block)
        run()
        row["jax"] = rate / (presentations / best_seconds(run, repeats))
        row["jax_difference"] = difference(cell)
    return row


def compare_large(networks: int, repeats: int, *, peers: tuple[str, ...]) -> dict[str, Any]:
    """Measure the large layers, in processor time, all in alternation.

    Parameters
    ----------
    networks : int
        How many.
    repeats : int
        Repetitions, of which the fastest counts.
    peers : tuple of str
        Which of ``"torch"`` and ``"jax"`` are installed.

    Returns
    -------
    dict
        Rate in network presentations a second, and how many times that of each peer it is, None without it;
        ``block``, lives side by side; ``share_of_sgemm``.
    """
    block = Block.of(LARGE.species(LARGE_PRESENTATIONS, LARGE_GAINS), networks)
    lives: dict[str, Callable[[], object]] = {"ours": lambda: ours(block)}
    if "torch" in peers:
        from benchmarks import torch_peer

        lives["torch"] = torch_peer.lifetimes(block)
    if "jax" in peers:
        from benchmarks import jax_peer

        lives["jax"] = jax_peer.lifetimes(block)[0]
    seconds = dict.fromkeys(lives, math.inf)
    for _ in range(repeats):
        for name, live in lives.items():
            begin = time.process_time()
            live()
            seconds[name] = min(seconds[name], time.process_time() - begin)
    rate = networks * LARGE_PRESENTATIONS / seconds["ours"]
    peak = sgemm_peak(repeats, time.process_time)
    return {
        "networks": networks,
        "block": min(networks, block_size(block.species)),
        "presentations_a_second": rate,
        **{name: seconds[name] / seconds["ours"] if name in seconds else None for name in ("torch", "jax")},
        "share_of_sgemm": rate * LARGE.needed_flops / peak,
    }


def difference(cell: Cell) -> float:
    """Return the largest difference between our final weights and those of JAX after a short life."""
    from benchmarks import jax_peer

    block = Block.of(cell.species(CHECKED_PRESENTATIONS, CHECKED_GAINS))
    theirs = jax_peer.lifetimes(block)[0]()
    mine = [np.concatenate(part) for part in zip(*ours(block), strict=True)]
    return float(max(np.abs(a - b).max() for a, b in zip(mine, theirs, strict=True)))


def extremes(repeats: int) -> float:
    """Return how much longer a block takes when half of its networks overflow and the others fade away."""
    block = Block.of(CELLS[0].species())
    calm = best_seconds(lambda: ours(block), repeats)
    half = slice(0, None, 2), slice(1, None, 2)
    for pathway in ("ascending", "descending"):
        block.genes[f"gains_{pathway}"][half[0]] = 1e6
        block.genes[f"gains_{pathway}"][half[1]] = 0
        block.genes[f"decay_{pathway}"][half[1]] = 0.5
    return best_seconds(lambda: ours(block), repeats) / calm


def geometric_mean(values: list[float]) -> float:
    """Return the geometric mean."""
    return float(np.exp(np.mean(np.log(values))))
