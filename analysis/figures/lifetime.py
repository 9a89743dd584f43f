"""The figure `lifetime`: angle between the update and the negative gradient, from birth to the end of life."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from hetevo.analysis.figures.input import measured, probed
from hetevo.analysis.figures.layout import counted, legend_below, looks, say_undefined, spaced, title_of
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import COLUMN_INCHES, NULL_LINE, Palette, style
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import over_seeds

STAGES = {"birth": "birth", "mid": "mid-life", "end": "end of life"}
SHOWN = 5
"""Generations of a single run."""

SPREAD = 0.3
"""Width over which the conditions' intervals stand side by side, in distances between two stages."""


def lifetime(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the angle in degrees at birth, in mid-life and at the end of life.

    One run: several generations. Several runs: the first and the last generation of each condition. The angle is that
    of the population's mean cosine; a random direction has 90°.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Finished or not.

    Returns
    -------
    Plot
        Data: condition, generation, stage, angle, low, high, n.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe.
    """
    runs = probed(runs, *(f"alignment_{stage}" for stage in STAGES))
    table = measured(runs)
    with style() as palette:
        figure = Figure(figsize=(COLUMN_INCHES, 2.3), layout="constrained")
        axes = figure.subplots()
        if len(runs) == 1:
            data, title = _one_run(axes, table), None
            axes.set_title(title_of(runs[0], after=f"; mean of n = {runs[0].size}"), loc="right")
        else:
            data, title = _several_runs(axes, table, runs, palette)
        if data["angle"].isna().all():
            say_undefined(axes)
        axes.axhline(90, **NULL_LINE)
        axes.yaxis.set_major_locator(MultipleLocator(15))
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, 45), max(high, 105))  # so that a degree more or less does not look like a result
        axes.set_xticks(range(len(STAGES)), list(STAGES.values()))
        axes.set_xlabel("moment of life")
        axes.set_ylabel("angle to the negative\ngradient (degrees)")
        legend_below(figure, [axes], columns=3 if len(runs) == 1 else None, title=title)
    return Plot(figure, data)


def _one_run(axes: Axes, table: pd.DataFrame) -> pd.DataFrame:
    shown = spaced(table["generation"].to_numpy(), SHOWN)
    frames = []
    colours = seaborn.color_palette("cividis", len(shown))
    for colour, marker, generation in zip(colours, "ovs^D", shown, strict=False):
        summary = _angles(table[table["generation"] == generation])
        axes.plot(
            range(len(STAGES)),
            summary["angle"],
            marker=marker,
            markersize=4,
            color=colour,
            label=f"generation {generation}",
        )
        frames.append(summary.assign(generation=generation, condition=table["condition"].iloc[0]))
    return pd.concat(frames, ignore_index=True)


def _several_runs(
    axes: Axes, table: pd.DataFrame, runs: Sequence[LoadedRun], palette: Palette
) -> tuple[pd.DataFrame, str]:
    styles = looks(runs, palette)
    groups = {str(condition): group for condition, group in table.groupby("condition", sort=False)}
    ends = {
        condition: {g: _angles(group[group["generation"] == g]) for g in _ends(group)}
        for condition, group in groups.items()
    }
    labels, title = counted({name: pd.concat([one["n"] for one in found.values()]) for name, found in ends.items()})
    frames = []
    places = np.linspace(-SPREAD / 2, SPREAD / 2, len(groups)) if len(groups) > 1 else [0.0]
    for place, (condition, found) in zip(places, ends.items(), strict=True):
        colour, line = styles[condition]
        for generation, summary in found.items():
            last = generation == max(found)
            axes.errorbar(
                np.arange(len(STAGES)) + place,
                summary["angle"],
                yerr=np.abs(summary[["low", "high"]].to_numpy().T - summary["angle"].to_numpy()),
                color=colour,
                linestyle=line if last else "none",
                marker="s" if last else "o",
                markerfacecolor=colour if last else "white",
                linewidth=1.2,
                elinewidth=0.8,
                markersize=3.5,
                markeredgewidth=0.8,
                label=labels[condition] if last else None,
            )
            frames.append(summary.assign(generation=generation, condition=condition))
    start, end = ("–".join(sorted({str(found(one)) for one in ends.values()}, key=int)) for found in (min, max))
    axes.set_title(f"○ generation {start}, ■ generation {end}", loc="right")
    return pd.concat(frames, ignore_index=True), title


def _ends(group: pd.DataFrame) -> list[int]:
    return sorted({int(group["generation"].min()), int(group["generation"].max())})


def _angles(group: pd.DataFrame) -> pd.DataFrame:
    """Return stage, angle, low and high: the interval is built on the cosine, then turned into degrees."""
    rows = []
    for stage in STAGES:
        cosine = over_seeds(group, f"alignment_{stage}").iloc[0]
        angle, low, high = (
            float(np.degrees(np.arccos(np.clip(cosine[name], -1, 1)))) for name in ("mean", "high", "low")
        )
        rows.append({"stage": stage, "angle": angle, "low": low, "high": high, "n": int(cosine["n"])})
    return pd.DataFrame(rows)
