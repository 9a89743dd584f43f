"""A task: cosine waves along random directions."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from hetevo.populations.settings import Setting
from hetevo.populations.tasks import Synthetic
from hetevo.populations.tasks.task import Regression, directions


@dataclass(frozen=True)
class Cosine(Synthetic):
    """``y_o = cos(frequency * u_o . x)`` with random directions ``u_o``."""

    classification: ClassVar[bool] = False
    inputs: int = 6
    outputs: int = 2
    frequency: Annotated[float, Setting("radians per unit of input", above=0, most=10)] = 1.5

    def draw(self, rng):
        waves = directions(rng, self.outputs, self.inputs).T
        return Regression(self.inputs, lambda x: np.cos(self.frequency * (x @ waves)))
