"""The figure `levels`: gradient alignment of each hidden level over generations."""

import re
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from hetevo.analysis.figures.input import measured, probed
from hetevo.analysis.figures.layout import add_to_title, count_generations, counted, legend_below, panels, say_undefined
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import NULL_LINE, look, style
from hetevo.analysis.figures.summary import draw_course
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import over_seeds

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
    table = measured(runs)
    found = {
        (str(condition), int(match[1])): over_seeds(group, str(column))
        for condition, group in table.groupby("condition", sort=False)
        for column in group
        if (match := _LEVEL.fullmatch(str(column)))
    }
    conditions = list(dict.fromkeys(condition for condition, _ in found))
    counts = {name: pd.concat([one["n"] for (where, _), one in found.items() if where == name]) for name in conditions}
    labels, title = counted(counts)
    with style() as palette:
        figure = Figure(layout="constrained")
        names = [labels[name] if counts[name].any() else name for name in conditions]  # an empty panel says why
        grid = panels(figure, names, 1.9, across="generation", upward="alignment\n(cosine)")
        for axes, condition in zip(grid, conditions, strict=True):
            for (where, level), summary in found.items():
                if where == condition and summary["mean"].notna().any():
                    name = f"level {level}{' (lowest)' if level == 1 else ''}"
                    draw_course(axes, summary, look(level - 1, palette), name)
            if not counts[condition].any():
                say_undefined(axes)
            axes.axhline(0, **NULL_LINE)
        count_generations(grid[0], table["generation"])
        legend_below(figure, grid, columns=3, title=title if len(runs) > 1 else None)
        if len(runs) == 1:
            add_to_title(grid[0], f"seed {runs[0].seed}, mean of n = {runs[0].size}")
    frames = [one.assign(condition=condition, level=level) for (condition, level), one in found.items()]
    return Plot(figure, pd.concat(frames, ignore_index=True))
