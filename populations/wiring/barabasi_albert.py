"""Grown wiring: units that come later connect to those that have many synapses already."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from hetevo.populations.elementary import log
from hetevo.populations.layout import Layout
from hetevo.populations.types import Indices, Mask
from hetevo.populations.wiring.family import Pathways, WiringFamily

ATTRACTIVENESS = 1
"""Added to degrees, so that units without synapses can be found: some have nobody to connect to when they come."""


@dataclass(frozen=True)
class BarabasiAlbert(WiringFamily):
    """Growth with preferential attachment, after Barabasi and Albert (1999).

    Units come one by one, in random order, inputs and outputs among them. Each connects to units that are there
    already, on other levels, with probabilities in proportion to their degrees plus one (the initial attractiveness of
    Dorogovtsev, Mendes and Samukhin, 2000). All bring the same number of synapses as far as there are partners, so that
    the density is met. The order is that of both pathways: a hub of one tends to be one of the other.
    """

    def allowed(self, layout: Layout) -> Pathways:
        """Return all pairs of a lower and a higher level."""
        return Pathways(layout.below(), layout.above())

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Let both pathways grow."""
        allowed, total = self.allowed(layout), layout.units + layout.outputs
        order = rng.permutation(total)
        neurons = slice(layout.input_units, total)
        places = (neurons, slice(layout.units)), (slice(layout.input_units, layout.units), neurons)
        grown = []
        for mask, share, place in zip((allowed.ascending, allowed.descending), density, places, strict=True):
            pairs = np.zeros((total, total), np.bool_)
            pairs[place] = mask
            count = int(np.floor(mask.sum() * share + rng.random()))
            grown.append(grow(pairs | pairs.T, order, count, rng)[place] & mask)
        return Pathways(*grown)


def grow(pairs: Mask, order: Indices, count: int, rng: Generator) -> Mask:
    """Grow an undirected graph.

    Parameters
    ----------
    pairs : ndarray of bool, shape (n, n)
        Units that may be connected; symmetric.
    order : ndarray of int, shape (n,)
        In which they come.
    count : int
        Edges in the end, at most as many as there are pairs.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of bool, shape (n, n)
        Symmetric.
    """
    size = len(order)
    edges, degree = np.zeros((size, size), np.bool_), np.zeros(size)
    earlier = [order[:place][pairs[unit, order[:place]]] for place, unit in enumerate(order)]
    room = np.array([len(partners) for partners in earlier])
    for place, (unit, partners) in enumerate(zip(order, earlier, strict=True)):
        share = int(np.floor(count / (size - place) + rng.random()))
        later = int(room[place + 1 :].sum())  # what those that follow can take at most
        bring = int(np.clip(share, max(0, count - later), min(len(partners), count)))
        # the Gumbel trick of Efraimidis and Spirakis: without replacement, in proportion to the weights
        keys = log(degree[partners] + ATTRACTIVENESS) + rng.gumbel(size=len(partners))
        chosen = partners[np.argsort(-keys)[:bring]]
        edges[unit, chosen] = edges[chosen, unit] = True
        degree[chosen] += 1
        degree[unit] += bring
        count -= bring
    return edges
