"""The figure `survival`: the share of runs that have not emerged yet."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from hetevo.analysis.figures.input import probed
from hetevo.analysis.figures.layout import HALF, count_generations, for_figure, for_figures, legend_below, looks
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import COLUMN_INCHES, style
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics import Emergence, emergence, survival_curve
from hetevo.analysis.statistics.curves import CONFIDENCE

MOST_BANDS = 4
"""Conditions up to which their intervals can be told apart."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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
        Data: the curves of `hetevo.analysis.statistics.survival_curve` with their condition.

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
        figure = Figure(figsize=(COLUMN_INCHES, 2.2), layout="constrained")
        axes = figure.subplots()
        styles, names = looks(runs, palette), for_figures(found.onsets, HALF)
        crowded = len(found.onsets) > MOST_BANDS
        for condition, times in found.onsets.items():
            colour, line = styles[condition]
            name = names[condition]
            if not found.curves[condition].defined:
                axes.plot([], [], color=colour, linestyle=line, label=f"{name}: undefined")
                continue
            table = survival_curve(times)
            against = f", p {_p(holm[condition])}" if condition != found.neutral else ""
            axes.step(
                table["generation"],
                table["surviving"],
                where="post",
                color=colour,
                linestyle=line,
                label=f"{name}: {int(times.observed.sum())} of n = {len(times.time)}{against}",
            )
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
        axes.set_ylabel("share of seeds that\nhave not emerged")
        band = "" if crowded else f", {CONFIDENCE * 100:.0f} % log-log interval"
        axes.set_title(f"Kaplan–Meier{band}; |: censored", loc="right")
        axes.set_xlabel("generation")
        count_generations(axes, next(iter(found.curves.values())).generations)
        against = f"emerged of n seeds; p: log-rank against {for_figure(found.neutral, HALF)}, Holm"
        legend_below(figure, [axes], columns=1, title=against)
    return Plot(figure, pd.concat(frames, ignore_index=True))


def _p(value: float) -> str:
    """Write a p value with its relation."""
    if value >= 0.001:
        return f"= {value:.2g}"
    mantissa, exponent = f"{max(value, 1e-10):.0e}".split("e")
    return f"{'=' if value >= 1e-10 else '<'} {mantissa} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}"
