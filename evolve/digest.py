"""Digests: one number by which two runs can be called the same."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

START = "0" * 64
"""Value of a chain before its first generation."""


def chained(chain: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Extend a running hash by some arrays.

    Parameters
    ----------
    chain : str
        Hexadecimal SHA-256 of all that came before.
    arrays : mapping of str to ndarray
        What to add; names, shapes, dtypes and bytes count, the order of the names does not.

    Returns
    -------
    str
        The new value. It is kept in checkpoints, so that thinned records do not change it.
    """
    state = hashlib.sha256(chain.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        state.update(f"{name}:{array.dtype.str}:{array.shape};".encode())
        state.update(array.view(np.uint8).data if array.size else b"")
    return state.hexdigest()
