"""Small-world wiring: a lattice with some synapses moved to random places."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.types import Indices, Mask
from hetevo.populations.wiring.family import Pathways, WiringFamily, share
from hetevo.populations.wiring.geometry import local, local_lists
from hetevo.populations.wiring.places import Bands, Lists, Places, draw_free, levels_below


@dataclass(frozen=True)
class SmallWorld(WiringFamily):
    """Like Watts and Strogatz (1998): each synapse of a lattice gets another sender with a probability.

    Receivers keep the number of their synapses; 0 is the lattice, 1 a random graph with equal in-degrees.

    Parameters
    ----------
    rewiring : float
        Probability that a synapse is moved, 0 to 1.

    Raises
    ------
    SettingError
        If it is no probability.
    """

    rewiring: float = 0.1
    listed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        share("rewiring", self.rewiring)

    def allowed(self, layout: Layout) -> Pathways:
        """Return all pairs of a lower and a higher level."""
        return Pathways(layout.below(), layout.above())

    def places(self, layout: Layout) -> tuple[Places, Places]:
        """Return the same as bands of rows."""
        return levels_below(layout)

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Draw a lattice, then move synapses."""
        allowed = self.allowed(layout)
        drawn = local(layout, allowed, density, rng)
        return Pathways(
            _moved(drawn.ascending, allowed.ascending, self.rewiring, rng),
            _moved(drawn.descending, allowed.descending, self.rewiring, rng),
        )

    def draw_lists(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Lists:
        """Draw a lattice, then move synapses, without a matrix."""
        drawn, places = local_lists(layout, density, rng), levels_below(layout)
        return Lists(*(_moved_lists(*each, self.rewiring, rng) for each in zip(drawn, places, strict=True)))


def _moved_lists(positions: Indices, places: Bands, probability: float, rng: Generator) -> Indices:
    """Move synapses to free places of the same receiver, as many as there are."""
    rows, count = positions // places.width, len(places.widths)
    leaving = rng.random(len(positions)) < probability
    room = places.widths - np.bincount(rows, minlength=count)
    moves = np.minimum(np.bincount(rows[leaving], minlength=count), room)
    # where there is less room, some of those that would leave do, by lot
    order = np.lexsort((np.where(leaving, rng.random(len(positions)), np.inf), rows))
    rank = np.arange(len(positions)) - np.searchsorted(rows, rows[order])
    gone = np.zeros(len(positions), np.bool_)
    gone[order] = rank < moves[rows[order]]
    fresh = draw_free(places, positions, moves, rng)
    return np.sort(np.concatenate([positions[~gone], fresh]))


def _moved(present: Mask, allowed: Mask, probability: float, rng: Generator) -> Mask:
    """Move synapses to free allowed places of the same receiver, as many as there are."""
    leaving = present & (rng.random(present.shape) < probability)
    free = allowed & ~present
    counts = np.minimum(leaving.sum(axis=1), free.sum(axis=1))[:, None]

    def some(of: Mask) -> Mask:
        """Choose so many of each row by lot."""
        keys = np.where(of, rng.random(of.shape), np.inf)
        return np.asarray((keys.argsort(axis=1).argsort(axis=1) < counts) & of)

    return np.asarray((present & ~some(leaving)) | some(free))
