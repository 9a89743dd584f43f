"""Mutation: numbers, synapses and bits of all individuals that change by themselves.

Rates and scales are those of ``[evolution]`` for every operator, unless it has some of its own.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, get_args

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.evolve.variation.line import ends_of, from_line, polynomial, to_line
from hetevo.evolve.variation.wiring import (
    by_individual,
    draw_neurons,
    flip_synapses,
    follows,
    mirror_wirings,
    move_synapses,
    places_of,
    rewire_neurons,
)
from hetevo.populations.birth import draw_gene, keep_outputs_positive
from hetevo.populations.circuits import genome
from hetevo.populations.elementary import exp
from hetevo.populations.genome import Gene, Kind, Population
from hetevo.populations.random_streams import draw_events
from hetevo.populations.settings import Same, Setting
from hetevo.populations.species import Species
from hetevo.populations.types import Floats

if TYPE_CHECKING:  # a configuration checks its operators
    from hetevo.evolve.config.tables import EvolutionTable

SCALED: tuple[Kind, ...] = ("gain", "decay", "innate")
"""Kinds of genes whose mutations have a scale, in the order of the columns of ``strength``."""


class Mutation(Protocol):
    """An operator of mutation: a frozen dataclass whose fields are its options.

    Attributes
    ----------
    kinds : frozenset of str
        Kinds of genes to which it does what its name says; where there are none of them, it is refused.
    """

    kinds: ClassVar[frozenset[Kind]]

    def mutate(
        self,
        children: Population,
        species: Species,
        settings: "EvolutionTable",
        rng: Generator,
        strength: Floats | None = None,
    ) -> None:
        """Mutate all individuals in place.

        Parameters
        ----------
        children : Population
            Individuals to change, P of them.
        species : Species
            Names the genes, and the synapses that may exist.
        settings : EvolutionTable
            Rates and scales.
        rng : numpy.random.Generator
            Source of all randomness.
        strength : ndarray of float, shape (P,) or (P, 3), optional
            Factors for the scales of each individual, of all kinds alike or those of `SCALED` in turn, 0 or more.
            Default: 1.
        """
        ...


@dataclass(frozen=True)
class Gaussian:
    """Gains and innate weights change by normal noise, decays by factors whose logarithm is normal.

    Rates say how many change, scales by how much (standard deviations). Each synapse that may exist appears or
    disappears with the probability ``evolution.mask_flip``, each bit flips with ``evolution.bit_flip``; neurons keep
    their signs.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset(get_args(Kind))

    def mutate(
        self,
        children: Population,
        species: Species,
        settings: "EvolutionTable",
        rng: Generator,
        strength: Floats | None = None,
    ) -> None:
        """Mutate in place; see `Mutation`."""
        for gene in genome(species):
            values = children[gene.name]
            if gene.kind in SCALED:
                self.mutate_numbers(values, gene, species, settings, rng, strength_of(strength, gene))
            elif gene.kind == "mask":
                self.flip(values, gene, species, settings, rng)
            elif gene.kind == "bits":
                flat = values.reshape(-1)
                hit = draw_events(rng, flat.size, settings.bit_flip)
                flat[hit] = ~flat[hit]
        self.rewire(children, species, rng)
        # last, since the wiring upwards has changed
        mirror_wirings(children, species)

    def mutate_numbers(
        self,
        values: NDArray[Any],
        gene: Gene,
        species: Species,
        settings: "EvolutionTable",
        rng: Generator,
        strength: Floats | None,
    ) -> None:
        """Change some numbers of a gene, (P, ...), in place; ``strength`` (P,) or None."""
        rate, scale = rate_and_scale(settings, gene)
        # a view: what is changed here is changed in the population
        flat = values.reshape(-1)
        hit = draw_events(rng, flat.size, rate)
        factor = 1 if strength is None else strength[hit // (flat.size // len(values))]
        if gene.kind == "decay":
            noise = rng.standard_normal(len(hit)) * scale * factor
            # a decay of 1 forgets everything at once; more would turn weights over
            flat[hit] = np.minimum(flat[hit] * exp(noise), 1)
            return
        flat[hit] += rng.standard_normal(len(hit), dtype=np.float32) * np.float32(scale) * np.float32(factor)
        keep_outputs_positive(values, gene, species)

    def flip(
        self, values: NDArray[Any], gene: Gene, species: Species, settings: "EvolutionTable", rng: Generator
    ) -> None:
        """Let synapses appear and disappear, in place."""
        flip_synapses(values, gene, species, settings.mask_flip, settings.mask_flip, rng)

    def rewire(self, children: Population, species: Species, rng: Generator) -> None:
        """Change wirings in other ways, once single synapses have flipped: here nothing."""
        del children, species, rng


@dataclass(frozen=True)
class Polynomial(Gaussian):
    """Numbers change by steps of Deb's polynomial distribution, the smaller most of them the larger ``eta``.

    Its steps have a largest one. That is chosen so that their standard deviation is the scale of the gene, as with
    `Gaussian`: most steps are smaller than normal ones then, and none is larger than
    ``scale * sqrt((eta + 2) (eta + 3) / 2)``. Where a number may not become any (decays end at 1, gains of outputs that
    are kept positive at 0), steps towards the end are shortened so that none goes beyond it, as in
    `deap.tools.mutPolynomialBounded`, whose largest step is the whole range. Wiring and bits are as with `Gaussian`.

    K. Deb and M. Goyal (1996), A combined genetic adaptive search (GeneAS) for engineering design, Computer Science and
    Informatics 26, 30-45.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset(SCALED)
    eta: Annotated[
        float, Setting("the larger, the more small steps and the fewer large ones", least=0, most=1000, finite=True)
    ] = 20.0

    def mutate_numbers(
        self,
        values: NDArray[Any],
        gene: Gene,
        species: Species,
        settings: "EvolutionTable",
        rng: Generator,
        strength: Floats | None,
    ) -> None:
        """Change some numbers of a gene in place."""
        rate, scale = rate_and_scale(settings, gene)
        flat, width = values.reshape(-1), values.size // len(values)
        hit = draw_events(rng, flat.size, rate)
        hit = hit[flat[hit] > 0] if gene.kind == "decay" else hit
        # the standard deviation of steps between -1 and 1 is the inverse of this square root
        largest = scale * np.sqrt((self.eta + 2) * (self.eta + 3) / 2)
        sizes = largest * (np.ones(len(hit)) if strength is None else strength[hit // width])
        # a step, which the ends of the line shorten
        places, (begin, end) = to_line(flat[hit], gene), ends_of(gene, species)
        whole = np.where(sizes > 0, sizes, 1)
        below = np.clip((places - begin.reshape(-1)[hit % width]) / whole, 0, 1)
        above = np.clip((end - places) / whole, 0, 1)
        steps = sizes * polynomial(rng.random(len(hit)), below, above, self.eta)
        flat[hit] = from_line(places + steps, gene)
        keep_outputs_positive(values, gene, species)


@dataclass(frozen=True)
class Redraw(Gaussian):
    """Numbers are drawn anew, as those of founders are; rates say how many. Wiring and bits are as with `Gaussian`."""

    kinds: ClassVar[frozenset[Kind]] = frozenset(SCALED)

    def mutate_numbers(
        self,
        values: NDArray[Any],
        gene: Gene,
        species: Species,
        settings: "EvolutionTable",
        rng: Generator,
        strength: Floats | None,
    ) -> None:
        """Draw some numbers of a gene anew, in place; they have no scale."""
        del strength
        flat, width = values.reshape(-1), values.size // len(values)
        hit = draw_events(rng, flat.size, rate_and_scale(settings, gene)[0])
        # whole founders of this gene, of which those numbers are taken that changed
        for row, places in by_individual(hit, width):
            drawn = np.broadcast_to(draw_gene(gene, species, rng), gene.shape).reshape(-1)[places]
            flat[row * width + places] = np.minimum(drawn, 1) if gene.kind == "decay" else drawn


@dataclass(frozen=True)
class Structural(Gaussian):
    """Synapses appear and disappear, each at a rate of its own, synapses move, and neurons are cut off or wired up.

    A synapse that moves goes to any place of its pathway that may have one, and stays where it is if that is taken. A
    hidden neuron is cut off or wired up in all pathways at once: what it receives and what it sends. Numbers and bits
    are as with `Gaussian`.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({"mask"})
    appear: Annotated[
        Same, Setting('probability that an absent synapse appears; "same": evolution.mask_flip', least=0, most=1)
    ] = "same"
    disappear: Annotated[
        Same, Setting('probability that a synapse disappears; "same": evolution.mask_flip', least=0, most=1)
    ] = "same"
    move: Annotated[float, Setting("probability that a synapse moves", least=0, most=1)] = 0.002
    isolate: Annotated[float, Setting("probability that a neuron loses all its synapses", least=0, most=1)] = 0.001
    connect: Annotated[float, Setting("probability that a neuron gains all it may have", least=0, most=1)] = 0.001

    def flip(
        self, values: NDArray[Any], gene: Gene, species: Species, settings: "EvolutionTable", rng: Generator
    ) -> None:
        """Let synapses appear and disappear, in place."""
        appear, disappear = (settings.mask_flip if rate == "same" else rate for rate in (self.appear, self.disappear))
        flip_synapses(values, gene, species, appear, disappear, rng)

    def rewire(self, children: Population, species: Species, rng: Generator) -> None:
        """Move synapses, then cut neurons off, then wire others up."""
        # which neurons: the same ones in every pathway
        isolated, connected = (draw_neurons(species, children.size, rate, rng) for rate in (self.isolate, self.connect))
        for gene in genome(species):
            if gene.kind == "mask" and not follows(gene, species):
                values, places = children[gene.name], places_of(gene, species)
                move_synapses(values, places, self.move, rng)
                rewire_neurons(values, gene, species, isolated)
                rewire_neurons(values, gene, species, connected, places)


def rate_and_scale(settings: "EvolutionTable", gene: Gene) -> tuple[float, float]:
    """Return how often the numbers of a gene change, and by how much."""
    return {
        "gain": (settings.gain_mutation_rate, settings.gain_mutation_scale),
        "decay": (settings.decay_mutation_rate, settings.decay_mutation_scale),
        "innate": (settings.innate_mutation_rate, settings.innate_mutation_scale),
    }[gene.kind]


def strength_of(strength: Floats | None, gene: Gene) -> Floats | None:
    """Return the factors of each individual for a gene, shape (P,), from those for all kinds; None: 1."""
    if strength is None or strength.ndim == 1:
        return strength
    return np.asarray(strength[:, SCALED.index(gene.kind)])
