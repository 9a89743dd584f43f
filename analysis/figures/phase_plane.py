"""The figure `phase-plane`: heterosynaptic stability against dynamical consistency, through the generations."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hetevo.analysis.figures.input import measured, probed
from hetevo.analysis.figures.layout import for_figures, legend_below, looks
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import COLUMN_INCHES, NULL_LINE, style
from hetevo.analysis.runs import LoadedRun

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
    table = measured(runs)[["condition", "seed", "run", "generation", "hs_end", "dc_end"]]
    with style() as palette:
        figure = Figure(figsize=(COLUMN_INCHES, 2.8), layout="constrained")
        axes = figure.subplots()
        styles = looks(runs, palette)
        names = for_figures(styles)
        seeds = table.groupby("condition")["run"].nunique()
        for condition, group in table.groupby("condition", sort=False):
            colour, line = styles[str(condition)]
            if seeds.sum() > len(seeds) and len(runs) <= MOST_THIN:
                for _, path in group.groupby("run"):
                    axes.plot(path["hs_end"], path["dc_end"], color=colour, linewidth=0.4, alpha=0.3)
            mean = group.groupby("generation")[["hs_end", "dc_end"]].mean().dropna()
            name = names[str(condition)]
            if mean.empty:
                name += ": undefined"
            elif seeds.nunique() > 1:
                name += f" (n = {seeds[condition]})"
            axes.plot(mean["hs_end"], mean["dc_end"], color=colour, linestyle=line, linewidth=1, label=name)
            for end, fill in ((mean.iloc[:1], "white"), (mean.iloc[-1:], colour)):
                axes.plot(
                    end["hs_end"],
                    end["dc_end"],
                    linestyle="none",
                    marker="o",
                    markersize=5,
                    color=colour,
                    markerfacecolor=fill,
                    markeredgecolor="black" if fill == colour else colour,
                    markeredgewidth=0.8,
                    zorder=5,
                )
        axes.axhline(0.5, **NULL_LINE)  # neurons whose signs are drawn by coin
        _limits(axes, table)
        axes.set_xlabel("heterosynaptic stability HS (R²)")
        axes.set_ylabel("dynamical consistency DC\n(share of agreeing pairs)")
        axes.set_title("○ first generation, ● last; dashed: signs by coin", loc="right")
        if len(runs) == 1:
            title = f"seed {runs[0].seed}, mean of n = {runs[0].size}"
        elif seeds.max() == 1:
            title = "n = 1 seed"
        else:
            title = "mean over n " + (f"= {seeds.iloc[0]} seeds" if seeds.nunique() == 1 else "seeds")
            title += "; thin: a seed" if len(runs) <= MOST_THIN else ""
        legend_below(figure, [axes], title=title)
    return Plot(figure, table)


def _limits(axes: Axes, table: pd.DataFrame, margin: float = 0.04) -> None:
    """Show the range in which something happens, with a margin, inside 0 to 1."""
    for setter, values in (
        (axes.set_xlim, table["hs_end"].dropna()),
        (axes.set_ylim, pd.concat([table["dc_end"], pd.Series([0.5])]).dropna()),
    ):
        if len(values):
            setter(max(values.min() - margin, -0.02), min(values.max() + margin, 1.02))
