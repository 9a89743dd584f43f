"""The figure `survival`: the share of runs that have not emerged yet."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from analysis.emergence import Emergence, emergence, survival_curve
from analysis.emergence.survival import CONFIDENCE
from analysis.figures.input import probed
from analysis.figures.layout import legend_below, look, shortened
from analysis.figures.plot import Plot
from analysis.figures.style import COLUMN_INCHES, style
from analysis.loading import LoadedRun


def survival(runs: LoadedRun | Sequence[LoadedRun], *, found: Emergence | None = None) -> Plot:
    """Draw Kaplan-Meier curves of "not yet emerged" for every condition.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Of two or more conditions, one of which is neutral.
    found : Emergence, optional
        The statistics, if they were computed already.

    Returns
    -------
    Plot
        Data: the curves of `analysis.emergence.survival_curve` with their condition.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe.
    SettingError
        If there are too few neutral runs to compare with, or lifelines is missing.
    """
    runs = probed(runs)
    found = found or emergence(runs)
    holm = found.conditions.set_index("condition")["log_rank_holm"]
    frames = []
    with style() as palette:
        figure = Figure(figsize=(COLUMN_INCHES, 2.3), layout="constrained")
        axes = figure.subplots()
        crowded = len(found.onsets) > 4
        for number, (condition, times) in enumerate(found.onsets.items()):
            colour, line = look(number, palette)
            table = survival_curve(times)
            against = f", p = {_p(holm[condition])}" if condition != found.neutral else ""
            label = f"{shortened(condition)}: {int(times.observed.sum())} of n = {len(times.time)} seeds{against}"
            axes.step(table["generation"], table["surviving"], where="post", color=colour, linestyle=line, label=label)
            if not crowded:
                axes.fill_between(
                    table["generation"],
                    table["low"],
                    table["high"],
                    step="post",
                    color=colour,
                    alpha=0.15,
                    linewidth=0,
                )
            gone = table[table["censored"] > 0]
            axes.plot(gone["generation"], gone["surviving"], "|", color=colour, markersize=6)
            frames.append(table.assign(condition=condition))
        axes.set_ylim(-0.03, 1.05)
        axes.set_xlim(left=0)
        axes.set_xlabel("generation")
        axes.set_ylabel("share of runs not\nyet emerged")
        band = "" if crowded else f", {CONFIDENCE:.0%} log-log interval"
        axes.set_title(f"Kaplan–Meier{band}; | censored", loc="right")
        legend_below(figure, [axes], title=f"p: log-rank against {shortened(found.neutral, 24)}, Holm")
    return Plot(figure, pd.concat(frames, ignore_index=True))


def _p(value: float) -> str:
    return f"{value:.1g}" if value < 0.001 else f"{value:.3f}"
