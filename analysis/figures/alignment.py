"""The figure `alignment`: gradient alignment over generations, with the loss below."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hetevo.analysis.figures.input import measured, probed
from hetevo.analysis.figures.layout import (
    count_generations,
    counted,
    legend_below,
    logarithmic,
    looks,
    say_undefined,
    title_of,
)
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import COLUMN_INCHES, NULL_LINE, Palette, panel_letter, style
from hetevo.analysis.figures.summary import draw_course
from hetevo.analysis.runs import LoadedRun, tidy
from hetevo.analysis.statistics.curves import over_seeds

SPREAD = (0.1, 0.9)
"""Quantiles over individuals between which the band of a single run lies."""


def alignment(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw gradient alignment and loss over generations.

    One run: the population mean at the end of life with its spread over individuals, the best tenth, and the mean at
    birth. Several runs: one line a condition, the mean over seeds with its t interval.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Finished or not.

    Returns
    -------
    Plot
        Undefined values are gaps.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe.
    """
    runs = probed(runs)
    with style() as palette:
        figure = Figure(figsize=(COLUMN_INCHES, 3.1), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        upper.set_ylabel("gradient alignment\n(cosine)")
        lower.set_ylabel("normalised\ntest loss")
        lower.set_xlabel("generation")
        data, title = (_one_run if len(runs) == 1 else _several_runs)(runs, upper, lower, palette)
        upper.axhline(0, **NULL_LINE)  # what a random direction has
        # a diverging generation 0 would press all that follows to the floor of a linear axis
        logarithmic(lower)
        lower.axhline(1, **NULL_LINE)  # what a network that always says 0 has
        for axes, letter in ((upper, "a"), (lower, "b")):
            panel_letter(axes, letter)
        count_generations(lower, data["generation"])
        legend_below(figure, [upper, lower], title=title)
    return Plot(figure, data)


def _one_run(runs: Sequence[LoadedRun], upper: Axes, lower: Axes, palette: Palette) -> tuple[pd.DataFrame, str | None]:
    (run,) = runs
    shown = ["generation", "alignment_birth", "alignment_end", "alignment_end_elite", "loss_best", "loss_median"]
    data = run.generations[[name for name in shown if name in run.generations]].copy()
    individuals = run.individuals
    if "alignment_end" in individuals:
        spread = individuals.groupby("generation")["alignment_end"].quantile(np.array(SPREAD)).unstack()
        spread.columns = pd.Index(["alignment_end_low", "alignment_end_high"])
        data = data.merge(spread, how="left", on="generation")
        seen = data[data["generation"].isin(spread.dropna().index)]  # individuals may be kept more rarely
        upper.fill_between(
            seen["generation"],
            seen["alignment_end_low"],
            seen["alignment_end_high"],
            color=palette[0],
            alpha=0.2,
            linewidth=0,
            label="10–90 % of individuals",
        )
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
    if run.generations["alignment_end"].isna().all():
        say_undefined(upper)
    upper.set_title(title_of(run), loc="right")
    return data, None


def _several_runs(runs: Sequence[LoadedRun], upper: Axes, lower: Axes, palette: Palette) -> tuple[pd.DataFrame, str]:
    parts = {
        (axes, column): {
            str(condition): over_seeds(group, column, logarithmic=axes is lower)
            for condition, group in table.groupby("condition", sort=False)
        }
        for axes, column, table in ((upper, "alignment_end", measured(runs)), (lower, "loss_median", tidy(runs)))
    }
    counts = {name: one["n"] for name, one in parts[upper, "alignment_end"].items()}
    labels, title = counted(counts, "mean (b: geometric)")
    frames = []
    styles = looks(runs, palette)
    for (axes, column), summaries in parts.items():
        for condition, summary in summaries.items():
            draw_course(axes, summary, styles[condition], labels[condition])
            frames.append(summary.assign(condition=condition, quantity=column))
    upper.set_title("end of life, population mean", loc="right")
    lower.set_title("population median", loc="right")
    return pd.concat(frames, ignore_index=True), title
