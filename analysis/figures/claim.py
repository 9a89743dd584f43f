"""The figure `claim`: measures of every condition, seed by seed, with the interval of their means."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.caption import name_with_seeds
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import null_line
from hetevo.analysis.figures.style import Palette
from hetevo.analysis.intervals import mean_and_interval
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats

INCHES_PER_CONDITION = 0.24

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


@figure()
def claim(frame: Frame, *, shows: Mapping[str, str] = SHOWN) -> pd.DataFrame:
    """Draw columns of the last generation that has them: a dot a seed, the mean and its t interval, a row a condition.

    Returns
    -------
    Plot
        Data: measure, condition, seed, generation, value.

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
    found = [
        (column, condition, run.seed, *_last(run, column))
        for column in shows
        for condition, group in groups.items()
        for run in group
    ]
    data = pd.DataFrame(found, columns=["measure", "condition", "seed", "generation", "value"])
    there = [column for column in shows if data.loc[data["measure"] == column, "value"].notna().any()]
    if not there:
        raise SettingError(
            f"No run has recorded {' or '.join(map(repr, shows))}, so there is nothing to draw."
            ' Run again with probe.name = "instruments".'
        )
    # a panel a measure, in each a row a condition; four measures and more two by two
    across = len(there) if len(there) < 4 else 2
    rows, high = -(-len(there) // across), max(1.3, 0.85 + INCHES_PER_CONDITION * len(groups))
    panels = frame.columns(len(there), high, rows=rows)
    said: list[str] = []
    for axes, column in zip(panels, there, strict=True):
        values = data[data["measure"] == column].dropna(subset="value")
        seeds = values.groupby("condition")["seed"].nunique()
        labels, title = name_with_seeds({name: pd.Series([int(seeds.get(name, 0))]) for name in groups})
        rows_of = [values.loc[values["condition"] == name, "value"].to_numpy(float) for name in groups]
        _draw(axes, rows_of, frame.palette)
        # the names once a row of panels, unless another number of seeds stands behind this measure
        names = [labels[name] for name in groups]
        again = names != said or axes in panels[:: frame.across]
        axes.set_yticks(range(len(groups)), names if again else [""] * len(names))
        said = names
        if "loss" in column and values["value"].max() > FAR:
            axes.set_xscale("log")
        null_line(axes, x=SILENT if "loss" in column else 0)
        axes.set_xlabel(shows[column])
        axes.set_title(title, loc="right")
    return data


def _draw(axes: Axes, conditions: Sequence[Floats], palette: Palette) -> None:
    """Draw a row for each condition, from top to bottom; one without values stays empty: its label says so."""
    for place, values in enumerate(conditions):
        if not values.size:
            continue
        spread = np.linspace(-0.16, 0.16, values.size) if values.size > 1 else np.zeros(1)
        axes.plot(values, place + spread, "o", markersize=2, color=palette[0], alpha=0.45, markeredgewidth=0)
        # the mean with its interval, which a single seed does not have
        mean, _, high = mean_and_interval(values)
        axes.errorbar(
            mean,
            place,
            xerr=np.nan_to_num(high - mean),
            fmt="D",
            markersize=4,
            color="black",
            capsize=2.5,
            linewidth=1.1,
        )
    axes.set_ylim(len(conditions) - 0.5, -0.5)


def _last(run: LoadedRun, column: str) -> tuple[float, float]:
    """Return the last generation in which a column is defined, and its value."""
    # losses are those of the end of life: nothing is known of them at the stage that a control looks at
    elsewhere = run.stage != "end" and not column.endswith("_end")
    if column not in run.generations or elsewhere:
        return float("nan"), float("nan")
    values = run.values(column).dropna()
    if not len(values):
        return float("nan"), float("nan")
    return float(run.generations.loc[values.index[-1], "generation"]), float(values.iloc[-1])
