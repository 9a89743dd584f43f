"""Where units lie, and how many of the nearest a neuron reaches: for wirings with a geometry."""

import numpy as np
from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats, Mask
from hetevo.populations.wiring.family import Pathways

JITTER = 1e-9
"""Breaks ties of equal distances by lot."""


def distances(layout: Layout) -> tuple[Floats, Floats]:
    """Measure how far senders are from receivers: across a level, and one for every level that is skipped.

    The neurons of a level lie on a ring of circumference 1, so that no neuron is at a border.

    Parameters
    ----------
    layout : Layout
        Sizes.

    Returns
    -------
    ascending : ndarray of float64, shape (H + O, I + H)
        0 for the bias unit, which is near to everything.
    descending : ndarray of float64, shape (H, H + O)
        Likewise.
    """
    units = np.concatenate([_ring(size) for size in (layout.inputs, *layout.levels)])
    if layout.bias:
        units = np.insert(units, layout.inputs, np.nan)
    neurons = np.concatenate([_ring(size) for size in (*layout.levels, layout.outputs)])
    ascending = _apart(neurons[:, None], units[None, :], layout.neuron_level[:, None], layout.unit_level[None, :])
    hidden = slice(layout.hidden)
    levels = layout.neuron_level
    descending = _apart(neurons[hidden, None], neurons[None, :], levels[hidden, None], levels[None, :])
    return np.nan_to_num(ascending, nan=0.0), descending


def nearest(apart: Floats, allowed: Mask, density: float, rng: Generator) -> Mask:
    """Let each receiver keep the nearest of its allowed senders.

    Parameters
    ----------
    apart : ndarray of float, shape (receivers, senders)
        Distances.
    allowed : ndarray of bool, shape (receivers, senders)
        Synapses to choose from.
    density : float
        Share of them, in 0..1; what is no whole number is rounded up or down by lot, so that the mean is exact.
    rng : numpy.random.Generator
        Source of randomness.
    """
    counts = np.floor(allowed.sum(axis=1) * density + rng.random(len(allowed))).astype(int)
    keys = np.where(allowed, apart + JITTER * rng.random(apart.shape), np.inf)
    ranks = keys.argsort(axis=1).argsort(axis=1)
    return np.asarray((ranks < counts[:, None]) & allowed)


def local(layout: Layout, allowed: Pathways, density: tuple[float, float], rng: Generator) -> Pathways:
    """Wire both pathways to the nearest senders; see `nearest`."""
    up, down = distances(layout)
    return Pathways(nearest(up, allowed.ascending, density[0], rng), nearest(down, allowed.descending, density[1], rng))


def _ring(size: int) -> Floats:
    return np.asarray((np.arange(size) + 0.5) / size)


def _apart(to: Floats, come: Floats, to_level: Floats, from_level: Floats) -> Floats:
    across = np.abs(to - come)
    return np.asarray(np.minimum(across, 1 - across) + np.abs(to_level - from_level) - 1)
