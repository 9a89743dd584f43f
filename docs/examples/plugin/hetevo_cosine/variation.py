"""Operators of variation: children between their parents, and gains that turn round. They draw from ``rng`` alone."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from hetevo.evolve.variation import Gaussian
from hetevo.populations.settings import Setting


@dataclass(frozen=True)
class Between:
    """All gains of a child lie at one point of the line from its first parent to its second one."""

    kinds: ClassVar[frozenset[str]] = frozenset({"gain"})

    def cross(self, children, second, crossed, species, rng):
        share = rng.random((len(crossed), 1), dtype=np.float32)
        for name, other in second.items():
            children[name][crossed] += share * (other - children[name][crossed])


@dataclass(frozen=True)
class Turning(Gaussian):
    """As `gaussian`, and gains of neurons that are no outputs change their signs."""

    turn: Annotated[float, Setting("probability that a gain turns round", least=0, most=1)] = 0.01

    def mutate_numbers(self, values, gene, species, settings, rng, strength):
        super().mutate_numbers(values, gene, species, settings, rng, strength)
        if gene.kind == "gain" and len(gene.shape) == 1:
            hidden = values[:, : species.layout.hidden]
            hidden[rng.random(hidden.shape) < self.turn] *= -1
