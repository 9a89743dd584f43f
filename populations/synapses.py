"""Wirings as lists of synapses, for networks that are too large for matrices.

A synapse is its *position*, ``row * columns + column``, in the matrix of its pathway: rows receive, columns send. The
synapses of one individual are its positions in order, an array of int64; those of a population are an array of such
arrays (dtype object), which is indexed, sliced and joined as any other gene is. Nobody writes into a list: one that
changes is made anew, so that children share what they inherit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats, Indices, Lists, Mask

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST = 2**31 - 1
"""Synapses of a pathway that there may be: products count them with 32 bits."""

COUNTS = ".counts"
"""Ending of the name of the array that says how many synapses each individual has, where lists are saved."""


def as_lists(parts: Iterable[Indices]) -> Lists:
    """Return the synapses of several individuals, (P,), from those of each."""
    every = list(parts)
    lists = np.empty(len(every), np.object_)
    for row, positions in enumerate(every):
        positions.flags.writeable = False
        lists[row] = positions
    return lists


def pack(name: str, lists: Lists) -> dict[str, NDArray[Any]]:
    """Return lists as two plain arrays: all positions one after another, and how many each individual has.

    Examples
    --------
    >>> packed = pack("mask", as_lists([np.array([1, 5]), np.array([2])]))
    >>> {name: array.tolist() for name, array in packed.items()}
    {'mask': [1, 5, 2], 'mask.counts': [2, 1]}
    """
    counts = np.array([len(positions) for positions in lists], np.int64)
    return {name: np.concatenate([np.empty(0, np.int64), *lists]), f"{name}{COUNTS}": counts}


def unpack(positions: Indices, counts: Indices) -> Lists:
    """Return the lists that `pack` has made into plain arrays.

    Raises
    ------
    ValueError
        If the numbers are not those of the positions.
    """
    if (counts < 0).any() or (counts > len(positions)).any() or counts.sum() != len(positions):
        raise ValueError(f"expected as many positions as the numbers of synapses say, got {len(positions)}")
    return as_lists(part.copy() for part in np.split(positions, np.cumsum(counts)[:-1]))


def find_fault(positions: Indices, matrix: tuple[int, int]) -> str:
    """Say why an array is no list of synapses of a matrix with so many rows and columns; empty: it is one.

    Whatever comes from outside is checked by this: products would read beyond the ends of signals otherwise.
    """
    if positions.dtype != np.int64 or positions.ndim != 1:
        return f"expected positions (int64, one axis), got {positions.dtype} of shape {positions.shape}"
    if len(positions) and (positions[0] < 0 or positions[-1] >= matrix[0] * matrix[1]):
        return f"expected positions from 0 to {matrix[0] * matrix[1] - 1}, got {positions[0]} to {positions[-1]}"
    return "" if (np.diff(positions) > 0).all() else "expected each position once, and in order"


def toggle(positions: Indices, flipped: Indices) -> Indices:
    """Remove the synapses that are there, and add those that are not; both are in order.

    >>> toggle(np.array([1, 4, 7]), np.array([4, 5])).tolist()
    [1, 5, 7]
    """
    present = find(positions, flipped)
    kept = np.delete(positions, present[present >= 0])
    added = flipped[present < 0]
    return np.insert(kept, np.searchsorted(kept, added), added)


def find(positions: Indices, wanted: Indices) -> Indices:
    """Return where each of the wanted positions stands in the ordered ones; -1 where it is none of them."""
    if not len(positions):
        return np.full(len(wanted), -1, np.int64)
    places = np.minimum(np.searchsorted(positions, wanted), len(positions) - 1)
    return np.where(positions[places] == wanted, places, -1)


def mirror(layout: Layout, ascending: Indices) -> tuple[Indices, Indices]:
    """Transpose the hidden part of an ascending wiring, as `hetevo.populations.species.Species.mirror` does matrices.

    Returns
    -------
    positions : ndarray of int64, shape (E,)
        Of the descending pathway, in order.
    order : ndarray of int64, shape (E,)
        Which ascending synapse each of them is the transpose of.
    """
    receivers, senders = np.divmod(ascending, layout.units)
    inner = np.flatnonzero(senders >= layout.input_units)
    positions = (senders[inner] - layout.input_units) * layout.neurons + receivers[inner]
    order = np.argsort(positions, kind="stable")
    return positions[order], inner[order]


@dataclass(frozen=True, eq=False)
class Structure:
    """The synapses of one pathway of one circuit, row by row (compressed sparse rows); they stay the same for life.

    Parameters
    ----------
    positions : ndarray of int64, shape (E,)
        In order.
    shape : tuple of int
        Rows and columns of the pathway's matrix.
    """

    positions: Indices
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        if len(self.positions) > MOST:
            raise SettingError(
                f"network: a pathway may have {MOST:,} synapses, got {len(self.positions):,}. Choose lower densities."
            )

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """Receiving neuron of each synapse, shape (E,)."""
        return (self.positions // self.shape[1]).astype(np.int32)

    @cached_property
    def columns(self) -> NDArray[np.int32]:
        """Sending unit of each synapse, shape (E,)."""
        return (self.positions % self.shape[1]).astype(np.int32)

    @cached_property
    def starts(self) -> NDArray[np.int32]:
        """Where the synapses of each row begin, and after the last one, shape (rows + 1,)."""
        return np.searchsorted(self.rows, np.arange(self.shape[0] + 1)).astype(np.int32)

    @property
    def fan_in(self) -> NDArray[np.int32]:
        """Synapses of each row."""
        return np.diff(self.starts)

    def entries(self, rows: slice) -> slice:
        """Return which synapses lie in some rows."""
        return slice(int(self.starts[rows.start]), int(self.starts[rows.stop]))

    def matrix(self, values: Floats, rows: slice) -> "csr_array":
        """Return some rows as a matrix that shares its values, (E,), with the whole: both change together."""
        from scipy.sparse import csr_array  # here, because all runs import this module, and most need no such matrix

        part = self.entries(rows)
        starts = self.starts[rows.start : rows.stop + 1] - self.starts[rows.start]
        matrix = csr_array((values[part], self.columns[part], starts), shape=(rows.stop - rows.start, self.shape[1]))
        # the constructor copies views of much larger arrays
        matrix.data, matrix.indices = values[part], self.columns[part]
        return matrix

    def dense(self, values: Floats) -> Floats:
        """Return values, (..., E), as matrices, (..., rows, columns): for small networks, and tests."""
        whole = np.zeros((*values.shape[:-1], self.shape[0] * self.shape[1]), values.dtype)
        whole[..., self.positions] = values
        return whole.reshape(*values.shape[:-1], *self.shape)


def to_mask(lists: Lists, shape: tuple[int, int]) -> Mask:
    """Return lists of P individuals as matrices, (P, rows, columns): for small networks, and tests."""
    return np.stack([Structure(own, shape).dense(np.ones(len(own), np.bool_)) for own in lists])
