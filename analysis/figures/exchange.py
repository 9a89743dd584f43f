"""The figure `exchange`: how well circuits do through a life in which their inputs change places."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.figures.caption import INTERVAL
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import CUT, are_cut, bounds_in, cut_losses, draw_course
from hetevo.analysis.figures.style import FULL, Look, for_figures
from hetevo.analysis.intervals import Bounds, interval_shown
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import over_seeds

ACCURACY, LOSS = "probe_accuracy", "probe_loss"
MOMENTS = {"birth": 0, "mid": 50, "end": 100}
APART = 1.8
"""Percent of the life by which conditions with exchanges at one moment stand apart."""


@figure(
    *(f"{measure}_{moment}" for measure in (ACCURACY, LOSS) for moment in MOMENTS),
    probe="instruments",
    measures=("accuracy",),
    sweep="rewire",
)
def exchange(frame: Frame) -> pd.DataFrame:
    """Draw accuracy through life, a line a condition, and accuracy in the test against when inputs changed places.

    A triangle below marks when that was. Accuracy through life is that on the probe batch, at the moments in
    ``probe.moments`` and at birth, mid-life and end, of the last generation. Without classes both are losses.

    Returns
    -------
    Plot
        Data: condition, seed, exchange (percent of the life; 100: never), moment (percent; NaN: the test), value.
    """
    data = pd.DataFrame([row for run in frame.runs for row in _rows(run, *_measures(frame.runs))])
    word = "accuracy" if _measures(frame.runs)[0] == ACCURACY else "loss"
    above, below = frame.columns(2, 2.0, rows=2, letters="ab")
    looks, shown = frame.looks(), for_figures(data["condition"].unique(), FULL)
    for name, part in data.groupby("condition", sort=False):
        _draw_life(frame, part, looks[str(name)], shown[str(name)], bounds_in(word, frame.runs))
    _draw_test(below, data, looks, bounds_in(word, frame.runs))
    above.set_xlabel("moment of life (%)")
    above.set_ylabel(f"{word}\n(probe batch)")
    below.set_xlabel("exchange, moment of life (%; 100: never)")
    below.set_ylabel(f"{word}\n(test, end of life)")
    counts = data.groupby("condition")["seed"].nunique()
    n = f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()}–{counts.max()}"
    above.set_title(f"n = {n} seeds, mean and {INTERVAL}; ▲ exchange", loc="right")
    frame.say(
        f"Lines, means over seeds in the last generation{frame.describe_bands()}; triangles, when inputs change.", above
    )
    frame.say(f"Dots, seeds; bars, means and {INTERVAL}s.", below)
    if word == "loss" and are_cut(frame.runs):
        frame.say(CUT)
    frame.legend()
    return data


def _measures(runs: Sequence[LoadedRun]) -> tuple[str, str]:
    """Return what is drawn: of the probe batch, and of the test."""
    classes = any(run.measured[f"{ACCURACY}_end"].notna().any() for run in runs)
    return (ACCURACY, "accuracy_median") if classes else (LOSS, "loss_median")


def _rows(run: LoadedRun, measure: str, tested: str) -> list[dict[str, object]]:
    last = cut_losses(run).iloc[-1]
    place = {"condition": run.condition, "seed": run.seed, "exchange": 100 * run.number("environment.exchange", 1.0)}
    # moments that a configuration asked for have their percentage in their names
    found = {name: re.fullmatch(rf"{measure}_(?:(birth|mid|end)|life_(\d+))", str(name)) for name in last.index}
    moments = [(float(MOMENTS[m[1]] if m[1] else m[2]), name) for name, m in found.items() if m is not None]
    values = [(at, float(last[name])) for at, name in sorted(moments)] + [(math.nan, float(last.get(tested, math.nan)))]
    return [{**place, "moment": at, "value": value} for at, value in values]


def _draw_life(frame: Frame, part: pd.DataFrame, style: Look, label: str, bounds: Bounds) -> None:
    axes = frame.panels[0]
    life = part.dropna(subset=["moment"]).rename(columns={"moment": "generation"})
    draw_course(axes, over_seeds(life, "value", bounds=bounds), style, label, band=not frame.crowded)
    moment = float(part["exchange"].iloc[0])
    if moment < 100:
        axes.plot(
            [moment],
            [0.02],
            marker="^",
            color=style[0],
            markersize=4,
            transform=axes.get_xaxis_transform(),
            clip_on=False,
        )


def _draw_test(axes: Axes, data: pd.DataFrame, looks: dict[str, Look], bounds: Bounds) -> None:
    """Draw every seed, and the mean of each condition with its interval."""
    tested = data[data["moment"].isna()]
    beside: Counter[float] = Counter()
    for name, part in tested.groupby("condition", sort=False):
        # conditions with exchanges at one moment stand side by side
        moment = float(part["exchange"].iloc[0])
        place = moment + 2.5 * APART * beside[moment]
        beside[moment] += 1
        mean, low, high = interval_shown(part["value"].to_numpy(float), bounds)
        colour = looks[str(name)][0]
        # seeds to the left of their mean, which would hide them
        axes.plot(np.full(len(part), place - APART), part["value"], "o", color=colour, markersize=2.5, alpha=0.8)
        half = np.nan_to_num([[mean - low], [high - mean]])
        axes.errorbar(place, mean, yerr=half, color=colour, marker="_", capsize=2.5)
    axes.set_xlim(-4, 104 + 2.5 * APART * max(beside.values()))
