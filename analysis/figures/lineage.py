"""The figures `lineage` and `price`: alignment along the champion's ancestors, and what selection did to it."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from scipy import special

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.figures.caption import INTERVAL
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.needs import write_share
from hetevo.analysis.figures.parts import (
    add_to_title,
    count_generations,
    draw_course,
    every_of,
    null_line,
    say_undefined,
)
from hetevo.analysis.figures.style import FULL, SMALL, Look, Palette, for_figure, for_figures, write_title
from hetevo.analysis.intervals import bounds_of
from hetevo.analysis.lineage import ancestral_line, steps
from hetevo.analysis.lineage import price as price_equation
from hetevo.analysis.lineage.descent import BEYOND, NOBODY
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import over_seeds
from hetevo.evolve.rundir import RunDirectoryError

MARKERS = {"founder": "D", "elite": "s", "mutation": "o", "crossover": "^", "sample": "P"}

ORPHANS = "no parents"
"""What is said of conditions in which every individual is drawn anew."""

PARTS = {
    "selection": "selection",
    "transmission": "transmission",
    "undefined": "undefined values",
    "observed": "observed: their sum",
}


ALONE = "The Price equation splits the change between two generations; only one is recorded."


def _check_parents(runs: Sequence[LoadedRun]) -> None:
    """Check that somebody has parents, as far as the tables of generations count them."""
    counted = [run for run in runs if "parents" in run.generations and run.generations["parents"].notna().any()]
    if len(counted) == len(runs) and all(run.last > 0 and not run.generations["parents"].any() for run in runs):
        raise RunDirectoryError(_say_orphans(runs[0]))


def _check_steps(runs: Sequence[LoadedRun]) -> None:
    """Check that there is a step from one generation to the next."""
    _check_parents(runs)
    if all(run.last == 0 for run in runs):
        raise RunDirectoryError(ALONE)


@figure(individuals="every", usual=_check_parents)
def lineage(frame: Frame) -> pd.DataFrame:
    """Draw the alignment of the champion's ancestors.

    One run: every ancestor with the operator that made it; steps that raised alignment beyond the noise of repetition
    are marked. Several runs: one line a condition, the mean over seeds of their champions' lines.

    Returns
    -------
    Plot
        Data: condition, seed, and the columns of `hetevo.analysis.lineage.steps`.
    """
    # of runs whose individuals have no parents there is no line
    tables = [(run, _read(run)) for run in frame.chosen]
    orphans = [run for run, individuals in tables if not _has_parents(individuals)]
    if len(orphans) == len(tables):
        raise RunDirectoryError(_say_orphans(orphans[0]))
    chosen = [run for run in frame.chosen if run not in orphans]
    found = [_with_run(run, steps(each, ancestral_line(each))) for run, each in tables if run not in orphans]
    data = pd.concat(found, ignore_index=True)
    # one line in detail, or a mean line a condition
    axes, title = frame.one_panel(2.2), None
    if len(chosen) == 1:
        _one_line(axes, chosen[0], data, frame.palette)
        axes.set_title(write_title(chosen[0], "ancestors of the champion; "), loc="right")
    else:
        title = frame.courses(axes, data, "value", bounds=bounds_of("alignment"))
        names, looks = for_figures(group_by_condition(frame.runs), FULL), frame.looks()
        for name in group_by_condition(orphans):
            axes.plot([], [], color=looks[name][0], linestyle=looks[name][1], label=f"{names[name]}: {ORPHANS}")
        axes.set_title(f"ancestors of the champions of {write_share(chosen, frame.runs)} runs", loc="right")
    if data["value"].isna().all():
        say_undefined(axes, every_of(data["generation"]))
    null_line(axes, y=0)
    axes.set_xlabel("generation")
    axes.set_ylabel("gradient alignment\n(cosine)")
    count_generations(axes, data["generation"])
    frame.legend(columns=2 if len(chosen) == 1 else None, title=title)
    return data


def _read(run: LoadedRun) -> pd.DataFrame:
    return run.individuals_in(range(run.last + 1))  # not kept in memory


def _has_parents(individuals: pd.DataFrame) -> bool:
    """Tell whether anybody descends from somebody; of a single generation, nobody could."""
    later = individuals["generation"] > individuals["generation"].min()
    return not later.any() or bool((individuals.loc[later, "parent_a"] != NOBODY).any())


def _say_orphans(run: LoadedRun) -> str:
    """Say why descent of a run cannot be drawn."""
    algorithm = run.setting("evolution.algorithm.name") or "?"
    return (
        f"{run.path}: nobody in it has parents, so there is no descent to draw: the algorithm {algorithm} draws every"
        " individual anew. Draw --kind alignment or distribution, or name runs of an algorithm with parents, such as"
        " generational."
    )


def _with_run(run: LoadedRun, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(condition=run.condition, seed=run.seed, run=str(run.path))


def _one_line(axes: Axes, run: LoadedRun, data: pd.DataFrame, palette: Palette) -> None:
    """Draw the ancestors of one champion, each with the operator that made it, over the mean of the population."""
    generations = run.generations
    label = f"population, mean of n = {run.size}"
    axes.plot(generations["generation"], generations["alignment_end"], color="0.5", label=label)
    axes.plot(data["generation"], data["value"], color=palette[0], linewidth=0.7)
    # what a life does by itself, which with fewer than two elites is not known
    noise = data["noise"].iloc[0]
    if noise == noise:
        ends = (data["value"] - noise).clip(-1, 1), (data["value"] + noise).clip(-1, 1)
        label = "± sd of repetition"
        axes.fill_between(data["generation"], *ends, color=palette[0], alpha=0.15, linewidth=0, label=label)
    # a marker an operator, and a ring around each rise beyond that
    for operator, group in data.groupby("operator"):
        marker = MARKERS.get(str(operator), "x")
        label = f"by {for_figure(str(operator))}" if operator != "founder" else "founder"
        when, values = group["generation"], group["value"]
        axes.plot(when, values, linestyle="none", marker=marker, markersize=3, color=palette[0], label=label)
    raised = data[data["raised"]]
    by_chance = special.ndtr(-BEYOND) * data["score"].notna().sum()
    axes.plot(
        raised["generation"],
        raised["value"],
        linestyle="none",
        marker="o",
        markersize=7,
        markerfacecolor="none",
        color=palette[3],
        label=f"rise > {BEYOND:g} sd: {len(raised)} (by chance {by_chance:.1f})",
    )


@figure(individuals="every", usual=_check_steps)
def price(frame: Frame) -> pd.DataFrame:
    """Draw the parts of the Price equation, summed up over generations, a panel a condition.

    Returns
    -------
    Plot
        Data: condition, seed, run, and the columns of `hetevo.analysis.lineage.price`, not summed up.
    """
    every, groups = group_by_condition(frame.runs), group_by_condition(frame.chosen)
    # the parts of every step, run by run
    tables, orphans = [], set()
    for condition, group in groups.items():
        for run in group:
            individuals = _read(run)
            if not _has_parents(individuals):
                orphans.add(condition)
            tables.append(_with_run(run, price_equation(individuals)))
    if len(orphans) == len(groups):
        raise RunDirectoryError(_say_orphans(frame.chosen[0]))
    data = pd.concat(tables, ignore_index=True)
    if not len(data):
        raise RunDirectoryError(ALONE)
    # a part that is 0 throughout, as it is where all is defined, needs no line
    shown = [part for part in PARTS if part != "undefined" or data[part].abs().max() > 0]
    looks = _looks(frame.palette)
    upward = f"change of alignment\nsince generation {data['generation'].min()}"
    grid = frame.grid(list(groups), 2.0, across="generation", upward=upward)
    for axes, (condition, group) in zip(grid, groups.items(), strict=True):
        total = _totals(data[data["condition"] == condition], shown)
        for part in ["observed"] if condition in orphans else shown:
            draw_course(axes, over_seeds(total, part), looks[part], PARTS[part])
        add_to_title(axes, f"n = {write_share(group, every[condition])} seed{'s' if len(group) > 1 else ''}")
        if total["observed"].isna().all():
            say_undefined(axes)
        elif condition in orphans:
            axes.text(0.04, 0.96, f"{ORPHANS}:\nnot split", transform=axes.transAxes, fontsize=SMALL, va="top")
        null_line(axes, y=0)
    # the change after the last step is there one generation later
    count_generations(grid[0], pd.concat([data["generation"], data["generation"] + 1]))
    several = len(frame.runs) > len(groups)
    frame.say(
        "Parts of the Price equation, summed up: selection, the covariance of offspring with alignment; transmission,"
        " what children have more than their parents; undefined values, the rest, of individuals without an alignment."
    )
    if several:
        frame.say(f"Lines: means over seeds; bands: {INTERVAL}s.")
    frame.legend(columns=1, title=f"mean over seeds, {INTERVAL}" if several else None)
    return data


def _looks(palette: Palette) -> dict[str, Look]:
    colours = (palette[0], "-"), (palette[1], "--"), (palette[2], ":"), ((0.0, 0.0, 0.0), "-")
    return dict(zip(PARTS, colours, strict=True))


def _totals(steps: pd.DataFrame, parts: Sequence[str]) -> pd.DataFrame:
    """Sum up from 0 in the first generation; a generation without a defined change adds nothing to the sum."""
    sums = steps.assign(**{part: steps.groupby("run")[part].cumsum() for part in parts})
    sums["generation"] += 1
    start = steps.loc[steps.groupby("run")["generation"].idxmin()]
    defined = steps.groupby("run")["observed"].transform("count").loc[start.index] > 0
    return pd.concat([start.assign(**dict.fromkeys(parts, 0.0))[defined], sums], ignore_index=True)
