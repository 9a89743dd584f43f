"""The peer: the same lifetimes in JAX, ``jit(vmap(scan))``, as a good user would write them."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cells import Block
from hetevo.populations.types import Floats


def lifetimes(block: Block) -> tuple[Callable[[], tuple[Floats, Floats]], float]:
    """Compile the lifetimes of N networks with one task, and return a function that lives them.

    Parameters
    ----------
    block : Block
        Networks with one task.

    Returns
    -------
    callable
        Gives the final weights, shapes (N, H + O, I + H) and (N, H, H + O).
    float
        Seconds that compiling took.
    """
    import jax
    import jax.numpy as jnp

    layout, life = block.species.layout, block.species.lifetime
    genes, innate, training = block.genes, block.innate, block.experience.training
    first, levels = layout.input_units, layout.level_slices

    def present(carry: Any, sample: Any, mask: Any, gene: Any) -> tuple[Any, None]:
        (W, V), (x_in, target) = carry, sample
        A, B = mask
        gain_a, gain_b, decay_a, decay_b = gene
        x = x_in
        for rows in levels:
            x = jnp.concatenate([x, jnp.tanh(W[rows, : first + rows.start] @ x)])
        y = W[layout.hidden :] @ x
        q = jnp.clip(target - y, -life.signal_clip, life.signal_clip)
        for rows in reversed(levels):
            h = x[first + rows.start : first + rows.stop]
            q = jnp.concatenate([(1 - h * h) * (V[rows, rows.stop :] @ q), q])
        samples = x_in.shape[1]
        new_w = (1 - decay_a) * W + A * (gain_a[:, None] * (q @ x.T) / samples)
        new_v = (1 - decay_b) * V + B * (gain_b[:, None] * (x[first:] @ q.T) / samples)
        return (new_w, new_v), None

    def life_of_one(W: Any, V: Any, mask: Any, gene: Any, inputs: Any, targets: Any) -> Any:
        def stretch(carry: Any, samples: Any) -> tuple[Any, None]:
            carry, _ = jax.lax.scan(lambda c, s: present(c, s, mask, gene), carry, samples)
            return jax.tree.map(lambda w: jnp.clip(w, -life.weight_clip, life.weight_clip), carry), None

        stretches = (-1, life.clip_every)
        samples = tuple(part.reshape(*stretches, *part.shape[1:]) for part in (inputs, targets))
        return jax.lax.scan(stretch, (W, V), samples)[0]

    batched = jax.jit(jax.vmap(life_of_one, in_axes=(0, 0, 0, 0, None, None)))
    arguments = jax.tree.map(
        jnp.asarray,
        (
            innate.ascending,
            innate.descending,
            (genes.mask_ascending.astype(np.float32), genes.mask_descending.astype(np.float32)),
            (genes.gains_ascending, genes.gains_descending, genes["decay_ascending"], genes["decay_descending"]),
            training.inputs[0],
            training.targets[0],
        ),
    )
    begin = time.perf_counter()
    compiled = batched.lower(*arguments).compile()
    seconds = time.perf_counter() - begin

    def run() -> tuple[Floats, Floats]:
        W, V = jax.block_until_ready(compiled(*arguments))
        return np.asarray(W), np.asarray(V)

    return run, seconds
