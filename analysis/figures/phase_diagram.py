"""The figure `phase-diagram`: alignment in the last generations over two parameters of a sweep."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.figure import Figure

from hetevo.analysis.figures.input import probed
from hetevo.analysis.figures.layout import HALF, TICK, for_figure, for_figures
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import COLUMN_INCHES, UNDEFINED, style
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import ending, last_level
from hetevo.evolve.identity import flat_values
from hetevo.populations.errors import SettingError

IGNORED = ("seed", "preset", "backend.", "checkpoint.", "records.", "probe.")
"""Keys that change what is kept or where it is computed, but no result."""

MOST_NUMBERS = 12
"""Values along one axis up to which the cells have room for their numbers."""


def phase_diagram(
    runs: LoadedRun | Sequence[LoadedRun],
    *,
    x: str | None = None,
    y: str | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Plot:
    """Draw the mean over seeds of the last generations' alignment, over the two parameters in which the runs differ.

    The last generations are five, of short runs fewer than half. Seeds are the unit: runs of one seed in one cell,
    which differ in further parameters, count as their mean.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        For instance of a sweep with a grid of two keys.
    x, y : str, optional
        Keys of the configuration, such as ``"genome.gain_scale"``. Default: the only two that vary.
    names : mapping of str to str, optional
        What the axes say in place of a key.

    Returns
    -------
    Plot
        Data: the two keys, mean, sd and n (seeds) of each cell.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe.
    SettingError
        If the runs do not differ in exactly two parameters, and none are named.
    """
    runs = probed(runs)
    table = pd.DataFrame([dict(flat_values(run.config)) for run in runs])
    x, y = _axes(table, x, y)
    shown = pd.DataFrame({x: table[x].map(_shown), y: table[y].map(_shown)})
    shown["seed"] = [run.seed for run in runs]
    shown["alignment"] = [last_level(run, "alignment_end", ending(run)).value for run in runs]
    seeds = shown.groupby([x, y, "seed"], sort=False)["alignment"].mean().reset_index()
    cells = seeds.groupby([x, y], sort=False)["alignment"].agg(["mean", "std", "count"]).reset_index()
    orders = {key: [_shown(value) for value in _sorted(table[key])] for key in (x, y)}
    grid, counts = (
        cells.pivot(index=y, columns=x, values=name).reindex(index=orders[y][::-1], columns=orders[x])
        for name in ("mean", "count")
    )
    grid = grid.rename(index=for_figures(grid.index, TICK), columns=for_figures(grid.columns, TICK))
    with style():
        height = min(1.3 + 0.32 * len(grid), 6)
        figure = Figure(figsize=(COLUMN_INCHES, height), layout="constrained")
        axes = figure.subplots()
        numbers = max(grid.shape) <= MOST_NUMBERS
        limit = max(0.1, float(np.abs(cells["mean"]).max())) if cells["mean"].notna().any() else 1.0
        axes.set_facecolor(UNDEFINED)
        seaborn.heatmap(
            grid,
            ax=axes,
            cmap="PuOr_r",  # white is the null, 0
            vmin=-limit,
            vmax=limit,
            annot=numbers,
            fmt=".2f",
            annot_kws={"fontsize": 7 if grid.shape[1] <= 6 else 5},
            linewidths=0.5,
            cbar_kws={"label": "gradient alignment\n(cosine), last generations"},
        )
        axes.set_xlabel(names.get(x) or for_figure(x))
        axes.set_ylabel(names.get(y) or for_figure(y, HALF))
        axes.tick_params(axis="y", rotation=0)
        axes.tick_params(length=0)
        low, high = int(np.nanmin(counts)), int(np.nanmax(counts))
        each = f"{low}" if low == high else f"{low}–{high}"
        grey = "; grey: undefined" if grid.isna().any(axis=None) else ""
        axes.set_title(f"mean over n = {each} seed{'s' if high > 1 else ''} a cell; 0 is chance{grey}", loc="right")
    return Plot(figure, cells.rename(columns={"std": "sd", "count": "n"}))


def varied(table: pd.DataFrame) -> list[str]:
    """Name the keys in which runs differ; of keys that always change together, the first."""
    found: dict[tuple[int, ...], str] = {}
    for key in table.columns:
        codes, values = pd.factorize(table[key].map(_shown))
        if len(values) > 1 and not key.startswith(IGNORED):
            found.setdefault(tuple(codes), key)
    return list(found.values())


def _axes(table: pd.DataFrame, x: str | None, y: str | None) -> tuple[str, str]:
    free = [key for key in varied(table) if key not in (x, y)]
    for name in (x, y):
        if name is not None and name not in table:
            raise SettingError(f"There is no key {name!r} in these configurations. They differ in {', '.join(free)}.")
    missing = [x, y].count(None)
    if missing and len(free) != missing:
        raise SettingError(
            "A phase diagram shows runs that differ in exactly two parameters besides the seed; these differ in"
            f" {len(free)}{': ' + ', '.join(free) if free else ''}. Make them by a sweep with [grid] of two keys"
            " (hetevo sweep), name fewer runs, or name x and y from Python."
        )
    return x or free.pop(0), y or free.pop(0)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "–" if np.isnan(value) else f"{value:g}"
    return "×".join(map(str, value)) if isinstance(value, list) else str(value)


def _sorted(values: "pd.Series[Any]") -> list[Any]:
    """Return the distinct values: numbers by size, others in their order."""
    distinct = list({_shown(value): value for value in values}.values())
    numbers = all(isinstance(value, int | float) for value in distinct)
    return sorted(distinct) if numbers else distinct
