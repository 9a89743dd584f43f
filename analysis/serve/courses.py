"""Any two columns over generations, of single runs or of conditions, as one figure."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from pandas.api.types import is_numeric_dtype

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.caption import name_with_seeds
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import (
    bounds_in,
    count_generations,
    draw_course,
    logarithmic,
    null_line,
    say_undefined,
)
from hetevo.analysis.figures.style import TICK, for_figure
from hetevo.analysis.runs import LoadedRun, tidy
from hetevo.analysis.statistics.curves import over_seeds
from hetevo.populations.errors import SettingError

MOST_CURVES = 24
"""Curves of one figure: so many looks are different."""

NOT_DRAWN = ("generation", "evaluations")

BY_RUN, BY_CONDITION = "run", "condition"


def list_columns(runs: Sequence[LoadedRun]) -> list[str]:
    """Name what can be drawn: all columns of numbers that any of these runs has recorded, in their order."""
    columns = {str(name): table[name] for table in (run.generations for run in runs) for name in table}
    return [name for name, values in columns.items() if name not in NOT_DRAWN and is_numeric_dtype(values)]


def separate(runs: Sequence[LoadedRun]) -> list[LoadedRun]:
    """Make a condition of each run, called by its condition and seed."""
    names: dict[str, int] = {}
    apart = []
    for run in runs:
        name = f"{run.condition}, seed {run.seed}"
        names[name] = names.get(name, 0) + 1
        apart.append(replace(run, label=name if names[name] == 1 else f"{name} ({names[name]})"))
    return apart


@figure(probe=None)
def courses(frame: Frame, upper: str = "alignment_end", lower: str = "loss_median") -> pd.DataFrame:
    """Draw two columns of the table of generations over generations.

    A line a condition: the mean over seeds (losses: geometric) with its t interval, where there is more than one.

    Returns
    -------
    Plot
        Data: quantity, condition, generation, mean, low, high, n.

    Raises
    ------
    SettingError
        With more than 24 curves.
    """
    groups = group_by_condition(frame.runs)
    if len(groups) > MOST_CURVES:
        raise SettingError(
            f"These are {len(groups)} curves, of which {MOST_CURVES} can be told apart. Choose fewer runs, or draw them"
            " by condition."
        )
    panels = dict(zip((upper, lower), frame.rows(2, 3.6, heights=(1, 1), letters="ab"), strict=False))
    looks = frame.looks()
    frames, counts = [], []
    for column, axes in panels.items():
        summaries = {name: _summarise(group, column) for name, group in groups.items()}
        counts.append({name: summary["n"] for name, summary in summaries.items()})
        labels, title = name_with_seeds(counts[0], interval=frame.interval)
        # what has no value has no line, and says so
        for name, summary in summaries.items():
            draw_course(axes, summary, looks[name], labels[name], band=not frame.crowded)
            frames.append(summary.assign(condition=name, quantity=column))
        _finish(axes, column, pd.concat([summary["mean"] for summary in summaries.values()]))
    data = pd.concat(frames, ignore_index=True)
    axes.set_xlabel("generation")
    count_generations(axes, data["generation"])
    frame.legend(title=title)
    return data


def _summarise(group: Sequence[LoadedRun], column: str) -> pd.DataFrame:
    """Return mean, interval and n of a column over the runs of a condition; measures where the probe looked."""
    if column not in {str(name) for run in group for name in run.generations}:
        generations = pd.concat([run.generations["generation"] for run in group]).drop_duplicates().sort_values()
        empty = {"generation": generations, "mean": np.nan, "n": 0, "low": np.nan, "high": np.nan}
        return pd.DataFrame(empty).reset_index(drop=True)
    # a column of measures is empty in the generations between
    table = tidy([replace(run, generations=run.generations.assign(value=run.values(column))) for run in group])
    seen = table.dropna(subset="value") if _is_measured(group, column) else table
    return over_seeds(
        seen if len(seen) else table,
        "value",
        logarithmic=_is_loss(column) and bool((table["value"] > 0).all()),
        bounds=bounds_in(column, group),
    )


def _is_measured(group: Sequence[LoadedRun], column: str) -> bool:
    return any(run.probe_every > 1 for run in group) and not column.startswith(("loss", "accuracy"))


def _is_loss(column: str) -> bool:
    return column.startswith("loss") or column.startswith("heldout_loss")


def _finish(axes: Axes, column: str, means: "pd.Series[float]") -> None:
    """Name what a panel shows, with the value that chance would give."""
    axes.set_ylabel(for_figure(column, TICK + 6))
    if not means.notna().any():
        say_undefined(axes)
    elif _is_loss(column) and (means.dropna() > 0).all():
        logarithmic(axes, by_lines=True)
    if column.startswith("alignment"):
        null_line(axes, y=0)
