"""Keeping weights within bounds, and finite."""

from typing import Protocol

import numpy as np

from hetevo.populations.types import Floats, Mask

NEGLIGIBLE = 1e-19
"""Weights below this are set to 0 when weights are clipped: the square root of the smallest normal float32, so that the
product of two weights never is a subnormal number, with which processors are many times slower."""


class Bounded(Protocol):
    """Weights of a block of circuits."""

    networks: int
    weights: Floats

    def by_network(self, flat: Floats) -> list[Floats]:
        """Return views (N, cells) of an array laid out as ``weights``."""
        ...


def bound_weights(circuits: Bounded, spans: list[slice], free: Floats, clip: float) -> Mask:
    """Clip weights, flush those that are almost 0, and set circuits that are no longer finite to 0.

    Parameters
    ----------
    circuits : CircuitBlock or ErrorBlock
        Whose weights to bound.
    spans : list of slice
        Which of them change.
    free : ndarray of float, shape (cells,)
        A buffer, laid out as the weights.
    clip : float
        Largest absolute weight.

    Returns
    -------
    ndarray of bool, shape (N,)
        Circuits that were not finite.
    """
    broken: Mask = np.zeros(circuits.networks, np.bool_)
    # before clipping, which would hide an overflow; the sum of finite weights overflows only close to it
    if not np.isfinite(sum(circuits.weights[span].sum() for span in spans)):
        sums = [part.sum(axis=1) for part in circuits.by_network(circuits.weights)]
        broken = ~np.isfinite(np.sum(sums, axis=0))
    for span in spans:
        weights, large = circuits.weights[span], free[span]
        np.clip(weights, -clip, clip, out=weights)
        # subnormal numbers would slow everything down
        np.abs(weights, large)
        np.greater_equal(large, NEGLIGIBLE, out=large)
        np.multiply(weights, large, weights)
    if broken.any():
        for part in circuits.by_network(circuits.weights):
            part[broken] = 0
    return broken
