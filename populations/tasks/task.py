"""What a task is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.random import Generator

from hetevo.populations.types import Floats, Indices

Samples = tuple[Floats, Floats]
"""Sensory inputs, shape (n, inputs), and targets, shape (n, outputs)."""

Sampling = Literal["replacement", "epoch"]
"""How rows of a data set follow one another in a life: each drawn from all, or all in one order after another."""


class TaskInstance(Protocol):
    """One task, drawn at random, from which samples can be drawn."""

    def training(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` samples that are presented during a lifetime."""
        ...

    def test(self, rng: Generator, count: int) -> Samples:
        """Draw at most ``count`` samples on which fitness is measured."""
        ...


@runtime_checkable
class Probed(Protocol):
    """A task whose measures are taken on other samples than those of training."""

    def probe(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` samples of the probe batch."""
        ...


@runtime_checkable
class Sized(Protocol):
    """A task family with an option that decides how much memory a task takes."""

    def numbers(self, samples: int) -> int:
        """Return how many numbers a task holds, and works with while it draws ``samples`` samples."""
        ...


class Task(Protocol):
    """A family of tasks: a frozen dataclass whose fields are its options."""

    @property
    def classification(self) -> bool:
        """Whether targets are one-hot, so that accuracy means something."""
        ...

    @property
    def inputs(self) -> int:
        """Sensory inputs, without the bias."""
        ...

    @property
    def outputs(self) -> int:
        """Target dimensions."""
        ...

    def prepare(self) -> None:
        """Load what the task needs; raises `SettingError` if something is missing."""
        ...

    def draw(self, rng: Generator) -> TaskInstance:
        """Draw one task of the family."""
        ...


class Synthetic:
    """A task family that needs nothing from outside."""

    def prepare(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Regression:
    """A function of standard normal inputs, with fresh samples for training and test.

    Parameters
    ----------
    inputs : int
        Sensory inputs.
    target : callable
        Maps inputs, shape (n, inputs), to targets, shape (n, outputs).
    """

    inputs: int
    target: Callable[[Floats], Floats]

    def training(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` fresh samples."""
        inputs = rng.standard_normal((count, self.inputs))
        return inputs, self.target(inputs)

    def test(self, rng: Generator, count: int) -> Samples:
        """Draw ``count`` fresh samples."""
        return self.training(rng, count)


def choose_rows(rng: Generator, rows: int, count: int, sampling: Sampling) -> Indices:
    """Choose which rows of a data set a life is presented with.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    rows, count : int
        How many there are, and how many are needed.
    sampling : str
        ``"replacement"``: each is drawn from all. ``"epoch"``: all come once, in a random order, then all in another
        one, and so on; the last epoch may end early.

    Returns
    -------
    ndarray of int64, shape (count,)

    Examples
    --------
    >>> sorted(choose_rows(np.random.default_rng(0), 4, 4, "epoch").tolist())
    [0, 1, 2, 3]
    """
    if sampling == "replacement":
        return rng.integers(rows, size=count)
    epochs = max(1, -(-count // rows))
    return np.concatenate([rng.permutation(rows) for _ in range(epochs)])[:count]


def directions(rng: Generator, count: int, inputs: int) -> Floats:
    """Draw unit vectors in input space, orthonormal as long as there is room for that.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    count, inputs : int
        Number of vectors and their dimension.

    Returns
    -------
    ndarray of float64, shape (count, inputs)
        Orthonormal rows if ``count <= inputs``, otherwise independent unit vectors.
    """
    # normal vectors point anywhere with the same probability
    vectors = rng.standard_normal((count, inputs))
    # as many as fit are made orthogonal
    if count <= inputs:
        return np.linalg.qr(vectors.T)[0].T
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def find_fault(task: Task, samples: Samples, most: int) -> str:
    """Say what is wrong with samples that a task has given; empty if nothing is.

    Parameters
    ----------
    task : Task
        Names sizes, and whether targets are classes.
    samples : tuple of ndarray
        Inputs and targets.
    most : int
        Samples that were asked for.
    """
    inputs, targets = (np.asarray(part) for part in samples)
    count = len(inputs) if inputs.ndim else 0
    if not 0 < count <= most:
        return f"expected 1 to {most} samples, got {count}"
    # shapes, and numbers that can be learned
    for array, width, side in ((inputs, task.inputs, "inputs"), (targets, task.outputs, "targets")):
        if array.shape != (count, width):
            return f"expected {side} of shape {(count, width)}, got {array.shape}"
        if not np.isfinite(array).all():
            return f"expected finite {side}"
    if task.classification and ((targets == targets.max(axis=1, keepdims=True)).sum(axis=1) != 1).any():
        return "expected one largest target a sample of a classification"
    return ""
