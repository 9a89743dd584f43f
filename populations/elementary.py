"""Exponentials and logarithms of the C library, whose last bits are the same on every processor with FMA.

NumPy's own loops depend on the processor: with AVX-512 it has others than without. That does not matter in lives, which
`hetevo.evolve.backends.portable` can have computed by a process of a chosen kind, but the process that draws founders
and mutates has loaded NumPy already. There are few such numbers there: about 0.1 µs each.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetevo.populations.types import Floats


def exp(values: Floats | float) -> Floats:
    """Return e to the power of an array of any shape, as float64.

    Examples
    --------
    >>> exp(np.array([[0.0, 1.0]])).tolist() == [[1.0, math.e]]
    True
    """
    return _each(_exp, values)


def log(values: NDArray[Any]) -> Floats:
    """Return the natural logarithm of an array of any shape, above 0, as float64.

    Examples
    --------
    >>> log(np.array([1.0, math.e])).tolist()
    [0.0, 1.0]
    """
    return _each(math.log, values)


def power(values: Floats, exponent: float) -> Floats:
    """Return an array of any shape, 0 or more, to a power, as float64; 0 to a negative one is refused.

    Examples
    --------
    >>> power(np.array([0.0, 4.0]), 0.5).tolist()
    [0.0, 2.0]
    """
    return _each(lambda value: math.pow(value, exponent), values)


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:  # as arrays have it
        return math.inf


def _each(function: Callable[[float], float], values: NDArray[Any] | float) -> Floats:
    flat = np.asarray(values, np.float64).ravel()
    return np.fromiter(map(function, flat.tolist()), np.float64, flat.size).reshape(np.shape(values))
