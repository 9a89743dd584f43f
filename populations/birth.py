"""What founders inherit, and innate weights: what a network is born with."""

from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from hetevo.populations.dale import outgoing_signs, with_signs
from hetevo.populations.elementary import exp
from hetevo.populations.error_neurons import KINDS, ErrorWeights, weight_shapes
from hetevo.populations.genome import Gene, Population
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


def draw_gene(gene: Gene, species: Species, rng: Generator) -> Any:
    """Draw a founder's numbers of a gene: a gain, decay, sign or innate weight, but no wiring.

    Parameters
    ----------
    gene : Gene
        Its name ends in the kind of synapses that it is about.
    species : Species
        Whose settings say how genes of founders are distributed.
    rng : numpy.random.Generator
        Source of randomness.
    """
    priors, synapses = species.genome, gene.name.rpartition("_")[2]
    if gene.kind == "decay":
        drawn = exp(rng.normal(priors.prior("decay_log_mean", synapses), priors.decay_log_scale))
        return drawn if priors.decay else 0.0
    if gene.kind == "sign":
        return rng.random(gene.shape) < species.network.excitatory
    if gene.kind == "innate":
        return rng.standard_normal(gene.shape, dtype=np.float32)
    mean = priors.prior("gain_mean", synapses) if gene.name.startswith("gains_") else priors.term_mean
    drawn = rng.normal(mean, gene.scale, gene.shape)
    keep_outputs_positive(drawn, gene, species)
    return drawn


def keep_outputs_positive(gains: Floats, gene: Gene, species: Species) -> None:
    """Reflect output gains at 0, in place, where the species keeps them positive; shared ones are those of outputs too.

    Parameters
    ----------
    gains : ndarray of float, shape (..., H + O) or (..., 1)
        Values of the gene; nothing happens to genes but the ascending gains.
    gene : Gene
        Which one it is.
    species : Species
        Says whether (`hetevo.populations.settings.Genome.output_gains`).
    """
    if gene.name == "gains_ascending" and species.genome.output_gains == "positive":
        outputs = gains[..., -species.layout.outputs :]
        np.abs(outputs, out=outputs)


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
        scale_by_fan_in(values, mask, strength) * np.float32(s)
        for values, mask, strength, s in zip(raw, masks, strengths, scales, strict=True)
    )
    # signs and transposition last, since they act on sizes that are final
    if signs := outgoing_signs(species, population):
        ascending, descending = (with_signs(*each) for each in zip((ascending, descending), signs, strict=True))
    if species.genome.descending_start == "transposed":
        descending = species.mirror(ascending) * masks[1]
    return Weights(ascending, descending)


def draw_error_weights(
    species: Species, population: Population, individuals: Indices, seed: int, generation: int
) -> ErrorWeights:
    """Give every individual with error neurons its innate weights, ``N(0, 1 / fan-in)`` in all four kinds of synapses.

    Parameters, random streams and what is returned are as for `draw_innate_weights`.
    """
    priors, shapes = species.genome, weight_shapes(species)
    raw = {kind: np.empty((population.size, *shape), np.float32) for kind, shape in shapes.items()}
    if priors.innate == "inherited":
        raw = {kind: population[f"innate_{kind}"] for kind in KINDS}
    else:
        for row, individual in enumerate(individuals):
            rng = species.random_stream(seed, generation, Purpose.INNATE, int(individual))
            for kind in KINDS:
                rng.standard_normal(out=raw[kind][row], dtype=np.float32)
    ascending, descending = priors.innate_scale
    scales = ascending, priors.innate_scale_sensing, priors.innate_scale_teaching, descending
    return ErrorWeights(
        *(
            scale_by_fan_in(raw[kind], population[f"mask_{kind}"]) * np.float32(scale)
            for kind, scale in zip(KINDS, scales, strict=True)
        )
    )


def scale_by_fan_in(values: Floats, mask: Mask, strength: Floats | None = None) -> Floats:
    """Turn standard normal numbers, (P, receivers, senders), into weights ``N(0, 1 / fan-in)`` of the synapses present.

    Parameters
    ----------
    values : ndarray of float32, shape (P, receivers, senders)
        The numbers.
    mask : ndarray of bool, shape (P, receivers, senders)
        The synapses.
    strength : ndarray of float, shape (receivers, senders), optional
        Relative sizes. Default: all alike.
    """
    if strength is not None:
        # the squares of a neuron's sizes sum to 1, as those of equal ones do
        sizes = mask * strength
        values, squares = values * sizes, (sizes**2).sum(axis=-1, keepdims=True)
        return np.asarray(values / np.sqrt(np.where(squares > 0, squares, 1)), np.float32)
    fan_in = np.maximum(mask.sum(axis=-1, keepdims=True, dtype=np.float32), 1)
    return np.asarray(values * (mask / np.sqrt(fan_in)))
