"""The figure `phase-plane`: heterosynaptic stability against dynamical consistency, through the generations."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.input import probed
from analysis.figures.layout import legend_below, look, shortened
from analysis.figures.plot import Plot
from analysis.figures.style import COLUMN_INCHES, NULL_LINE, style
from analysis.loading import LoadedRun, tidy

MOST_THIN = 30
"""Runs that are drawn one by one beside the means."""


def phase_plane(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the population means of HS and DC as a path through the generations.

    Signals that follow the gradient are to the right, neurons that agree on its sign are at the top: a gradient learner
    is in the upper right corner, and "HS yes, DC no" in the middle of the right side.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Finished or not.

    Returns
    -------
    Plot
        Data: condition, seed, run, generation, hs_end, dc_end.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe.
    """
    runs = probed(runs, "hs_end", "dc_end")
    table = tidy(runs)[["condition", "seed", "run", "generation", "hs_end", "dc_end"]]
    with style() as palette:
        figure = Figure(figsize=(COLUMN_INCHES, 2.9), layout="constrained")
        axes = figure.subplots()
        for number, (condition, group) in enumerate(table.groupby("condition", sort=False)):
            colour, line = look(number, palette)
            seeds = group["run"].nunique()
            if seeds > 1 and len(runs) <= MOST_THIN:
                for _, path in group.groupby("run"):
                    axes.plot(path["hs_end"], path["dc_end"], color=colour, linewidth=0.4, alpha=0.35)
            mean = group.groupby("generation")[["hs_end", "dc_end"]].mean().dropna()
            what = f"mean of n = {seeds} seeds" if seeds > 1 else f"one seed, {runs[0].size} individuals"
            axes.plot(
                mean["hs_end"],
                mean["dc_end"],
                color=colour,
                linestyle=line,
                label=f"{shortened(str(condition))}: {what}",
            )
            for place, fill in ((0, "white"), (-1, colour)):
                axes.plot(*mean.iloc[place], marker="o", markersize=5, color=colour, markerfacecolor=fill, zorder=5)
        axes.axhline(0.5, **NULL_LINE)
        axes.annotate(
            "signs by coin: 0.5", (0.99, 0.5), (0, 2), xycoords=("axes fraction", "data"), textcoords="offset points",
            fontsize=6, color="0.35", ha="right",
        )  # fmt: skip
        _limits(axes.set_xlim, table["hs_end"], 0.05)
        _limits(axes.set_ylim, pd.concat([table["dc_end"], pd.Series([0.5])]), 0.05)
        axes.set_xlabel("heterosynaptic stability HS (R²)")
        axes.set_ylabel("dynamical consistency DC\n(share of agreeing pairs)")
        axes.set_title("open: first generation, filled: last", loc="right")
        legend_below(figure, [axes])
    return Plot(figure, table)


def _limits(setter: object, values: pd.Series, margin: float) -> None:
    """Show the range in which something happens, with a margin, inside 0 to 1."""
    defined = values.dropna()
    if callable(setter) and len(defined):
        setter(max(defined.min() - margin, -0.02), min(defined.max() + margin, 1.02))
