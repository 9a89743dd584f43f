"""A rule that is no sum of known terms: no synapse changes by more than a bound in one presentation."""

from dataclasses import dataclass

import numpy as np

from hetevo.populations.rules import Rule


@dataclass(frozen=True)
class Bounded(Rule):
    def update(self, circuits):
        before = circuits.W.copy()
        circuits.update()
        circuits.W = before + np.clip(circuits.W - before, -0.02, 0.02)
