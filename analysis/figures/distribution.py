"""The figure `distribution`: how the individuals' alignment is distributed, generation by generation."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from analysis.emergence.table import by_condition
from analysis.figures.input import probed, with_individuals
from analysis.figures.layout import panels, spaced
from analysis.figures.plot import Plot
from analysis.figures.style import NULL_LINE, style
from analysis.loading import LoadedRun
from evolve.rundir import RunDirectoryError
from populations.types import Floats

RIDGES = 6
OVERLAP = 1.6
"""Height of the tallest ridge, in distances between two ridges."""

GRID = np.linspace(-1, 1, 201)


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
        Data: condition, generation, alignment, density, individuals, seeds.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe or kept no individuals.
    """
    groups = by_condition(with_individuals(probed(runs)))
    with style():
        figure = Figure(layout="constrained")
        grid = panels(figure, list(groups), 2.6, across="alignment at the\nend of life (cosine)", upward="generation")
        frames = [_ridges(axes, name, group) for axes, (name, group) in zip(grid, groups.items(), strict=True)]
        grid[0].set_xlim(-1, 1)
        for axes in grid:
            axes.spines["left"].set_visible(False)
            axes.tick_params(axis="y", length=0, labelleft=True)  # the generations shown may differ
    return Plot(figure, pd.concat(frames, ignore_index=True))


def _ridges(axes: Axes, condition: str, group: Sequence[LoadedRun]) -> pd.DataFrame:
    shown = spaced(np.concatenate([run.generations["generation"].to_numpy() for run in group]), RIDGES)
    table = pd.concat([run.individuals_in(shown.tolist()) for run in group], ignore_index=True)
    if "alignment_end" not in table or table["alignment_end"].notna().sum() == 0:
        raise RunDirectoryError(
            f"The runs of {condition!r} kept no individual with a defined alignment, so there is no distribution."
        )
    densities = {}
    for generation in shown:
        values = table.loc[table["generation"] == generation, "alignment_end"].dropna().to_numpy(float)
        densities[int(generation)] = (_density(values), len(values))
    tallest = max(float(density.max()) for density, _ in densities.values()) or 1.0
    colours = seaborn.color_palette("cividis", len(shown))
    frames = []
    for place, (generation, (density, count)) in enumerate(densities.items()):
        height = -place + OVERLAP * density / tallest
        axes.fill_between(GRID, -place, height, color=colours[place], alpha=0.75, linewidth=0, zorder=place + 2)
        axes.plot(GRID, height, color="white", linewidth=0.7, zorder=place + 2)
        frames.append(
            pd.DataFrame(
                {"condition": condition, "generation": generation, "alignment": GRID, "density": density}
            ).assign(individuals=count, seeds=len(group))
        )
    axes.axvline(0, **{**NULL_LINE, "zorder": len(shown) + 3})
    axes.set_yticks([-place for place in range(len(shown))], [str(generation) for generation in shown])
    individuals = max(count for _, count in densities.values())
    seeds = f"{len(group)} seed{'s' if len(group) > 1 else ''}"
    axes.set_title(f"{axes.get_title(loc='left')}\nn = {individuals} of {seeds}", loc="left", fontsize=7)
    return pd.concat(frames, ignore_index=True)


def _density(values: Floats) -> Floats:
    """Return the density on the grid; a spike where all values are the same, zero where none is defined."""
    if len(values) < 2 or np.ptp(values) < 1e-6:
        spread = 0.02
        return sum((stats.norm.pdf(GRID, value, spread) for value in values), np.zeros_like(GRID)) / max(len(values), 1)
    density: Floats = stats.gaussian_kde(values)(GRID)
    return density
