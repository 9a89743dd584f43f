"""What algorithms that seek diversity have in common: descriptors of genes, and the bounds between which they lie."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from hetevo.evolve.algorithms.algorithm import Algorithm, Search
from hetevo.populations.circuits import genome
from hetevo.populations.descriptors import DESCRIPTORS, USUAL, describe
from hetevo.populations.errors import SettingError, nearest
from hetevo.populations.evaluation import MEASURED
from hetevo.populations.genome import Population
from hetevo.populations.settings import Setting
from hetevo.populations.types import Floats

KEY = "evolution.algorithm"


@dataclass(frozen=True)
class Described(Algorithm):
    """An algorithm that tells circuits apart by descriptors of their genes (`hetevo.populations.descriptors`)."""

    descriptors: Annotated[tuple[str, ...], Setting("properties of genes that tell circuits apart")] = USUAL
    bounds: Annotated[
        tuple[tuple[float, float], ...], Setting("least and largest value of each descriptor; none: the usual ones")
    ] = ()

    def check(self, search: Search) -> None:
        """Refuse what is no descriptor, or that these individuals do not have."""
        # 1. names: of genes, each once, and never of a measure
        for name in self.descriptors:
            if name not in DESCRIPTORS:
                why = ": search never sees a gradient, nor anything else that is measured."
                raise SettingError(
                    f"{KEY}.descriptors: expected properties of genes, {', '.join(DESCRIPTORS)}, got {name!r}"
                    + (why if MEASURED.search(name) else f".{nearest(name, DESCRIPTORS)}")
                )
        if not self.descriptors or len(set(self.descriptors)) < len(self.descriptors):
            raise SettingError(
                f"{KEY}.descriptors: expected at least one, and each once, got {list(self.descriptors)}."
            )
        # 2. genes: circuits' own, as arrays
        species = search.species
        if species.storage == "sparse":
            raise SettingError(
                f"{KEY}: descriptors are computed of matrices, and the wirings of these individuals are lists of"
                ' synapses. Set network.storage = "dense", or choose another algorithm.'
            )
        own = {gene.name for gene in genome(species)}
        for name in self.descriptors:
            if missing := [gene for gene in DESCRIPTORS[name].genes if gene not in own]:
                raise SettingError(
                    f"{KEY}.descriptors: {name!r} is computed of {', '.join(missing)}, which these individuals do not"
                    f" have: they inherit {', '.join(sorted(own))}. Choose another descriptor or algorithm."
                )
        if "decay" in self.descriptors and not species.genome.decay:
            raise SettingError(
                f"{KEY}.descriptors: 'decay' is a logarithm of decays, and with genome.decay = false there are none."
            )
        # 3. bounds
        if self.bounds and len(self.bounds) != len(self.descriptors):
            raise SettingError(
                f"{KEY}.bounds: expected a pair for each of {', '.join(self.descriptors)}, or none, got"
                f" {[list(pair) for pair in self.bounds]}."
            )
        for name, (low, high) in zip(self.descriptors, self.limits(search), strict=True):
            if not low < high:
                raise SettingError(
                    f"{KEY}.bounds: expected a least value of {name!r} below the largest one, got [{low:g}, {high:g}]."
                    f" For example: {KEY}.bounds = [{', '.join(['[0.0, 1.0]'] * len(self.descriptors))}]"
                )

    def limits(self, search: Search) -> Floats:
        """Return the least and the largest value of each of D descriptors, shape (D, 2)."""
        usual = [DESCRIPTORS[name].bounds(search.species) for name in self.descriptors]
        return np.array(self.bounds or usual, np.float64)

    def describe(self, population: Population, search: Search) -> Floats:
        """Return the descriptors of P individuals, shape (P, D), in their own units."""
        return describe(population, search.species, self.descriptors)
