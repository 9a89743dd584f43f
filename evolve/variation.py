"""What genes do: crossover and mutation, acting on whole arrays of a population."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.birth import keep_outputs_positive
from hetevo.populations.circuits import allowed_synapses, genome, is_of_error_neurons
from hetevo.populations.elementary import exp
from hetevo.populations.error_neurons import error_layout
from hetevo.populations.genome import Gene, Kind, Population
from hetevo.populations.random_streams import draw_events
from hetevo.populations.species import Species
from hetevo.populations.synapses import mirror, toggle
from hetevo.populations.types import Indices, Lists, Mask

if TYPE_CHECKING:  # a configuration checks what varies
    from hetevo.evolve.config import EvolutionTable

CROSSED: frozenset[Kind] = frozenset({"gain", "decay", "bits"})
"""Kinds of genes that crossover exchanges; wiring, innate weights and signs come from the first parent."""


def cross(
    children: Population,
    second: Population,
    crossed: Indices,
    species: Species,
    rng: Generator,
    *,
    by: Literal["gene", "neuron"] = "gene",
) -> None:
    """Cross in place: each gain and decay comes from either parent with probability one half.

    What a neuron does depends on the signs of its gains together (flipping both changes nothing): by neuron, all that
    one neuron has come from the same parent. So do gains that the whole network shares. Decays are crossed one by one.
    Bits are crossed at two points, as in `deap.tools.cxTwoPoint`: what lies between them comes from the second parent.

    Parameters
    ----------
    children : Population
        Copies of the first parents.
    second : Population
        The population that holds the second parents, one row for each of ``crossed``.
    crossed : ndarray of int, shape (n,)
        Positions of the children that have two parents.
    species : Species
        Names the genes.
    rng : numpy.random.Generator
        Source of randomness.
    by : str, optional
        ``"gene"``: each gain alone. ``"neuron"``: gains and coefficients of extra terms, neuron by neuron.
    """
    # a coin for each neuron, forward ones and error neurons apart
    layouts = {False: species.layout, True: error_layout(species)} if by == "neuron" else {}
    coins = {errors: rng.random((len(crossed), layout.neurons)) < 0.5 for errors, layout in layouts.items()}
    for gene in genome(species):
        if gene.kind in CROSSED:
            errors = is_of_error_neurons(species, gene.name)
            if gene.kind == "bits":
                from_second = _between_two_points(len(crossed), gene.shape[0], rng)
            elif coins and gene.kind == "gain" and len(gene.shape) == 1 and gene.shape[0] <= layouts[errors].neurons:
                # outputs come last, and only some genes have a place for them
                from_second = coins[errors][:, : gene.shape[0]]
            else:
                from_second = rng.random((len(crossed), *gene.shape), dtype=np.float32) < 0.5
            genes = children[gene.name]
            genes[crossed] = np.where(from_second, second[gene.name], genes[crossed])


def _between_two_points(count: int, length: int, rng: Generator) -> Mask:
    """Choose a stretch of 1 to ``length - 1`` places in each of ``count`` rows, shape (count, length)."""
    # two different points, in order, as DEAP draws them
    first = rng.integers(1, length + 1, count)
    second = rng.integers(1, length, count)
    second += second >= first
    low, high = np.minimum(first, second)[:, None], np.maximum(first, second)[:, None]
    places = np.arange(length)
    return np.asarray((places >= low) & (places < high))


def mutate(children: Population, species: Species, settings: "EvolutionTable", rng: Generator) -> None:
    """Mutate all individuals in place, each kind of gene in its own way.

    Parameters
    ----------
    children : Population
        Individuals to change.
    species : Species
        Names the genes, and the synapses that may exist.
    settings : EvolutionTable
        Rates and scales.
    rng : numpy.random.Generator
        Source of randomness.
    """
    for gene in genome(species):
        MUTATIONS[gene.kind](children[gene.name], gene, species, settings, rng)
    # last, since the wiring upwards has changed
    if species.transposed and species.storage == "sparse":
        for row, ascending in enumerate(children.mask_ascending):
            children.mask_descending[row] = mirror(species.layout, ascending)[0]
    elif species.transposed:
        children.mask_descending[:] = species.mirror(children.mask_ascending)


def _mutate_gain(
    values: NDArray[Any], gene: Gene, species: Species, settings: "EvolutionTable", rng: Generator
) -> None:
    _add_noise(values, settings.gain_mutation_rate, settings.gain_mutation_scale, rng)
    keep_outputs_positive(values, gene, species)


def _mutate_innate(
    values: NDArray[Any], gene: Gene, species: Species, settings: "EvolutionTable", rng: Generator
) -> None:
    del gene, species
    _add_noise(values, settings.innate_mutation_rate, settings.innate_mutation_scale, rng)


def _add_noise(values: NDArray[Any], rate: float, scale: float, rng: Generator) -> None:
    # a view: what is added here is added to the population
    flat = values.reshape(-1)
    hit = draw_events(rng, flat.size, rate)
    flat[hit] += rng.standard_normal(len(hit), dtype=np.float32) * np.float32(scale)


def _mutate_decay(
    values: NDArray[Any], gene: Gene, species: Species, settings: "EvolutionTable", rng: Generator
) -> None:
    del gene, species
    flat = values.reshape(-1)
    hit = draw_events(rng, flat.size, settings.decay_mutation_rate)
    noise = rng.standard_normal(len(hit)) * settings.decay_mutation_scale
    # a decay of 1 forgets everything at once; more would turn weights over
    flat[hit] = np.minimum(flat[hit] * exp(noise), 1)


def _mutate_mask(
    values: NDArray[Any], gene: Gene, species: Species, settings: "EvolutionTable", rng: Generator
) -> None:
    if gene.matrix:
        _mutate_lists(values, gene, species, settings, rng)
        return
    # only synapses that may exist are drawn from: most of a matrix may be none
    places = np.flatnonzero(allowed_synapses(species, gene.name))
    # hits count through all individuals
    hit = draw_events(rng, len(values) * len(places), settings.mask_flip)
    individual, place = np.divmod(hit, len(places))
    flat = values.reshape(len(values), -1)
    flat[individual, places[place]] ^= True


def _mutate_lists(values: Lists, gene: Gene, species: Species, settings: "EvolutionTable", rng: Generator) -> None:
    """Flip synapses as in a matrix, with the same random numbers; lists that nothing hits stay their parents'."""
    # what is transposed follows from the ascending wiring
    if species.transposed and gene.name == "mask_descending":
        return
    places = species.places[gene.name == "mask_descending"]
    hit = draw_events(rng, len(values) * places.size, settings.mask_flip)
    individual, place = np.divmod(hit, places.size)
    ends = np.searchsorted(individual, np.arange(len(values) + 1))
    for row in np.unique(individual):
        flipped = places.at(place[ends[row] : ends[row + 1]])
        values[row] = toggle(values[row], flipped)


def _mutate_bits(values: Mask, gene: Gene, species: Species, settings: "EvolutionTable", rng: Generator) -> None:
    del gene, species
    flat = values.reshape(-1)
    hit = draw_events(rng, flat.size, settings.bit_flip)
    flat[hit] = ~flat[hit]


def _mutate_sign(values: Mask, gene: Gene, species: Species, settings: "EvolutionTable", rng: Generator) -> None:
    del values, gene, species, settings, rng  # a neuron stays what it is


MUTATIONS: dict[Kind, Callable[[NDArray[Any], Gene, Species, "EvolutionTable", Generator], None]] = {
    "gain": _mutate_gain,
    "decay": _mutate_decay,
    "mask": _mutate_mask,
    "innate": _mutate_innate,
    "bits": _mutate_bits,
    "sign": _mutate_sign,
}
"""How each kind of gene mutates, in place."""
