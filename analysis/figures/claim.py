"""The figure `claim`: measures of every condition, seed by seed, with the interval of their means.

A seed's value is that by which claims are judged: a mean over its last generations, see `find_late`.
"""

from collections.abc import Mapping, Sequence
from textwrap import fill
from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.caption import INTERVAL, name_with_seeds
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import bounds_in, null_line
from hetevo.analysis.figures.style import FULL, NAME, Palette, for_figures
from hetevo.analysis.intervals import ANY, Bounds, bounds_of, interval_shown
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import find_late, write_last
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats

INCHES_PER_CONDITION = 0.26

ABOVE, SPREAD, BELOW = -0.14, 0.14, 0.22
"""In a row, where the middle of its seeds lies, how far they are spread, and where their mean lies."""

SILENT = 1.0
"""Normalised loss of a network that always answers 0."""

FAR = 100 * SILENT
"""Loss beyond which the axis is logarithmic."""

SHOWN = MappingProxyType(
    {
        "alignment_end": "gradient alignment,\nend of life (cosine)",
        "loss_median": "normalised test loss (1: silent),\nmedian of the population",
    }
)
"""What axes say, by column of the table of generations."""


def _check_defined(runs: Sequence[LoadedRun]) -> None:
    """Check that some run has one of the usual measures defined somewhere."""
    if not any(_end(run, column)[2] for column in SHOWN for run in runs):
        raise SettingError(_say_nothing(SHOWN))


def _say_nothing(shows: Mapping[str, str]) -> str:
    return (
        f"No run has recorded {' or '.join(map(repr, shows))}, so there is nothing to draw."
        ' Run again with probe.name = "instruments".'
    )


@figure(usual=_check_defined)
def claim(frame: Frame, *, shows: Mapping[str, str] = SHOWN) -> pd.DataFrame:
    """Draw measures at the end of each run: a dot a seed, the mean with its interval below, a row a condition.

    A seed's value is the mean over its last generations by which claims are judged: ten at most, of the later half of
    the run, in which the measure is defined.

    Returns
    -------
    Plot
        Data: measure, condition, seed, generation (the last that counts), value.

    Other Parameters
    ----------------
    shows : mapping of str to str, optional
        What the axis says, by column of the table of generations: a panel each, side by side.

    Raises
    ------
    SettingError
        If no run has any of the columns defined anywhere.
    """
    groups = group_by_condition(frame.runs)
    rows, lengths = [], []
    for column in shows:
        for run in (run for group in groups.values() for run in group):
            value, last, length = _end(run, column)
            rows.append((column, run.condition, run.seed, last, value))
            lengths += [length] * (length > 0)
    data = pd.DataFrame(rows, columns=["measure", "condition", "seed", "generation", "value"])
    there = [column for column in shows if data.loc[data["measure"] == column, "value"].notna().any()]
    if not there:
        raise SettingError(_say_nothing(shows))
    # a panel a measure, in each a row a condition; four measures and more two by two
    across = len(there) if len(there) < 4 else 2
    broken = [fill(name, NAME) for name in for_figures(groups, FULL).values()]
    lines = max(name.count("\n") + 1 for name in broken)
    down = -(-len(there) // across)
    high = max(1.3, 0.85 + INCHES_PER_CONDITION * len(groups) * max(lines / 2, 1))
    panels = frame.columns(len(there), high, rows=down)
    across = frame.design.columns or across
    said: list[str] = []
    for axes, column in zip(panels, there, strict=True):
        values = data[data["measure"] == column].dropna(subset="value")
        seeds = values.groupby("condition")["seed"].nunique()
        labels, _ = name_with_seeds({name: pd.Series([int(seeds.get(name, 0))]) for name in groups})
        rows_of = [values.loc[values["condition"] == name, "value"].to_numpy(float) for name in groups]
        _draw(axes, rows_of, frame.palette, _bounds(column, frame.runs))
        # the names once a row of panels, unless another number of seeds stands behind this measure
        names = [fill(labels[name], NAME) for name in groups]
        again = names != said or axes in panels[:: frame.across]
        axes.set_yticks(range(len(groups)), names if again else [""] * len(names))
        said = names
        if "loss" in column and values["value"].max() > FAR:
            axes.set_xscale("log")
        else:
            axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.set_xlabel(shows[column])
        null_line(axes, x=SILENT if "loss" in column else 0)
        axes.set_title(_count(seeds), loc="left")
    _explain(frame, write_last(lengths), there)
    if left := [" ".join(text.split()) for column, text in shows.items() if column not in there]:
        frame.say(f"Without a panel, since undefined or not recorded in all of these runs: {'; '.join(left)}.")
    return data


def _bounds(column: str, runs: Sequence[LoadedRun]) -> Bounds:
    """Return the bounds of a measure, whatever word for it stands before a loss."""
    known = bounds_in(column, runs)
    return bounds_of("loss") if known == ANY and "loss" in column else known


def _count(seeds: "pd.Series[int]") -> str:
    """Write how many seeds there are, where all conditions have as many: else each condition says it."""
    return f"n = {seeds.iloc[0]} seed{'s' if seeds.iloc[0] > 1 else ''}" if seeds.nunique() == 1 else ""


def _explain(frame: Frame, ending: str, drawn: Sequence[str]) -> None:
    """Say below the panels what a dot is, and what a diamond; in the caption also what lines are, and rows of dots."""
    axes = frame.panels[0]
    axes.plot(
        [], [], "o", color=frame.palette[0], markersize=4, markeredgecolor="white", markeredgewidth=0.3,
        label=f"a seed, mean of {ending}",
    )  # fmt: skip
    axes.errorbar(
        [np.nan], [np.nan], xerr=[np.nan], fmt="D", color="black", markersize=3.5, capsize=2, linewidth=1,
        label=f"mean over seeds, {INTERVAL}",
    )  # fmt: skip
    frame.say(
        f"Dots: seeds, each the mean of {ending}, stacked by the order of seeds so that none hides another; diamonds:"
        f" means over seeds with {INTERVAL}s."
    )
    losses = ["loss" in column for column in drawn]
    marks = ["0"] * (not all(losses)) + [f"{SILENT:g} for losses, that of a network that always answers 0"] * any(
        losses
    )
    frame.say(f"Dashed lines: {' and '.join(marks)}.")
    frame.legend(columns=1)


def _draw(axes: Axes, conditions: Sequence[Floats], palette: Palette, bounds: Bounds) -> None:
    """Draw a row for each condition, from top to bottom; one without values stays empty: its label says so."""
    for place, values in enumerate(conditions):
        if not values.size:
            continue
        if place % 2:
            axes.axhspan(place - 0.5, place + 0.5, color="0.96", linewidth=0, zorder=0)
        spread = np.linspace(-SPREAD, SPREAD, values.size) if values.size > 1 else np.zeros(1)
        axes.plot(
            values, place + ABOVE + spread, "o", markersize=3.5, color=palette[0], alpha=0.8, markeredgewidth=0.3,
            markeredgecolor="white",
        )  # fmt: skip
        # the mean with its interval, which a single seed does not have
        mean, low, high = interval_shown(values, bounds)
        axes.errorbar(
            mean,
            place + BELOW,
            xerr=np.nan_to_num([[mean - low], [high - mean]]),
            fmt="D",
            markersize=3.5,
            color="black",
            capsize=2,
            linewidth=1,
        )
    axes.set_ylim(len(conditions) - 0.5, -0.5)


def _end(run: LoadedRun, column: str) -> tuple[float, float, int]:
    """Return a column's mean over the generations that count, the last of these, and how many they are."""
    # losses are those of the end of life: nothing is known of them at the stage that a control looks at
    elsewhere = run.stage != "end" and not column.endswith("_end")
    if column not in run.generations or elsewhere:
        return float("nan"), float("nan"), 0
    values, generations = run.values(column).to_numpy(float), run.generations["generation"].to_numpy()
    late = find_late(values, generations)
    if not late.size:
        return float("nan"), float("nan"), 0
    return float(values[late].mean()), float(generations[late[-1]]), len(late)
