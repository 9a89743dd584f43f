"""The figures `alignment` and `levels`: gradient alignment over generations, with the loss, and level by level."""

import re

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.caption import INTERVAL, name_with_seeds
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import (
    add_to_title,
    bounds_in,
    count_generations,
    draw_course,
    every_of,
    logarithmic,
    null_line,
    say_undefined,
)
from hetevo.analysis.figures.style import look, write_title
from hetevo.analysis.runs import LoadedRun, tidy
from hetevo.analysis.statistics.curves import over_seeds

SPREAD = (0.1, 0.9)
"""Quantiles over individuals between which the band of a single run lies."""

_LEVEL = re.compile(r"alignment_level_(\d+)_end")


@figure()
def alignment(frame: Frame) -> pd.DataFrame:
    """Draw gradient alignment and loss over generations.

    One run: the population mean at the end of life with its spread over individuals, the best tenth, and the mean at
    birth. Several runs: one line a condition, the mean over seeds with its interval.

    Returns
    -------
    Plot
        Undefined values are gaps.
    """
    upper, lower = frame.rows(2, 3.1, heights=(3, 2), letters="ab")
    frame.say("Alignment: cosine of the change of weights with the negative gradient; dashed, that of chance.", upper)
    frame.say(
        "Test loss over that of a network that always answers 0, on a logarithmic axis; dashed, such a network.", lower
    )
    upper.set_ylabel("gradient alignment\n(cosine)")
    lower.set_ylabel("normalised\ntest loss")
    lower.set_xlabel("generation")
    if len(frame.runs) == 1:
        data, title = _one_run(frame, frame.runs[0], upper, lower), None
    else:
        data, title = _several_runs(frame, upper, lower)
    null_line(upper, y=0)  # what a random direction has
    null_line(lower, y=1)  # what a network that always says 0 has
    # a diverging generation 0 would press all that follows to the floor of a linear axis
    logarithmic(lower, by_lines=True)
    count_generations(lower, data["generation"])
    frame.legend(title=title)
    return data


def _one_run(frame: Frame, run: LoadedRun, upper: Axes, lower: Axes) -> pd.DataFrame:
    """Draw the population mean with its spread over individuals, the best tenth, and what is there at birth."""
    palette = frame.palette
    shown = ["generation", "alignment_birth", "alignment_end", "alignment_end_elite", "loss_best", "loss_median"]
    data = run.generations[[name for name in shown if name in run.generations]].copy()
    # the spread over individuals, which may be kept more rarely than generations are measured
    individuals = run.individuals
    if "alignment_end" in individuals:
        spread = individuals.groupby("generation")["alignment_end"].quantile(np.array(SPREAD)).unstack()
        spread.columns = pd.Index(["alignment_end_low", "alignment_end_high"])
        data = data.merge(spread, how="left", on="generation")
        seen = data[data["generation"].isin(spread.dropna().index)]
        upper.fill_between(
            seen["generation"],
            seen["alignment_end_low"],
            seen["alignment_end_high"],
            color=palette[0],
            alpha=0.2,
            linewidth=0,
            label="10–90 % of individuals",
        )
    # then the means, in the generations at which the probe looked
    looked = data[data["generation"].isin(run.measured["generation"])]
    for axes, table, column, colour, line, label in (
        (upper, looked, "alignment_end", palette[0], "-", f"end of life, mean (n = {run.size})"),
        (upper, looked, "alignment_end_elite", palette[1], "--", "best tenth by loss, mean"),
        (upper, looked, "alignment_birth", palette[2], "-.", "at birth, mean"),
        (lower, data, "loss_median", palette[3], "-", "loss, median"),
        (lower, data, "loss_best", palette[4], "--", "loss, best"),
    ):
        course = pd.DataFrame({"generation": table["generation"], "mean": table[column], "low": np.nan, "high": np.nan})
        draw_course(axes, course, (colour, line), label)
    frame.say("Lines, means over the individuals of one run; band, from their 10th to their 90th percentile.", upper)
    frame.say("Loss of the median and of the best individual.", lower)
    if run.generations["alignment_end"].isna().all():
        say_undefined(upper, every_of(looked["generation"]))
    upper.set_title(write_title(run), loc="right")
    return data


def _several_runs(frame: Frame, upper: Axes, lower: Axes) -> tuple[pd.DataFrame, str]:
    """Draw the mean over seeds of each condition; return the data, and what the legend says of them."""
    panels = ((upper, "alignment_end", frame.measured()), (lower, "loss_median", tidy(frame.runs)))
    every = group_by_condition(frame.runs)
    parts = {
        (axes, column): {
            str(condition): over_seeds(
                group, column, logarithmic=axes is lower, bounds=bounds_in(column, every[str(condition)])
            )
            for condition, group in table.groupby("condition", sort=False)
        }
        for axes, column, table in panels
    }
    counts = {name: summary["n"] for name, summary in parts[upper, "alignment_end"].items()}
    labels, title = name_with_seeds(
        counts, interval="loss: geometric" if frame.crowded else f"{INTERVAL} (loss: geometric)"
    )
    frame.say(f"Lines, means over seeds of population means at the end of life{frame.describe_bands()}.", upper)
    bands = frame.describe_bands(" of the logarithm")
    frame.say(f"Geometric means over seeds of population medians{bands}.", lower)
    # one look a condition in both panels
    frames, styles = [], frame.looks()
    for (axes, column), summaries in parts.items():
        for condition, summary in summaries.items():
            draw_course(axes, summary, styles[condition], labels[condition], band=not frame.crowded)
            frames.append(summary.assign(condition=condition, quantity=column))
    upper.set_title("end of life, population mean", loc="right")
    lower.set_title("population median", loc="right")
    return pd.concat(frames, ignore_index=True), title


@figure("alignment_level_1_end")
def levels(frame: Frame) -> pd.DataFrame:
    """Draw the alignment at the end of life, level by level, a panel a condition.

    Returns
    -------
    Plot
        Data: condition, level, generation, mean, low, high, n.
    """
    # the course of every level, condition by condition
    runs, table = frame.runs, frame.measured()
    courses = {
        (str(condition), int(match[1])): over_seeds(group, str(column))
        for condition, group in table.groupby("condition", sort=False)
        for column in group
        if (match := _LEVEL.fullmatch(str(column)))
    }
    conditions = list(dict.fromkeys(condition for condition, _ in courses))
    counts = {
        name: pd.concat([course["n"] for (where, _), course in courses.items() if where == name]) for name in conditions
    }
    labels, title = name_with_seeds(counts)
    # a panel a condition; an empty one says why it is empty
    names = [labels[name] if counts[name].any() else name for name in conditions]
    grid = frame.grid(names, 1.9, across="generation", upward="alignment\n(cosine)")
    for axes, condition in zip(grid, conditions, strict=True):
        for (where, level), summary in courses.items():
            if where == condition and summary["mean"].notna().any():
                name = f"level {level}{' (lowest)' if level == 1 else ''}"
                draw_course(axes, summary, look(level - 1, frame.palette), name)
        if not counts[condition].any():
            say_undefined(axes, every_of(table["generation"]))
        null_line(axes, y=0)
    count_generations(grid[0], table["generation"])
    frame.legend(columns=3, title=title if len(runs) > 1 else None)
    if len(runs) == 1:
        add_to_title(grid[0], f"seed {runs[0].seed}, mean of n = {runs[0].size}")
    frames = [course.assign(condition=condition, level=level) for (condition, level), course in courses.items()]
    return pd.concat(frames, ignore_index=True)
