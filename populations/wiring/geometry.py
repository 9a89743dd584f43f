"""Where units lie, and how many of the nearest a neuron reaches: for wirings with a geometry."""

import numpy as np
from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats, Indices, Mask
from hetevo.populations.wiring.family import Pathways
from hetevo.populations.wiring.places import Lists, levels_below

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


def local_lists(layout: Layout, density: tuple[float, float], rng: Generator) -> Lists:
    """Wire both pathways to the nearest senders without a matrix; see `nearest`.

    Levels lie further apart than the neurons of one do, so that senders are those of the nearest level, then those of
    the next one. Those of one level are neighbours on the ring.
    """
    up, down = levels_below(layout)
    sizes = (layout.inputs, *layout.levels, layout.outputs)
    # where the senders of each level begin: among units, and among neurons
    units = np.cumsum([0, layout.input_units, *layout.levels])
    neurons = np.cumsum([0, *layout.levels])
    ascending, descending = [], []
    for level, band in enumerate(up.bands, start=1):
        counts = _counts(band.width, len(band.rows), density[0], rng)
        senders = [(sizes[below], int(units[below])) for below in reversed(range(level))]
        columns = _near(sizes[level], counts, senders, rng, layout.input_units - 1 if layout.bias else None)
        ascending.append((columns[0] + band.rows.start) * up.width + columns[1])
    for level, band in enumerate(down.bands, start=1):
        counts = _counts(band.width, len(band.rows), density[1], rng)
        senders = [(sizes[above], int(neurons[above - 1])) for above in range(level + 1, len(sizes))]
        columns = _near(sizes[level], counts, senders, rng, None)
        descending.append((columns[0] + band.rows.start) * down.width + columns[1])
    return Lists(np.sort(np.concatenate(ascending)), np.sort(np.concatenate(descending)))


def _counts(width: int, rows: int, density: float, rng: Generator) -> Indices:
    return np.floor(width * density + rng.random(rows)).astype(np.int64)


def _near(
    receivers: int, counts: Indices, senders: list[tuple[int, int]], rng: Generator, bias: int | None
) -> tuple[Indices, Indices]:
    """Return receiver and sender of each synapse: so many a receiver, from levels of some sizes that begin somewhere.

    The nearest level comes first. ``bias`` is the unit that is near to everything, if there is one.
    """
    own, left = _ring(receivers), counts.copy()
    rows, columns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    if bias is not None:
        # a sender at the very same place is as near as the bias, and lots decide where there is room for one
        opposite = np.abs(own * senders[0][0] - 0.5 - np.rint(own * senders[0][0] - 0.5)) < JITTER
        reached = np.flatnonzero((left > 1) | ((left == 1) & ~(opposite & (rng.random(receivers) < 0.5))))
        rows.append(reached)
        columns.append(np.full(len(reached), bias, np.int64))
        left[reached] -= 1
    for size, first in senders:
        taken = np.minimum(left, size)
        left -= taken
        # so many whole numbers that are nearest to the receiver's place on the ring
        low = own * size - 0.5 - taken / 2
        tied = np.abs(low - np.rint(low)) < JITTER
        start = np.where(tied, np.rint(low) + (rng.random(receivers) < 0.5), np.ceil(low)).astype(np.int64)
        begin = np.cumsum(taken) - taken
        step = np.arange(int(taken.sum())) - np.repeat(begin, taken)
        rows.append(np.repeat(np.arange(receivers), taken))
        columns.append(first + (np.repeat(start, taken) + step) % size)
    return np.concatenate(rows), np.concatenate(columns)


def _ring(size: int) -> Floats:
    return np.asarray((np.arange(size) + 0.5) / size)


def _apart(to: Floats, come: Floats, to_level: Floats, from_level: Floats) -> Floats:
    across = np.abs(to - come)
    return np.asarray(np.minimum(across, 1 - across) + np.abs(to_level - from_level) - 1)
