"""The figure `lineage`: alignment along the champion's line of ancestors."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from hetevo.analysis.figures.input import of, probed, with_individuals
from hetevo.analysis.figures.layout import (
    count_generations,
    counted,
    for_figure,
    legend_below,
    looks,
    say_undefined,
    title_of,
)
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import COLUMN_INCHES, NULL_LINE, Palette, style
from hetevo.analysis.figures.summary import draw_course
from hetevo.analysis.lineage import ancestral_line, steps
from hetevo.analysis.lineage.descent import BEYOND
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import over_seeds

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
        Data: condition, seed, and the columns of `hetevo.analysis.lineage.steps`.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe, or did not keep every generation's individuals.
    """
    runs = probed(runs)
    chosen = with_individuals(runs)
    frames = []
    for run in chosen:
        individuals = run.individuals_in(range(run.last + 1))  # not kept in memory
        found = steps(individuals, ancestral_line(individuals))
        frames.append(found.assign(condition=run.condition, seed=run.seed, run=str(run.path)))
    data = pd.concat(frames, ignore_index=True)
    with style() as palette:
        figure = Figure(figsize=(COLUMN_INCHES, 2.2), layout="constrained")
        axes = figure.subplots()
        title = None
        if len(chosen) == 1:
            _one_line(axes, chosen[0], data, palette)
        else:
            title = _several_lines(axes, chosen, data, palette)
            axes.set_title(f"ancestors of the champions of {len(chosen)}{of(chosen, runs)} runs", loc="right")
        if data["value"].isna().all():
            say_undefined(axes)
        axes.axhline(0, **NULL_LINE)
        axes.set_xlabel("generation")
        axes.set_ylabel("gradient alignment\n(cosine)")
        count_generations(axes, data["generation"])
        legend_below(figure, [axes], columns=2 if len(chosen) == 1 else None, title=title)
    return Plot(figure, data)


def _one_line(axes: Axes, run: LoadedRun, data: pd.DataFrame, palette: Palette) -> None:
    axes.plot(
        run.generations["generation"],
        run.generations["alignment_end"],
        color="0.5",
        label=f"population, mean of n = {run.size}",
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
            label=f"by {for_figure(str(operator))}" if operator != "founder" else "founder",
        )
    raised = data[data["raised"]]
    by_chance = stats.norm.sf(BEYOND) * data["score"].notna().sum()
    axes.plot(
        raised["generation"],
        raised["value"],
        linestyle="none",
        marker="o",
        markersize=7,
        markerfacecolor="none",
        color=palette[3],
        label=f"rise > {BEYOND:g} sd: {len(raised)} (by chance {by_chance:.1f})",
    )
    axes.set_title(title_of(run, "ancestors of the champion; "), loc="right")


def _several_lines(axes: Axes, chosen: Sequence[LoadedRun], data: pd.DataFrame, palette: Palette) -> str:
    summaries = {
        str(condition): over_seeds(group, "value") for condition, group in data.groupby("condition", sort=False)
    }
    labels, title = counted({name: summary["n"] for name, summary in summaries.items()})
    styles = looks(chosen, palette)
    for condition, summary in summaries.items():
        draw_course(axes, summary, styles[condition], labels[condition])
    return title
