"""Kinds of circuits, one a file: what their genome is, and how they live.

To add one, write a class with the methods of `Circuit`, and name it in `CIRCUITS`; one of another package is named in
``[network] circuit`` by its place (`hetevo.populations.registry`).
"""

from typing import Any

import numpy as np

from hetevo.populations.circuits.circuit import Block, Circuit, Outcome
from hetevo.populations.circuits.error_neurons import ErrorNeuronsCircuit
from hetevo.populations.circuits.layer import Layer, LayerSnapshot
from hetevo.populations.circuits.plain import Plain
from hetevo.populations.circuits.sparse import Sparse
from hetevo.populations.circuits.two_pathway import TwoPathway
from hetevo.populations.error_neurons import NAME, allowed_by_kind, error_layout
from hetevo.populations.genome import Gene, Population
from hetevo.populations.isolation import isolated
from hetevo.populations.kernel.snapshot import Snapshot
from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.registry import Registry
from hetevo.populations.species import Species
from hetevo.populations.types import Mask

METHODS = ("inherits", "genome", "draw_founder", "block_size", "count_bytes", "live")


def _accept(found: Any) -> Circuit:
    made = found() if isinstance(found, type) else found
    if missing := [name for name in METHODS if not hasattr(made, name)]:
        raise TypeError(f"expected a class with {', '.join(METHODS)}, but it has no {', '.join(missing)}")
    return made  # type: ignore[no-any-return]


CIRCUITS: Registry[Circuit] = Registry(
    "circuit",
    {"two-pathway": TwoPathway(), "plain": Plain(), "error-neurons": ErrorNeuronsCircuit(), "layer": Layer()},
    _accept,
)
"""Kinds of circuits by the name that `Species.circuit` returns."""

SPARSE: Circuit = Sparse()
"""Two-pathway circuits in sparse storage: ``network.storage`` chooses them, not ``network.circuit``."""


def circuit_of(species: Species) -> Circuit:
    """Return the kind of circuit that the individuals of a species are."""
    return SPARSE if species.circuit == "sparse" else CIRCUITS[species.circuit]


def genome(species: Species) -> tuple[Gene, ...]:
    """List the blocks of a species' genome, in the order in which they are drawn, saved and hashed."""
    return circuit_of(species).genome(species)


def allowed_synapses(species: Species, mask: str) -> Mask:
    """Return where a gene that is a wiring may have synapses, in its shape for one individual.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    mask : str
        Name of the gene, such as ``"mask_ascending"``.
    """
    kind = mask.removeprefix("mask_")
    if species.network.circuit == NAME:
        return {str(known): allowed for known, allowed in allowed_by_kind(species).items()}[kind]
    return np.asarray(getattr(species.allowed, kind))


def receiving_layout(species: Species, gene: str) -> Layout:
    """Return the levels of the neurons that a gene of neurons or synapses is about: who receives.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    gene : str
        Its name, which ends in the kind of synapses.
    """
    return error_layout(species) if is_of_error_neurons(species, gene) else species.layout


def is_of_error_neurons(species: Species, gene: str) -> bool:
    """Tell whether a gene of neurons or synapses is about error neurons, which are the ones that receive.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    gene : str
        Its name, which ends in the kind of synapses.
    """
    return species.network.circuit == NAME and gene.endswith(("_sensing", "_descending"))


def block_size(species: Species) -> int:
    """Choose how many individuals live side by side: speed only, never a bit of the result."""
    return circuit_of(species).block_size(species)


@isolated
def draw_founders(
    species: Species, seed: int, size: int, purpose: Purpose = Purpose.FOUNDER, *, generation: int = 0
) -> Population:
    """Draw the founders, generation 0, or others like them.

    Parameters
    ----------
    species : Species
        What they have in common.
    seed : int
        Seed of the experiment.
    size : int
        Number of individuals ``P``.
    purpose : Purpose, optional
        What they are drawn for: another purpose gives independent ones.
    generation : int, optional
        So does another generation.

    Returns
    -------
    Population
        Each individual drawn from its own stream, so that founder ``i`` does not depend on ``size``.

    Examples
    --------
    >>> from hetevo.populations.tasks import Sine
    >>> species = Species(Layout(6, (8, 8), 2), Sine(6, 2))
    >>> genes = draw_founders(species, seed=0, size=3)
    >>> genes.size, genes.gains_ascending.shape, genes.mask_ascending.shape
    (3, (3, 18), (3, 18, 23))
    """
    arrays = {gene.name: np.empty((size, *gene.shape), gene.dtype) for gene in genome(species)}
    for individual in range(size):
        drawn = circuit_of(species).draw_founder(species, random_stream(seed, generation, purpose, individual))
        for name, values in drawn.items():
            arrays[name][individual] = values
    return Population(arrays)


__all__ = [
    "CIRCUITS",
    "Block",
    "Circuit",
    "Gene",
    "LayerSnapshot",
    "Outcome",
    "Snapshot",
    "allowed_synapses",
    "block_size",
    "circuit_of",
    "draw_founders",
    "genome",
    "is_of_error_neurons",
    "receiving_layout",
]
