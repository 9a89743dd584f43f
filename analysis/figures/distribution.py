"""The figure `distribution`: how the individuals' alignment is distributed, generation by generation."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from hetevo.analysis.conditions import by_condition
from hetevo.analysis.figures.input import kept, of, probed, with_individuals
from hetevo.analysis.figures.layout import add_to_title, panels, say_undefined, spaced
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import NULL_LINE, style
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.types import Floats

RIDGES = 6
OVERLAP = 1.5
"""Height of the tallest ridge, in distances between two ridges."""

GRID = np.linspace(-1, 1, 201)
MOST_VALUES = 5_000
"""Individuals, evenly chosen, from which a density is estimated."""

NARROWEST = 0.02
"""Standard deviation of the narrowest kernel: twice the step of the grid."""


def distribution(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw a ridge of individuals' alignment at the end of life for several generations, a panel a condition.

    Individuals of all seeds of a condition are pooled: the figure shows their spread, not an uncertainty.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Finished or not.

    Returns
    -------
    Plot
        Data: condition, generation, alignment, density, individuals (with a defined value), seeds.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe or kept no individuals.
    """
    runs = probed(runs)
    every, groups = by_condition(runs), by_condition(with_individuals(runs, RIDGES))
    with style():
        figure = Figure(layout="constrained")
        grid = panels(figure, list(groups), 2.5, across="alignment\n(cosine)", upward="generation")
        frames = []
        for axes, (name, group) in zip(grid, groups.items(), strict=True):
            frames.append(_ridges(axes, name, group))
            seeds = f"{len(group)}{of(group, every[name])} seed{'s' if len(every[name]) > 1 else ''}"
            add_to_title(axes, f"n = {seeds} × {group[0].size}")
            axes.spines["left"].set_visible(False)
            axes.tick_params(axis="y", length=0, labelleft=True)  # the generations shown may differ
        grid[0].set_xlim(-1, 1)
        grid[0].set_xticks([-1, 0, 1])
    return Plot(figure, pd.concat(frames, ignore_index=True))


def _ridges(axes: Axes, condition: str, group: Sequence[LoadedRun]) -> pd.DataFrame:
    shown = spaced(np.concatenate([kept(run) for run in group]), RIDGES)
    table = pd.concat([run.individuals_in(shown.tolist()) for run in group], ignore_index=True)
    densities = {}
    for generation in shown:
        values = table.loc[table["generation"] == generation, "alignment_end"].dropna().to_numpy(float)
        densities[int(generation)] = (_density(values), len(values))
    tallest = max(float(np.nanmax(density, initial=0)) for density, _ in densities.values()) or 1.0
    colours = seaborn.color_palette("cividis", len(shown))
    frames = []
    for place, (generation, (density, count)) in enumerate(densities.items()):
        height = -place + OVERLAP * density / tallest
        axes.axhline(-place, color="0.85", linewidth=0.5, zorder=place + 2)  # also where nobody is
        axes.fill_between(GRID, -place, height, color=colours[place], alpha=0.75, linewidth=0, zorder=place + 2)
        axes.plot(GRID, height, color="white", linewidth=0.7, zorder=place + 2)
        frames.append(
            pd.DataFrame(
                {"condition": condition, "generation": generation, "alignment": GRID, "density": density}
            ).assign(individuals=count, seeds=len(group))
        )
    axes.axvline(0, **{**NULL_LINE, "zorder": len(shown) + 3})
    axes.set_yticks([-place for place in range(len(shown))], [str(generation) for generation in shown])
    axes.set_ylim(0.3 - len(shown), OVERLAP + 0.1)
    if not any(count for _, count in densities.values()):
        say_undefined(axes)
    return pd.concat(frames, ignore_index=True)


def _density(values: Floats) -> Floats:
    """Return the density on the grid; a spike where all values are the same, NaN where none is defined."""
    if not len(values):
        return np.full(len(GRID), np.nan)
    values = values[:: -(-len(values) // MOST_VALUES)]
    if np.ptp(values) < 1e-6:
        spike: Floats = stats.norm.pdf(GRID, values[0], NARROWEST)
        return spike
    # Scott's rule, but never so narrow that the grid could miss a spike
    width = max(len(values) ** -0.2, NARROWEST / np.std(values, ddof=1))
    density: Floats = stats.gaussian_kde(values, width)(GRID)
    return density
