"""Levels: what a run shows over several generations, for a single one may be noise."""

from dataclasses import dataclass
from typing import Self

import pandas as pd

from hetevo.analysis.emergence.onset import STAY
from hetevo.analysis.runs import LoadedRun


@dataclass(frozen=True)
class Level:
    """The mean of a measure over some generations.

    Parameters
    ----------
    value : float
        Over those generations that count, see `LoadedRun.values`; NaN if none does.
    generations : tuple of int
        All of them, counting or not.
    counted : int
        How many count.
    """

    value: float
    generations: tuple[int, ...]
    counted: int

    @classmethod
    def of(cls, run: LoadedRun, column: str, generations: "pd.Series[int]") -> Self:
        """Take the mean of a column of a run over some of its generations."""
        values = run.values(column)[run.generations["generation"].isin(generations)]
        return cls(float(values.mean()), tuple(map(int, generations)), int(values.count()))


def last_level(run: LoadedRun, column: str, most: int = STAY) -> Level:
    """Return the level of a column in the last generations that were measured.

    Parameters
    ----------
    run : LoadedRun
        Finished or not.
    column : str
        Of its table of generations.
    most : int, optional
        How many generations.
    """
    return Level.of(run, column, run.measured["generation"].iloc[-most:])


def ending(run: LoadedRun) -> int:
    """Return how many generations make the end of a run: `STAY`, and of a short run fewer than half of them."""
    return max(1, min(STAY, (len(run.measured) - 1) // 2))
