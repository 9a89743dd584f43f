"""Wirings that change, in place: synapses that flip and move, neurons that lose or gain all that they have.

A wiring is a gene of all individuals: matrices, (P, rows, columns), or P lists of synapses
(`hetevo.populations.synapses`). Both change alike, with the same random numbers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.circuits import allowed_synapses, is_of_error_neurons
from hetevo.populations.error_neurons import NAME, error_layout
from hetevo.populations.genome import Gene, Population
from hetevo.populations.random_streams import draw_events
from hetevo.populations.species import Species
from hetevo.populations.synapses import find, mirror, toggle
from hetevo.populations.types import Indices, Mask
from hetevo.populations.wiring.places import Listed, Places

Neurons = Mapping[bool, Mapping[int, Indices]]
"""Some hidden neurons of some individuals, by their rows: forward ones (False) and error neurons (True) apart."""


def by_individual(hit: Indices, width: int) -> Iterator[tuple[int, Indices]]:
    """Go through the individuals that something hits, with where it does.

    >>> [(row, places.tolist()) for row, places in by_individual(np.array([1, 12, 15]), 10)]
    [(0, [1]), (1, [2, 5])]
    """
    rows, places = np.divmod(hit, width)
    which, starts = np.unique(rows, return_index=True)
    yield from zip(which.tolist(), np.split(places, starts[1:]), strict=False)


def places_of(gene: Gene, species: Species) -> Places:
    """Return the places at which a wiring may have synapses."""
    if gene.matrix:
        return species.places[gene.name == "mask_descending"]
    return Listed(np.flatnonzero(allowed_synapses(species, gene.name)))


def follows(gene: Gene, species: Species) -> bool:
    """Tell whether a wiring is the transpose of another one, and nothing by itself."""
    return species.transposed and gene.name == "mask_descending"


def flip_synapses(
    values: NDArray[Any], gene: Gene, species: Species, appear: float, disappear: float, rng: Generator
) -> None:
    """Let synapses appear and disappear in place, each with a probability; lists that nothing hits stay their parents'.

    Parameters
    ----------
    values : ndarray of bool, shape (P, rows, columns), or P lists of synapses
        A wiring.
    gene : Gene
        Which one.
    species : Species
        Says where synapses may be.
    appear, disappear : float
        Probabilities of an absent synapse, and of a present one.
    rng : numpy.random.Generator
        Source of randomness: the same numbers in matrices and in lists.
    """
    if gene.matrix and follows(gene, species):
        return
    # only synapses that may exist are drawn from: most of a matrix may be none; hits count through all individuals
    places, most = places_of(gene, species), max(appear, disappear)
    hit = draw_events(rng, len(values) * places.size, most)
    if appear != disappear:  # what is less likely is thinned out
        there = _are_there(values, hit, places)
        hit = hit[rng.random(len(hit)) * most < np.where(there, disappear, appear)]
    if gene.matrix:
        for row, numbers in by_individual(hit, places.size):
            values[row] = toggle(values[row], places.at(numbers))
    else:
        individual, number = np.divmod(hit, places.size)
        values.reshape(len(values), -1)[individual, places.at(number)] ^= True


def _are_there(values: NDArray[Any], hit: Indices, places: Places) -> Mask:
    """Tell which of the places that something hits have a synapse."""
    if values.dtype != np.object_:
        individual, number = np.divmod(hit, places.size)
        return np.asarray(values.reshape(len(values), -1)[individual, places.at(number)])
    parts = [find(values[row], places.at(numbers)) >= 0 for row, numbers in by_individual(hit, places.size)]
    return np.concatenate([np.empty(0, np.bool_), *parts])


def mirror_wirings(children: Population, species: Species) -> None:
    """Make descending wirings the transpose of the ascending ones, in place, where the species has them so."""
    if not species.transposed:
        return
    if species.storage == "sparse":
        for row, ascending in enumerate(children.mask_ascending):
            children.mask_descending[row] = mirror(species.layout, ascending)[0]
    else:
        children.mask_descending[:] = species.mirror(children.mask_ascending)


def draw_neurons(species: Species, size: int, rate: float, rng: Generator) -> Neurons:
    """Draw hidden neurons of ``size`` individuals, each with a probability."""
    sizes = {False: species.layout.hidden, True: error_layout(species).hidden if species.circuit == NAME else 0}
    return {
        errors: dict(by_individual(draw_events(rng, size * hidden, rate), hidden)) if hidden else {}
        for errors, hidden in sizes.items()
    }


def move_synapses(values: NDArray[Any], places: Places, rate: float, rng: Generator) -> None:
    """Move synapses of a wiring, each with a probability, in place; `flip_synapses` describes the values."""
    # hits count through the synapses of all individuals
    lists = values.dtype == np.object_
    counts = np.array([len(own) for own in values]) if lists else values.reshape(len(values), -1).sum(axis=1)
    ends = np.cumsum(counts, dtype=np.int64)
    hit = draw_events(rng, int(ends[-1]), rate)
    if not len(hit):
        return
    targets = places.at(rng.integers(places.size, size=len(hit)))
    rows, starts = np.unique(np.searchsorted(ends, hit, side="right"), return_index=True)
    for row, own in zip(rows.tolist(), np.split(np.arange(len(hit)), starts[1:]), strict=True):
        positions, wanted = read_synapses(values, row), targets[own]
        # of two that want the same place the first has it
        free = find(positions, wanted) < 0
        free[np.setdiff1d(np.arange(len(own)), np.unique(wanted, return_index=True)[1])] = False
        left = positions[hit[own] - (ends - counts)[row]]
        write_synapses(values, row, toggle(positions, np.sort(np.concatenate([left[free], wanted[free]]))))


def rewire_neurons(
    values: NDArray[Any], gene: Gene, species: Species, neurons: Neurons, places: Places | None = None
) -> None:
    """Take all synapses of some neurons from a wiring in place, or add all that there may be: those of ``places``."""
    receivers, senders, first = ends_of_synapses(gene, species)
    height, width = gene.matrix or gene.shape
    nobody = np.empty(0, np.int64)
    for row in sorted({*neurons[receivers], *neurons[senders]}):
        receiving = neurons[receivers].get(row, nobody)
        sending = neurons[senders].get(row, nobody) + first
        positions = read_synapses(values, row)
        if places is None:
            to, come = np.divmod(positions, width)
            positions = positions[~(np.isin(to, receiving) | np.isin(come, sending))]
        else:
            received = receiving[:, None] * width + np.arange(width)
            sent = np.arange(height)[:, None] * width + sending
            every = np.concatenate([received.ravel(), sent.ravel()])
            positions = np.union1d(positions, every[places.holds(every)])
        write_synapses(values, row, positions)


def ends_of_synapses(gene: Gene, species: Species) -> tuple[bool, bool, int]:
    """Return whether error neurons receive, whether they send, and the column in which the first neuron sends."""
    senders = species.circuit == NAME and gene.name.endswith(("_teaching", "_descending"))
    first = species.layout.input_units if gene.name == "mask_ascending" else 0
    return is_of_error_neurons(species, gene.name), senders, first


def read_synapses(values: NDArray[Any], row: int) -> Indices:
    """Return the positions of an individual's synapses in order, from a matrix or a list."""
    return values[row] if values.dtype == np.object_ else np.flatnonzero(values[row])


def write_synapses(values: NDArray[Any], row: int, positions: Indices) -> None:
    """Give an individual those synapses and no others, in place."""
    if values.dtype == np.object_:
        values[row] = positions
    else:
        values[row] = False
        values[row].reshape(-1)[positions] = True
