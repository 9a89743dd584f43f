"""The genome: which arrays are inherited, and a population as a struct of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.isolation import isolated
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.rules import Pathway
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Indices, Mask

Kind = Literal["gain", "decay", "mask", "innate", "bits"]

FORMULA = "formula"
"""Name of the gene that holds an inherited learning rule."""


@dataclass(frozen=True)
class Gene:
    """One block of the genome.

    Parameters
    ----------
    name : str
        Name of the array, e.g. ``"gains_ascending"``.
    kind : str
        ``"gain"`` (signed), ``"decay"`` (positive), ``"mask"`` (boolean), ``"innate"`` (standard normal, scaled by
        fan-in at birth) or ``"bits"`` (boolean, read by a formula). The kind decides how variation treats the block.
    shape : tuple of int
        Shape for one individual.
    scale : float
        Standard deviation of a gain among founders.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    scale: float = 1.0

    @property
    def dtype(self) -> type[np.generic]:
        """Boolean for masks and bits, float32 for the rest."""
        return np.bool_ if self.kind in ("mask", "bits") else np.float32


def term_gene(pathway: Pathway, term: str) -> str:
    """Return the name of the gene that holds the coefficient of a term of a rule."""
    return f"gains_{pathway}" if term == "heterosynaptic" else f"{term}_{pathway}"


def genome(species: Species) -> tuple[Gene, ...]:
    """List the blocks of a species' genome, in the order in which they are drawn, saved and hashed."""
    if species.formula is not None:
        return (Gene(FORMULA, "bits", (species.formula.bits,)),)
    layout, founders = species.layout, species.founders
    rows = {"ascending": layout.neurons, "descending": layout.hidden}
    shapes = {"ascending": (layout.neurons, layout.units), "descending": (layout.hidden, layout.neurons)}
    width = {pathway: 1 if founders.gains_shared else rows[pathway] for pathway in rows}
    genes = [Gene(f"gains_{pathway}", "gain", (width[pathway],), founders.gain_scale) for pathway in rows]
    for pathway in ("ascending", "descending"):
        places = 1 if founders.terms_shared else rows[pathway]
        genes += [
            Gene(term_gene(pathway, term), "gain", (places,), founders.term_scale)
            for term in species.rule.terms(pathway)
            if term != "heterosynaptic"
        ]
    genes += [Gene(f"decay_{pathway}", "decay", ()) for pathway in rows]
    genes += [Gene(f"mask_{pathway}", "mask", shapes[pathway]) for pathway in rows]
    if founders.inherited:
        genes += [Gene(f"innate_{pathway}", "innate", shapes[pathway]) for pathway in rows]
    return tuple(genes)


class Population(Mapping[str, NDArray[Any]]):
    """A struct of arrays, one for each gene, with the individual on axis 0.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Arrays of shape (P, ...), the shape of the gene after the individual.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._arrays = dict(arrays)
        self.size = len(next(iter(self._arrays.values())))

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def __iter__(self) -> Any:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    @property
    def nbytes(self) -> int:
        """Bytes that the genes take."""
        return sum(array.nbytes for array in self._arrays.values())

    @property
    def gains_ascending(self) -> Floats:
        """Signed plasticity gains ``gA``, shape (P, H + O), or (P, 1) if they are shared."""
        return self._arrays["gains_ascending"]

    @property
    def gains_descending(self) -> Floats:
        """Signed plasticity gains ``gB``, shape (P, H), or (P, 1) if they are shared."""
        return self._arrays["gains_descending"]

    @property
    def mask_ascending(self) -> Mask:
        """Ascending wiring ``A``, shape (P, H + O, I + H)."""
        return self._arrays["mask_ascending"]

    @property
    def mask_descending(self) -> Mask:
        """Descending wiring ``B``, shape (P, H, H + O)."""
        return self._arrays["mask_descending"]

    def take(self, chosen: Indices | slice) -> "Population":
        """Return the individuals at some positions; a copy, unless ``chosen`` is a slice."""
        return Population({name: array[chosen] for name, array in self._arrays.items()})

    @staticmethod
    def join(parts: Iterable["Population"]) -> "Population":
        """Concatenate populations of one species."""
        whole = list(parts)
        return Population({name: np.concatenate([part[name] for part in whole]) for name in whole[0]})


@isolated
def draw_founders(species: Species, seed: int, size: int, purpose: Purpose = Purpose.FOUNDER) -> Population:
    """Draw the founders, generation 0.

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

    Returns
    -------
    Population
        Each individual drawn from its own stream, so that founder ``i`` does not depend on ``size``.
    """
    genes = genome(species)
    arrays = {gene.name: np.empty((size, *gene.shape), gene.dtype) for gene in genes}
    for individual in range(size):
        rng = random_stream(seed, 0, purpose, individual)
        masks = {} if species.formula else _wired(species, rng)
        for gene in genes:
            arrays[gene.name][individual] = masks[gene.name] if gene.kind == "mask" else _draw(gene, species, rng)
    return Population(arrays)


def _wired(species: Species, rng: Generator) -> dict[str, Mask]:
    wiring = species.family.draw(species.layout, species.wiring.density, rng)
    descending = species.mirror(wiring.ascending) if species.wiring.transposed else wiring.descending
    return {"mask_ascending": wiring.ascending, "mask_descending": descending}


def _draw(gene: Gene, species: Species, rng: Generator) -> Any:
    founders = species.founders
    if gene.kind == "bits":
        return rng.random(gene.shape) < 0.5
    if gene.kind == "decay":
        drawn = np.exp(rng.normal(founders.decay_log_mean, founders.decay_log_scale))
        return drawn if founders.decay else 0.0
    if gene.kind == "innate":
        return rng.standard_normal(gene.shape, dtype=np.float32)
    mean = founders.gain_mean if gene.name.startswith("gains_") else 0.0
    if gene.name == "gains_descending" and founders.gain_mean_descending is not None:
        mean = founders.gain_mean_descending
    return rng.normal(mean, gene.scale, gene.shape)
