"""The peer: the same lifetimes in JAX, ``jit(vmap(scan))``, as a good user would write them."""

import time
from collections.abc import Callable

import numpy as np

from benchmarks.cells import Block
from benchmarks.sizes import Sizes
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

    from benchmarks.jax_life import make_life

    genes, innate, training = block.genes, block.innate, block.experience.training
    batched = jax.jit(jax.vmap(make_life(Sizes.of(block.species)), in_axes=(0, 0, 0, 0, None, None)))
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
