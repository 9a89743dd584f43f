"""The change point of a curve: an estimate of the onset that needs no neutral runs."""

from dataclasses import dataclass

import numpy as np

from hetevo.populations.types import Floats, Indices

CANDIDATES = 60
"""Break points that are tried at once; on longer curves a coarse search is refined once."""


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
    """
    defined = np.isfinite(values)
    y, g = values[defined], generations[defined].astype(float)
    if len(y) < 5 or np.ptp(y) == 0:
        return ChangePoint(*[float("nan")] * 4)
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
    shape = np.clip(g, start[:, None], stop[:, None])
    shape -= shape.mean(axis=1, keepdims=True)
    deviation = y - y.mean()
    power = (shape**2).sum(axis=1)
    inner = shape @ deviation
    explained = inner**2 / power / (deviation @ deviation)
    best = int(np.argmax(explained))
    slope = inner[best] / power[best]
    return float(start[best]), float(stop[best]), float(slope * (stop - start)[best]), float(explained[best])
