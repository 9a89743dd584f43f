"""Real data: handwritten digits of 8 x 8 pixels."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.random import Generator, Philox

from hetevo.populations.errors import SettingError
from hetevo.populations.extras import how_to_install
from hetevo.populations.tasks.task import Samples, Sampling, choose_rows
from hetevo.populations.types import Floats

TEST_IMAGES = 397
_SPLIT_KEY = 2026  # one fixed split for every experiment, so that accuracies can be compared


@dataclass(frozen=True)
class Digits:
    """1797 handwritten digits (UCI, as shipped by scikit-learn), one-hot outputs scaled to ±1.

    Pixels are standardised with the mean and deviation of the 1400 training images; 397 images are kept for the
    test. The split is the same in every experiment.

    Parameters
    ----------
    inputs, outputs : int
        Must be 64 and 10.
    sampling : str
        How training images are presented; see `hetevo.populations.tasks.task.choose_rows`.

    Raises
    ------
    SettingError
        If other sizes are asked for.
    """

    classification: ClassVar[bool] = True
    package: ClassVar[str] = "sklearn"
    extra: ClassVar[str] = "data"
    inputs: int = 64
    outputs: int = 10
    sampling: Sampling = "replacement"

    def __post_init__(self) -> None:
        if (self.inputs, self.outputs) != (64, 10):
            raise SettingError(
                "The digits task has 64 inputs and 10 outputs,"
                f" got inputs = {self.inputs}, outputs = {self.outputs}. Set task.inputs = 64 and task.outputs = 10."
            )

    def prepare(self) -> None:
        """Load the images.

        Raises
        ------
        SettingError
            If scikit-learn is not installed.
        """
        _load()

    def draw(self, rng: Generator) -> "_Images":
        """Return the data set; there is only one."""
        del rng
        return replace(_load(), sampling=self.sampling)


@dataclass(frozen=True)
class _Images:
    train: Samples
    held_out: Samples
    sampling: Sampling = "replacement"

    def training(self, rng: Generator, count: int) -> Samples:
        """Draw training images."""
        chosen = choose_rows(rng, len(self.train[0]), count, self.sampling)
        return self.train[0][chosen], self.train[1][chosen]

    def test(self, rng: Generator, count: int) -> Samples:
        """Return held-out images: all of them, or ``count`` drawn without replacement."""
        available = len(self.held_out[0])
        if count >= available:
            return self.held_out
        chosen = rng.choice(available, size=count, replace=False)
        return self.held_out[0][chosen], self.held_out[1][chosen]


@lru_cache(maxsize=1)
def _load() -> _Images:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise SettingError(
            f"The digits task needs scikit-learn, which is not installed. Install it: {how_to_install('data')}."
        ) from None
    pixels, labels = load_digits(return_X_y=True)
    # the same images for the test in every experiment
    order = Generator(Philox(_SPLIT_KEY)).permutation(len(labels))
    test, train = order[:TEST_IMAGES], order[TEST_IMAGES:]
    deviation = pixels[train].std(axis=0)
    # pixels that never vary carry nothing and would divide by zero
    scaled: Floats = (pixels - pixels[train].mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    targets: Floats = np.where(np.arange(10) == labels[:, None], 1.0, -1.0)
    return _Images((scaled[train], targets[train]), (scaled[test], targets[test]))
