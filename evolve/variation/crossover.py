"""Crossover: what of two parents becomes a child's.

Each crossing makes one child, a copy of its first parent that takes genes of the second one. Wiring, innate weights and
signs of neurons stay those of the first parent.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol

import numpy as np
from numpy.random import Generator

from hetevo.evolve.variation.line import ends_of, from_line, to_line
from hetevo.populations.birth import keep_outputs_positive
from hetevo.populations.circuits import genome, is_of_error_neurons
from hetevo.populations.elementary import power
from hetevo.populations.error_neurons import error_layout
from hetevo.populations.genome import Gene, Kind, Population
from hetevo.populations.settings import Setting
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Indices, Mask


class Crossover(Protocol):
    """An operator of crossover: a frozen dataclass whose fields are its options.

    Attributes
    ----------
    kinds : frozenset of str
        Kinds of genes that it crosses; of the second parents nothing else is there.
    """

    kinds: ClassVar[frozenset[Kind]]

    def cross(
        self, children: Population, second: Population, crossed: Indices, species: Species, rng: Generator
    ) -> None:
        """Cross in place.

        Parameters
        ----------
        children : Population
            Copies of the first parents, P individuals.
        second : Population
            The second parents' genes of ``kinds``, one row for each of ``crossed``.
        crossed : ndarray of int64, shape (n,)
            Positions of the children that have two parents.
        species : Species
            Names the genes.
        rng : numpy.random.Generator
            Source of all randomness.
        """
        ...


@dataclass(frozen=True)
class Uniform:
    """Each gain and decay comes from either parent with probability one half.

    Bits are crossed at two points, as in `deap.tools.cxTwoPoint`: what lies between them comes from the second parent.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({"gain", "decay", "bits"})

    def cross(
        self, children: Population, second: Population, crossed: Indices, species: Species, rng: Generator
    ) -> None:
        """Cross in place; see `Crossover`."""
        # what neurons share out together is drawn first, forward neurons and error neurons apart
        neurons = {
            errors: drawn
            for errors, layout in ((False, species.layout), (True, error_layout(species)))
            if (drawn := self.choose_neurons(len(crossed), layout.neurons, rng)) is not None
        }
        for gene in genome(species):
            if gene.kind in self.kinds:
                chosen = neurons.get(is_of_error_neurons(species, gene.name))
                if gene.kind == "bits":
                    from_second = self.choose_bits(len(crossed), gene.shape[0], rng)
                elif chosen is not None and self.goes_by_neuron(gene, chosen.shape[1]):
                    # outputs come last, and only some genes have a place for them
                    from_second = chosen[:, : gene.shape[0]]
                else:
                    from_second = rng.random((len(crossed), *gene.shape), dtype=np.float32) < 0.5
                genes = children[gene.name]
                genes[crossed] = np.where(from_second, second[gene.name], genes[crossed])

    def choose_neurons(self, count: int, neurons: int, rng: Generator) -> Mask | None:
        """Choose the neurons whose genes come from the second parent, shape (count, neurons); None: gene by gene."""
        del count, neurons, rng
        return None

    def choose_bits(self, count: int, length: int, rng: Generator) -> Mask:
        """Choose the bits that come from the second parent, shape (count, length)."""
        return draw_stretch(count, length, rng)

    def goes_by_neuron(self, gene: Gene, neurons: int) -> bool:
        """Tell whether the numbers of a gene belong to neurons; of those that all share, to the first one."""
        return gene.kind == "gain" and len(gene.shape) == 1 and gene.shape[0] <= neurons


@dataclass(frozen=True)
class Neuron(Uniform):
    """All that a neuron has, its gains and coefficients of extra terms, comes from the same parent, by a coin.

    What a neuron does depends on the signs of its gains together (flipping both changes nothing). Gains that the whole
    network shares go together, too. Decays are crossed one by one, bits as by `Uniform`.
    """

    def choose_neurons(self, count: int, neurons: int, rng: Generator) -> Mask:
        """Toss a coin for each neuron."""
        return np.asarray(rng.random((count, neurons)) < 0.5)


@dataclass(frozen=True)
class OnePoint(Uniform):
    """Neurons behind a point, in the order of levels with outputs last, come from the second parent; bits likewise.

    As `deap.tools.cxOnePoint`. Decays, and gains that the whole network shares, are crossed one by one.
    """

    def choose_neurons(self, count: int, neurons: int, rng: Generator) -> Mask | None:
        """Choose what lies behind a point; a single neuron cannot be parted."""
        return draw_end(count, neurons, rng) if neurons > 1 else None

    def choose_bits(self, count: int, length: int, rng: Generator) -> Mask:
        """Choose what lies behind a point."""
        return draw_end(count, length, rng)

    def goes_by_neuron(self, gene: Gene, neurons: int) -> bool:
        """Tell whether each neuron has a number of its own: the first neuron never comes from the second parent."""
        return super().goes_by_neuron(gene, neurons) and gene.shape[0] > 1


@dataclass(frozen=True)
class TwoPoint(OnePoint):
    """Neurons between two points come from the second parent, as in `deap.tools.cxTwoPoint`; bits likewise."""

    def choose_neurons(self, count: int, neurons: int, rng: Generator) -> Mask | None:
        """Choose what lies between two points; a single neuron cannot be parted."""
        return draw_stretch(count, neurons, rng) if neurons > 1 else None

    def choose_bits(self, count: int, length: int, rng: Generator) -> Mask:
        """Choose what lies between two points."""
        return draw_stretch(count, length, rng)


def draw_stretch(count: int, length: int, rng: Generator) -> Mask:
    """Choose a stretch of 1 to ``length - 1`` places, never the first, in each of ``count`` rows, (count, length)."""
    # two different points, in order, as DEAP draws them
    first = rng.integers(1, length + 1, count)
    second = rng.integers(1, length, count)
    second += second >= first
    low, high = np.minimum(first, second)[:, None], np.maximum(first, second)[:, None]
    places = np.arange(length)
    return np.asarray((places >= low) & (places < high))


def draw_end(count: int, length: int, rng: Generator) -> Mask:
    """Choose the last 1 to ``length - 1`` places in each of ``count`` rows, (count, length)."""
    return np.asarray(np.arange(length) >= rng.integers(1, length, count)[:, None])


class Mixing:
    """Gains and decays of a child are mixed from those of its parents, on the line where they vary (`line`)."""

    kinds: ClassVar[frozenset[Kind]] = frozenset({"gain", "decay"})

    def cross(
        self, children: Population, second: Population, crossed: Indices, species: Species, rng: Generator
    ) -> None:
        """Cross in place; see `Crossover`."""
        for gene in genome(species):
            if gene.kind in self.kinds:
                own, other = children[gene.name][crossed], second[gene.name]
                mixed = self.mix(to_line(own, gene), to_line(other, gene), *ends_of(gene, species), rng)
                made = from_line(mixed, gene)
                keep_outputs_positive(made, gene, species)
                # a decay of 0 means none at all, which nothing can be mixed with
                none = (gene.kind == "decay") & ((own == 0) | (other == 0))
                children[gene.name][crossed] = np.where(none, own, made)

    def mix(self, first: Floats, second: Floats, begin: Floats, end: float, rng: Generator) -> Floats:
        """Return the numbers of n children.

        Parameters
        ----------
        first, second : ndarray of float64, shape (n, ...)
            Where the parents' numbers lie on their line.
        begin, end : ndarray of float64, shape (...), and float
            Where the line begins and ends.
        rng : numpy.random.Generator
            Source of randomness.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Blend(Mixing):
    """Each gain and decay is drawn between the parents' and a little beyond (BLX-alpha), as `deap.tools.cxBlend`.

    L. J. Eshelman and J. D. Schaffer (1993), Real-coded genetic algorithms and interval-schemata, FOGA 2, 187-202.
    """

    alpha: Annotated[
        float, Setting("how far beyond the parents, as a share of their distance", least=0, most=10, finite=True)
    ] = 0.5

    def mix(self, first: Floats, second: Floats, begin: Floats, end: float, rng: Generator) -> Floats:
        """Draw from the stretch; what leaves the line is put back when it becomes a gene."""
        del begin, end
        gamma = (1 + 2 * self.alpha) * rng.random(first.shape) - self.alpha
        return np.asarray((1 - gamma) * first + gamma * second)


@dataclass(frozen=True)
class SimulatedBinary(Mixing):
    """Each gain and decay is drawn near one of the parents' (SBX), the closer the larger ``eta``.

    Two children of a crossing lie evenly on both sides of the parents' mean; the one that is made takes each of its
    numbers from either by a coin, as in Deb's own program. As `deap.tools.cxSimulatedBinary`, and where a line ends as
    `deap.tools.cxSimulatedBinaryBounded`, but all numbers are crossed, not every second one.

    K. Deb and R. B. Agrawal (1995), Simulated binary crossover for continuous search space, Complex Systems 9, 115-148.
    """

    eta: Annotated[
        float, Setting("the larger, the closer children are to a parent", least=0, most=1000, finite=True)
    ] = 15.0

    def mix(self, first: Floats, second: Floats, begin: Floats, end: float, rng: Generator) -> Floats:
        """Draw how far apart two children are, and which of them is made."""
        drawn, upper = rng.random(first.shape), rng.random(first.shape) < 0.5
        low, high = np.minimum(first, second), np.maximum(first, second)
        apart = high - low
        room = np.where(upper, end - high, low - begin)
        half = spread(drawn, room / np.where(apart > 0, apart, 1), self.eta) * apart / 2
        child = np.clip((low + high) / 2 + np.where(upper, half, -half), begin, end)
        # what both parents have alike stays, to the last bit
        return np.where(apart > 0, child, first)


def spread(drawn: Floats, room: Floats, eta: float) -> Floats:
    """Return how far apart two children are, in units of the distance of their parents.

    Parameters
    ----------
    drawn : ndarray of float64, shape (...)
        Uniform random numbers, 0 to below 1.
    room : ndarray of float64, shape (...)
        From the parent that is nearer to the end of the line to that end, in the same unit; may be infinite.
    eta : float
        Distribution index.

    Examples
    --------
    >>> spread(np.array([0.0, 0.5]), np.array([np.inf, np.inf]), 1.0).tolist()
    [0.0, 1.0]
    """
    # what would lie beyond the end of the line is shared out among the rest
    beyond = np.zeros(drawn.shape)
    ends = np.isfinite(room)
    beyond[ends] = power(1 + 2 * np.maximum(room[ends], 0), -(eta + 1))
    ratio = drawn * (2 - beyond)
    return power(np.where(ratio <= 1, ratio, 1 / (2 - ratio)), 1 / (eta + 1))
