"""Dale's principle: a neuron excites or inhibits all that it sends to, all its life.

Each hidden neuron and each output has one sign, which holds for all synapses by which it sends: up, and down. Input
units are free, unless the file of a wiring gives them signs, and so is the bias: they stand for the world.

Signs are genes where `hetevo.populations.settings.Network.dale` is on: drawn for founders, handed down by the first
parent as the wiring is, and never mutated. So the gains of a lineage evolve in neurons that stay what they are.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hetevo.populations.errors import SettingError
from hetevo.populations.genome import SIGNS, Population
from hetevo.populations.rules import Rule
from hetevo.populations.settings import Genome, Network
from hetevo.populations.types import Floats

if TYPE_CHECKING:  # a species checks itself by this
    from hetevo.populations.species import Species


class Signs(NamedTuple):
    """Which signs the weights of both pathways may have, by who sends: 1, -1, or 0 where that is free.

    Parameters
    ----------
    ascending : ndarray of float32, shape (P, 1, I + H)
        As ``W``, for all receiving neurons alike.
    descending : ndarray of float32, shape (P, 1, H + O)
        As ``V``.
    """

    ascending: Floats
    descending: Floats


def check_dale(network: Network, rule: Rule, genome: Genome) -> None:
    """Check that nothing else decides the signs of weights where neurons do.

    Raises
    ------
    SettingError
        If weights are transported or transposed, or a share of excitatory neurons is given for nothing.
    """
    # a key that does nothing is more likely a slip
    if not network.dale:
        if network.excitatory != Network().excitatory:
            raise SettingError(
                "network.excitatory: neurons have signs with network.dale = true only, so expected the key to be left"
                f" out, got {network.excitatory}"
            )
        return
    # both would give a synapse the sign of who receives
    reason = "gives descending synapses the signs of the neurons that receive, while Dale's principle asks for those"
    if rule.copies_signs:
        what = "weight transport" if rule.transport else "sign symmetry"
        raise SettingError(
            f"plasticity.rule: {what} {reason} of the neurons that send. Choose another rule, or network.dale = false"
        )
    if genome.descending_start == "transposed":
        raise SettingError(
            f'genome.descending_start: "transposed" {reason} of the neurons that send. Expected "random", or'
            " network.dale = false"
        )


def outgoing_signs(species: "Species", genes: Population) -> Signs | None:
    """Return the signs of what everyone sends, P individuals; None where signs are free."""
    if not species.network.dale:
        return None
    layout, fixed = species.layout, species.family.signs(species.layout)
    own = np.where(genes[SIGNS], 1, -1)
    inputs = np.zeros((genes.size, layout.input_units))
    # what a file says of a neuron stands above its gene
    if fixed is not None:
        inputs[:] = fixed[: layout.input_units]
        own = np.where(fixed[layout.input_units :], fixed[layout.input_units :], own)
    ascending = np.concatenate([inputs, own[:, : layout.hidden]], axis=1)
    return Signs(*(part[:, None].astype(np.float32) for part in (ascending, own)))


def with_signs(weights: Floats, signs: Floats) -> Floats:
    """Return weights of the same sizes with the signs of their senders, where these have some."""
    return np.where(signs, np.abs(weights) * signs, weights)
