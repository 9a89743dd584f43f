"""An individual whose wirings are lists of synapses: its structure, and the innate weights of its synapses."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hetevo.populations.dale import outgoing_signs, with_signs
from hetevo.populations.genome import Population
from hetevo.populations.random_streams import Purpose
from hetevo.populations.species import Species
from hetevo.populations.synapses import Structure, find, mirror
from hetevo.populations.types import Floats, Indices


class SynapseWeights(NamedTuple):
    """Weights of the synapses that exist, in the order of their positions.

    Parameters
    ----------
    ascending, descending : ndarray of float, shape (..., E)
        ``W`` and ``V``; each pathway has its own number of synapses.
    """

    ascending: Floats
    descending: Floats


@dataclass(frozen=True, eq=False)
class Wiring:
    """The synapses of one individual.

    Parameters
    ----------
    ascending, descending : Structure
        Of each pathway. Where weights are transported the descending one is the transpose of the ascending one.
    mirrored : ndarray of int64 or None
        Which ascending synapse each descending one is the transpose of, where weights are transported.
    """

    ascending: Structure
    descending: Structure
    mirrored: Indices | None = None

    @classmethod
    def of(cls, species: Species, genes: Population) -> "Wiring":
        """Return the synapses of one individual, whose genes are the only ones."""
        layout, up, down = species.layout, genes.mask_ascending[0], genes.mask_descending[0]
        order = None
        if species.rule.transport:
            down, order = mirror(layout, up)
        return cls(
            Structure(up, (layout.neurons, layout.units)), Structure(down, (layout.hidden, layout.neurons)), order
        )


def draw_synapse_weights(
    species: Species, genes: Population, wiring: Wiring, individual: int, seed: int, generation: int
) -> SynapseWeights:
    """Give an individual its innate weights, as `hetevo.populations.birth.draw_innate_weights` does.

    The random stream is the same one, but numbers are drawn for the synapses that exist alone, so that they are others.

    Parameters
    ----------
    species : Species
        What it has in common with others.
    genes : Population
        Its genome, alone.
    wiring : Wiring
        Its synapses.
    individual : int
        Its position in the whole population, which addresses its random stream.
    seed, generation : int
        Where the experiment stands.

    Returns
    -------
    SynapseWeights
        float32.
    """
    rng = species.random_stream(seed, generation, Purpose.INNATE, individual)
    signs, drawn = outgoing_signs(species, genes), []
    for number, structure in enumerate((wiring.ascending, wiring.descending)):
        weights = rng.standard_normal(len(structure.positions), dtype=np.float32)
        # by fan-in, so that potentials are of order 1
        fan_in = np.maximum(structure.fan_in, 1).astype(np.float32)
        weights *= np.float32(species.genome.innate_scale[number]) / np.sqrt(fan_in)[structure.rows]
        # then the signs of who sends
        if signs:
            weights = with_signs(weights, signs[number][0, 0, structure.columns])
        drawn.append(weights)
    if species.genome.descending_start == "transposed":
        drawn[1] = _transposed(species, wiring, drawn[0])
    return SynapseWeights(*drawn)


def _transposed(species: Species, wiring: Wiring, ascending: Floats) -> Floats:
    """Return the weight of the ascending synapse between the same two neurons; 0 where there is none."""
    positions, order = mirror(species.layout, wiring.ascending.positions)
    found = find(positions, wiring.descending.positions)
    there = found >= 0
    weights = np.zeros(len(found), ascending.dtype)
    weights[there] = ascending[order[found[there]]]
    return weights
