"""Numbers that founders inherit, as vectors in units of how founders are drawn: what algorithms on vectors search."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.variation.line import from_line, to_line
from hetevo.populations.birth import keep_outputs_positive
from hetevo.populations.circuits import genome
from hetevo.populations.errors import SettingError
from hetevo.populations.genome import Gene, Population
from hetevo.populations.species import Species
from hetevo.populations.types import Floats

NUMBERS = ("gain", "decay", "innate")
"""Kinds of genes that are entries of a vector; wirings and signs stay those of one individual."""


class Vectors:
    """Genes as vectors of D numbers in which founders are standard normal: gains, innate weights, logarithms of decays.

    A gain is its distance from the mean of founders' gains of that pathway in their standard deviations, and a decay
    the same in its logarithm, so that one step size suits all entries. All individuals have the wiring of one of them.

    Parameters
    ----------
    species : Species
        Names the genes, and how founders are drawn.

    Attributes
    ----------
    size : int
        Entries D.
    """

    def __init__(self, species: Species) -> None:
        self._species = species
        self._genes = [gene for gene in genome(species) if gene.kind in NUMBERS and _varies(gene, species)]
        self._ends = np.cumsum([math.prod(gene.shape) for gene in self._genes]).astype(int)
        self.size = int(self._ends[-1]) if self._genes else 0

    @property
    def units(self) -> Mapping[str, tuple[float, float]]:
        """What an entry is measured from, and in: mean and standard deviation of founders, by gene."""
        return {gene.name: _prior(gene, self._species) for gene in self._genes}

    def check(self, name: str) -> None:
        """Refuse species that have no such numbers.

        Parameters
        ----------
        name : str
            Of the algorithm, for the message.

        Raises
        ------
        SettingError
            Saying what is inherited instead.
        """
        if any(gene.kind == "bits" for gene in genome(self._species)):
            raise SettingError(
                f"evolution.algorithm: {name!r} searches vectors of numbers, and with a rule that is inherited whole"
                ' individuals have bits. Choose an algorithm that varies genes, such as "generational".'
            )
        if not self.size:
            raise SettingError(
                f"evolution.algorithm: {name!r} searches vectors of numbers, so expected gains, decays or innate"
                " weights that individuals inherit and that differ among founders, got none."
            )

    def flatten(self, population: Population) -> Floats:
        """Return genes as vectors, shape (P, D), float64.

        Raises
        ------
        SettingError
            If a decay is 0: it has no logarithm.
        """
        parts = []
        for gene in self._genes:
            mean, scale = _prior(gene, self._species)
            values = population[gene.name].reshape(population.size, -1)
            # founders of a user's own may have any
            if gene.kind == "decay" and (none := np.count_nonzero(values == 0)):
                raise SettingError(
                    f"{gene.name}: vectors hold logarithms of decays, so expected founders whose decays are all above"
                    f' 0, got {none} of 0. Give others, or choose an algorithm that varies genes: "generational".'
                )
            parts.append((to_line(values, gene) - mean) / scale)
        return np.concatenate(parts, axis=1)

    def unflatten(self, vectors: Floats, template: Population) -> Population:
        """Return vectors, shape (P, D), as genes.

        Parameters
        ----------
        vectors : ndarray of float64, shape (P, D)
            Any finite numbers: decays above 1 become 1, and negative gains of outputs that must be positive positive.
        template : Population
            One individual, whose wiring and signs all have.
        """
        arrays: dict[str, NDArray[Any]] = {
            name: np.repeat(values, len(vectors), axis=0) for name, values in template.items()
        }
        for gene, columns in zip(self._genes, np.split(vectors, self._ends[:-1], axis=1), strict=True):
            mean, scale = _prior(gene, self._species)
            values = from_line((columns * scale + mean).reshape(len(vectors), *gene.shape), gene)
            # a decay of 0 would have no logarithm
            arrays[gene.name] = np.maximum(values, np.finfo(np.float32).tiny) if gene.kind == "decay" else values
            keep_outputs_positive(arrays[gene.name], gene, self._species)
        return Population(arrays)


def _varies(gene: Gene, species: Species) -> bool:
    """Tell whether founders differ in a gene."""
    if gene.kind == "decay":
        return species.genome.decay and species.genome.decay_log_scale > 0
    return gene.kind == "innate" or _prior(gene, species)[1] > 0


def _prior(gene: Gene, species: Species) -> tuple[float, float]:
    """Return mean and standard deviation of founders, of a decay of its logarithm; see `hetevo.populations.birth`."""
    priors, synapses = species.genome, gene.name.rpartition("_")[2]
    if gene.kind == "decay":
        return priors.prior("decay_log_mean", synapses), priors.decay_log_scale
    if gene.kind == "innate":
        return 0.0, 1.0
    mean = priors.prior("gain_mean", synapses) if gene.name.startswith("gains_") else priors.term_mean
    return mean, gene.scale
