"""The peer: DEAP's usual way, a list of individuals that ``toolbox.map`` evaluates one by one.

The per-network evaluation is written as a good user of NumPy would write it: preallocated arrays, levels as matrix
products, masks and gains multiplied in place.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from deap import base

from benchmarks.cells import Block
from hetevo.populations.types import Floats


def lifetimes(block: Block) -> Callable[[], list[tuple[Floats, Floats]]]:
    """Return a function that lets all networks live, one after another.

    Parameters
    ----------
    block : Block
        Networks with one task.

    Returns
    -------
    callable
        Gives each network's final weights, shapes (H + O, I + H) and (H, H + O).
    """
    species = block.species
    layout, life = species.layout, species.lifetime
    first, hidden = layout.input_units, layout.hidden
    inputs, targets = block.experience.training.inputs[0], block.experience.training.targets[0]

    def live(individual: dict[str, Any]) -> tuple[Floats, Floats]:
        W, V = individual["W"].copy(), individual["V"].copy()
        gain_a = individual["gain_a"][:, None] * individual["A"] / np.float32(life.batch)
        gain_b = individual["gain_b"][:, None] * individual["B"] / np.float32(life.batch)
        keep_a, keep_b = np.float32(1 - individual["decay_a"]), np.float32(1 - individual["decay_b"])
        x = np.empty((layout.units, life.batch), np.float32)
        q = np.empty((layout.neurons, life.batch), np.float32)
        for t in range(life.presentations):
            x[:first] = inputs[t]
            for rows in layout.level_slices:
                own = slice(first + rows.start, first + rows.stop)
                np.tanh(W[rows, : own.start] @ x[: own.start], out=x[own])
            error = targets[t] - W[hidden:] @ x
            np.clip(error, -life.signal_clip, life.signal_clip, out=q[hidden:])
            for rows in reversed(layout.level_slices):
                activity = x[first + rows.start : first + rows.stop]
                q[rows] = (1 - activity * activity) * (V[rows, rows.stop :] @ q[rows.stop :])
            change_a, change_b = q @ x.T, x[first:] @ q.T
            change_a *= gain_a
            change_b *= gain_b
            W *= keep_a
            W += change_a
            V *= keep_b
            V += change_b
            if (t + 1) % life.clip_every == 0 or t + 1 == life.presentations:
                np.clip(W, -life.weight_clip, life.weight_clip, out=W)
                np.clip(V, -life.weight_clip, life.weight_clip, out=V)
        return W, V

    genes = block.genes
    population = [
        {
            "W": block.innate.ascending[row],
            "V": block.innate.descending[row],
            "A": genes.mask_ascending[row].astype(np.float32),
            "B": genes.mask_descending[row].astype(np.float32),
            "gain_a": genes.gains_ascending[row],
            "gain_b": genes.gains_descending[row],
            "decay_a": genes["decay_ascending"][row],
            "decay_b": genes["decay_descending"][row],
        }
        for row in range(genes.size)
    ]
    toolbox = base.Toolbox()
    toolbox.register("evaluate", live)
    return lambda: list(toolbox.map(toolbox.evaluate, population))
