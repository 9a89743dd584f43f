"""A life in JAX, as a good user would write it: one network, whose presentations are a ``scan``."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.sizes import Sizes

Weights = tuple[jax.Array, jax.Array]


def forward(sizes: Sizes, W: jax.Array, inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return activities, shape (I + H, S), and outputs, (O, S), of one network for a batch of inputs, (I, S)."""
    x = inputs
    for rows in sizes.level_slices:
        x = jnp.concatenate([x, jnp.tanh(W[rows, : sizes.inputs + rows.start] @ x)])
    return x, W[sizes.hidden :] @ x


def make_life(sizes: Sizes) -> Callable[..., Weights]:
    """Return the function that lets one network live.

    Its arguments: ``W`` and ``V`` at birth, masks of both pathways as floats, the genes (gains of both pathways, and
    their decays), inputs (T, I, S) and targets (T, O, S). It returns ``W`` and ``V`` at the end.
    """
    first = sizes.inputs

    def present(carry: Weights, sample: Any, mask: Any, gene: Any) -> tuple[Weights, None]:
        (W, V), (x_in, target) = carry, sample
        A, B = mask
        gain_a, gain_b, decay_a, decay_b = gene
        x, y = forward(sizes, W, x_in)
        q = jnp.clip(target - y, -sizes.signal_clip, sizes.signal_clip)
        for rows in reversed(sizes.level_slices):
            h = x[first + rows.start : first + rows.stop]
            q = jnp.concatenate([(1 - h * h) * (V[rows, rows.stop :] @ q), q])
        samples = x_in.shape[1]
        new_w = (1 - decay_a) * W + A * (gain_a[:, None] * (q @ x.T) / samples)
        new_v = (1 - decay_b) * V + B * (gain_b[:, None] * (x[first:] @ q.T) / samples)
        return (new_w, new_v), None

    def life(W: jax.Array, V: jax.Array, mask: Any, gene: Any, inputs: jax.Array, targets: jax.Array) -> Weights:
        def stretch(carry: Weights, samples: Any) -> tuple[Weights, None]:
            carry, _ = jax.lax.scan(lambda c, s: present(c, s, mask, gene), carry, samples)
            return jax.tree.map(lambda w: jnp.clip(w, -sizes.weight_clip, sizes.weight_clip), carry), None

        stretches = (-1, sizes.clip_every)
        samples = tuple(part.reshape(*stretches, *part.shape[1:]) for part in (inputs, targets))
        ended: Weights = jax.lax.scan(stretch, (W, V), samples)[0]
        return ended

    return life


def make_losses(sizes: Sizes) -> Callable[..., jax.Array]:
    """Return the function that gives P individuals their test losses, shape (P, K), capped.

    Its arguments: ``W`` and ``V`` at birth, masks and genes as `make_life` takes them, P of each; and what
    they live through: training inputs (K, T, I, S) and targets (K, T, O, S), test inputs (K, I, n) and targets.
    """
    life = make_life(sizes)

    def loss(W: Any, V: Any, mask: Any, gene: Any, training: Any, test: Any) -> jax.Array:
        W, _ = life(W, V, mask, gene, *training)
        wrong = ((forward(sizes, W, test[0])[1] - test[1]) ** 2).mean() / (test[1] ** 2).mean()
        # what diverged counts as the worst there is
        return jnp.minimum(jnp.where(jnp.isfinite(wrong), wrong, sizes.loss_cap), sizes.loss_cap)

    of_tasks = jax.vmap(loss, in_axes=(None, None, None, None, 0, 0))
    of_individuals: Callable[..., jax.Array] = jax.vmap(of_tasks, in_axes=(0, 0, 0, 0, None, None))
    return of_individuals
