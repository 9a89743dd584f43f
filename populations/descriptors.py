"""Descriptors: properties of a circuit's genes alone, by which algorithms that seek diversity tell circuits apart.

None of them is measured on a life: nothing that selects sees a gradient, nor what a probe has measured.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hetevo.populations.circuits import allowed_synapses, genome
from hetevo.populations.elementary import log
from hetevo.populations.genome import Population
from hetevo.populations.species import Species
from hetevo.populations.types import Floats

USUAL = ("density", "agreement")
"""Descriptors that algorithms take if none are named."""

HEARD = ("gains_teaching", "gains_descending")
"""Gains by which hidden neurons hear learning signals: those from error neurons, where there are some."""

NEAR, REACH = 0.25, 4.0
"""How far from founders' means usual bounds are: of a density, and of a mean logarithm of decays."""

Compute = Callable[[Population, Species], Floats]
Bounds = Callable[[Species], tuple[float, float]]


@dataclass(frozen=True)
class Descriptor:
    """A property of genes.

    Parameters
    ----------
    meaning : str
        In a few words, for figures and lists.
    genes : tuple of str
        Genes that it reads.
    compute : callable
        From P genomes and their species to an array of float64, shape (P,), finite.
    bounds : callable
        From a species to the least and the largest value that algorithms tell apart.
    """

    meaning: str
    genes: tuple[str, ...]
    compute: Compute
    bounds: Bounds


def describe(population: Population, species: Species, names: Sequence[str]) -> Floats:
    """Return descriptors of circuits.

    Parameters
    ----------
    population : Population
        P genomes, wirings as matrices.
    species : Species
        What they have in common.
    names : sequence of str
        D of `DESCRIPTORS`.

    Returns
    -------
    ndarray of float64, shape (P, D)
        In their own units, perhaps outside of their bounds.
    """
    return np.stack([DESCRIPTORS[name].compute(population, species) for name in names], axis=1)


def _share(_: Species) -> tuple[float, float]:
    return 0.0, 1.0


def _density(population: Population, species: Species, mask: str = "mask_ascending") -> Floats:
    allowed = np.count_nonzero(allowed_synapses(species, mask))
    return np.asarray(population[mask].sum(axis=(1, 2)) / allowed)


def _density_descending(population: Population, species: Species) -> Floats:
    return _density(population, species, "mask_descending")


def _bound_density(species: Species) -> tuple[float, float]:
    return _about(species.network.density_ascending)


def _bound_density_descending(species: Species) -> tuple[float, float]:
    return _about(species.network.density_descending)


def _about(density: float) -> tuple[float, float]:
    return max(0.0, density - NEAR), min(1.0, density + NEAR)


def _agreement(population: Population, species: Species) -> Floats:
    # what a hidden neuron does depends on the sign of the product of its two gains, see `hetevo.analysis.lineage.gains`
    heard = next(population[name] for name in HEARD if name in population)
    hidden = species.layout.hidden
    agree = np.sign(population.gains_ascending[:, :hidden]) * np.sign(heard[:, :hidden]) > 0
    return np.asarray(agree.mean(axis=1))


def _balance(population: Population, species: Species) -> Floats:
    del species
    return np.asarray((population.gains_ascending > 0).mean(axis=1))


def _gain(population: Population, species: Species) -> Floats:
    hidden = population.gains_ascending[:, : species.layout.hidden]
    return np.asarray(np.abs(hidden.astype(np.float64)).mean(axis=1))


def _bound_gain(species: Species) -> tuple[float, float]:
    priors = species.genome
    return 0.0, 4 * (abs(priors.prior("gain_mean", "ascending")) + priors.prior("gain_scale", "ascending"))


def _decay(population: Population, species: Species) -> Floats:
    decays = np.stack([population[gene.name] for gene in genome(species) if gene.kind == "decay"], axis=1)
    return np.asarray(log(np.maximum(decays, np.finfo(np.float32).tiny)).mean(axis=1))


def _bound_decay(species: Species) -> tuple[float, float]:
    mean = species.genome.prior("decay_log_mean", "ascending")
    return mean - REACH, min(mean + REACH, 0.0)


DESCRIPTORS: Mapping[str, Descriptor] = {
    "density": Descriptor("share of allowed ascending synapses", ("mask_ascending",), _density, _bound_density),
    "density_descending": Descriptor(
        "share of allowed descending synapses",
        ("mask_descending",),
        _density_descending,
        _bound_density_descending,
    ),
    "agreement": Descriptor(
        "share of hidden neurons with gains of one sign", ("gains_ascending", "gains_descending"), _agreement, _share
    ),
    "balance": Descriptor("share of positive ascending gains", ("gains_ascending",), _balance, _share),
    "gain": Descriptor("mean size of hidden ascending gains", ("gains_ascending",), _gain, _bound_gain),
    "decay": Descriptor("mean logarithm of decays", ("decay_ascending",), _decay, _bound_decay),
}
"""Descriptors by the name used in ``evolution.algorithm.descriptors``."""
