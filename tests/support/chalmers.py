"""The slow, obvious twin of `hetevo.populations.circuits.layer`: learning rules after Chalmers (1990).

Chalmers, D. J. (1990), The evolution of learning: an experiment in genetic connectionism, Proceedings of the 1990
Connectionist Models Summer School, 81-90. A single layer learns linearly separable tasks by a rule of ten terms,

    dw = k0 (k1 w + k2 a + k3 o + k4 t + k5 w a + k6 w o + k7 w t + k8 a o + k9 a t + k10 o t)

with the input a, the output o and the target t. Evolution sees the error after ten epochs, never a gradient. The delta
rule, k9 = -k8, is one of its 2^35 rules.
"""

import numpy as np

LARGEST, EPOCHS = 20.0, 10
"""Weights are clipped at the first."""


def decode(rules):
    """Turn bits (P, 35) into coefficients k0..k10 (P, 11): a sign, and powers of two or 0."""
    bits = np.asarray(rules)
    rate = bits[:, 1:5] @ [8, 4, 2, 1]
    terms = bits[:, 5:].reshape(len(bits), 10, 3)
    size = terms[:, :, 1:] @ [2, 1]
    rate = np.where(bits[:, 0], 1, -1) * np.where(rate, 2.0 ** (rate - 9), 0)
    return np.column_stack([rate, np.where(terms[:, :, 0], 1, -1) * np.where(size, 2.0 ** (size - 1), 0)])


def outputs(weights, inputs):
    return 1 / (1 + np.exp(-np.clip((weights * inputs).sum(-1), -30, 30)))


def change(k, w, a, o, t):
    """Evaluate the rule; k (P, 11), w and a (P or 1, T, I), o and t (P or 1, T)."""
    k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10 = k.T[:, :, None, None]
    o, t = o[..., None], t[..., None]
    return k0 * (
        k1 * w + k2 * a + k3 * o + k4 * t + w * (k5 * a + k6 * o + k7 * t) + a * (k8 * o + k9 * t) + k10 * o * t
    )


def live(rules, weights, inputs, targets):
    """Let every rule learn every task from the same innate weights (T, I), pattern by pattern.

    Returns
    -------
    error : ndarray, shape (P, T)
        Mean absolute error after the last epoch: chance is about .5.
    alignment : list of ndarray, shape (P, T)
        Before every epoch and after the last: cosine of the change over all patterns at fixed weights with the negative
        gradient of half the squared error; NaN for a rule that changes nothing.
    """
    k = decode(rules)
    weights = np.broadcast_to(weights, (len(k), *weights.shape))
    cosines = []
    for _ in range(EPOCHS):
        cosines.append(cosine(k, weights, inputs, targets))
        for n in range(inputs.shape[1]):
            a, t = inputs[None, :, n], targets[None, :, n]
            weights = np.clip(weights + change(k, weights, a, outputs(weights, a), t), -LARGEST, LARGEST)
    cosines.append(cosine(k, weights, inputs, targets))
    return np.abs(outputs(weights[:, :, None], inputs[None]) - targets[None]).mean(axis=2), cosines


def cosine(k, weights, inputs, targets):
    total = gradient = 0
    for n in range(inputs.shape[1]):
        a, t = inputs[None, :, n], targets[None, :, n]
        o = outputs(weights, a)
        total = total + change(k, weights, a, o, t)
        gradient = gradient + ((t - o) * o * (1 - o))[..., None] * a
    sizes = np.linalg.norm(total, axis=-1) * np.linalg.norm(gradient, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sizes > 0, (total * gradient).sum(-1) / sizes, np.nan)
