"""A rule that is no sum of known terms: no synapse changes by more than a bound in one presentation."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from hetevo.populations.rules import Rule
from hetevo.populations.settings import Setting


@dataclass(frozen=True)
class Bounded(Rule):
    limit: Annotated[float, Setting("largest change of a weight in a presentation", above=0)] = 0.02

    def update(self, circuits):
        before = circuits.W.copy()
        circuits.update()
        circuits.W = before + np.clip(circuits.W - before, -self.limit, self.limit)
