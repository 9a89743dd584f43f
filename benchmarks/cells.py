"""The sizes at which the evaluator is compared: networks of three kinds of users, one sample at a time, and layers."""

from dataclasses import dataclass, replace

import numpy as np

from hetevo.populations.birth import Weights, draw_innate_weights
from hetevo.populations.circuits import draw_founders
from hetevo.populations.experience import Experience, experience
from hetevo.populations.genome import Population
from hetevo.populations.kernel.panels import connected
from hetevo.populations.layout import Layout
from hetevo.populations.settings import Genome, Lifetime, Network
from hetevo.populations.species import Species
from hetevo.populations.tasks import Sine

NETWORKS = 256
PRESENTATIONS = 200
INPUTS, OUTPUTS = 7, 2  # and a bias: 8 input units
DENSITY = 0.5


@dataclass(frozen=True)
class Cell:
    """One size.

    Parameters
    ----------
    levels : tuple of int
        Neurons in each hidden level.
    samples : int
        Samples a presentation, ``S``.
    inputs, outputs : int
        Without the bias.
    wiring : str
        Wiring family.
    density : float
        Share of the allowed synapses that are there.
    """

    levels: tuple[int, ...]
    samples: int
    inputs: int = INPUTS
    outputs: int = OUTPUTS
    wiring: str = "amorphous"
    density: float = DENSITY

    @property
    def name(self) -> str:
        """Levels and samples, such as ``(8, 8) x 16``; of layers all sizes, such as ``784-500-10 x 128``."""
        if self.wiring == "layered":
            return f"{'-'.join(map(str, (self.inputs, *self.levels, self.outputs)))} × {self.samples}"
        return f"({', '.join(map(str, self.levels))}) × {self.samples}"

    def species(self, presentations: int = PRESENTATIONS, gain_scale: float = Genome().gain_scale) -> Species:
        """Return the species: the task `sine`, one task a generation."""
        return Species(
            layout=Layout(self.inputs, self.levels, self.outputs),
            task=Sine(self.inputs, self.outputs),
            network=Network(self.levels, self.wiring, density_ascending=self.density, density_descending=self.density),
            genome=Genome(gain_scale=gain_scale),
            lifetime=Lifetime(presentations=presentations, batch=self.samples, tasks=1, test_samples=8),
        )

    @property
    def needed_flops(self) -> int:
        """Floating-point operations of one presentation's products, where a wiring allows synapses.

        Two sweeps, and the correlations, which both pathways share; a multiplication and an addition count as two.
        """
        species = self.species()
        synapses = species.allowed.ascending.sum() + species.allowed.descending.sum() + connected(species).sum()
        return int(2 * self.samples * synapses)


CELLS = (
    Cell((8, 8), 16),
    Cell((16, 16), 16),
    Cell((24, 24), 16),
    Cell((32, 32), 32),
    Cell((64, 64), 32),
    Cell((16, 16), 1),
)

LARGE = Cell((500,), 128, inputs=784, outputs=10, wiring="layered", density=1.0)
"""Layers as of a network for MNIST."""

LARGE_NETWORKS, LARGE_PRESENTATIONS, LARGE_GAINS = (1, 16), 20, 0.001
"""One network, and a population; what they live through; and gains that so many inputs allow."""


@dataclass(frozen=True)
class Block:
    """Networks ready to live."""

    species: Species
    genes: Population
    innate: Weights
    experience: Experience

    @classmethod
    def of(cls, species: Species, networks: int = NETWORKS, seed: int = 0) -> "Block":
        """Draw founders, their innate weights, and what they live through."""
        genes = draw_founders(species, seed, networks)
        innate = draw_innate_weights(species, genes, np.arange(networks), seed, 0)
        return cls(species, genes, innate, experience(species, seed, 0))

    def part(self, rows: slice) -> "Block":
        """Return some of the networks."""
        innate = Weights(self.innate.ascending[rows], self.innate.descending[rows])
        return replace(self, genes=self.genes.take(rows), innate=innate)
