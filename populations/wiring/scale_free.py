"""Scale-free wiring: a few hubs, many units with few synapses."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.elementary import exp, log
from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats, Indices, Mask
from hetevo.populations.wiring.family import Pathways, WiringFamily
from hetevo.populations.wiring.places import Bands, Lists, Places, levels_below


@dataclass(frozen=True)
class ScaleFree(WiringFamily):
    """The static model of Goh, Kahng and Kim (2001): synapses are drawn in proportion to the weights of both ends.

    Weights fall as a power of a unit's random rank, so that the degrees follow a power law; its default exponent, 3, is
    that of Barabasi and Albert's growing networks. A hub of one pathway is one of the other.

    Parameters
    ----------
    exponent : float
        Of the distribution of degrees; above 2, the smaller the greater the hubs.

    Raises
    ------
    SettingError
        If the exponent is 2 or less.
    """

    exponent: float = 3.0
    listed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.exponent <= 2:
            raise SettingError(
                f"network.options.exponent: expected more than 2, where degrees have a mean, got {self.exponent}"
            )

    def allowed(self, layout: Layout) -> Pathways:
        """Return all pairs of a lower and a higher level."""
        return Pathways(layout.below(), layout.above())

    def places(self, layout: Layout) -> tuple[Places, Places]:
        """Return the same as bands of rows."""
        return levels_below(layout)

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Draw ranks of all units, then synapses without replacement."""
        allowed = self.allowed(layout)
        units, neurons = self._weights(layout, rng)
        hidden = neurons[: layout.hidden]
        return Pathways(
            _chosen(neurons[:, None] + units[None, :], allowed.ascending, density[0], rng),
            _chosen(hidden[:, None] + neurons[None, :], allowed.descending, density[1], rng),
        )

    def draw_lists(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Lists:
        """Draw the same without a matrix."""
        units, neurons = (exp(weights) for weights in self._weights(layout, rng))
        up, down = levels_below(layout)
        return Lists(
            _chosen_list(neurons, units, up, density[0], rng),
            _chosen_list(neurons[: layout.hidden], neurons, down, density[1], rng),
        )

    def _weights(self, layout: Layout, rng: Generator) -> tuple[Floats, Floats]:
        """Draw the logarithms of the weights: of units, and of neurons."""
        weights = -log(1 + rng.permutation(layout.units + layout.outputs)) / (self.exponent - 1)
        return weights[: layout.units], weights[layout.input_units :]


def _chosen_list(to: Floats, come: Floats, places: Bands, density: float, rng: Generator) -> Indices:
    """Choose as `_chosen` does: pair by pair in proportion to the weights, until there are enough different ones."""
    count = int(np.floor(places.size * density + rng.random()))
    spans = [(band.rows.start, band.rows.stop, band.columns[0].start, band.columns[0].stop) for band in places.bands]
    # a band, then its receiver and its sender, each by its weight
    masses = np.cumsum([to[a:b].sum() * come[c:d].sum() for a, b, c, d in spans])
    chosen = np.empty(0, np.int64)
    while len(chosen) < count:
        missing = count - len(chosen)
        which = np.searchsorted(masses, rng.random(missing + missing // 4 + 8) * masses[-1], side="right")
        drawn = np.empty(len(which), np.int64)
        for number, (a, b, c, d) in enumerate(spans):
            here = which == number
            rows, columns = _by_weight(to[a:b], here.sum(), rng), _by_weight(come[c:d], here.sum(), rng)
            drawn[here] = (a + rows) * places.width + c + columns
        # in the order in which they were drawn, the first of each
        both = np.concatenate([chosen, drawn])
        chosen = both[np.sort(np.unique(both, return_index=True)[1])][:count]
    return np.sort(chosen)


def _by_weight(weights: Floats, count: int, rng: Generator) -> Indices:
    bounds = np.cumsum(weights)
    found = np.searchsorted(bounds, rng.random(count) * bounds[-1], side="right")
    return np.asarray(np.minimum(found, len(weights) - 1))  # rounding may lead beyond the end


def _chosen(log_weights: Floats, allowed: Mask, density: float, rng: Generator) -> Mask:
    """Choose a share of the allowed synapses without replacement (the Gumbel trick of Efraimidis and Spirakis)."""
    count = int(np.floor(allowed.sum() * density + rng.random()))
    keys = np.where(allowed, log_weights + rng.gumbel(size=allowed.shape), -np.inf)
    order = np.argsort(-keys, axis=None)[:count]
    chosen = np.zeros(allowed.size, np.bool_)
    chosen[order] = True
    return np.asarray(chosen.reshape(allowed.shape) & allowed)
