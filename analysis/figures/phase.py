"""The figures `phase-plane` (stability against consistency) and `phase-diagram` (alignment over two parameters)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.style import (
    FULL,
    HALF,
    SMALL,
    TICK,
    UNDEFINED,
    for_figure,
    for_figures,
    key_in_words,
)
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import last_level, write_ending
from hetevo.evolve.identity import flat_values
from hetevo.populations.errors import SettingError

MOST_THIN = 12
"""Runs that are drawn one by one beside the means."""

IGNORED = ("seed", "preset", "backend.", "checkpoint.", "records.", "probe.")
"""Keys that change what is kept or where it is computed, but no result."""

MOST_NUMBERS = 12
"""Values along one axis up to which the cells have room for their numbers."""

WEIGHTED = "hs_weighted_end", "dc_weighted_end"

MARGIN = 0.04
"""Room about the range of a phase plane."""


@figure("hs_end", "dc_end")
def phase_plane(frame: Frame) -> pd.DataFrame:
    """Draw the population means of HS and DC as a path through the generations.

    Weighted by what neurons contribute to the alignment, if all runs have recorded that; else all neurons count alike.

    Signals that follow the gradient are to the right, neurons that agree on its sign are at the top: a gradient learner
    is in the upper right corner, and "HS yes, DC no" in the middle of the right side.

    Returns
    -------
    Plot
        Data: condition, seed, run, generation, and hs_weighted_end and dc_weighted_end, or hs_end and dc_end.
    """
    runs = frame.runs
    measured = frame.measured()
    weighted = all(set(WEIGHTED) <= set(run.generations) for run in runs)
    hs, dc = WEIGHTED if weighted else ("hs_end", "dc_end")
    table = measured[["condition", "seed", "run", "generation", hs, dc]]
    axes, styles = frame.one_panel(2.8), frame.looks()
    names = for_figures(styles, FULL)
    seeds = table.groupby("condition")["run"].nunique()
    drawn_singly = seeds.sum() > len(seeds) and len(runs) <= MOST_THIN
    for condition, group in table.groupby("condition", sort=False):
        colour, line = styles[str(condition)]
        # thin lines for single runs, one line for their mean
        if drawn_singly:
            for _, path in group.groupby("run"):
                axes.plot(path[hs], path[dc], color=colour, linewidth=0.4, alpha=0.3)
        mean = group.groupby("generation")[[hs, dc]].mean().dropna()
        name = names[str(condition)]
        if mean.empty:
            name += ": undefined"
        elif seeds.nunique() > 1:
            name += f" (n = {seeds[condition]})"
        axes.plot(mean[hs], mean[dc], color=colour, linestyle=line, linewidth=1, label=name)
        _mark_ends(axes, mean[hs], mean[dc], colour)
    # neurons whose signs are drawn by coin: a line of its own kind, since dashes tell conditions apart
    axes.axhline(0.5, color="0.8", linewidth=0.6, zorder=0)
    axes.annotate(
        "signs by coin", (1, 0.5), (0, 1), xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=5,
        color="0.35", ha="right", va="bottom",
    )  # fmt: skip
    _limits(axes, table[hs], table[dc])
    axes.set_xlabel(f"heterosynaptic stability HS (R²{', weighted' if weighted else ''})")
    axes.set_ylabel("dynamical consistency DC\n(share of agreeing pairs)")
    axes.set_title("○ first generation, ● last", loc="right")
    frame.say(
        "HS, heterosynaptic stability: how much of a neuron's learning signal its true gradient explains (R²). DC,"
        " dynamical consistency: share of pairs of neurons whose updates agree in the sign that they have along the"
        " gradient."
    )
    thin = "; thin lines, single seeds" if drawn_singly else ""
    frame.say(f"Thick lines, means over seeds{thin}." if len(runs) > len(seeds) else "Lines, single runs.")
    frame.say("Open circles: first generation; full: last; grey line: DC of neurons whose signs are drawn by coin.")
    frame.legend(title=_say_n(runs, seeds))
    return table


def _mark_ends(axes: Axes, hs: "pd.Series[float]", dc: "pd.Series[float]", colour: tuple[float, float, float]) -> None:
    """Draw an open circle where a path begins, and a full one where it ends."""
    for end, fill, edge in ((slice(1), "white", colour), (slice(-1, None), colour, "black")):
        axes.plot(
            hs.iloc[end],
            dc.iloc[end],
            linestyle="none",
            marker="o",
            markersize=5,
            color=colour,
            markerfacecolor=fill,
            markeredgecolor=edge,
            markeredgewidth=0.8,
            zorder=5,
        )


def _say_n(runs: Sequence[LoadedRun], seeds: "pd.Series[int]") -> str:
    """Say what a path is a mean of; ``seeds`` counts those of each condition."""
    if len(runs) == 1:
        return f"seed {runs[0].seed}, mean of n = {runs[0].size}"
    if seeds.max() == 1:
        return "n = 1 seed"
    title = "mean over n " + (f"= {seeds.iloc[0]} seeds" if seeds.nunique() == 1 else "seeds")
    return title + ("; thin: a seed" if len(runs) <= MOST_THIN else "")


def _limits(axes: Axes, hs: "pd.Series[float]", dc: "pd.Series[float]") -> None:
    """Show the range in which something happens, with a margin, inside 0 to 1."""
    for setter, values in (
        (axes.set_xlim, hs.dropna()),
        (axes.set_ylim, pd.concat([dc, pd.Series([0.5])]).dropna()),
    ):
        if len(values):
            setter(max(values.min() - MARGIN, -0.02), min(values.max() + MARGIN, 1.02))


def _check_two_keys(runs: Sequence[LoadedRun]) -> None:
    _axes(_tabulate(runs), None, None)


def _tabulate(runs: Sequence[LoadedRun]) -> pd.DataFrame:
    return pd.DataFrame([dict(flat_values(run.config)) for run in runs])


@figure(usual=_check_two_keys)
def phase_diagram(
    frame: Frame,
    *,
    x: str | None = None,
    y: str | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
    column: str = "alignment_end",
    says: str = "",
) -> pd.DataFrame:
    """Draw the mean over seeds of the last generations' alignment, over the two parameters in which the runs differ.

    Seeds are the unit: runs of one seed in one cell, which differ in further parameters, count as their mean.

    Returns
    -------
    Plot
        Data: the two keys, mean, sd and n (seeds) of each cell.

    Other Parameters
    ----------------
    x, y : str, optional
        Keys of the configuration, such as ``"genome.gain_scale"``. Default: the only two that vary.
    names : mapping of str to str, optional
        What the axes say in place of a key.
    column, says : str, optional
        What is drawn instead of the alignment, in -1..1, and what stands beside its colours. Default: gradient
        alignment, and of how many last generations.

    Raises
    ------
    SettingError
        If the runs do not differ in exactly two parameters, and none are named.
    """
    # the mean over seeds, after that over runs of one seed in one cell
    table = _tabulate(frame.runs)
    x, y = _axes(table, x, y)
    shown = pd.DataFrame({x: table[x].map(_shown), y: table[y].map(_shown)})
    shown["seed"] = [run.seed for run in frame.runs]
    shown["value"] = [last_level(run, column).value for run in frame.runs]
    seeds = shown.groupby([x, y, "seed"], sort=False)["value"].mean().reset_index()
    cells = seeds.groupby([x, y], sort=False)["value"].agg(["mean", "std", "count"]).reset_index()
    # as a grid, numbers in their order
    orders = {key: [_shown(value) for value in _sorted(table[key])] for key in (x, y)}
    grid, counts = (
        cells.pivot(index=y, columns=x, values=name).reindex(index=orders[y][::-1], columns=orders[x])
        for name in ("mean", "count")
    )
    grid = grid.rename(index=for_figures(grid.index, TICK), columns=for_figures(grid.columns, TICK))
    axes = frame.one_panel(min(1.3 + 0.32 * len(grid), 6))
    late = write_ending(frame.runs)
    _map(axes, grid, says or f"gradient alignment (cosine),\n{late.removeprefix('the ')}")
    # in words as in legends, unless both keys would then be called alike
    words = {key: key_in_words(key) for key in (x, y)}
    called = words if words[x] != words[y] else {key: key for key in (x, y)}
    axes.set_xlabel(names.get(x) or for_figure(called[x]))
    axes.set_ylabel(names.get(y) or for_figure(called[y], HALF))
    _explain_cells(frame, axes, grid, counts, late)
    return cells.rename(columns={"std": "sd", "count": "n"})


def _map(axes: Axes, grid: pd.DataFrame, says: str) -> None:
    """Draw a cell for each value, with its number where there is room."""
    import seaborn  # here, because it takes a second to load, and few figures need it

    values = np.abs(grid.to_numpy(float))
    limit = max(0.1, float(np.nanmax(values))) if np.isfinite(values).any() else 1.0
    seaborn.heatmap(
        grid,
        ax=axes,
        cmap="PuOr_r",  # white is the null, 0
        vmin=-limit,
        vmax=limit,
        annot=max(grid.shape) <= MOST_NUMBERS,
        fmt=".2f",
        annot_kws={"fontsize": SMALL if grid.shape[1] <= 6 else 5},
        linewidths=0.5,
        cbar_kws={"label": says},
    )
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(length=0)


def _explain_cells(frame: Frame, axes: Axes, grid: pd.DataFrame, counts: pd.DataFrame, late: str) -> None:
    """Draw cells without a value, those that were not run apart from those that are undefined, and say n below.

    ``late`` names the generations that each value is the mean of.
    """
    empty = grid.isna().to_numpy()
    missing = counts.isna().to_numpy()
    kinds = (
        ("undefined", empty & ~missing, {"facecolor": UNDEFINED, "edgecolor": "white"}),
        ("not run", missing, {"facecolor": "white", "edgecolor": "0.6", "hatch": "/////"}),
    )
    for name, where, colours in kinds:
        for row, column in np.argwhere(where):
            axes.add_patch(Rectangle((column, row), 1, 1, linewidth=0.3, **colours))
        if where.any():
            axes.add_patch(Rectangle((0, 0), 0, 0, linewidth=0.3, label=name, **colours))
    low, high = int(np.nanmin(counts)), int(np.nanmax(counts))
    # undefined cells have no seed that counts
    low = min(low if low else high, high)
    each = f"{low}" if low == high else f"{low}–{high}"
    axes.set_title(f"mean over n = {each} seed{'s' if high > 1 else ''} a cell; 0 is chance", loc="left")
    frame.say(f"Cells: means over n = {each} seed{'s' if high > 1 else ''}, each the mean of {late}; 0 is chance.")
    frame.legend(columns=2)


def find_varied(table: pd.DataFrame) -> list[str]:
    """Name the keys in which runs differ; of keys that always change together, the first."""
    # two keys that part the runs in the same way change together
    different: dict[tuple[int, ...], str] = {}
    for key in table.columns:
        codes, values = pd.factorize(table[key].map(_shown))
        if len(values) > 1 and not key.startswith(IGNORED):
            different.setdefault(tuple(codes), key)
    return list(different.values())


def _axes(table: pd.DataFrame, x: str | None, y: str | None) -> tuple[str, str]:
    # what is not named is taken from the keys that vary, if there are just as many
    free = [key for key in find_varied(table) if key not in (x, y)]
    for name in (x, y):
        if name is not None and name not in table:
            raise SettingError(f"There is no key {name!r} in these configurations. They differ in {', '.join(free)}.")
    missing = [x, y].count(None)
    if missing and len(free) != missing:
        found = f"{len(free)}: {', '.join(free)}" if free else "none"
        # of too few parameters, fewer runs do not have more
        fewer = ", name fewer runs, or name x and y from Python" if len(free) > missing else ""
        raise SettingError(
            "A phase diagram shows runs that differ in exactly two parameters besides the seed; these differ in"
            f" {found}. Make them by a sweep with [grid] of two keys (hetevo sweep){fewer}."
        )
    return x or free.pop(0), y or free.pop(0)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return "–" if np.isnan(value) else f"{value:g}"
    return "×".join(map(str, value)) if isinstance(value, list) else str(value)


def _sorted(values: "pd.Series[float]") -> list[float]:
    """Return the distinct values: numbers by size, others in their order."""
    distinct = list({_shown(value): value for value in values}.values())
    numbers = all(isinstance(value, int | float) for value in distinct)
    return sorted(distinct) if numbers else distinct
