"""The figure `fitness`: loss against alignment, over individuals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter
from scipy import stats

from analysis.emergence.table import by_condition
from analysis.figures.input import probed, with_individuals
from analysis.figures.layout import legend_below, panels
from analysis.figures.plot import Plot
from analysis.figures.style import NULL_LINE, style
from analysis.loading import LoadedRun
from evolve.rundir import RunDirectoryError

MOST_POINTS = 1500
"""Individuals drawn in a panel; the correlation is over all."""


def fitness(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw alignment at the end of life against the loss in the first and last generation, a panel a condition.

    Fitness is minus the loss: individuals to the left are selected. Each panel gives Spearman's correlation of loss and
    alignment in the last generation, computed inside each run, as mean over runs.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Finished or not.

    Returns
    -------
    Plot
        Data: condition, seed, generation, id, loss, alignment_end: every individual.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe or kept no individuals.
    """
    groups = by_condition(with_individuals(probed(runs)))
    frames = []
    with style() as palette:
        figure = Figure(layout="constrained")
        grid = panels(figure, list(groups), 2.1, across="normalised test loss", upward="gradient alignment\n(cosine)")
        for axes, (condition, group) in zip(grid, groups.items(), strict=True):
            table = pd.concat([_ends(run) for run in group], ignore_index=True)
            if not len(table):
                raise RunDirectoryError(
                    f"The runs of {condition!r} kept no individual with a defined alignment in their first or last"
                    " generation, so there is nothing to draw."
                )
            for when, colour, marker in (("first", "0.6", "x"), ("last", palette[0], "o")):
                points = table[table["when"] == when]
                points = points.iloc[:: max(1, -(-len(points) // MOST_POINTS))]
                axes.scatter(
                    points["loss"],
                    points["alignment_end"],
                    s=5,
                    marker=marker,
                    linewidths=0.5,
                    color=colour,
                    alpha=0.5,
                    edgecolors=None if marker == "x" else "none",
                    label=f"{when} generation",
                    rasterized=True,  # thousands of points would make a heavy PDF
                )
            rho = _correlation(table)
            runs_of = f"{len(group)} run{'s' if len(group) > 1 else ''}"
            note = f"ρ = {rho:+.2f}" if np.isfinite(rho) else "ρ undefined"
            axes.set_title(f"{axes.get_title(loc='left')}\n{note}, n = {runs_of}", loc="left", fontsize=7)
            axes.axhline(0, **NULL_LINE)
            frames.append(table)
        axes = grid[0]
        axes.set_xscale("log")
        low, high = axes.get_xlim()
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 30 else (1,), numticks=8))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
        legend_below(figure, grid, columns=2)
    data = pd.concat(frames, ignore_index=True)
    return Plot(figure, data[["condition", "seed", "generation", "id", "loss", "alignment_end"]])


def _ends(run: LoadedRun) -> pd.DataFrame:
    measured = run.generations.loc[run.generations["alignment_end"].notna(), "generation"]
    first, last = int(measured.min()), int(measured.max())
    table = run.individuals_in({first, last})
    if "alignment_end" not in table:
        return pd.DataFrame()
    table = table.dropna(subset=["alignment_end", "loss"])
    when = np.where(table["generation"] == last, "last", "first")
    return table.assign(condition=run.condition, seed=run.seed, when=when)


def _correlation(table: pd.DataFrame) -> float:
    values = []
    for _, group in table[table["when"] == "last"].groupby("seed"):
        # ties at the loss cap, or clones: without variation there is no correlation
        if group["loss"].nunique() > 1 and group["alignment_end"].nunique() > 1:
            values.append(stats.spearmanr(group["loss"], group["alignment_end"]).statistic)
    return float(np.mean(values)) if values else float("nan")
