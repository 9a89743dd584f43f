"""The figure `claim`: one measure of every condition, seed by seed, with the interval of its mean."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from analysis.emergence.table import by_condition
from analysis.figures.input import probed
from analysis.figures.layout import counted
from analysis.figures.plot import Plot
from analysis.figures.style import COLUMN_INCHES, NULL_LINE, style
from analysis.figures.summary import CONFIDENCE
from analysis.loading import LoadedRun
from populations.errors import SettingError

INCHES_PER_CONDITION = 0.24


def claim(
    runs: LoadedRun | Sequence[LoadedRun],
    *,
    column: str = "alignment_end",
    label: str = "gradient alignment, end of life (cosine)",
) -> Plot:
    """Draw a column of the last generation that has it: a dot a seed, the mean and its t interval, a row a condition.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Of one condition or more.
    column : str, optional
        Of the table of generations.
    label : str, optional
        What the axis says.

    Returns
    -------
    Plot
        Data: condition, seed, generation, value.

    Raises
    ------
    SettingError
        If no run has the column defined anywhere.
    """
    groups = by_condition(probed(runs))
    rows = [(condition, run.seed, *_last(run, column)) for condition, group in groups.items() for run in group]
    data = pd.DataFrame(rows, columns=["condition", "seed", "generation", "value"])
    if data["value"].isna().all():
        raise SettingError(
            f'No run has recorded {column!r}, so there is nothing to draw. Run again with probe.name = "instruments".'
        )
    defined = data.dropna(subset="value").groupby("condition")["seed"].nunique()
    labels, title = counted({name: pd.Series([int(defined.get(name, 0))]) for name in groups})
    with style() as palette:
        height = max(1.3, 0.75 + INCHES_PER_CONDITION * len(groups))
        figure = Figure(figsize=(COLUMN_INCHES, height), layout="constrained")
        axes = figure.subplots()
        names = list(groups)
        for place, name in enumerate(names):
            values = data.loc[data["condition"] == name, "value"].dropna().to_numpy(float)
            if not values.size:
                continue  # its label says so
            spread = np.linspace(-0.16, 0.16, values.size) if values.size > 1 else np.zeros(1)
            axes.plot(values, place + spread, "o", markersize=2, color=palette[0], alpha=0.45, markeredgewidth=0)
            mean = values.mean()
            half = stats.t.ppf((1 + CONFIDENCE) / 2, values.size - 1) * stats.sem(values) if values.size > 1 else 0.0
            axes.errorbar(mean, place, xerr=half, fmt="D", markersize=4, color="black", capsize=2.5, linewidth=1.1)
        axes.axvline(0, **NULL_LINE)
        axes.set_yticks(range(len(names)), [labels[name] for name in names])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlabel(label)
        axes.set_title(title, loc="right")
    return Plot(figure, data)


def _last(run: LoadedRun, column: str) -> tuple[float, float]:
    """Return the last generation in which a column is defined, and its value."""
    if column not in run.generations:
        return float("nan"), float("nan")
    table = run.generations[["generation", column]].dropna()
    if not len(table):
        return float("nan"), float("nan")
    return float(table["generation"].iloc[-1]), float(table[column].iloc[-1])
