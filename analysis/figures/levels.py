"""The figure `levels`: gradient alignment of each hidden level over generations."""

import re
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.alignment import CONFIDENCE, over_seeds
from analysis.figures.input import probed
from analysis.figures.layout import legend_below, look, panels
from analysis.figures.plot import Plot
from analysis.figures.style import NULL_LINE, style
from analysis.loading import LoadedRun, tidy

_LEVEL = re.compile(r"alignment_level_(\d+)_end")


def levels(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the alignment at the end of life, level by level, a panel a condition.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Finished or not.

    Returns
    -------
    Plot
        Data: condition, level, generation, mean, low, high, n.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe.
    """
    runs = probed(runs, "alignment_level_1_end")
    table = tidy(runs)
    groups = {str(condition): group for condition, group in table.groupby("condition", sort=False)}
    frames = []
    with style() as palette:
        figure = Figure(layout="constrained")
        grid = panels(
            figure, list(groups), 1.9, across="generation", upward="gradient alignment,\nend of life (cosine)"
        )
        for axes, (condition, group) in zip(grid, groups.items(), strict=True):
            seeds = group["run"].nunique()
            for column in group.columns[group.notna().any()]:
                match = _LEVEL.fullmatch(column)
                if match is None:
                    continue
                level = int(match[1])
                colour, line = look(level - 1, palette)
                summary = over_seeds(group, column)
                where = " (lowest)" if level == 1 else ""
                marker = "o" if len(summary) == 1 else None
                axes.plot(
                    summary["generation"],
                    summary["mean"],
                    color=colour,
                    linestyle=line,
                    marker=marker,
                    label=f"level {level}{where}",
                )
                if seeds > 1:
                    axes.fill_between(
                        summary["generation"], summary["low"], summary["high"], color=colour, alpha=0.2, linewidth=0
                    )
                frames.append(summary.assign(condition=condition, level=level))
            what = f"n = {seeds} seeds" if seeds > 1 else f"seed {group['seed'].iloc[0]}, n = 1"
            axes.set_title(f"{axes.get_title(loc='left')}\n{what}", loc="left", fontsize=7)
            axes.axhline(0, **NULL_LINE)
            axes.margins(x=0.02)
        several = len(runs) > len(groups)
        legend_below(
            figure, grid, columns=3, title=f"mean over seeds, {CONFIDENCE:.0%} t interval" if several else None
        )
    return Plot(figure, pd.concat(frames, ignore_index=True))
