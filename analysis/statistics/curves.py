"""A measure of several runs as one array; its level over some generations, mean over seeds, and change points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from scipy import special

from hetevo.analysis.intervals import CONFIDENCE, Bounds, bounds_of
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.types import Floats, Indices, Mask

LATE = 10
"""Generations that make the end of a run, over which figures, reports and comparisons take means: steadier than one."""

STAY = 5
"""Consecutive generations that a run must be above the neutral band to have emerged."""

CANDIDATES = 60
"""Break points that are tried at once; on longer curves a coarse search is refined once."""


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

    def take(self, rows: "Indices | Mask | slice") -> "Curves":
        """Return some of the runs, or one of them several times."""
        return Curves(self.values[rows], self.generations, self.last[rows])


def curves(runs: Sequence[LoadedRun], column: str = "alignment_end") -> Curves:
    """Put a column of the table of generations of several runs into one array.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Finished or not.
    column : str, optional
        A column of their tables; a run without it has NaN throughout.
    """
    # all generations between the first and the last that any run has
    first = min(int(run.generations["generation"].min()) for run in runs)
    last = np.array([int(run.generations["generation"].max()) for run in runs], np.int64)
    generations = np.arange(first, last.max() + 1, dtype=np.int64)
    values = np.full((len(runs), len(generations)), np.nan)
    for row, run in zip(values, runs, strict=True):
        row[run.generations["generation"].to_numpy() - first] = run.values(column)
    return Curves(values, generations, last)


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


def last_level(run: LoadedRun, column: str) -> Level:
    """Return the level of a column at the end of a run, see `ending`.

    Parameters
    ----------
    run : LoadedRun
        Finished or not.
    column : str
        Of its table of generations.
    """
    return Level.of(run, column, ending(run))


def ending(run: LoadedRun) -> "pd.Series[int]":
    """Return the generations that make the end of a run: the last `LATE` that were measured, of its later half.

    Parameters
    ----------
    run : LoadedRun
        Finished or not.

    Returns
    -------
    pandas.Series of int
        In their order; of a run that did not evolve, its only generation.
    """
    measured = run.measured["generation"]
    first, last = measured.min(), measured.max()
    late: pd.Series[int] = measured[(2 * measured > first + last) | (measured == last)]
    return late.iloc[-LATE:]


def write_ending(runs: Sequence[LoadedRun]) -> str:
    """Say which generations make the end of some runs, with their article: ``"the last 10 generations"``."""
    return write_last(len(ending(run)) for run in runs)


def write_last(lengths: Iterable[int]) -> str:
    """Say that so many last generations are meant, with their article.

    >>> write_last([10, 10]), write_last([3, 10]), write_last([1])
    ('the last 10 generations', 'the last 3 to 10 generations', 'the last generation')
    """
    found = sorted(lengths) or [1]
    least, most = found[0], found[-1]
    if most == 1:
        return "the last generation"
    return f"the last {least} to {most} generations" if least < most else f"the last {most} generations"


def find_late(values: Floats, generations: Indices, most: int = LATE) -> Indices:
    """Return the places of the values that a claim is judged by: see `hetevo.analysis.claims.Prediction`.

    Parameters
    ----------
    values : ndarray of float64, shape (G,)
        Of one run; NaN is left out.
    generations : ndarray of int64, shape (G,)
        Their generations.
    most : int, optional
        How many are taken at most.

    Returns
    -------
    ndarray of int64
        The last that are defined, of the later half of the run; of none there, the last one at all.

    Examples
    --------
    >>> find_late(np.array([0.1, 0.2, 0.3, np.nan, 0.5]), np.arange(5)).tolist()
    [4]
    >>> find_late(np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.arange(5)).tolist()
    [3, 4]
    """
    defined = np.flatnonzero(np.isfinite(values))
    late: Indices = defined[2 * generations[defined] > generations[-1]]
    return late[-most:] if late.size else defined[-1:]


def over_seeds(
    group: pd.DataFrame, column: str, *, logarithmic: bool = False, bounds: Bounds | None = None
) -> pd.DataFrame:
    """Summarise a column over runs, generation by generation, for a figure.

    Parameters
    ----------
    group : pandas.DataFrame
        Tidy generations of the runs of one condition.
    column : str
        What to summarise.
    logarithmic : bool, optional
        Average and build the interval on the logarithm (for positive quantities: a geometric mean).
    bounds : tuple of float, optional
        Where the interval is cut. Default: what `hetevo.analysis.intervals.bounds_of` says of the column.

    Returns
    -------
    pandas.DataFrame
        generation, mean, low, high (coverage `CONFIDENCE`; NaN below 2 runs), n.
    """
    values = np.log(group[column]) if logarithmic else group[column].astype(float)
    by_generation = values.groupby(group["generation"])
    summary = pd.DataFrame({"mean": by_generation.mean(), "n": by_generation.count(), "sem": by_generation.sem()})
    # Student's interval, which is undefined (NaN) for a single run
    half = special.stdtrit((summary["n"] - 1).clip(lower=1), (1 + CONFIDENCE) / 2) * summary["sem"]
    summary["low"], summary["high"] = summary["mean"] - half, summary["mean"] + half
    if logarithmic:
        # of logarithms where ratios are what is alike
        summary[["mean", "low", "high"]] = np.exp(summary[["mean", "low", "high"]])
    least, largest = bounds or bounds_of(column)
    summary[["low", "high"]] = summary[["low", "high"]].clip(least, largest)
    return summary.drop(columns="sem").reset_index()


@dataclass(frozen=True)
class ChangePoint:
    """A curve as a level, a rise and a level.

    Parameters
    ----------
    start, stop : float
        Generations at which the rise begins and ends; NaN if no change can be estimated.
    rise : float
        Height of the second level above the first.
    explained : float
        Share of the curve's variance that the three pieces explain. A straight drift reaches high values too: it says
        how good the description is, and is no test.
    """

    start: float
    stop: float
    rise: float
    explained: float


def change_point(values: Floats, generations: Indices) -> ChangePoint:
    """Fit a level, a linear rise and a level by least squares.

    ``y = a + b min(max(g - start, 0), stop - start)``, over all pairs of generations ``start < stop``.

    Parameters
    ----------
    values : ndarray of float, shape (G,)
        One run's population means; NaN is left out.
    generations : ndarray of int64, shape (G,)
        Their generations.

    Returns
    -------
    ChangePoint
        NaN with fewer than 5 defined generations, or no variation.

    Examples
    --------
    >>> generations = np.arange(12)
    >>> found = change_point(np.clip(generations - 3.0, 0, 4), generations)
    >>> found.start, found.stop, round(found.rise, 6)
    (3.0, 7.0, 4.0)
    """
    defined = np.isfinite(values)
    y, g = values[defined], generations[defined].astype(float)
    if len(y) < 5 or np.ptp(y) == 0:
        return ChangePoint(*[float("nan")] * 4)
    # candidates over the whole curve, and where these are coarse, again around the best of them
    coarse = _spread(g, 0, len(g) - 1)
    best = _fit(y, g, coarse, coarse)
    step = int(np.ceil(len(g) / CANDIDATES))
    if step > 1:
        near = [int(np.searchsorted(g, break_)) for break_ in best[:2]]
        starts, stops = (_spread(g, at - step, at + step) for at in near)
        best = _fit(y, g, starts, stops)
    return ChangePoint(*best)


def _spread(g: Floats, low: int, high: int) -> Floats:
    low, high = max(low, 0), min(high, len(g) - 1)
    chosen: Floats = g[np.unique(np.linspace(low, high, min(CANDIDATES, high - low + 1)).round().astype(int))]
    return chosen


def _fit(y: Floats, g: Floats, starts: Floats, stops: Floats) -> tuple[float, float, float, float]:
    start, stop = (grid.ravel() for grid in np.meshgrid(starts, stops, indexing="ij"))
    start, stop = start[start < stop], stop[start < stop]
    # every pair of breaks is a regressor; the one that explains most is the least squares fit
    shape = np.clip(g, start[:, None], stop[:, None])
    shape -= shape.mean(axis=1, keepdims=True)
    deviation = y - y.mean()
    power = (shape**2).sum(axis=1)
    inner = shape @ deviation
    explained = inner**2 / power / (deviation @ deviation)
    best = int(np.argmax(explained))
    slope = inner[best] / power[best]
    return float(start[best]), float(stop[best]), float(slope * (stop - start)[best]), float(explained[best])
