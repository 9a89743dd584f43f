"""Scale-free wiring: a few hubs, many units with few synapses."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats, Mask
from hetevo.populations.wiring.family import Pathways, WiringFamily


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

    def __post_init__(self) -> None:
        if self.exponent <= 2:
            raise SettingError(
                f"network.options.exponent: expected more than 2, where degrees have a mean, got {self.exponent}"
            )

    def allowed(self, layout: Layout) -> Pathways:
        """Return all pairs of a lower and a higher level."""
        return Pathways(layout.below(), layout.above())

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Draw ranks of all units, then synapses without replacement."""
        allowed, total = self.allowed(layout), layout.units + layout.outputs
        weights = -np.log(1 + rng.permutation(total)) / (self.exponent - 1)
        units, neurons = weights[: layout.units], weights[layout.input_units :]
        hidden = neurons[: layout.hidden]
        return Pathways(
            _chosen(neurons[:, None] + units[None, :], allowed.ascending, density[0], rng),
            _chosen(hidden[:, None] + neurons[None, :], allowed.descending, density[1], rng),
        )


def _chosen(log_weights: Floats, allowed: Mask, density: float, rng: Generator) -> Mask:
    """Choose a share of the allowed synapses without replacement (the Gumbel trick of Efraimidis and Spirakis)."""
    count = int(np.floor(allowed.sum() * density + rng.random()))
    keys = np.where(allowed, log_weights + rng.gumbel(size=allowed.shape), -np.inf)
    order = np.argsort(-keys, axis=None)[:count]
    chosen = np.zeros(allowed.size, np.bool_)
    chosen[order] = True
    return np.asarray(chosen.reshape(allowed.shape) & allowed)
