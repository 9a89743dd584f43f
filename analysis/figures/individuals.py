"""The figures `distribution`, `fitness` and `parents`: alignment of individuals, and how many have children."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.needs import kept_generations, write_share
from hetevo.analysis.figures.parts import (
    add_to_title,
    choose_evenly,
    count_generations,
    every_of,
    logarithmic,
    null_line,
    say_undefined,
)
from hetevo.analysis.figures.style import Colour, shades
from hetevo.analysis.runs import LoadedRun, tidy
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.populations.types import Floats

RIDGES = 6
OVERLAP = 1.5
"""Height of the tallest ridge, in distances between two ridges."""

GRID = np.linspace(-1, 1, 201)
MOST_VALUES = 5_000
"""Individuals, evenly chosen, from which a density is estimated."""

NARROWEST = 0.02
"""Standard deviation of the narrowest kernel: twice the step of the grid."""

WORTH_SAYING = 0.005
"""Share of individuals at the loss cap from which on the figure says it."""

MOST_POINTS = 1000
"""Individuals drawn in a panel; the correlation is over all."""


@figure(individuals=RIDGES)
def distribution(frame: Frame) -> pd.DataFrame:
    """Draw a ridge of individuals' alignment at the end of life for several generations, a panel a condition.

    Individuals of all seeds of a condition are pooled: the figure shows their spread, not an uncertainty.

    Returns
    -------
    Plot
        Data: condition, generation, alignment, density, individuals (with a defined value), seeds.
    """
    every, groups = group_by_condition(frame.runs), group_by_condition(frame.chosen)
    grid = frame.grid(list(groups), 2.5, across="alignment\n(cosine)", upward="generation")
    frames = []
    for axes, (name, group) in zip(grid, groups.items(), strict=True):
        frames.append(_ridges(axes, name, group))
        seeds = f"{write_share(group, every[name])} seed{'s' if len(every[name]) > 1 else ''}"
        add_to_title(axes, f"n = {seeds} × {group[0].size}")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0, labelleft=True)  # the generations shown may differ
    grid[0].set_xlim(-1, 1)
    grid[0].set_xticks([-1, 0, 1])
    return pd.concat(frames, ignore_index=True)


def _ridges(axes: Axes, condition: str, group: Sequence[LoadedRun]) -> pd.DataFrame:
    # the density of each generation, of all seeds together
    shown = choose_evenly(np.concatenate([kept_generations(run) for run in group]), RIDGES)
    table = pd.concat([run.individuals_in(shown.tolist()) for run in group], ignore_index=True)
    densities = {}
    for generation in shown:
        values = table.loc[table["generation"] == generation, "alignment_end"].dropna().to_numpy(float)
        densities[int(generation)] = (_density(values), len(values))
    # ridges from the back to the front, each above its own line
    tallest = max(float(np.nanmax(density, initial=0)) for density, _ in densities.values()) or 1.0
    colours = shades("cividis", len(shown))
    frames = []
    for place, (generation, (density, count)) in enumerate(densities.items()):
        height = -place + OVERLAP * density / tallest
        axes.axhline(-place, color="0.85", linewidth=0.5, zorder=place + 2)  # also where nobody is
        axes.fill_between(GRID, -place, height, color=colours[place], alpha=0.75, linewidth=0, zorder=place + 2)
        axes.plot(GRID, height, color="white", linewidth=0.7, zorder=place + 2)
        numbers = {"condition": condition, "generation": generation, "alignment": GRID, "density": density}
        frames.append(pd.DataFrame(numbers).assign(individuals=count, seeds=len(group)))
    null_line(axes, x=0, above=len(shown) + 3)
    axes.set_yticks([-place for place in range(len(shown))], [str(generation) for generation in shown])
    axes.set_ylim(0.3 - len(shown), OVERLAP + 0.1)
    if not any(count for _, count in densities.values()):
        say_undefined(axes, every_of(shown))
    return pd.concat(frames, ignore_index=True)


@figure(individuals=2)
def fitness(frame: Frame) -> pd.DataFrame:
    """Draw alignment at the end of life against the loss in the first and last generation, a panel a condition.

    Fitness is minus the loss: individuals to the left are selected. Losses end at a cap, where individuals stand in one
    line: the panel says which share of the last generation does. Each panel gives Spearman's correlation of loss
    and alignment in the last generation, computed inside each run, as mean over runs.

    Returns
    -------
    Plot
        Data: condition, seed, generation, id, loss, alignment_end: every individual for which both are defined.
    """
    every, groups = group_by_condition(frame.runs), group_by_condition(frame.chosen)
    grid = frame.grid(list(groups), 2.1, across="normalised\ntest loss", upward="alignment\n(cosine)")
    frames = []
    for axes, (condition, group) in zip(grid, groups.items(), strict=True):
        table = pd.concat([_ends(run) for run in group], ignore_index=True)
        _points(axes, table[table["when"] == "first"], "first generation", "0.55", "x")
        _points(axes, table[table["when"] == "last"], "last generation", frame.palette[0], "o")
        if table.empty:
            say_undefined(axes, "the first and the\nlast generation")
        rho = f"{_correlation(table):+.2f}".replace("-", "−").replace("+nan", "–")
        add_to_title(axes, f"ρ = {rho}, n = {write_share(group, every[condition])}")
        if (capped := _share_capped(table)) >= WORTH_SAYING:
            add_to_title(axes, f"{capped:.0%} at the loss cap".replace("%", " %"))
        null_line(axes, y=0)
        null_line(axes, x=1)  # what a network that always says 0 has
        frames.append(table)
    logarithmic(grid[0], "x", few=True)
    frame.legend(columns=2, title="ρ: Spearman's, last generation, mean over n seeds", markerscale=2.5)
    data = pd.concat(frames, ignore_index=True)
    return data[["condition", "seed", "generation", "id", "loss", "alignment_end"]]


def _points(axes: Axes, table: pd.DataFrame, label: str, colour: Colour | str, marker: str) -> None:
    """Draw individuals, not more than can be told apart."""
    points = table.iloc[:: max(1, -(-len(table) // MOST_POINTS))]
    axes.scatter(
        points["loss"],
        points["alignment_end"],
        s=4,
        marker=marker,
        linewidths=0.4 if marker == "x" else 0,
        color=colour,
        alpha=0.5,
        label=label,
        rasterized=True,  # thousands of points would make a heavy PDF
    )


def _ends(run: LoadedRun) -> pd.DataFrame:
    generations = kept_generations(run)
    table = run.individuals_in({generations[0], generations[-1]}).dropna(subset=["alignment_end", "loss"])
    when = np.where(table["generation"] == generations[-1], "last", "first")
    capped = table["loss"] >= run.number("lifetime.loss_cap")
    return table.assign(condition=run.condition, seed=run.seed, when=when, capped=capped)


def _share_capped(table: pd.DataFrame) -> float:
    """Return the share of individuals of the last generation whose loss is cut off at its cap: they lie on one line."""
    last = table.loc[table["when"] == "last", "capped"]
    return float(last.mean()) if len(last) else 0.0


def _correlation(table: pd.DataFrame) -> float:
    values = []
    for _, group in table[table["when"] == "last"].groupby("seed"):
        # ties at the loss cap, or clones: without variation there is no correlation
        if group["loss"].nunique() > 1 and group["alignment_end"].nunique() > 1:
            ranks = group[["loss", "alignment_end"]].rank()
            values.append(float(ranks["loss"].corr(ranks["alignment_end"])))
    return float(np.mean(values)) if values else float("nan")


def _density(values: Floats) -> Floats:
    """Return the density on the grid; a spike where all values are the same, NaN where none is defined."""
    from scipy import stats  # here, because it takes a second to load, and no other figure needs it

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


def _check_counted(runs: Sequence[LoadedRun]) -> None:
    for run in runs:
        if "parents" not in run.generations or run.generations["parents"].isna().all():
            raise RunDirectoryError(
                f"{run.path} was recorded by a version that did not count parents. Run it again; the evolution is the"
                " same, bit for bit."
            )
        if not run.generations["parents"].any() and run.last > 0:
            raise RunDirectoryError(
                f"{run.path}: nobody in it has parents: its algorithm draws every individual anew. Name runs of an"
                " algorithm with parents, such as generational."
            )


@figure(probe=None, usual=_check_counted)
def parents(frame: Frame) -> pd.DataFrame:
    """Draw how many individuals have children, over generations, a line a condition.

    Elites, which live on, are no children. Few parents: selection is hard, and soon all are relatives.

    Returns
    -------
    Plot
        Data: condition, seed, run, generation, parents.
    """
    _check_counted(frame.runs)
    table = tidy(frame.runs)
    table = table[table["generation"] > 0] if (table["generation"] > 0).any() else table  # founders have none
    axes = frame.one_panel(2.2)
    title = frame.courses(axes, table, "parents")
    axes.set(xlabel="generation", ylabel="individuals with children")
    axes.set_ylim(bottom=0)
    count_generations(axes, table["generation"])
    frame.legend(title=title)
    return table[["condition", "seed", "run", "generation", "parents"]]
