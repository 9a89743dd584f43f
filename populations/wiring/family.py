"""What a wiring family is."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.random import Generator

from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats, Indices, Mask
from hetevo.populations.wiring.places import Lists, Places, draw_thinned


@dataclass(frozen=True)
class Pathways:
    """One mask for each pathway of a network.

    Parameters
    ----------
    ascending : ndarray of bool, shape (H + O, I + H)
        Row: receiving neuron; column: sending unit.
    descending : ndarray of bool, shape (H, H + O)
        Row: receiving hidden neuron; column: sending neuron.
    """

    ascending: Mask
    descending: Mask


class WiringFamily(Protocol):
    """A way to wire networks at random: a frozen dataclass whose fields are its options.

    Attributes
    ----------
    recurrent : bool
        Whether synapses may lead to the same or a lower level, so that circuits have to settle.
    listed : bool
        Whether it has `places`, and so can wire networks that are too large for matrices.
    """

    recurrent: ClassVar[bool] = False
    listed: ClassVar[bool] = False

    def check(self, layout: Layout) -> None:
        """Raise `SettingError` if networks of these sizes cannot be wired so; by default all can."""
        return

    def allowed(self, layout: Layout) -> Pathways:
        """Return the synapses that this family may ever contain; mutation flips only those."""
        ...

    def draw(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Pathways:
        """Draw the wiring of one network with the given densities (ascending, descending)."""
        ...

    def places(self, layout: Layout) -> tuple[Places, Places]:
        """Return what `allowed` does, (ascending, descending), without a matrix; only where ``listed``."""
        raise SettingError(f"Networks of the wiring {type(self).__name__} are drawn as whole matrices.")

    def draw_lists(self, layout: Layout, density: tuple[float, float], rng: Generator) -> Lists:
        """Draw what `draw` does without a matrix: the same distribution, from other random numbers.

        By default each of `places` is kept with the probability of its pathway.
        """
        places = self.places(layout)
        return Lists(draw_thinned(places[0], density[0], rng), draw_thinned(places[1], density[1], rng))

    def signs(self, layout: Layout) -> Indices | None:
        """Return what is known of the sign of each unit and output, (I + H + O,): 1, -1 or 0; None: nothing at all."""
        return None

    def describe(self, layout: Layout, density: tuple[float, float]) -> list[str]:
        """Say in lines what a person should know who wires networks so; by default there is nothing to say."""
        return []

    def strengths(self, layout: Layout) -> tuple[Floats, Floats] | None:
        """Return relative sizes of innate weights, positive, shapes as of `Pathways`; None: all are alike."""
        return None


def share(option: str, value: float) -> None:
    """Check that an option is a probability or a fraction.

    Raises
    ------
    SettingError
        If it is not in 0..1.
    """
    if not 0 <= value <= 1:
        raise SettingError(f"network.options.{option}: expected 0 to 1, got {value}")


def thin(allowed: Pathways, density: tuple[float, float], rng: Generator) -> Pathways:
    """Keep each allowed synapse with a probability, in each pathway independently.

    Parameters
    ----------
    allowed : Pathways
        Synapses to choose from.
    density : tuple of float
        Probability that an allowed synapse is present (ascending, descending), in 0..1.
    rng : numpy.random.Generator
        Source of randomness.
    """

    # one number a place, allowed or not, so that the stream does not depend on the wiring
    def keep(mask: Mask, probability: float) -> Mask:
        return np.asarray(mask & (rng.random(mask.shape) < probability))

    return Pathways(keep(allowed.ascending, density[0]), keep(allowed.descending, density[1]))
