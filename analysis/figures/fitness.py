"""The figure `fitness`: loss against alignment, over individuals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from hetevo.analysis.conditions import by_condition
from hetevo.analysis.figures.input import kept, of, probed, with_individuals
from hetevo.analysis.figures.layout import add_to_title, legend_below, logarithmic, panels, say_undefined
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import NULL_LINE, style
from hetevo.analysis.runs import LoadedRun

MOST_POINTS = 1000
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
        Data: condition, seed, generation, id, loss, alignment_end: every individual for which both are defined.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe or kept no individuals.
    """
    runs = probed(runs)
    every, groups = by_condition(runs), by_condition(with_individuals(runs, 2))
    frames = []
    with style() as palette:
        figure = Figure(layout="constrained")
        grid = panels(figure, list(groups), 2.1, across="normalised\ntest loss", upward="alignment\n(cosine)")
        for axes, (condition, group) in zip(grid, groups.items(), strict=True):
            table = pd.concat([_ends(run) for run in group], ignore_index=True)
            for when, colour, marker in (("first", "0.55", "x"), ("last", palette[0], "o")):
                points = table[table["when"] == when]
                points = points.iloc[:: max(1, -(-len(points) // MOST_POINTS))]
                axes.scatter(
                    points["loss"],
                    points["alignment_end"],
                    s=4,
                    marker=marker,
                    linewidths=0.4 if marker == "x" else 0,
                    color=colour,
                    alpha=0.5,
                    label=f"{when} generation",
                    rasterized=True,  # thousands of points would make a heavy PDF
                )
            if table.empty:
                say_undefined(axes)
            seeds = f"{len(group)}{of(group, every[condition])}"
            rho = f"{_correlation(table):+.2f}".replace("-", "−").replace("+nan", "–")
            add_to_title(axes, f"ρ = {rho}, n = {seeds}")
            axes.axhline(0, **NULL_LINE)
            axes.axvline(1, **NULL_LINE)  # what a network that always says 0 has
            frames.append(table)
        logarithmic(grid[0], "x", few=True)
        legend_below(
            figure, grid, columns=2, title="ρ: Spearman's, last generation, mean over n seeds", markerscale=2.5
        )
    data = pd.concat(frames, ignore_index=True)
    return Plot(figure, data[["condition", "seed", "generation", "id", "loss", "alignment_end"]])


def _ends(run: LoadedRun) -> pd.DataFrame:
    generations = kept(run)
    table = run.individuals_in({generations[0], generations[-1]}).dropna(subset=["alignment_end", "loss"])
    when = np.where(table["generation"] == generations[-1], "last", "first")
    return table.assign(condition=run.condition, seed=run.seed, when=when)


def _correlation(table: pd.DataFrame) -> float:
    values = []
    for _, group in table[table["when"] == "last"].groupby("seed"):
        # ties at the loss cap, or clones: without variation there is no correlation
        if group["loss"].nunique() > 1 and group["alignment_end"].nunique() > 1:
            values.append(stats.spearmanr(group["loss"], group["alignment_end"]).statistic)
    return float(np.mean(values)) if values else float("nan")
