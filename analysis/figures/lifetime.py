"""The figure `lifetime`: angle between the update and the negative gradient, from birth to the end of life."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from hetevo.analysis.figures.caption import name_with_seeds
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import choose_evenly, every_of, find_moments, null_line, say_undefined
from hetevo.analysis.figures.style import shades, write_title
from hetevo.analysis.statistics.curves import over_seeds

SHOWN = 5
"""Generations of a single run."""

SPREAD, WIDEST = 0.3, 4.0
"""Width over which the conditions' intervals stand side by side: at most this part of the distance between two
moments, and so many percent of a life."""


@figure("alignment_birth", "alignment_mid", "alignment_end")
def lifetime(frame: Frame) -> pd.DataFrame:
    """Draw the angle in degrees at birth, in mid-life, at the end of life, and at all other moments that were measured.

    One run: several generations. Several runs: the first and the last generation of each condition. The angle is that
    of the population's mean cosine; a random direction has 90°.

    Returns
    -------
    Plot
        Data: condition, generation, percent (of life), stage, angle, low, high, n.
    """
    table = frame.measured()
    axes = frame.one_panel(2.3)
    if len(frame.runs) == 1:
        (run,) = frame.runs
        data, title = _one_run(axes, table), None
        axes.set_title(write_title(run, after=f"; mean of n = {run.size}"), loc="right")
    else:
        data, title = _several_runs(frame, axes, table)
    if data["angle"].isna().all():
        say_undefined(axes, every_of(data["generation"]))
    null_line(axes, y=90)
    low, high = axes.get_ylim()
    low, high = min(low, 45), max(high, 105)  # so that a degree more or less does not look like a result
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(MultipleLocator(15 if high - low <= 90 else 30))
    axes.set_xlim(-8, 108)
    axes.set_xticks([0, 25, 50, 75, 100], ["birth", "25", "50", "75", "end"])
    axes.set_xlabel("moment of life (% of its presentations)")
    axes.set_ylabel("angle to the negative\ngradient (degrees)")
    frame.legend(columns=3 if len(frame.runs) == 1 else None, title=title)
    return data


def _one_run(axes: Axes, table: pd.DataFrame) -> pd.DataFrame:
    # a line a generation, from dark to light
    shown = choose_evenly(table["generation"].to_numpy(), SHOWN)
    frames = []
    colours = shades("cividis", len(shown))
    for colour, marker, generation in zip(colours, "ovs^D", shown, strict=False):
        summary = _angles(table[table["generation"] == generation])
        label = f"generation {generation}"
        axes.plot(summary["percent"], summary["angle"], marker=marker, markersize=4, color=colour, label=label)
        frames.append(summary.assign(generation=generation, condition=table["condition"].iloc[0]))
    return pd.concat(frames, ignore_index=True)


def _several_runs(frame: Frame, axes: Axes, table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Draw the first and the last generation of each condition; return the data, and what the legend says of them."""
    groups = {str(name): _drop_unmeasured(group) for name, group in table.groupby("condition", sort=False)}
    ends = {
        condition: {g: _angles(group[group["generation"] == g]) for g in _ends(group)}
        for condition, group in groups.items()
    }
    counts = {name: pd.concat([summary["n"] for summary in both.values()]) for name, both in ends.items()}
    labels, title = name_with_seeds(counts, interval=frame.interval)
    bars = frame.describe_bands().replace("bands", "bars")
    frame.say(f"Means over seeds{bars}. Open circles, first generation; full squares, last.")
    styles = frame.looks()
    # side by side, so that intervals do not cover each other, nor those of the next moment
    moments = sorted({percent for both in ends.values() for summary in both.values() for percent in summary["percent"]})
    room = min(SPREAD * min(np.diff(moments), default=np.inf), WIDEST)
    frames = []
    places = np.linspace(-room / 2, room / 2, len(groups)) if len(groups) > 1 else [0.0]
    for place, (condition, both) in zip(places, ends.items(), strict=True):
        colour, line = styles[condition]
        if frame.crowded:  # in the legend, markers would hide the line styles
            axes.plot([], [], color=colour, linestyle=line, label=labels[condition])
        for generation, summary in both.items():
            last = generation == max(both)
            half = np.abs(summary[["low", "high"]].to_numpy().T - summary["angle"].to_numpy())
            axes.errorbar(
                summary["percent"] + place,
                summary["angle"],
                yerr=None if frame.crowded else half,
                color=colour,
                linestyle=line if last else "none",
                marker="s" if last else "o",
                markerfacecolor=colour if last else "white",
                linewidth=1.2,
                elinewidth=0.8,
                markersize=3.5,
                markeredgewidth=0.8,
                label=labels[condition] if last and not frame.crowded else None,
            )
            frames.append(summary.assign(generation=generation, condition=condition))
    # the key to both generations stands below the conditions
    start, end = ("–".join(sorted({str(which(both)) for both in ends.values()}, key=int)) for which in (min, max))
    for marker, fill, when in (("o", "white", start), ("s", "0.3", end)):
        if marker == "s" or start != end:
            axes.errorbar(
                [np.nan], [np.nan], fmt=marker, color="0.3", markerfacecolor=fill, markersize=3.5,
                label=f"generation {when}",
            )  # fmt: skip
    return pd.concat(frames, ignore_index=True), title


def _ends(group: pd.DataFrame) -> list[int]:
    return sorted({int(group["generation"].min()), int(group["generation"].max())})


def _drop_unmeasured(group: pd.DataFrame) -> pd.DataFrame:
    """Drop moments at which only runs of other conditions were looked at: they are no gaps of these."""
    return group.drop(columns=[name for name in group if "_life_" in str(name) and group[name].isna().all()])


def _angles(group: pd.DataFrame) -> pd.DataFrame:
    """Return percent, stage, angle, low, high and n: the interval is built on the cosine, then turned into degrees."""
    rows = []
    for percent, column in find_moments(group.columns, "alignment").items():
        cosine = over_seeds(group, column).iloc[0]
        angle, low, high = (
            float(np.degrees(np.arccos(np.clip(cosine[name], -1, 1)))) for name in ("mean", "high", "low")
        )
        stage = column.removeprefix("alignment_")
        row = {"percent": percent, "stage": stage, "angle": angle, "low": low, "high": high}
        rows.append({**row, "n": int(cosine["n"])})
    return pd.DataFrame(rows)
