"""The figures `front`, `front-alignment` and `hypervolume`: what selection by several objectives does."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.needs import write_share
from hetevo.analysis.figures.parts import add_to_title, choose_evenly, count_generations
from hetevo.analysis.figures.style import TICK, for_figure, shades
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.populations.errors import spell
from hetevo.populations.types import Floats, Indices, Mask

SHOWN = 5
"""Generations whose fronts are drawn."""

MOST = 100
"""Generations whose hypervolume is computed."""

SMALLEST, LARGEST = 4.0, 36.0
"""Area of a point, by the third objective, in square points."""

FAR = 3.0
"""Distances between the quartiles, beyond them, from which on values lie outside of the axes (Tukey's outer fences)."""

LOSS, MORE = "loss", "+"


def _check_three(runs: Sequence[LoadedRun]) -> list[str]:
    return _objectives_of(runs, most=3)


def _check_eight(runs: Sequence[LoadedRun]) -> list[str]:
    return _objectives_of(runs, most=8)


@figure(probe=None, individuals=SHOWN, usual=_check_three)
def front(frame: Frame) -> pd.DataFrame:
    """Draw the Pareto front of several generations, a panel a condition: whom nobody dominates.

    What lies far from the rest, such as a loss at its cap, is beyond the axes, and the panel says how many are. The
    first two objectives are the axes, and a third is the size of points. Individuals are compared inside their own
    generation of their own run, since others lived through other tasks. A line joins the front of a run; with a third
    objective there is none.

    Returns
    -------
    Plot
        Data: condition, seed, generation, id, and the objectives, of every individual of a front.
    """
    names = _check_three(frame.runs)
    across, upward, *third = names
    every, groups = group_by_condition(frame.runs), group_by_condition(frame.chosen)
    grid = frame.grid(list(groups), 2.4, across=_label(across), upward=_label(upward))
    shown = choose_evenly(np.concatenate([_kept(run) for run in frame.chosen]), SHOWN).tolist()
    colours = dict(zip(shown, shades("viridis_r", len(shown)), strict=True))
    parts = [_fronts(run, names, shown) for run in frame.chosen]
    fronts = pd.concat(parts, ignore_index=True)
    outside = _cut_axes(grid[0], fronts, across, upward)
    # one scale of sizes for all panels
    sizes = _scale(fronts[_column(third[0])].to_numpy(float)) if third else np.full(len(fronts), SMALLEST * 2)
    fronts = fronts.assign(size=SMALLEST + (LARGEST - SMALLEST) * sizes if third else sizes)
    for axes, (condition, group) in zip(grid, groups.items(), strict=True):
        part = fronts[fronts["condition"] == condition]
        for (generation, _), one in part.groupby(["generation", "run"]):
            line = one.sort_values(_column(across))
            style = "none" if third else "-"
            x, y = line[_column(across)], line[_column(upward)]
            # what is dominated lies behind the steps: to the right of a value that is to be small
            steps: Literal["steps-pre", "steps-post"] = "steps-pre" if across.startswith(MORE) else "steps-post"
            axes.plot(x, y, color=colours[generation], linestyle=style, linewidth=0.7, drawstyle=steps)
            axes.scatter(x, y, s=line["size"], color=[colours[generation]], linewidths=0, alpha=0.8, zorder=3)
        beyond = int(outside[(fronts["condition"] == condition).to_numpy()].sum())
        add_to_title(axes, _say_counts(group, every[condition], beyond))
    _explain(frame, grid[0], colours, third)
    if third:
        values = fronts[_column(third[0])]
        frame.say(f"Size of points, {_plain_label(third[0])}: from {values.min():.3g} to {values.max():.3g}.")
    else:
        frame.say("Lines, a staircase for the front of each run, which is a seed: what lies behind it is dominated.")
    _say_beyond(frame, outside)
    return fronts[["condition", "seed", "run", "generation", "id", *map(_column, names)]]


def _cut_axes(axes: Axes, fronts: pd.DataFrame, across: str, upward: str) -> Mask:
    """Leave out of both axes what lies far from the rest, such as losses at their cap; tell which individuals do."""
    outside = np.zeros(len(fronts), np.bool_)
    for column, limit in ((_column(across), axes.set_xlim), (_column(upward), axes.set_ylim)):
        values = fronts[column].to_numpy(float)
        low, high = np.nanpercentile(values, (25, 75))
        far = (values < low - FAR * (high - low)) | (values > high + FAR * (high - low))
        if far.any() and high > low:
            shown = values[~far]
            margin = 0.05 * float(np.ptp(shown))
            limit(shown.min() - margin, shown.max() + margin)
            outside |= far
    return outside


def _say_beyond(frame: Frame, outside: Mask) -> None:
    """Say in the caption what stands beyond the axes, if anybody does."""
    if outside.any():
        frame.say(
            f"Beyond the axes: individuals of fronts, {int(outside.sum())} in all, with values more than {FAR:g}"
            " interquartile ranges beyond the quartiles, such as losses at their cap."
        )


def _say_counts(group: Sequence[LoadedRun], every: Sequence[LoadedRun], beyond: int) -> str:
    """Say how many seeds and individuals there are, and how many of a front lie outside of the axes."""
    counts = f"n = {write_share(group, every)} × {group[0].size}"
    return f"{counts}\n{beyond} beyond the axes" if beyond else counts


def _explain(frame: Frame, axes: Axes, colours: "dict[int, tuple[float, float, float]]", third: Sequence[str]) -> None:
    """Say below which colour is which generation, and what the size is."""
    line: Literal["none", "-"] = "none" if third else "-"
    for generation, colour in colours.items():
        label = f"generation {generation}"
        axes.add_line(Line2D([], [], color=colour, linestyle=line, marker="o", markersize=3, label=label))
    size = f"; size: {_plain_label(third[0])}" if third else ""
    frame.say("Points, individuals whom nobody of their generation and run dominates; colours, generations.")
    frame.legend(columns=2, title=f"n seeds × individuals{size}")


@figure("alignment_end", individuals=1, usual=_check_eight)
def front_alignment(frame: Frame) -> pd.DataFrame:
    """Draw the Pareto front of the last generation that was kept, with gradient alignment as colour.

    A panel a condition, with the fronts of all its runs: whom nobody of the same run dominates. The first two
    objectives are the axes. Whose alignment is not known is a ring.

    Returns
    -------
    Plot
        Data: condition, seed, run, generation, id, the objectives, and alignment_end, of every individual of a front.
    """
    import seaborn  # here, because it takes a second to load, and few figures need it

    names = _check_eight(frame.runs)
    across, upward = names[:2]
    every, groups = group_by_condition(frame.runs), group_by_condition(frame.chosen)
    grid = frame.grid(list(groups), 2.4, across=_label(across), upward=_label(upward))
    parts = [_fronts(run, names, [int(_kept(run).max())]) for run in frame.chosen]
    fronts = pd.concat(parts, ignore_index=True)
    colour = fronts["alignment_end"] if "alignment_end" in fronts else pd.Series(np.nan, fronts.index)
    fronts = fronts.assign(alignment_end=pd.to_numeric(colour))
    outside = _cut_axes(grid[0], fronts, across, upward)
    # one scale of colours for all panels, and 0 in its middle
    vlag = seaborn.color_palette("vlag", as_cmap=True)
    most = float(np.nanmax(np.abs(fronts["alignment_end"]))) if fronts["alignment_end"].notna().any() else 1.0
    for axes, (condition, group) in zip(grid, groups.items(), strict=True):
        part = fronts[fronts["condition"] == condition]
        known = part["alignment_end"].notna()
        shown = part[known]
        image = axes.scatter(
            shown[_column(across)], shown[_column(upward)], c=shown["alignment_end"], s=SMALLEST * 2, linewidths=0.2,
            edgecolors="0.3", cmap=vlag, vmin=-most, vmax=most,
        )  # fmt: skip
        rest = part[~known]
        axes.scatter(rest[_column(across)], rest[_column(upward)], s=SMALLEST * 2, facecolors="none", edgecolors="0.5")
        beyond = int(outside[(fronts["condition"] == condition).to_numpy()].sum())
        add_to_title(axes, _say_counts(group, every[condition], beyond))
    frame.say(
        "Points, individuals whom nobody of their run, which is a seed, dominates; colour, gradient alignment; rings,"
        " those whose alignment is undefined."
    )
    _say_beyond(frame, outside)
    frame.figure.colorbar(image, ax=grid, pad=0.02, aspect=30).set_label("gradient alignment (cosine)")
    return fronts[["condition", "seed", "run", "generation", "id", *map(_column, names), "alignment_end"]]


@figure(probe=None, individuals=MOST, usual=_check_eight)
def hypervolume(frame: Frame) -> pd.DataFrame:
    """Draw the hypervolume of Pareto fronts over generations, a line a condition.

    The share of a box that a front dominates: the box reaches from the best to the worst value of each objective among
    all individuals that are looked at, so that the reference point is its worst corner, which the figure says.

    Returns
    -------
    Plot
        Data: condition, seed, run, generation, hypervolume.
    """
    names = _check_eight(frame.runs)
    individuals = [run.individuals_in(choose_evenly(_kept(run), MOST).tolist()) for run in frame.chosen]
    values = [_values(table, names) for table in individuals]
    best, worst = (f([f(part, axis=0) for part in values], axis=0) for f in (np.min, np.max))
    rows = []
    for run, table, part in zip(frame.chosen, individuals, values, strict=True):
        scaled = (part - best) / np.where(worst > best, worst - best, 1)
        for generation, places in table.groupby("generation").indices.items():
            rows.append((run.condition, run.seed, str(run.path), generation, _volume(scaled[places])))
    data = pd.DataFrame(rows, columns=["condition", "seed", "run", "generation", "hypervolume"])
    axes = frame.one_panel(2.3)
    title = frame.courses(axes, data, "hypervolume")
    axes.set(xlabel="generation", ylabel="hypervolume (share of box)")
    count_generations(axes, data["generation"])
    signs = [-1 if name.startswith(MORE) else 1 for name in names]
    corner = [f"{for_figure(_plain(n), 12)} {s * w:.3g}" for n, s, w in zip(names, signs, worst, strict=True)]
    axes.set_title(f"reference point: {', '.join(corner)}", loc="left")
    frame.legend(title=title)
    return data


def _objectives_of(runs: Sequence[LoadedRun], most: int) -> list[str]:
    """Return the objectives of all runs, as they are written in their configurations."""
    found = [run.setting("evolution.objectives") for run in runs]
    named = [[str(name) for name in each] if isinstance(each, list) else [LOSS] for each in found]
    for run, names in zip(runs, named, strict=True):
        wanted = f"2 to {most}" if most < 8 else "2 or more"
        if not 2 <= len(names) <= most:
            raise RunDirectoryError(
                f"{run.path} selects by {len(names)} objective{'s' if len(names) > 1 else ''} ({', '.join(names)}), and"
                f' this figure shows {wanted}: evolution.objectives, such as ["loss", "synapses"].'
            )
        if names != named[0]:
            raise RunDirectoryError(
                f"{run.path} selects by {', '.join(names)}, and {runs[0].path} by {', '.join(named[0])}: expected runs"
                " of the same objectives. Name fewer runs, or choose conditions with --conditions."
            )
        if missing := [name for name in names if name != LOSS and f"{_column(name)}_median" not in run.generations]:
            raise RunDirectoryError(
                f"{run.path} has no column {_column(missing[0])!r}, which its configuration says that it has. What else"
                f" is missing: {spell('verify', run.path)}"
            )
    return named[0]


def _plain(name: str) -> str:
    return name.removeprefix(MORE)


def _column(name: str) -> str:
    return LOSS if name == LOSS else f"objective_{_plain(name)}"


def _label(name: str) -> str:
    """Name an objective for an axis; one that is to be large says so."""
    known = {LOSS: "normalised\ntest loss", "worst": "loss,\nworst task", "gain": "mean size\nof gains"}
    known |= {"change": "change\nof weights"}
    label = known.get(_plain(name)) or for_figure(_plain(name), TICK)
    return label + "\n(more is better)" * name.startswith(MORE)


def _plain_label(name: str) -> str:
    """Name an objective in a line of text."""
    return _label(name).replace("\n", " ")


def _values(table: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Return the objectives of individuals side by side, each to be minimised."""
    values = table[[_column(name) for name in names]].to_numpy(float)
    return values * [-1 if name.startswith(MORE) else 1 for name in names]


def _kept(run: LoadedRun) -> Indices:
    """Return the generations whose individuals were kept."""
    generations = run.generations["generation"].to_numpy()
    return np.asarray(generations[generations % run.individuals_every == 0], np.int64)


def _fronts(run: LoadedRun, names: Sequence[str], shown: Sequence[int]) -> pd.DataFrame:
    """Return the individuals of some generations of a run whom nobody of their generation dominates."""
    table = run.individuals_in(shown).assign(condition=run.condition, seed=run.seed, run=str(run.path))
    kept = [part[_find_front(_values(part, names))] for _, part in table.groupby("generation")]
    return pd.concat(kept, ignore_index=True)


def _find_front(values: Floats) -> Mask:
    from moocore import is_nondominated  # it takes its time to load, and few figures need it

    return np.asarray(is_nondominated(values, keep_weakly=True), np.bool_)


def _volume(values: Floats) -> float:
    from moocore import hypervolume as measure  # as above

    return float(measure(values, ref=np.ones(values.shape[1])))


def _scale(values: Floats) -> Floats:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
