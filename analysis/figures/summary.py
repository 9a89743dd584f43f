"""Means over seeds with their interval, and how they are drawn."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from hetevo.analysis.figures.style import Look

CONFIDENCE = 0.95
"""Coverage of the interval over seeds."""

INTERVAL = f"{CONFIDENCE:.0%} t interval".replace("%", " %")


def over_seeds(group: pd.DataFrame, column: str, *, logarithmic: bool = False) -> pd.DataFrame:
    """Summarise a column over runs, generation by generation.

    Parameters
    ----------
    group : pandas.DataFrame
        Tidy generations of the runs of one condition.
    column : str
        What to summarise.
    logarithmic : bool, optional
        Average and build the interval on the logarithm (for positive quantities: a geometric mean).

    Returns
    -------
    pandas.DataFrame
        generation, mean, low, high (t interval with coverage `CONFIDENCE`; NaN below 2 runs), n.
    """
    values = np.log(group[column]) if logarithmic else group[column]
    by_generation = values.groupby(group["generation"])
    summary = pd.DataFrame({"mean": by_generation.mean(), "n": by_generation.count(), "sem": by_generation.sem()})
    half = stats.t.ppf((1 + CONFIDENCE) / 2, (summary["n"] - 1).clip(lower=1)) * summary["sem"]
    summary["low"], summary["high"] = summary["mean"] - half, summary["mean"] + half
    if logarithmic:
        summary[["mean", "low", "high"]] = np.exp(summary[["mean", "low", "high"]])
    return summary.drop(columns="sem").reset_index()


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
