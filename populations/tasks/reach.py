"""Reaching: which angles of the joints bring the hand of an arm to a place that is seen."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.errors import SettingError
from hetevo.populations.tasks.task import Samples, Synthetic
from hetevo.populations.types import Floats

NEAR, FAR = 0.45, 0.95
"""Distances of places from the shoulder, in units of the arm's length."""

SECTOR = np.deg2rad(60.0)
"""Places lie at most so far to both sides of straight ahead."""


@dataclass(frozen=True)
class Arm:
    """An arm with two joints in a plane.

    Parameters
    ----------
    upper, lower : float
        Lengths of its segments; any unit.
    rotation : float
        Angle in radians by which all places are seen turned about the shoulder, as through prisms.
    preferred : ndarray of float, shape (inputs,)
        Directions in radians to which the inputs are tuned.
    """

    upper: float
    lower: float
    rotation: float
    preferred: Floats

    def training(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` places and the angles that reach them."""
        # the hand goes where it should, and is seen as if the view were turned
        distance = rng.uniform(NEAR, FAR, count)
        direction = rng.uniform(-SECTOR, SECTOR, count)
        seen = direction + self.rotation
        # places have mean (x, y) about (.58, 0) and a spread of .2 to .4 around it
        across, along = distance * np.sin(seen) / 0.37, (distance * np.cos(seen) - 0.58) / 0.2
        inputs = along[:, None] * np.cos(self.preferred) + across[:, None] * np.sin(self.preferred)
        return inputs, self.angles(distance, direction)

    def angles(self, distance: Floats, direction: Floats) -> Floats:
        """Return the angles of shoulder and elbow, shape (n, 2), centred and in units of about their spread.

        Inverse kinematics by the law of cosines, with the elbow bent to one side.
        """
        upper, lower = self.upper, self.lower
        # by the law of cosines, the elbow and then the shoulder
        reach = distance * (upper + lower)
        elbow = np.arccos((reach**2 - upper**2 - lower**2) / (2 * upper * lower))
        shoulder = direction - np.arctan2(lower * np.sin(elbow), upper + lower * np.cos(elbow))
        return np.column_stack([(shoulder + 0.77) / 0.65, (elbow - 1.56) / 0.43])

    def test(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` places and the angles that reach them."""
        return self.training(rng, count)


@dataclass(frozen=True)
class Reach(Synthetic):
    """Motor commands for an arm whose segments and view differ from task to task.

    Inputs are mossy fibres with cosine tuning to the place that is seen, in evenly spaced preferred directions; outputs
    are the angles of two joints. Errors at the outputs are motor errors.

    Parameters
    ----------
    inputs : int
        Tuned inputs; at least 2.
    outputs : int
        2: shoulder and elbow.
    rotation : float
        Largest angle, in degrees, by which the view is turned; 0 or more.

    Raises
    ------
    SettingError
        If sizes or angle are impossible.
    """

    classification: ClassVar[bool] = False
    inputs: int = 6
    outputs: int = 2
    rotation: float = 30.0

    def __post_init__(self) -> None:
        if self.inputs < 2 or self.outputs != 2:
            raise SettingError(
                "task: reach has at least 2 inputs and exactly 2 outputs (shoulder and elbow), got"
                f" {self.inputs} and {self.outputs}"
            )
        if self.rotation < 0:
            raise SettingError(f"task.options.rotation: expected 0 or more degrees, got {self.rotation}")

    def draw(self, rng: Generator) -> Arm:
        """Draw lengths of both segments, within a fifth of 1, and the rotation of the view."""
        upper, lower = rng.uniform(0.8, 1.2, 2)
        largest = np.deg2rad(self.rotation)
        # each input prefers a direction of its own
        preferred = 2 * np.pi * np.arange(self.inputs) / self.inputs
        return Arm(float(upper), float(lower), float(rng.uniform(-largest, largest)), preferred)
