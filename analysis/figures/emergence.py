"""The figures `onset` and `survival`: when each run left the band of the neutral ones, and how many have not yet."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import count_generations, null_line
from hetevo.analysis.figures.style import FULL, HALF, SMALL, TICK, Colour, Look, for_figure, for_figures
from hetevo.analysis.intervals import CONFIDENCE
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics import Emergence, emergence, survival_curve
from hetevo.analysis.statistics.comparison import check_neutral
from hetevo.analysis.statistics.curves import Curves
from hetevo.analysis.statistics.survival import in_powers_of_ten, load_lifelines
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats

MOST_LINES = 12
"""Runs up to which each is a line; of more, each condition's mean and range."""

STRIP = 0.09
"""Height of a row of onsets, in inches."""

NEAR = 3
"""Generations after the last event that are shown at least."""

MOST_BANDS = 4
"""Conditions up to which their intervals can be told apart."""


UNDEFINED = "Alignment is undefined in every generation of these runs, so nothing can have emerged."


def _check_compared(runs: Sequence[LoadedRun]) -> None:
    """Check that there is something to compare with, and what computes the tests where something is defined."""
    check_neutral(runs)
    if any(run.values("alignment_end").notna().any() for run in runs):
        load_lifelines()


def _check_survival(runs: Sequence[LoadedRun]) -> None:
    """Check the same, and that alignment is defined somewhere."""
    _check_compared(runs)
    if all(run.values("alignment_end").isna().all() for run in runs):
        raise SettingError(UNDEFINED)


@figure(usual=_check_compared)
def onset(frame: Frame, *, found: Emergence | None = None) -> pd.DataFrame:
    """Draw the population mean of every run, the band of neutral runs, and the onsets.

    Of many runs, the mean and the range over the seeds of each condition. Above, a row a condition, stand the onsets.

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
    styles, names = frame.looks(), for_figures(found.curves, FULL)
    # neutral runs behind the others
    order = [found.neutral, *(condition for condition in found.curves if condition != found.neutral)]
    emerging = [condition for condition in order if found.onsets[condition].observed.any()]
    high = STRIP * max(len(emerging), 1) + 0.05
    strip, axes = frame.rows(2, 2.5 + high, heights=[high, 2.0])
    every = sum(len(own.last) for own in found.curves.values()) <= MOST_LINES
    ranges = not frame.crowded
    for condition in order:
        own, times = found.curves[condition], found.onsets[condition]
        colour, line = styles[condition]
        emerged = f"{times.observed.sum()} of n = {len(times.time)} emerged" if own.defined else "undefined"
        _draw_curves(axes, own, styles[condition], every=every, ranged=ranges and condition != found.neutral)
        axes.plot([], [], color=colour, linestyle=line, label=f"{names[condition]}: {emerged}")
    # a mark at the onset of each run that has one, in the row of its condition
    for row, condition in enumerate(emerging):
        times = found.onsets[condition]
        _draw_onsets(strip, row, times.time[times.observed], styles[condition][0])
    strip.set_ylim(len(emerging) - 0.5 if emerging else 0.5, -0.5)
    strip.set_yticks([])
    strip.tick_params(length=0)
    strip.set_ylabel("onset", rotation=0, ha="right", va="center", fontsize=SMALL)
    for spine in strip.spines.values():
        spine.set_visible(False)
    # the band behind everything
    name = f"{band.coverage * 100:.0f} % t prediction band, {for_figure(found.neutral, TICK)}"
    axes.fill_between(generations, band.low, band.high, color="0.85", linewidth=0, zorder=0, label=name)
    null_line(axes, y=0)
    axes.set_ylabel("gradient alignment\n(cosine, population mean)")
    lines = "a line a seed; " if every else "mean and range over seeds\n" if ranges else "mean over seeds\n"
    bands = "; bands: from the lowest to the highest seed" if ranges else ""
    strip.set_title(f"{lines}▾ onset: first of {found.stay} generations above the band", loc="right")
    axes.set_xlabel("generation")
    count_generations(axes, generations)
    frame.say(
        f"{'Lines: seeds' if every else f'Lines: means over seeds{bands}'}. Grey:"
        f" {band.coverage * 100:.0f} % t prediction band for one more run of {for_figure(found.neutral)}. Triangles:"
        f" onsets, the first of {found.stay} generations above that band."
    )
    frame.legend(columns=1 if len(order) < 5 else None)
    return pd.concat([_tidy(found, condition) for condition in found.curves], ignore_index=True)


def _draw_curves(axes: Axes, own: Curves, look: Look, *, every: bool, ranged: bool) -> None:
    """Draw a condition's runs: every one, or their mean with the range from the lowest to the highest."""
    if not own.defined:
        return
    colour, line = look
    if every:
        axes.plot(own.generations, own.values.T, color=colour, linestyle=line, linewidth=0.6, alpha=0.8)
        return
    # generations in which no run is defined are gaps
    there = np.isfinite(own.values).any(axis=0)
    summary = np.full((3, len(own.generations)), np.nan)
    summary[:, there] = [f(own.values[:, there], axis=0) for f in (np.nanmean, np.nanmin, np.nanmax)]
    mean, low, high = summary
    axes.plot(own.generations, mean, color=colour, linestyle=line)
    if ranged:
        axes.fill_between(own.generations, low, high, color=colour, alpha=0.18, linewidth=0)


def _draw_onsets(axes: Axes, row: int, when: Floats, colour: Colour) -> None:
    """Mark onsets in a row; several in one generation as one mark with their number."""
    axes.axhline(row, color="0.9", linewidth=0.5, zorder=0)
    generations, counts = np.unique(when, return_counts=True)
    axes.plot(
        generations,
        np.full(len(generations), row),
        linestyle="none",
        marker="v",
        markersize=4,
        markeredgecolor="black",
        markeredgewidth=0.4,
        color=colour,
    )
    most = generations[-1]
    axes.annotate(f"n = {counts.sum()}", (most, row), (5, 0), textcoords="offset points", fontsize=5, va="center")


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


@figure(usual=_check_survival)
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
    axes, styles, names = frame.one_panel(2.2), frame.looks(), for_figures(found.onsets, FULL)
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
        raise SettingError(UNDEFINED)
    axes.set_ylim(-0.03, 1.05)
    axes.set_ylabel("share of seeds without\nan onset by the band")
    interval = "" if crowded else f", {CONFIDENCE * 100:.0f} % log-log interval"
    until = _show_events(axes, found) or "|: censored"
    axes.set_title(f"Kaplan–Meier{interval}\n{until}", loc="right")
    axes.set_xlabel("generation")
    frame.say(f"Kaplan–Meier curves{interval.replace(', ', ' with ')}; ticks: censored seeds; {until}.")
    against = f"p: log-rank against {for_figure(found.neutral, HALF)}, Holm"
    frame.legend(columns=1, title=f"emerged of n seeds; {against}")
    return pd.concat(frames, ignore_index=True)


def _show_events(axes: Axes, found: Emergence) -> str:
    """Set the x axis: where all onsets are early, to soon after the last; return what is not seen then."""
    generations = next(iter(found.curves.values())).generations
    onsets = [times.time[times.observed] for times in found.onsets.values() if times.observed.any()]
    last = int(generations.max())
    latest = max((int(times.max()) for times in onsets), default=last)
    end = max(2 * latest, latest + NEAR)
    if end >= last / 2:
        count_generations(axes, generations)
        return ""
    count_generations(axes, generations[generations <= end])
    return f"no onset from generation {latest + 1} to {last}, the last"


def _p(value: float) -> str:
    """Write a p value with its relation."""
    if value >= 0.001:
        return f"= {value:.2g}"
    return f"{'=' if value >= 1e-10 else '<'} {in_powers_of_ten(max(value, 1e-10))}"
