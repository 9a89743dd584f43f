"""Where synapses may be, without a matrix: places are counted row by row, and drawn by their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.random import Generator

from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import draw_events
from hetevo.populations.synapses import find
from hetevo.populations.types import Indices, Mask


class Places(Protocol):
    """The places of one pathway at which a wiring family may have synapses, in the order of their positions."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def at(self, numbers: Indices) -> Indices:
        """Return the positions of places by their numbers, 0 to ``size - 1``."""
        ...

    def holds(self, positions: Indices) -> Mask:
        """Tell which positions are among them."""
        ...


class Lists(NamedTuple):
    """The synapses of one network as positions in order, see `hetevo.populations.synapses`.

    Parameters
    ----------
    ascending, descending : ndarray of int64, shape (E,)
        Of each pathway.
    """

    ascending: Indices
    descending: Indices


@dataclass(frozen=True, eq=False)
class Listed:
    """Places that are listed one by one.

    Parameters
    ----------
    positions : ndarray of int64, shape (n,)
        In order.
    """

    positions: Indices

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.positions)

    def at(self, numbers: Indices) -> Indices:
        """Return positions by number."""
        return self.positions[numbers]

    def holds(self, positions: Indices) -> Mask:
        """Tell which positions are among them."""
        return np.asarray(find(self.positions, positions) >= 0)


@dataclass(frozen=True)
class Band:
    """Rows in which the same columns may have synapses, but for the place of a neuron with itself.

    Parameters
    ----------
    rows : range
        Receiving neurons.
    columns : tuple of range
        Senders, in order, none twice.
    own : int or None
        What to add to a neuron's row for its own column, which is among the columns and left out; None if it is none.
    """

    rows: range
    columns: tuple[range, ...]
    own: int | None = None

    @cached_property
    def starts(self) -> Indices:
        """How many columns come before each range, and all of them at the end."""
        return np.cumsum([0, *(len(part) for part in self.columns)], dtype=np.int64)

    @property
    def width(self) -> int:
        """Places of a row."""
        return int(self.starts[-1]) - (self.own is not None)

    @property
    def size(self) -> int:
        """Places of all rows."""
        return len(self.rows) * self.width

    def pick(self, rows: Indices, numbers: Indices) -> Indices:
        """Return the columns that have a number, 0 to ``width - 1``, in some rows."""
        if self.own is not None:
            numbers = numbers + (numbers >= self.number(rows + self.own))
        part = np.searchsorted(self.starts, numbers, side="right") - 1
        return np.array([span.start for span in self.columns], np.int64)[part] + numbers - self.starts[part]

    def number(self, columns: Indices) -> Indices:
        """Return the number of columns among all of this band, that of a neuron itself included; -1: none of them."""
        found = np.full(columns.shape, -1, np.int64)
        for span, start in zip(self.columns, self.starts, strict=False):
            inside = (columns >= span.start) & (columns < span.stop)
            found[inside] = columns[inside] - span.start + start
        return found


@dataclass(frozen=True)
class Bands:
    """Places that lie in bands of rows.

    Parameters
    ----------
    bands : tuple of Band
        From the first row to the last.
    width : int
        Columns of the whole matrix.
    """

    bands: tuple[Band, ...]
    width: int

    @cached_property
    def _ends(self) -> Indices:
        return np.cumsum([band.size for band in self.bands], dtype=np.int64)

    @property
    def size(self) -> int:
        """How many there are."""
        return int(self._ends[-1])

    def at(self, numbers: Indices) -> Indices:
        """Return positions by number."""
        rows, inside = np.empty(numbers.shape, np.int64), np.empty(numbers.shape, np.int64)
        which = np.searchsorted(self._ends, numbers, side="right")
        for number, band in enumerate(self.bands):
            chosen = which == number
            before = self._ends[number] - band.size
            rows[chosen], inside[chosen] = np.divmod(numbers[chosen] - before, max(band.width, 1))
            rows[chosen] += band.rows.start
        return self.pick(rows, inside)

    @cached_property
    def widths(self) -> Indices:
        """Places of each row that is in a band, from the first row to the last."""
        return np.repeat([band.width for band in self.bands], [len(band.rows) for band in self.bands])

    def pick(self, rows: Indices, numbers: Indices) -> Indices:
        """Return positions by row, and by number among the places of that row."""
        positions = np.empty(rows.shape, np.int64)
        for band in self.bands:
            chosen = (rows >= band.rows.start) & (rows < band.rows.stop)
            positions[chosen] = rows[chosen] * self.width + band.pick(rows[chosen], numbers[chosen])
        return positions

    def holds(self, positions: Indices) -> Mask:
        """Tell which positions are among them."""
        rows, columns = np.divmod(positions, self.width)
        held = np.zeros(positions.shape, np.bool_)
        for band in self.bands:
            inside = (rows >= band.rows.start) & (rows < band.rows.stop)
            other = columns[inside] != rows[inside] + band.own if band.own is not None else True
            held[inside] = (band.number(columns[inside]) >= 0) & other
        return held


def draw_thinned(places: Places, density: float, rng: Generator) -> Indices:
    """Draw each place with a probability, at a cost in proportion to what is drawn; return positions in order."""
    return places.at(draw_events(rng, places.size, density))


def draw_free(places: Bands, taken: Indices, wanted: Indices, rng: Generator) -> Indices:
    """Draw places that are not taken, all alike likely.

    Parameters
    ----------
    places : Bands
        Where to draw.
    taken : ndarray of int64, shape (E,)
        Positions in order.
    wanted : ndarray of int64, shape (rows,)
        How many in each row; there are as many.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of int64
        Positions in no order.
    """
    rows, found = np.repeat(np.arange(len(wanted)), wanted), [np.empty(0, np.int64)]
    # what hits a taken place, or the same as another one, is drawn again
    while len(rows):
        numbers = (rng.random(len(rows)) * places.widths[rows]).astype(np.int64)
        drawn, first = np.unique(places.pick(rows, numbers), return_index=True)
        new = find(taken, drawn) < 0
        found.append(drawn[new])
        taken = np.sort(np.concatenate([taken, drawn[new]]))
        rows = np.delete(rows, first[new])
    return np.concatenate(found)


def levels_below(layout: Layout) -> tuple[Bands, Bands]:
    """Return the pairs of a lower and a higher level: of the ascending pathway, and of the descending one."""
    first = layout.input_units
    spans = (*layout.level_slices, slice(layout.hidden, layout.neurons))
    up = [Band(range(rows.start, rows.stop), (range(first + rows.start),)) for rows in spans]
    down = [Band(range(rows.start, rows.stop), (range(rows.stop, layout.neurons),)) for rows in spans[:-1]]
    return Bands(tuple(up), layout.units), Bands(tuple(down), layout.neurons)


def neighbouring_levels(layout: Layout, *, lateral: bool = False) -> tuple[Bands, Bands]:
    """Return the pairs of adjacent levels, and the bias to every neuron; ``lateral``: pairs within a level, too."""
    first, bias = layout.input_units, (range(layout.input_units - 1, layout.input_units),)
    spans = (*layout.level_slices, slice(layout.hidden, layout.neurons))
    up, down = [], []
    for level, rows in enumerate(spans):
        hidden = level < len(layout.levels)
        own = range(first + rows.start, first + rows.stop)
        # inputs hold the bias already
        if level == 0:
            come: Sequence[range] = (range(first),)
        else:
            below = spans[level - 1]
            come = (*(bias if layout.bias else ()), range(first + below.start, first + below.stop))
        inside = lateral and hidden
        up.append(
            Band(range(rows.start, rows.stop), (*come, own) if inside else tuple(come), first if inside else None)
        )
        if hidden:
            above = range(spans[level + 1].start, spans[level + 1].stop)
            here = range(rows.start, rows.stop)
            down.append(Band(here, (here, above) if inside else (above,), 0 if inside else None))
    return Bands(tuple(up), layout.units), Bands(tuple(down), layout.neurons)


def all_pairs(layout: Layout) -> tuple[Bands, Bands]:
    """Return all pairs but those of a neuron with itself."""
    hidden, outputs = range(layout.hidden), range(layout.hidden, layout.neurons)
    up = Band(hidden, (range(layout.units),), layout.input_units), Band(outputs, (range(layout.units),))
    down = Band(hidden, (range(layout.neurons),), 0)
    return Bands(up, layout.units), Bands((down,), layout.neurons)
