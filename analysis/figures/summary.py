"""Means over seeds with their interval, and how they are drawn."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.figures.style import Look
from hetevo.analysis.statistics.curves import CONFIDENCE

INTERVAL = f"{CONFIDENCE:.0%} t interval".replace("%", " %")


def draw_course(axes: Axes, summary: pd.DataFrame, look: Look, label: str) -> None:
    """Draw a mean over generations and its interval; a value between two gaps, which has no line, as a point.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    summary : pandas.DataFrame
        From `over_seeds`.
    look : Look
        Colour and line style.
    label : str
        For the legend.
    """
    colour, line = look
    x, mean, low, high = (summary[name].to_numpy(float) for name in ("generation", "mean", "low", "high"))
    alone = lonely(mean)
    axes.plot(
        x,
        mean,
        color=colour,
        linestyle=line,
        marker="o" if alone.size else None,
        markersize=3.5,
        markevery=alone.tolist(),
        label=label,
    )
    axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.vlines(x[alone], low[alone], high[alone], color=colour, linewidth=0.8)


def lonely(values: "np.typing.NDArray[np.float64]") -> "np.typing.NDArray[np.int64]":
    """Return the places of defined values without a defined neighbour."""
    defined = np.concatenate([[False], np.isfinite(values), [False]])
    places: np.typing.NDArray[np.int64] = np.flatnonzero(defined[1:-1] & ~defined[:-2] & ~defined[2:])
    return places
