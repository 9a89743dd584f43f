"""Images of 28 x 28 pixels without a download: characters of an alphabet that each task draws, as if by many hands."""

from dataclasses import dataclass
from math import isqrt
from typing import Annotated, ClassVar

import numpy as np
from numpy.random import Generator

from hetevo.populations.errors import SettingError
from hetevo.populations.settings import Setting
from hetevo.populations.tasks.task import Samples, Synthetic
from hetevo.populations.types import Floats

SMALLEST = 8
"""Pixels of a side at least."""

FINE = 64
"""Pixels of a side of the drawing from which images are taken; its border is empty."""

POINTS = 40
"""Places of the pen along a stroke."""

REACH = 0.6
"""Strokes begin, bend and end within this of the middle of the image, whose edges are at -1 and 1."""

PEN = 0.1
"""Distance from the pen's way at which ink has faded to 1/e."""

TURN, STRETCH, SHEAR, SHIFT = 0.25, 0.15, 0.2, 0.1
"""Standard deviations of the deformations: radians, logarithm of both widths, share of a width, half images."""

CHUNK = 256
"""Images that are drawn together."""

Amount = Annotated[float, Setting("an amount", least=0, finite=True)]


@dataclass(frozen=True)
class Alphabet:
    """The characters of one task.

    Parameters
    ----------
    drawings : ndarray of float32, shape (classes, FINE, FINE)
        Ink of each character, 0 to 1.
    side : int
        Pixels of a side of an image.
    deformation, noise : float
        See `Glyphs`.
    """

    drawings: Floats
    side: int
    deformation: float
    noise: float

    def training(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` images of characters, each of a form of its own."""
        labels = rng.integers(len(self.drawings), size=count)
        # which place of the drawing each pixel shows: turned, stretched, sheared and shifted
        turn, wide, high, shear = rng.standard_normal((4, count)) * self.deformation
        turn, wide, high, shear = TURN * turn, np.exp(STRETCH * wide), np.exp(STRETCH * high), SHEAR * shear
        turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        formed = np.array([[wide, wide * shear], [np.zeros(count), high]])
        forms = np.einsum("ijn,jkn->nik", turned, formed)
        shifts = SHIFT * self.deformation * rng.standard_normal((count, 2, 1))
        axis = (np.arange(self.side) + 0.5) * 2 / self.side - 1
        pixels = np.stack(np.meshgrid(axis, axis)).reshape(2, -1)
        # ink, with noise, in units of the drawings' own spread
        images = np.empty((count, self.side**2), np.float32)
        for begin in range(0, count, CHUNK):
            own = slice(begin, begin + CHUNK)
            across, down = ((forms[own] @ pixels + shifts[own] + 1) * (FINE / 2)).astype(np.int64).swapaxes(0, 1)
            ink = self.drawings[labels[own, None], down.clip(0, FINE - 1), across.clip(0, FINE - 1)]
            images[own] = (ink - self.drawings.mean()) / self.drawings.std()
            images[own] += np.float32(self.noise) * rng.standard_normal(ink.shape, np.float32)
        return images, np.where(np.arange(len(self.drawings)) == labels[:, None], 1.0, -1.0)

    def test(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` fresh images."""
        return self.training(rng, count)


@dataclass(frozen=True)
class Glyphs(Synthetic):
    """Characters of a random alphabet, one a class, in images that are turned, stretched, sheared, shifted and noisy.

    Each task has an alphabet of its own: a character is ``strokes`` curves, each from the end of the last one to a
    random place by way of another (quadratic Bézier curves). Each image is fresh, and never comes again. Outputs are 1
    for the image's class, and -1 for the others.

    Parameters
    ----------
    inputs : int
        Pixels, the square of a whole number from 8 on.
    outputs : int
        Classes, at least 2.
    strokes : int
        Curves of a character.
    deformation : float
        How much images of one character differ; 0: not at all, 1: as by `TURN` and the others.
    noise : float
        Standard deviation of the noise in each pixel, in units of that of the pixels.

    Raises
    ------
    SettingError
        If sizes are no such numbers.
    """

    classification: ClassVar[bool] = True
    inputs: int = 784
    outputs: int = 10
    strokes: Annotated[int, Setting("curves", least=1, most=20)] = 3
    deformation: Amount = 1.0
    noise: Amount = 0.3

    def __post_init__(self) -> None:
        side = isqrt(self.inputs)
        if side < SMALLEST or side**2 != self.inputs or self.outputs < 2:
            raise SettingError(
                f"The task glyphs has square images of {SMALLEST} x {SMALLEST} pixels or more, and at least 2 classes,"
                f" got inputs = {self.inputs}, outputs = {self.outputs}. For example task.inputs = 784 (28 x 28) and"
                " task.outputs = 10."
            )

    def numbers(self, samples: int) -> int:
        """Count the drawings, the images and what they are made of."""
        return self.outputs * FINE**2 + samples * (self.inputs // 2 + 16) + 8 * CHUNK * self.inputs

    def draw(self, rng: Generator) -> Alphabet:
        """Draw an alphabet."""
        axis = (np.arange(FINE) + 0.5) * 2 / FINE - 1
        drawings = np.zeros((self.outputs, FINE, FINE), np.float32)
        along = np.linspace(0, 1, POINTS)[:, None]
        for drawing in drawings:
            places = rng.uniform(-REACH, REACH, (2 * self.strokes + 1, 2))
            for first, bend, last in zip(places[:-2:2], places[1:-1:2], places[2::2], strict=True):
                pen = (1 - along) ** 2 * first + 2 * along * (1 - along) * bend + along**2 * last
                # the nearest place of the pen decides
                distance = (axis - pen[:, :1])[:, None, :] ** 2 + (axis - pen[:, 1:])[:, :, None] ** 2
                np.maximum(drawing, np.exp(-distance.min(axis=0) / PEN**2), out=drawing)
        # whoever looks beyond the edge sees the border
        drawings[:, [0, -1]] = drawings[:, :, [0, -1]] = 0
        return Alphabet(drawings, isqrt(self.inputs), self.deformation, self.noise)
