"""The evolution of learning rules after Chalmers (1990), to calibrate what "gradient alignment evolves" can mean.

Chalmers, D. J. (1990), The evolution of learning: an experiment in genetic connectionism, Proceedings of the 1990
Connectionist Models Summer School, 81-90. A single layer learns linearly separable tasks by a rule of ten terms,

    dw = k0 (k1 w + k2 a + k3 o + k4 t + k5 w a + k6 w o + k7 w t + k8 a o + k9 a t + k10 o t)

with the input a, the output o and the target t. Evolution sees the error after ten epochs, never a gradient. The delta
rule, k9 = -k8, is one of its 2^35 rules.
"""

import random

import numpy as np
from deap import base, creator, tools

INPUTS, PATTERNS, EPOCHS = 5, 12, 10
SIZE, GENERATIONS = 40, 300
BITS = 35
INNATE, LARGEST = 1.0, 20.0
"""Innate weights are uniform within the first; weights are clipped at the second."""

creator.create("ChalmersFitness", base.Fitness, weights=(1.0,))
creator.create("ChalmersRule", list, fitness=creator.ChalmersFitness)


def decode(rules):
    """Turn bits (P, 35) into coefficients k0..k10 (P, 11): a sign, and powers of two or 0."""
    bits = np.asarray(rules)
    rate = bits[:, 1:5] @ [8, 4, 2, 1]
    terms = bits[:, 5:].reshape(len(bits), 10, 3)
    size = terms[:, :, 1:] @ [2, 1]
    rate = np.where(bits[:, 0], 1, -1) * np.where(rate, 2.0 ** (rate - 9), 0)
    return np.column_stack([rate, np.where(terms[:, :, 0], 1, -1) * np.where(size, 2.0 ** (size - 1), 0)])


def tasks(count, rng):
    """Draw linearly separable tasks: inputs (T, N, I + 1) with a constant 1, targets (T, N) of both kinds."""
    found = []
    while len(found) < count:
        inputs = (rng.random((PATTERNS, INPUTS)) < 0.5).astype(float)
        inputs = np.column_stack([inputs, np.ones(PATTERNS)])
        field = inputs @ rng.uniform(-1, 1, INPUTS + 1)
        targets = (field > 0).astype(float)
        if 0.25 <= targets.mean() <= 0.75:
            found.append((inputs, targets))
    return tuple(map(np.array, zip(*found, strict=True)))


def outputs(weights, inputs):
    return 1 / (1 + np.exp(-np.clip((weights * inputs).sum(-1), -30, 30)))


def change(k, w, a, o, t):
    """Evaluate the rule; k (P, 11), w and a (P or 1, T, I), o and t (P or 1, T)."""
    k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10 = k.T[:, :, None, None]
    o, t = o[..., None], t[..., None]
    return k0 * (
        k1 * w + k2 * a + k3 * o + k4 * t + w * (k5 * a + k6 * o + k7 * t) + a * (k8 * o + k9 * t) + k10 * o * t
    )


def live(rules, data, rng):
    """Let every rule learn every task.

    Returns
    -------
    fitness : ndarray, shape (P,)
        1 minus the mean absolute error after the last epoch, over tasks and patterns: chance is about .5.
    alignment : ndarray, shape (P,)
        Cosine of the change over all patterns at fixed weights with the negative gradient of half the squared error,
        mean over tasks and epochs; NaN for a rule that changes nothing.
    """
    k, (inputs, targets) = decode(rules), data
    weights = np.broadcast_to(rng.uniform(-INNATE, INNATE, (len(targets), INPUTS + 1)), (len(k), *inputs[:, 0].shape))
    cosines = []
    for _ in range(EPOCHS):
        cosines.append(cosine(k, weights, inputs, targets))
        for n in range(PATTERNS):
            a, t = inputs[None, :, n], targets[None, :, n]
            weights = np.clip(weights + change(k, weights, a, outputs(weights, a), t), -LARGEST, LARGEST)
    errors = np.abs(outputs(weights[:, :, None], inputs[None]) - targets[None])
    with np.errstate(invalid="ignore"):
        cosines = np.array(cosines)
        defined = np.isfinite(cosines).sum((0, 2))
        alignment = np.where(defined, np.nansum(cosines, (0, 2)), np.nan) / np.maximum(defined, 1)
    return 1 - errors.mean((1, 2)), alignment


def cosine(k, weights, inputs, targets):
    total = gradient = 0
    for n in range(PATTERNS):
        a, t = inputs[None, :, n], targets[None, :, n]
        o = outputs(weights, a)
        total = total + change(k, weights, a, o, t)
        gradient = gradient + ((t - o) * o * (1 - o))[..., None] * a
    sizes = np.linalg.norm(total, axis=-1) * np.linalg.norm(gradient, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sizes > 0, (total * gradient).sum(-1) / sizes, np.nan)


def evolve(seed, count, *, neutral=False):
    """Evolve rules on so many tasks; return the champion's alignment and fitness on 20 tasks that it never met."""
    random.seed(seed)
    rng = np.random.default_rng(seed)
    data, held_out = tasks(count, rng), tasks(20, rng)
    population = [creator.ChalmersRule(random.getrandbits(1) for _ in range(BITS)) for _ in range(SIZE)]
    for generation in range(GENERATIONS + 1):
        for rule, fitness in zip(population, live(population, data, rng)[0], strict=True):
            rule.fitness.values = (rng.random() if neutral else float(fitness),)
        champion = tools.selBest(population, 1)[0]
        if generation == GENERATIONS:
            break
        children = [creator.ChalmersRule(rule) for rule in tools.selRoulette(population, SIZE - 1)]
        for first, second in zip(children[::2], children[1::2], strict=False):
            if random.random() < 0.8:
                tools.cxTwoPoint(first, second)
        for child in children:
            tools.mutFlipBit(child, 0.01)
        population = [champion, *children]
    fitness, alignment = live([champion], held_out, rng)
    return float(alignment[0]), float(fitness[0])
