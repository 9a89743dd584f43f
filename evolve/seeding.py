"""DEAP's operators draw from Python's and NumPy's global generators; this lends them addressed ones."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.random import Generator


@contextmanager
def global_generators(rng: Generator) -> Iterator[None]:
    """Seed Python's and NumPy's global generators inside the block, and restore their states after it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Addressed stream from which the two seeds are drawn.
    """
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 - DEAP's generators
    try:
        random.seed(int(rng.integers(2**63)))
        np.random.seed(int(rng.integers(2**32)))  # noqa: NPY002
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
