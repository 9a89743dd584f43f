"""The figure `lineage`: alignment along the champion's line of ancestors."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.emergence.table import by_condition
from analysis.figures.alignment import CONFIDENCE, over_seeds
from analysis.figures.input import probed, with_individuals
from analysis.figures.layout import legend_below, look, shortened
from analysis.figures.plot import Plot
from analysis.figures.style import COLUMN_INCHES, NULL_LINE, Palette, style
from analysis.lineage import ancestral_line, steps
from analysis.lineage.steps import BEYOND
from analysis.loading import LoadedRun

MARKERS = {"founder": "D", "elite": "s", "mutation": "o", "crossover": "^"}


def lineage(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the alignment of the champion's ancestors.

    One run: every ancestor with the operator that made it; steps that raised alignment beyond the noise of repetition
    are marked. Several runs: one line a condition, the mean over seeds of their champions' lines.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Finished or not.

    Returns
    -------
    Plot
        Data: condition, seed, and the columns of `analysis.lineage.steps`.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe, or did not keep every generation's individuals.
    """
    chosen = with_individuals(probed(runs), every=True)
    frames = []
    for run in chosen:
        individuals = run.individuals
        found = steps(individuals, ancestral_line(individuals))
        frames.append(found.assign(condition=run.condition, seed=run.seed, run=str(run.path)))
    data = pd.concat(frames, ignore_index=True)
    with style() as palette:
        figure = Figure(figsize=(COLUMN_INCHES, 2.3), layout="constrained")
        axes = figure.subplots()
        if len(chosen) == 1:
            _one_line(axes, chosen[0], data, palette)
        else:
            _several_lines(axes, chosen, data, palette)
        axes.axhline(0, **NULL_LINE)
        axes.set_xlabel("generation")
        axes.set_ylabel("gradient alignment\n(cosine)")
        axes.margins(x=0.02)
        legend_below(figure, [axes], columns=2 if len(chosen) == 1 else 1)
    return Plot(figure, data)


def _one_line(axes: Axes, run: LoadedRun, data: pd.DataFrame, palette: Palette) -> None:
    axes.plot(
        run.generations["generation"],
        run.generations["alignment_end"],
        color="0.5",
        label=f"population, n = {run.size}",
    )
    axes.plot(data["generation"], data["value"], color=palette[0], linewidth=0.7)
    noise = data["noise"].iloc[0]
    if noise == noise:  # with fewer than two elites it is not known
        low, high = (data["value"] - noise).clip(-1, 1), (data["value"] + noise).clip(-1, 1)
        axes.fill_between(
            data["generation"], low, high, color=palette[0], alpha=0.15, linewidth=0, label="± sd of repetition"
        )
    for operator, group in data.groupby("operator"):
        axes.plot(
            group["generation"],
            group["value"],
            linestyle="none",
            marker=MARKERS.get(str(operator), "x"),
            markersize=3,
            color=palette[0],
            label=f"by {operator}" if operator != "founder" else "founder",
        )
    raised = data[data["raised"]]
    axes.plot(
        raised["generation"],
        raised["value"],
        linestyle="none",
        marker="o",
        markersize=7,
        markerfacecolor="none",
        color=palette[3],
        label=f"raised by > {BEYOND:g} sd ({len(raised)})",
    )
    axes.set_title(f"ancestors of the champion; {run.condition}, seed {run.seed}", loc="right")


def _several_lines(axes: Axes, chosen: Sequence[LoadedRun], data: pd.DataFrame, palette: Palette) -> None:
    for number, (condition, group) in enumerate(by_condition(chosen).items()):
        colour, line = look(number, palette)
        own = data[data["condition"] == condition]
        summary = over_seeds(own, "value")
        seeds = f"mean, {CONFIDENCE:.0%} t interval over n = {len(group)} seeds" if len(group) > 1 else "one seed"
        axes.plot(
            summary["generation"],
            summary["mean"],
            color=colour,
            linestyle=line,
            label=f"{shortened(condition, 24)}: {seeds}",
        )
        axes.fill_between(summary["generation"], summary["low"], summary["high"], color=colour, alpha=0.2, linewidth=0)
    axes.set_title("ancestors of the champions", loc="right")
