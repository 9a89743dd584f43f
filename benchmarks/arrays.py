"""One life by the plain model's equations in nothing but the Array API standard: what another array library would do.

For circuits whose synapses change by the heterosynaptic terms alone, with tanh. `hetevo.populations.model` is the same
with NumPy's own ways; `tests/scripts/test_bench.py` holds the two to each other.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cells import CELLS, Block, Cell
from benchmarks.evaluator import ours
from hetevo.populations.model import live
from hetevo.scripts.bench.machine import best_seconds

LONG = 40
"""Presentations of a life that is timed."""


def lifetimes(xp: Any, block: Block, dtype: Any) -> Callable[[], tuple[Any, Any]]:
    """Prepare lives, and return the function that lives them and returns both pathways' weights.

    Parameters
    ----------
    xp : module
        A namespace of the Array API standard (2023.12 or later).
    block : Block
        N networks in one task.
    dtype : dtype of ``xp``
        Of all numbers.
    """
    species, genes = block.species, block.genes
    layout, life = species.layout, species.lifetime
    first, hidden, levels = layout.input_units, layout.hidden, list(layout.level_slices)

    def convert(values: Any) -> Any:
        return xp.asarray(np.ascontiguousarray(values), dtype=dtype)

    def gene(name: str) -> Any:
        return genes[name].astype(np.float64)

    # everything moves to the other library once; gains and masks, which act together, are one array
    ways, innate = ("ascending", "descending"), [convert(weights) for weights in block.innate]
    gains = [convert(gene(f"gains_{way}")[:, :, None] * genes[f"mask_{way}"]) for way in ways]
    keep = [convert(1 - gene(f"decay_{way}")[:, None, None]) for way in ways]
    inputs, targets = (
        convert(part[0]) for part in (block.experience.training.inputs, block.experience.training.targets)
    )

    def run() -> tuple[Any, Any]:
        W, V = innate
        for t in range(life.presentations):
            # forward: x_i = f(sum_j W_ij x_j)
            x = xp.zeros((genes.size, layout.units, life.batch), dtype=dtype)
            x[:, :first, :] = inputs[t, :, :]
            for level in levels:
                x[:, first + level.start : first + level.stop, :] = xp.tanh(W[:, level, :] @ x)
            y = W[:, hidden:, :] @ x
            # backward: q_i = f'(p_i) sum_k V_ik q_k
            q = xp.zeros((genes.size, layout.neurons, life.batch), dtype=dtype)
            q[:, hidden:, :] = xp.clip(targets[t, :, :] - y, -life.signal_clip, life.signal_clip)
            for level in reversed(levels):
                active = x[:, first + level.start : first + level.stop, :]
                q[:, level, :] = (1 - active * active) * (V[:, level, :] @ q)
            # update: dW = gA A <q x'> - lambdaA W, dV alike
            up, down = (
                (q @ xp.matrix_transpose(x)) / life.batch,
                (x[:, first:, :] @ xp.matrix_transpose(q)) / life.batch,
            )
            W, V = W * keep[0] + gains[0] * up, V * keep[1] + gains[1] * down
            if (t + 1) % life.clip_every == 0 or t + 1 == life.presentations:
                W, V = (xp.clip(weights, -life.weight_clip, life.weight_clip) for weights in (W, V))
        return W, V

    return run


def compare(repeats: int, torch: Any = None) -> list[dict[str, Any]]:
    """Measure processor time a network and presentation: of the kernel, the plain model, and the same in a library.

    Parameters
    ----------
    repeats : int
        Repetitions, of which the fastest counts.
    torch : module, optional
        The Array API namespace of PyTorch (`array_api_compat.torch`), on this machine's processor.
    """
    return [_compare(cell, repeats, torch) for cell in CELLS]


def _compare(cell: Cell, repeats: int, torch: Any) -> dict[str, Any]:
    block = Block.of(cell.species(LONG))
    training = block.experience.training
    ways: dict[str, Callable[[], object]] = {
        "kernel": lambda: ours(block),
        "plain": lambda: live(block.species, block.genes, block.innate, training),
        "numpy": lifetimes(np, block, np.float32),
    }
    if torch is not None:
        ways["torch"] = lifetimes(torch, block, torch.float32)
    done = block.genes.size * LONG
    return {
        "cell": cell.name,
        **{name: best_seconds(way, repeats, time.process_time) / done for name, way in ways.items()},
    }
