"""The figure `alignment`: gradient alignment over generations, with the loss below."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter
from scipy import stats

from analysis.figures.input import probed
from analysis.figures.plot import Plot
from analysis.figures.style import COLUMN_INCHES, NULL_LINE, Palette, panel_letter, style
from analysis.loading import LoadedRun, tidy

SPREAD = (0.1, 0.9)
"""Quantiles over individuals between which the band of a single run lies."""

CONFIDENCE = 0.95
"""Coverage of the interval over seeds."""


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
        figure = Figure(figsize=(COLUMN_INCHES, 3.6), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        draw = _one_run if len(runs) == 1 else _several_runs
        data = draw(runs, upper, lower, palette)
        upper.axhline(0, **NULL_LINE)  # what a random direction has
        upper.set_ylabel("gradient alignment\n(cosine)")
        lower.set_ylabel("normalised\ntest loss")
        lower.set_xlabel("generation")
        logarithmic(lower)  # a diverging generation 0 would press all that follows to the floor of a linear axis
        lower.axhline(1, **NULL_LINE)
        if len(data["generation"].unique()) == 1:
            lower.set_xticks(list(data["generation"].unique()))
        for axes, letter in ((upper, "a"), (lower, "b")):
            panel_letter(axes, letter)
            axes.margins(x=0.01)
        # below the axes there is room for it whatever the curves do
        handles, labels = upper.get_legend_handles_labels()
        more = lower.get_legend_handles_labels()
        new = [(h, label) for h, label in zip(*more, strict=True) if label not in labels]
        handles, labels = [*handles, *(h for h, _ in new)], [*labels, *(label for _, label in new)]
        figure.legend(handles, labels, loc="outside lower center", ncols=1 if len(runs) > 1 else 2)
    return Plot(figure, data)


def logarithmic(axes: Axes) -> None:
    """Give a y axis a logarithmic scale with ticks that are plain numbers, however many decades it spans."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 200 else (1,), numticks=8))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def _one_run(runs: Sequence[LoadedRun], upper: Axes, lower: Axes, palette: Palette) -> pd.DataFrame:
    (run,) = runs
    table = run.generations
    generation = table["generation"]
    shown = ["generation", "alignment_birth", "alignment_end", "alignment_end_elite", "loss_best", "loss_median"]
    data = table[[name for name in shown if name in table]].copy()
    individuals = run.individuals
    if "alignment_end" in individuals:
        grouped = individuals.groupby("generation")["alignment_end"]
        spread = grouped.quantile(np.array(SPREAD)).unstack()
        data = data.merge(
            spread.set_axis(["alignment_end_low", "alignment_end_high"], axis=1), how="left", on="generation"
        )
        upper.fill_between(
            data["generation"],
            data["alignment_end_low"],
            data["alignment_end_high"],
            color=palette[0],
            alpha=0.2,
            linewidth=0,
            label="10–90 % of individuals",
        )
    marker = "o" if len(table) == 1 else None
    end_label = f"end of life, mean (n = {run.size})"
    upper.plot(generation, table["alignment_end"], color=palette[0], marker=marker, label=end_label)
    upper.plot(
        generation,
        table["alignment_end_elite"],
        color=palette[1],
        marker=marker,
        linestyle="--",
        label="best tenth by loss",
    )
    upper.plot(
        generation, table["alignment_birth"], color=palette[2], marker=marker, linewidth=1, label="at birth, mean"
    )
    upper.set_title(f"{run.condition}, seed {run.seed}", loc="right")
    lower.plot(generation, table["loss_median"], color=palette[3], marker=marker, label="loss, median")
    lower.plot(generation, table["loss_best"], color=palette[4], marker=marker, linestyle="--", label="loss, best")
    return data


def _several_runs(runs: Sequence[LoadedRun], upper: Axes, lower: Axes, palette: Palette) -> pd.DataFrame:
    table = tidy(runs)
    frames = []
    for number, (condition, group) in enumerate(table.groupby("condition", sort=False)):
        colour, style_ = palette[number % len(palette)], ("-", "--", "-.", ":")[number % 4]
        seeds = group["run"].nunique()
        over = f"mean, {CONFIDENCE:.0%} t interval over n = {seeds} seeds" if seeds > 1 else "one seed"
        for axes, column in ((upper, "alignment_end"), (lower, "loss_median")):
            summary = over_seeds(group, column, logarithmic=axes is lower)
            axes.plot(
                summary["generation"], summary["mean"], color=colour, linestyle=style_, label=f"{condition}: {over}"
            )
            if seeds > 1:
                axes.fill_between(
                    summary["generation"], summary["low"], summary["high"], color=colour, alpha=0.2, linewidth=0
                )
            frames.append(summary.assign(condition=condition, quantity=column))
    upper.set_title("end of life", loc="right")
    lower.set_title("median", loc="right", pad=2)
    return pd.concat(frames, ignore_index=True)


def over_seeds(group: pd.DataFrame, column: str, *, logarithmic: bool = False) -> pd.DataFrame:
    """Summarise a column over runs, generation by generation.

    Parameters
    ----------
    group : pandas.DataFrame
        Tidy generations of the runs of one condition.
    column : str
        What to summarise.
    logarithmic : bool, optional
        Average and build the interval on the logarithm (for positive quantities: a geometric mean).

    Returns
    -------
    pandas.DataFrame
        generation, mean, low, high (t interval with coverage `CONFIDENCE`; NaN below 2 runs), n.
    """
    values = np.log(group[column]) if logarithmic else group[column]
    by_generation = values.groupby(group["generation"])
    summary = pd.DataFrame({"mean": by_generation.mean(), "n": by_generation.count(), "sem": by_generation.sem()})
    half = stats.t.ppf((1 + CONFIDENCE) / 2, (summary["n"] - 1).clip(lower=1)) * summary["sem"]
    summary["low"], summary["high"] = summary["mean"] - half, summary["mean"] + half
    if logarithmic:
        summary[["mean", "low", "high"]] = np.exp(summary[["mean", "low", "high"]])
    return summary.drop(columns="sem").reset_index()
