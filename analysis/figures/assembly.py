"""The figure `assembly`: how order comes about within a life, over the presentations, in boxes over seeds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import CUT, are_cut, cut_losses, find_moments, logarithmic, null_line, say_undefined
from hetevo.analysis.figures.style import FULL, SMALL, Colour, for_figures
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.types import Floats

INCHES = 1.65
"""Height of a row of panels."""

MOST_BOXES = 4
"""Conditions up to which there is room for their boxes, side by side; of more the medians alone are drawn."""

STAGES = ("birth", "mid", "end")

SPREAD, WIDEST = 0.8, 0.1
"""Width over which the boxes of one moment stand side by side: at most this part of the distance between the two
nearest moments with boxes, and this part of a life."""

NARROWEST = 0.06
"""Share of a life below which two moments are too near to each other for boxes; the first of them has one then."""


@dataclass(frozen=True)
class _Panel:
    """What a panel shows: a measure, its title, the value that chance gives, and whether its scale is logarithmic."""

    measure: str
    says: str
    null: float | None = None
    logarithmic: bool = False


PANELS = (
    _Panel("feedback_change", "change of V, ‖ΔV‖"),
    _Panel("alignment", "alignment (cosine)", 0.0),
    _Panel("phi_positive", "share of scores φ > 0", 0.5),
    _Panel("hebbian_overlap", "Hebbian overlap", 0.5),
    _Panel("probe_loss", "normalised loss (1: silent)", 1.0, logarithmic=True),
    _Panel("feedback_norm", "size of V, ‖V‖"),
    _Panel("feedback_rank", "stable rank of V", 1.0),
    _Panel("phi_size", "size of scores, median |φ|", logarithmic=True),
)
"""The first four are those of figure 2b2 of Ziyin, Chuang and Poggio (2025); the others say what they are worth."""


@figure(
    *(f"{name}_{stage}" for name in ("feedback_change", "hebbian_overlap", "probe_loss") for stage in STAGES),
    "phi_positive_end",
    probe="instruments",
)
def assembly(frame: Frame) -> pd.DataFrame:
    """Draw changes of V, alignment, scores and Hebbian overlap over a life; below them loss, size and rank of V.

    The last generation that was measured, at every moment of life that was: medians over seeds, with boxes from the
    lower to the upper quartile and whiskers to the extremes, as far as there is room. Set ``probe.moments`` for more
    moments than birth, middle and end.

    Returns
    -------
    Plot
        Data: measure, condition, seed, presentation, value.
    """
    groups = group_by_condition(frame.runs)
    rows = [
        (panel.measure, name, run.seed, *moment)
        for panel in PANELS
        for name, group in groups.items()
        for run in group
        for moment in _course(run, panel.measure)
    ]
    data = pd.DataFrame(rows, columns=["measure", "condition", "seed", "presentation", "value"])
    labels, looks, longest = for_figures(groups, FULL), frame.looks(), float(data["presentation"].max())
    panels = frame.columns(len(PANELS), INCHES, rows=2, letters="abcdefgh")
    for place, (axes, panel) in enumerate(zip(panels, PANELS, strict=True)):
        shown = data[data["measure"] == panel.measure].dropna(subset="value")
        boxes = _boxed(shown) if len(groups) <= MOST_BOXES else []
        width = min(SPREAD * min(np.diff(boxes), default=np.inf), WIDEST * longest) / len(groups)
        for number, (name, look) in enumerate(looks.items()):
            values = _by_moment(shown[shown["condition"] == name])
            _draw_line(axes, values, look, labels[name])
            _draw_boxes(axes, {at: values[at] for at in boxes if at in values}, (number, len(groups)), look[0], width)
        if shown.empty:
            say_undefined(axes, "every run")
        elif panel.logarithmic and (shown["value"] > 0).all():
            logarithmic(axes, few=True)
        if panel.null is not None:
            null_line(axes, y=panel.null)
        axes.set_title(panel.says, loc="left", fontsize=SMALL)
        axes.xaxis.set_major_locator(MaxNLocator(2, steps=[1, 2, 5, 10]))
        axes.set_xlim(-0.06 * longest, 1.06 * longest)
        if place >= len(PANELS) // 2:
            axes.set_xlabel("presentation")
    frame.say(f"{_say(groups).capitalize()}.")
    if are_cut(frame.runs):
        frame.say(CUT)
    frame.panels[0].set_ylabel("measures of figure 2b2", fontsize=SMALL)
    frame.panels[4].set_ylabel("what they are worth", fontsize=SMALL)
    frame.legend(columns=min(4, len(groups)) if max(map(len, labels.values())) < 24 else 2, title=_say(groups))
    return data


def _course(run: LoadedRun, measure: str) -> list[tuple[float, float]]:
    """Return presentations and values of a measure in the last generation of a run that was measured."""
    last, length = cut_losses(run).iloc[-1], run.number("lifetime.presentations", 100)
    # what is recorded level by level: their mean
    names = [f"{measure}_level_{level}" for level in range(1, len(run.levels) + 1)]
    names = [measure] if measure != "feedback_rank" else names
    found: dict[int, list[float]] = {}
    for name in names:
        for percent, column in find_moments(map(str, last.index), name).items():
            found.setdefault(percent, []).append(float(last[column]))
    return [(length * percent / 100, float(np.mean(values))) for percent, values in sorted(found.items())]


def _by_moment(shown: pd.DataFrame) -> dict[float, Floats]:
    """Return the values of all seeds at each moment, in presentations."""
    moments = sorted(map(float, shown["presentation"].unique()))
    return {moment: shown.loc[shown["presentation"] == moment, "value"].to_numpy(float) for moment in moments}


def _boxed(shown: pd.DataFrame) -> list[float]:
    """Choose the moments, in presentations, that are far enough from each other for boxes."""
    chosen: list[float] = []
    moments = sorted(map(float, shown["presentation"].unique()))
    for moment in moments:
        if not chosen or moment - chosen[-1] >= NARROWEST * moments[-1]:
            chosen.append(moment)
    return chosen


def _draw_line(axes: Axes, values: dict[float, Floats], look: tuple[Colour, str], label: str) -> None:
    """Draw the medians of a condition."""
    medians = [float(np.median(found)) for found in values.values()]
    marker = "o" if len(medians) == 1 else None  # a line has no point of its own
    axes.plot(
        list(values), medians, color=look[0], linestyle=look[1], linewidth=0.9, marker=marker, markersize=3, label=label
    )


def _draw_boxes(axes: Axes, values: dict[float, Floats], place: tuple[int, int], colour: Colour, width: float) -> None:
    """Draw a box at each moment at which there are at least two seeds, as the n-th of so many side by side."""
    boxes = {at: found for at, found in values.items() if len(found) > 1}
    if not boxes:
        return
    number, count = place
    axes.boxplot(
        list(boxes.values()),
        positions=[at + (number - (count - 1) / 2) * width for at in boxes],
        widths=0.9 * width,
        whis=(0, 100),
        manage_ticks=False,
        patch_artist=True,
        boxprops={"facecolor": (*colour, 0.3), "edgecolor": colour, "linewidth": 0.6},
        whiskerprops={"color": colour, "linewidth": 0.6},
        capprops={"linewidth": 0},
        medianprops={"color": colour, "linewidth": 0.8},
    )


def _say(groups: dict[str, list[LoadedRun]]) -> str:
    """Say what is drawn, and of how many seeds."""
    counts = sorted({len({run.seed for run in group}) for group in groups.values()})
    n = "–".join(map(str, dict.fromkeys([counts[0], counts[-1]])))
    boxes = "; boxes: quartiles, whiskers: extremes" if len(groups) <= MOST_BOXES and counts[-1] > 1 else ""
    generation = "–".join(str(last) for last in sorted({run.measured["generation"].iloc[-1] for run in _all(groups)}))
    return f"median over seeds, n = {n}{boxes}; generation {generation}"


def _all(groups: dict[str, list[LoadedRun]]) -> list[LoadedRun]:
    return [run for group in groups.values() for run in group]
