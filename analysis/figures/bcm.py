"""The figure `bcm`: plasticity curves of one neuron after different histories, and where they cross zero."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.figures.caption import INTERVAL
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import null_line
from hetevo.analysis.figures.style import for_figures, look, shades
from hetevo.analysis.intervals import mean_and_interval
from hetevo.analysis.measures.curve import ACTIVITIES
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats

INTENSITY = "task.options.intensity"
STAGES = ("birth", "end")
CURVES = {stage: tuple(f"curve_neuron_1_at_{activity}_{stage}" for activity in ACTIVITIES) for stage in STAGES}
THRESHOLD, SLOPE = "threshold_neuron_1", "threshold_slope_neuron_1"
ACTIVITY = "activity_neuron_1_end"
NEEDED = (*CURVES["birth"], *CURVES["end"], *(f"{name}_{s}" for name in (THRESHOLD, SLOPE) for s in STAGES), ACTIVITY)


def _by_condition(runs: Sequence[LoadedRun]) -> dict[str, list[LoadedRun]]:
    """Group runs by their conditions, without what these say of the intensity."""
    groups: dict[str, list[LoadedRun]] = {}
    for run in runs:
        intensity = run.number(INTENSITY)
        if run.setting("task.name") != "exposure" or not intensity > 0:
            raise SettingError(
                f"{run.path}: this figure needs runs of the task family 'exposure' with task.options.intensity, such as"
                " those of 'hetevo sweep bcm'."
            )
        words = [word for word in run.condition.split(", ") if not word.startswith("intensity=")]
        groups.setdefault(", ".join(words) or run.preset, []).append(run)
    for name, group in groups.items():
        if len({run.number(INTENSITY) for run in group}) < 2:
            raise SettingError(
                f"This figure compares at least two intensities (task.options.intensity) of a task 'exposure'; of"
                f" {name!r} it got {group[0].number(INTENSITY):g} alone."
            )
    return groups


@figure(*NEEDED, probe="instruments", measures=("plasticity curve",), individuals=1, sweep="bcm", usual=_by_condition)
def bcm(frame: Frame) -> pd.DataFrame:
    """Draw changes against activity at birth and after histories of different intensity, and all thresholds.

    Above, one neuron of the first condition and seed: the first whose curve at birth is negative below a threshold and
    positive above it, or just the first. Below, for every condition and seed the median threshold over individuals, at
    the mean activity during the history. Beside them stand two lines through the middle of the first condition: a
    threshold in proportion to activity, and one to its square, as in the rule of Bienenstock, Cooper and Munro (1982).

    Returns
    -------
    Plot
        Data: condition, seed, intensity, activity, threshold, rising (share of neurons whose curve rises through one),
        n (neurons); and one row a curve drawn, with what it is at each activity.

    Raises
    ------
    SettingError
        If they are not runs of the task family ``exposure``, with at least two intensities in a condition.
    """
    groups = _by_condition(frame.runs)
    names = for_figures(groups)
    above, below = frame.rows(2, 4.1, letters="ab")
    curves = _draw_curves(above, next(iter(groups.values())))
    rows = [_row(name, run) for name, group in groups.items() for run in group]
    data = pd.DataFrame(rows)
    for number, (name, part) in enumerate(data.groupby("condition", sort=False)):
        _draw_thresholds(below, part, look(number, frame.palette), names[str(name)])
    _draw_powers(below, data[data["condition"] == next(iter(groups))])
    seeds = data["seed"].nunique()
    frame.say("One neuron, of individual and seed as written; the dots are its thresholds.", above)
    frame.say(f"Points, means over seeds of medians over neurons; bars, {INTERVAL}s over seeds.", below)
    below.set_title(f"medians over neurons; n = {seeds} seeds, mean and {INTERVAL}", loc="right")
    below.set_xlabel("activity $h$ at which the neuron is held; threshold", parse_math=True)
    below.set_ylabel("mean activity\nin the history")
    below.set_xlim(0, max(ACTIVITIES))
    below.set_ylim(bottom=0)
    frame.panels = [below]
    frame.legend(columns=2)
    curves.insert(0, "condition", next(iter(groups)))
    return pd.concat([data, curves], ignore_index=True)


def _draw_curves(axes: Axes, group: Sequence[LoadedRun]) -> pd.DataFrame:
    """Draw the curves of one neuron: that at birth, and one after each history."""
    shown = sorted((run for run in group if run.seed == group[0].seed), key=lambda run: run.number(INTENSITY))
    tables = [neurons(run) for run in shown]
    # one whose curve at birth is of the kind that the paper draws, if there is any
    rising = np.flatnonzero((tables[0][f"{SLOPE}_birth"] > 0) & (tables[0][f"{THRESHOLD}_birth"] < max(ACTIVITIES)))
    who = int(rising[0]) if len(rising) else 0
    colours = shades("cividis", len(shown) + 1)[:-1]
    drawn = {"none": _curve(tables[0], who, "birth")}
    axes.plot(ACTIVITIES, drawn["none"], color="black", linewidth=2.4, label="at birth", zorder=3)
    for run, table, colour in zip(shown, tables, colours, strict=True):
        intensity = run.number(INTENSITY)
        drawn[f"{intensity:g}"] = _curve(table, who, "end")
        label = f"after intensity {intensity:g}"
        axes.plot(ACTIVITIES, drawn[f"{intensity:g}"], color=colour, linewidth=1, label=label)
        axes.plot(table[f"{THRESHOLD}_end"].iloc[who], 0, "o", color=colour, markersize=3, zorder=4)
    null_line(axes, y=0)
    axes.ticklabel_format(axis="y", scilimits=(-2, 2))
    axes.set_ylabel("change $\\Delta W$ a presentation", parse_math=True)
    axes.set_title(f"one neuron (individual {who}, seed {group[0].seed})", loc="right")
    axes.legend()
    columns = [f"at_{activity}" for activity in ACTIVITIES]
    return pd.DataFrame(drawn, index=columns).T.rename_axis("history").reset_index()


def _curve(table: pd.DataFrame, who: int, stage: str) -> Floats:
    return np.array([table[column].iloc[who] for column in CURVES[stage]])


def _row(condition: str, run: LoadedRun) -> dict[str, object]:
    table, intensity = neurons(run), run.number(INTENSITY)
    return {
        "condition": condition,
        "seed": run.seed,
        "intensity": intensity,
        "activity": intensity * _median(table[ACTIVITY].to_numpy(float)),
        "threshold": _median(table[f"{THRESHOLD}_end"].to_numpy(float)),
        "rising": share_rising(run),
        "n": len(table),
    }


def _draw_thresholds(axes: Axes, part: pd.DataFrame, style: tuple[object, str], label: str) -> None:
    colour, line = style
    rows = []
    for _, own in part.groupby("intensity"):
        mean, low, high = mean_and_interval(own["threshold"].dropna().to_numpy(float))
        rows.append((mean, np.nan_to_num(mean - low), np.nan_to_num(high - mean), own["activity"].mean()))
    mean, left, right, activity = np.array(rows).T
    axes.errorbar(
        mean, activity, xerr=np.array([left, right]), color=colour, linestyle=line, marker="o", markersize=3, capsize=2,
        linewidth=1, label=label,
    )  # fmt: skip


def _draw_powers(axes: Axes, part: pd.DataFrame) -> None:
    """Draw a threshold in proportion to activity, and one to its square, through the middle of a condition."""
    middle = part.groupby("intensity")[["activity", "threshold"]].mean().dropna()
    if middle.empty:
        return
    activity, threshold = middle.iloc[len(middle) // 2]
    past = np.linspace(0, middle["activity"].max(), 101)
    for power, line, label in ((1, ":", "∝ activity"), (2, (0, (1, 1, 4, 1)), "∝ activity² (BCM)")):
        axes.plot(threshold * (past / activity) ** power, past, color="0.5", linestyle=line, linewidth=1, label=label)


def neurons(run: LoadedRun) -> pd.DataFrame:
    """Return what was measured of the first hidden neuron of every individual of the last generation."""
    table = run.individuals_in([run.last])
    return table.reindex(columns=[*NEEDED]).astype(float)


def share_rising(run: LoadedRun) -> float:
    """Return the share of neurons whose curve, at the end of life, is negative below a threshold and positive above."""
    return float((neurons(run)[f"{SLOPE}_end"] > 0).mean())


def share_falling(run: LoadedRun) -> float:
    """Return the share of neurons whose curve, at the end of life, is positive below a threshold and negative above."""
    return float((neurons(run)[f"{SLOPE}_end"] < 0).mean())


def sliding(strong: LoadedRun, weak: LoadedRun) -> float:
    """Return the power of activity that the threshold follows from a weak history to a strong one, median over neurons.

    0: it stays; 1: it is in proportion; 2: it follows the square, as the rule of Bienenstock, Cooper and Munro has it.
    """
    threshold, activity = (
        [neurons(run)[column].to_numpy(float) for run in (strong, weak)] for column in (f"{THRESHOLD}_end", ACTIVITY)
    )
    with np.errstate(all="ignore"):  # silent neurons have no logarithm
        met = np.log(strong.number(INTENSITY) * activity[0]) - np.log(weak.number(INTENSITY) * activity[1])
        powers = (np.log(threshold[0]) - np.log(threshold[1])) / met
    return _median(powers)


def _median(values: Floats) -> float:
    """Return the median of what is defined; NaN of nothing."""
    defined = values[np.isfinite(values)]
    return float(np.median(defined)) if defined.size else float("nan")
