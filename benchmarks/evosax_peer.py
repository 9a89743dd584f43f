"""The peer: the whole experiment with evosax, a genetic algorithm whose fitness is the same lifetimes in JAX.

``python -m benchmarks.evosax_peer CONFIGURATION`` runs it in a process that loads nothing of Hetevo, and says in
JSON what came of it.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import evosax.algorithms
import jax
import jax.numpy as jnp
import optax

from benchmarks.jax_life import make_losses
from benchmarks.sizes import Sizes

STEP = 0.1
"""Standard deviation of mutations, in units of the founders'."""


def gene_shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Return the genes of an individual by their shapes; all are standard normal in founders, see `express`."""
    ascending, descending = sizes.shapes
    gains = {"gain_a": ascending[:1], "gain_b": descending[:1], "decay_a": (), "decay_b": ()}
    return {**gains, "wiring_a": ascending, "wiring_b": descending}


def express(sizes: Sizes, genome: dict[str, jax.Array]) -> tuple[Any, Any]:
    """Return masks and genes, as `benchmarks.jax_life.make_life` takes them, of one genome or many."""
    thresholds = [jax.scipy.stats.norm.ppf(1 - density) for density in sizes.density]
    masks = tuple(
        jnp.where((genome[name] > threshold) & allowed, 1.0, 0.0)
        for name, threshold, allowed in zip(("wiring_a", "wiring_b"), thresholds, sizes.allowed, strict=True)
    )
    gains = tuple(sizes.gain_scale * genome[name] for name in ("gain_a", "gain_b"))
    log_decays = (sizes.decay_log_mean + sizes.decay_log_scale * genome[name] for name in ("decay_a", "decay_b"))
    return masks, (*gains, *map(jnp.exp, log_decays))


def draw_experience(sizes: Sizes, key: jax.Array) -> tuple[Any, Any]:
    """Draw K tasks `sine`, and samples of training and test."""

    def draw(key: jax.Array) -> tuple[Any, Any]:
        waves, training, test = jax.random.split(key, 3)
        directions = jnp.linalg.qr(jax.random.normal(waves, (sizes.inputs - 1, sizes.outputs)))[0].T

        def sample(key: jax.Array, *shape: int) -> tuple[jax.Array, jax.Array]:
            # units before samples, and the bias last
            inputs = jax.random.normal(key, (*shape[:-1], sizes.inputs - 1, shape[-1]))
            targets = sizes.amplitude * jnp.sin(sizes.frequency * (directions @ inputs))
            return jnp.concatenate([inputs, jnp.ones((*shape[:-1], 1, shape[-1]))], axis=-2), targets

        return sample(training, sizes.presentations, sizes.batch), sample(test, sizes.test_samples)

    drawn: tuple[Any, Any] = jax.vmap(draw)(jax.random.split(key, sizes.tasks))
    return drawn


def draw_innate(key: jax.Array, mask: jax.Array) -> jax.Array:
    """Draw innate weights over P masks: standard normal, over the root of the fan-in."""
    fan_in = jnp.maximum(mask.sum(axis=-1, keepdims=True), 1)
    return jax.random.normal(key, mask.shape) * mask / jnp.sqrt(fan_in)


def compile_for(function: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
    """Compile a function for arguments of these shapes."""
    compiled: Callable[..., Any] = jax.jit(function).lower(*arguments).compile()
    return compiled


def run(sizes: Sizes, seed: int = 0) -> dict[str, Any]:
    """Evolve.

    Returns
    -------
    dict
        ``generations``, ``individuals`` that lived, ``loss_best`` of the last generation, and ``compile_seconds``, the
        processor time that compiling took.
    """
    losses = make_losses(sizes)
    algorithm = evosax.algorithms.SimpleGA(
        population_size=sizes.individuals,
        solution={name: jnp.zeros(shape) for name, shape in gene_shapes(sizes).items()},
        std_schedule=optax.constant_schedule(STEP),
    )
    parameters = algorithm.default_params.replace(crossover_rate=0.5)

    def evaluate(key: jax.Array, population: Any) -> jax.Array:
        keys = jax.random.split(key, 3)
        masks, genes = express(sizes, population)
        innate = [draw_innate(key, mask) for key, mask in zip(keys, masks, strict=False)]
        return losses(*innate, masks, genes, *draw_experience(sizes, keys[2])).mean(axis=1)

    # compiled beforehand, each once, so that it can be told apart
    compiling = time.process_time()
    keys = jax.random.split(jax.random.key(seed), sizes.generations + 1)
    founders = {
        name: jax.random.normal(jax.random.fold_in(keys[0], place), (sizes.individuals, *shape))
        for place, (name, shape) in enumerate(gene_shapes(sizes).items())
    }
    nobody = jnp.zeros(sizes.individuals)
    evaluate = compile_for(evaluate, keys[0], founders)
    begin = compile_for(lambda *given: algorithm.init(*given, parameters), keys[0], founders, nobody)
    state = jax.eval_shape(algorithm.init, keys[0], founders, nobody, parameters)
    ask = compile_for(lambda *given: algorithm.ask(*given, parameters), keys[0], state)
    tell = compile_for(lambda *given: algorithm.tell(*given, parameters)[0], keys[0], founders, nobody, state)
    compiling = time.process_time() - compiling

    fitness = evaluate(keys[0], founders)
    state, lived = begin(keys[0], founders, fitness), sizes.individuals
    for key in keys[1:]:
        asking, living, telling = jax.random.split(key, 3)
        population, state = ask(asking, state)
        fitness = evaluate(living, population)
        state = tell(telling, population, fitness, state)
        lived += fitness.size
    return {
        "generations": sizes.generations,
        "individuals": lived,
        "loss_best": float(fitness.min()),
        "compile_seconds": compiling,
    }


if __name__ == "__main__":
    print(json.dumps(run(Sizes.read(sys.argv[1]))))
