"""A measure of several runs as one array."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hetevo.analysis.runs import LoadedRun
from hetevo.populations.types import Floats, Indices


@dataclass(frozen=True)
class Curves:
    """One measure of R runs over G generations.

    Parameters
    ----------
    values : ndarray of float64, shape (R, G)
        NaN where it is undefined, not recorded, or defined in too few individuals, see `LoadedRun.values`.
    generations : ndarray of int64, shape (G,)
        Consecutive.
    last : ndarray of int64, shape (R,)
        Last generation that each run has recorded.
    """

    values: Floats
    generations: Indices
    last: Indices

    @property
    def defined(self) -> bool:
        """Whether any run has a value in any generation."""
        return bool(np.isfinite(self.values).any())


def curves(runs: Sequence[LoadedRun], column: str = "alignment_end") -> Curves:
    """Put a column of the table of generations of several runs into one array.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Finished or not.
    column : str, optional
        A column of their tables; a run without it has NaN throughout.
    """
    first = min(int(run.generations["generation"].min()) for run in runs)
    last = np.array([int(run.generations["generation"].max()) for run in runs], np.int64)
    generations = np.arange(first, last.max() + 1, dtype=np.int64)
    values = np.full((len(runs), len(generations)), np.nan)
    for row, run in zip(values, runs, strict=True):
        row[run.generations["generation"].to_numpy() - first] = run.values(column)
    return Curves(values, generations, last)
