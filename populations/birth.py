"""Innate weights: what a network is born with."""

from typing import NamedTuple

import numpy as np

from hetevo.populations.dale import outgoing_signs, with_signs
from hetevo.populations.genome import Population
from hetevo.populations.random_streams import Purpose
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Indices, Mask


class Weights(NamedTuple):
    """Synaptic weights of both pathways, zero where there is no synapse.

    Parameters
    ----------
    ascending : ndarray of float, shape (P, H + O, I + H)
        ``W``.
    descending : ndarray of float, shape (P, H, H + O)
        ``V``.
    """

    ascending: Floats
    descending: Floats


def draw_innate_weights(
    species: Species, population: Population, individuals: Indices, seed: int, generation: int
) -> Weights:
    """Give every individual its innate weights, ``W_0 ~ N(0, 1 / fan-in)`` over the synapses present, ``V_0`` likewise.

    The species may scale them (`hetevo.populations.settings.Genome.innate_scale`), the wiring's file may say which are
    larger than others, and under Dale's principle they have the signs of their senders (`hetevo.populations.dale`).

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    population : Population
        Genomes, P individuals.
    individuals : ndarray of int, shape (P,)
        Their positions in the whole population, which address their random streams.
    seed, generation : int
        Where the experiment stands.

    Returns
    -------
    Weights
        float32. New draws for every individual and generation, unless the species inherits innate weights.
    """
    masks = population.mask_ascending, population.mask_descending
    if species.genome.innate == "inherited":
        raw = [population["innate_ascending"], population["innate_descending"]]
    else:
        raw = [np.empty(mask.shape, np.float32) for mask in masks]
        # a stream for each individual, and one number a place, present or not
        for row, individual in enumerate(individuals):
            rng = species.random_stream(seed, generation, Purpose.INNATE, int(individual))
            for pathway in raw:
                rng.standard_normal(out=pathway[row], dtype=np.float32)
    # standard normal numbers become weights by fan-in, so that potentials are of order 1
    scales, strengths = species.genome.innate_scale, species.family.strengths(species.layout) or (None, None)
    ascending, descending = (
        _scaled(values, mask, strength) * np.float32(s)
        for values, mask, strength, s in zip(raw, masks, strengths, scales, strict=True)
    )
    # signs and transposition last, since they act on sizes that are final
    if signs := outgoing_signs(species, population):
        ascending, descending = (with_signs(*each) for each in zip((ascending, descending), signs, strict=True))
    if species.genome.descending_start == "transposed":
        descending = species.mirror(ascending) * masks[1]
    return Weights(ascending, descending)


def _scaled(values: Floats, mask: Mask, strength: Floats | None) -> Floats:
    if strength is not None:
        # the squares of a neuron's sizes sum to 1, as those of equal ones do
        sizes = mask * strength
        values, squares = values * sizes, (sizes**2).sum(axis=-1, keepdims=True)
        return np.asarray(values / np.sqrt(np.where(squares > 0, squares, 1)), np.float32)
    fan_in = np.maximum(mask.sum(axis=-1, keepdims=True, dtype=np.float32), 1)
    return np.asarray(values * (mask / np.sqrt(fan_in)))
