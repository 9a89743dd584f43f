"""The figures `onset` and `survival`: when each run left the band of the neutral ones, and how many have not yet."""

import numpy as np
import pandas as pd

from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import count_generations, null_line
from hetevo.analysis.figures.style import HALF, for_figure, for_figures
from hetevo.analysis.intervals import CONFIDENCE
from hetevo.analysis.statistics import Emergence, emergence, survival_curve
from hetevo.analysis.statistics.survival import in_powers_of_ten
from hetevo.populations.errors import SettingError

FAINT = 2_000
"""Values drawn times opacity: the more there are, the fainter, so that many do not become one blot."""

MOST_BANDS = 4
"""Conditions up to which their intervals can be told apart."""


@figure()
def onset(frame: Frame, *, found: Emergence | None = None) -> pd.DataFrame:
    """Draw the population mean of every run, the band of neutral runs, and the onsets.

    Returns
    -------
    Plot
        Data: condition, seed, generation, alignment, and the band's low and high.

    Other Parameters
    ----------------
    found : Emergence, optional
        The statistics, if they were computed already.

    Raises
    ------
    SettingError
        If there are too few neutral runs to compare with.
    """
    found = found or emergence(frame.runs)
    band, generations = found.band, next(iter(found.curves.values())).generations
    axes, styles, names = frame.one_panel(2.5), frame.looks(), for_figures(found.curves)
    # neutral runs behind the others
    others = [condition for condition in found.curves if condition != found.neutral]
    for condition in [found.neutral, *others]:
        own, times = found.curves[condition], found.onsets[condition]
        colour, line = styles[condition]
        emerged = f"{times.observed.sum()} of n = {len(times.time)} emerged" if own.defined else "undefined"
        curves = own.values.T if own.defined else np.full(len(generations), np.nan)
        faint = min(0.8, max(0.1, FAINT / own.values.size))
        axes.plot(generations, curves, color=colour, linestyle=line, linewidth=0.6, alpha=faint)
        axes.plot([], [], color=colour, linestyle=line, label=f"{names[condition]}: {emerged}")
        # a mark at the onset of each run that has one
        when = times.time[times.observed]
        values = own.values[times.observed, np.searchsorted(generations, when)]
        axes.plot(
            when,
            values,
            linestyle="none",
            marker="v",
            markersize=4,
            markeredgecolor="black",
            markeredgewidth=0.4,
            color=colour,
            zorder=4,
        )
    # the band behind everything
    name = f"{band.coverage * 100:.0f} % t prediction band for one more {for_figure(found.neutral, HALF)} run"
    axes.fill_between(generations, band.low, band.high, color="0.85", linewidth=0, zorder=0, label=name)
    null_line(axes, y=0)
    axes.set_ylabel("gradient alignment\n(cosine, population mean)")
    axes.set_title(f"a line a seed; ▾ onset: first of {found.stay} generations above the band", loc="right")
    axes.set_xlabel("generation")
    count_generations(axes, generations)
    frame.legend(columns=1 if len(others) < 4 else None)
    return pd.concat([_tidy(found, condition) for condition in found.curves], ignore_index=True)


def _tidy(found: Emergence, condition: str) -> pd.DataFrame:
    own = found.curves[condition]
    # one row a run and generation, with the band beside each
    seeds = found.runs.loc[found.runs["condition"] == condition, "seed"].to_numpy()
    count = len(own.generations)
    return pd.DataFrame(
        {
            "condition": condition,
            "seed": np.repeat(seeds, count),
            "generation": np.tile(own.generations, len(seeds)),
            "alignment": own.values.ravel(),
            "band_low": np.tile(found.band.low, len(seeds)),
            "band_high": np.tile(found.band.high, len(seeds)),
        }
    )


@figure()
def survival(frame: Frame, *, found: Emergence | None = None) -> pd.DataFrame:
    """Draw Kaplan-Meier curves of "not yet emerged" for every condition.

    Returns
    -------
    Plot
        Data: the curves of `hetevo.analysis.statistics.survival_curve` with their condition.

    Other Parameters
    ----------------
    found : Emergence, optional
        The statistics, if they were computed already.

    Raises
    ------
    SettingError
        If there are too few neutral runs to compare with, or lifelines is missing.
    """
    found = found or emergence(frame.runs)
    holm = found.conditions.set_index("condition")["log_rank_holm"]
    axes, styles, names = frame.one_panel(2.2), frame.looks(), for_figures(found.onsets, HALF)
    crowded = len(found.onsets) > MOST_BANDS
    frames = []
    for condition, times in found.onsets.items():
        colour, line = styles[condition]
        name = names[condition]
        if not found.curves[condition].defined:
            axes.plot([], [], color=colour, linestyle=line, label=f"{name}: undefined")
            continue
        # a staircase with its interval, and a tick at each run that was censored
        table = survival_curve(times)
        generation, surviving = table["generation"], table["surviving"]
        against = f", p {_p(holm[condition])}" if condition != found.neutral else ""
        label = f"{name}: {int(times.observed.sum())} of n = {len(times.time)}{against}"
        axes.step(generation, surviving, where="post", color=colour, linestyle=line, label=label)
        if not crowded:
            ends = table["low"], table["high"]
            axes.fill_between(generation, *ends, step="post", color=colour, alpha=0.15, linewidth=0)
        gone = table[table["censored"] > 0]
        axes.plot(gone["generation"], gone["surviving"], "|", color=colour, markersize=6)
        frames.append(table.assign(condition=condition))
    if not frames:
        raise SettingError("Alignment is undefined in every generation of these runs, so nothing can have emerged.")
    axes.set_ylim(-0.03, 1.05)
    axes.set_ylabel("share of seeds without\nan onset by the band")
    interval = "" if crowded else f", {CONFIDENCE * 100:.0f} % log-log interval"
    axes.set_title(f"Kaplan–Meier{interval}; |: censored", loc="right")
    axes.set_xlabel("generation")
    count_generations(axes, next(iter(found.curves.values())).generations)
    frame.legend(columns=1, title=f"emerged of n seeds; p: log-rank against {for_figure(found.neutral, HALF)}, Holm")
    return pd.concat(frames, ignore_index=True)


def _p(value: float) -> str:
    """Write a p value with its relation."""
    if value >= 0.001:
        return f"= {value:.2g}"
    return f"{'=' if value >= 1e-10 else '<'} {in_powers_of_ten(max(value, 1e-10))}"
