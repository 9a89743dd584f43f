"""Weights level by level."""

from dataclasses import dataclass

from hetevo.populations.birth import Weights
from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class Level:
    """A hidden level, or the outputs: rows of all arrays are its neurons.

    Parameters
    ----------
    name : str
        ``"level 1"`` and so on, lowest first, and ``"outputs"``.
    neurons : slice
        Its rows in arrays of all neurons.
    innate_ascending, ascending : ndarray of float, shape (n, I + H), and (K, n, I + H)
        Rows of ``W`` at birth, and after its life in each of K tasks.
    innate_descending, descending : ndarray of float, shape (n, H + O), and (K, n, H + O)
        Rows of ``V``; outputs have none, n = 0. With error neurons ``V`` is what these send: (n, M), and (K, n, M).
    """

    name: str
    neurons: slice
    innate_ascending: Floats
    ascending: Floats
    innate_descending: Floats
    descending: Floats


def split_by_level(layout: Layout, innate: Weights, learned: Weights) -> tuple[Level, ...]:
    """Cut an individual's weights into levels.

    Parameters
    ----------
    layout : Layout
        Sizes.
    innate, learned : Weights
        ``W`` (H + O, I + H) and ``V`` (H, H + O) at birth, and (K, ...) at the end of life.

    Returns
    -------
    tuple of Level
        Hidden levels, lowest first, and the outputs.
    """
    # outputs are the last level; nothing descends to them
    rows = [*layout.level_slices, slice(layout.hidden, layout.neurons)]
    names = [*(f"level {number}" for number in range(1, len(rows))), "outputs"]
    return tuple(
        Level(
            name,
            span,
            innate.ascending[span],
            learned.ascending[:, span],
            innate.descending[span],
            learned.descending[:, span],
        )
        for name, span in zip(names, rows, strict=True)
    )
