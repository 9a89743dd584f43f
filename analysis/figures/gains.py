"""The figures `gains`, `signs` and `phi`: neurons of one run through its generations, as points and as maps.

Genes are known at the checkpoints that were kept, and nothing is drawn between them.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import choose_evenly, count_generations, every_of, null_line, say_undefined
from hetevo.analysis.figures.style import UNDEFINED, write_title
from hetevo.analysis.lineage import fixation
from hetevo.analysis.lineage import gains as gains_of
from hetevo.analysis.lineage.gains import FIXED, HEARD, PRODUCT, find_course
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.error_neurons import NAME
from hetevo.populations.rules import RULES
from hetevo.populations.types import Floats

SIGNS = {1: "fixed positive", -1: "fixed negative", 0: "not fixed"}
MARKERS = {1: "^", -1: "v", 0: "o"}

INCHES_PER_NEURON = 0.075
LEAST_PER_MAP, MOST = 1.3, 8.0
"""Height of a map at least (for its label), and of a figure at most, in inches."""

MOST_TICKS = 8
"""Checkpoints up to which each is named at the axis."""

BOX = 0.8
"""Width of a box, in distances between two of them."""

_PHI = re.compile(r"phi_sign_neuron_(\d+)_end")


def _check_course(runs: Sequence[LoadedRun]) -> None:
    for run in runs:
        find_course(run)


@figure(probe=None, single=True, usual=_check_course)
def gains(frame: Frame) -> pd.DataFrame:
    """Draw the population mean of every neuron's gain, by pathway; colours tell which signs became fixed.

    The signs are those that matter: of a hidden neuron that of the product of its two gains, of an output that of its
    gain.

    Returns
    -------
    Plot
        Data: of `hetevo.analysis.lineage.gains`.
    """
    # which signs became fixed, and a look for each case
    (run,) = frame.runs
    table = gains_of(run)
    signs = fixation(table).set_index(["pathway", "neuron"])["sign"].to_dict()
    colours = {1: frame.palette[0], -1: frame.palette[3], 0: (0.6, 0.6, 0.6)}
    kinds = [kind for kind in dict.fromkeys(table["pathway"]) if kind != PRODUCT]
    of_hidden = {"ascending", next(kind for kind in HEARD if kind in kinds)}
    panels = frame.rows(len(kinds), 1.5 * len(kinds), letters="abcd"[: len(kinds)])
    for axes, pathway in zip(panels, kinds, strict=True):
        group = table[table["pathway"] == pathway]
        # outputs and error neurons have no product
        product = PRODUCT if pathway in of_hidden else pathway
        shown = {n: int(signs.get((product, n), signs[(pathway, n)])) for n in group["neuron"].unique()}
        # those that became fixed above the others; a faint line tells which points are one neuron
        for neuron, path in sorted(group.groupby("neuron"), key=lambda item: abs(shown[item[0]])):
            sign = shown[neuron]
            when, mean, colour = path["generation"], path["mean"], colours[sign]
            axes.plot(when, mean, color=colour, linestyle=":", linewidth=0.4, alpha=0.6)
            axes.plot(
                when,
                mean,
                color=colour,
                linestyle="none",
                marker=MARKERS[sign],
                markersize=3.5 if sign else 2,
                markeredgewidth=0,
                label=SIGNS[sign],
            )
        null_line(axes, y=0)
        axes.set_ylabel(f"{pathway} gain\n(mean)")
    kept = np.unique(table["generation"])
    count_generations(panels[-1], kept)
    if len(kept) <= MOST_TICKS and np.diff(kept).min() > np.ptp(kept) / (2 * MOST_TICKS):
        panels[-1].set_xticks(kept)
    panels[-1].set_xlabel("generation (kept checkpoints)")
    panels[0].set_title(write_title(run, after=f"; mean of n = {run.size}"), loc="right")
    whose = "one sign of gA·gB (of an output: of its gain)"
    if len(kinds) > 2:
        whose = "one sign of gW·gV (of an output or an error neuron: of its gain)"
    title = f"a point a neuron and checkpoint; fixed: in at least {FIXED * 100:.0f} % of individuals\n{whose}"
    frame.say(f"{title.replace(chr(10), ' ')}. Dotted lines tell which points are one neuron.")
    frame.legend(columns=3, title=title)
    return table


@figure(probe=None, single=True, usual=_check_course)
def signs(frame: Frame) -> pd.DataFrame:
    """Draw in which share of individuals the signs that matter are positive, by neuron and kept checkpoint.

    Of hidden neurons the product of the two gains, since nothing follows from the sign of one alone; of outputs the
    gain. These are genes; what they do to the learning of a neuron is in the figure `phi`. Where V is fixed, signs of
    hidden neurons' gains do nothing.

    Returns
    -------
    Plot
        Data: of `hetevo.analysis.lineage.gains`.
    """
    # hidden neurons and outputs: a map each, neurons by generations
    (run,) = frame.runs
    table = gains_of(run)
    shares = {
        pathway: group.pivot(index="neuron", columns="generation", values="positive")
        for pathway, group in table.groupby("pathway")
    }
    products, ascending = shares[PRODUCT], shares["ascending"]
    own = len(ascending) > len(products)
    outputs = ascending.iloc[len(products) :] if own else ascending
    effect = "(no effect: V is fixed)" if _feedback_is_fixed(run) else "of hidden neuron"
    named = "gW·gV" if HEARD[0] in shares else "gA·gB"
    # neurons by the names that they have elsewhere; shared gains are those of all neurons
    products.index = pd.Index([f"h{number + 1}" for number in range(len(products))] if own else ["all"])
    outputs.index = pd.Index([f"out{number + 1}" for number in range(len(outputs))] if own else ["all"])
    maps = {f"product {named}\n{effect}": products, f"gain of\n{'output' if own else 'all'}": outputs}
    label = "share of individuals in which\nit is positive (0.5: by coin)"
    every = _maps(frame, maps, limits=(0, 1), label=label)
    every[-1].set_xlabel("generation (kept checkpoints)")
    every[0].set_title(write_title(run, after=f"; n = {run.size} individuals"), loc="right")
    return table


@figure("phi_sign_neuron_1_end", probe="instruments", single=True)
def phi(frame: Frame) -> pd.DataFrame:
    """Draw the population mean of the sign of every hidden neuron's consistency score, at the end of life.

    ``phi_i = gA_i sum q_i g_i / sum g_i^2`` is the learning rate, with its sign, at which neuron i would do gradient
    descent. 1: this neuron goes down the gradient in all individuals; -1: up; 0: in as many up as down, as a random
    learning signal gives. Signs are shown because the scores themselves have heavy tails, see
    `hetevo.analysis.consistency`.

    Returns
    -------
    Plot
        Data: generation, neuron (from 1), sign (mean over individuals, -1..1); NaN where it is undefined.
    """
    # neurons by generations
    (run,) = frame.runs
    numbered = {column: int(match[1]) for column in run.generations if (match := _PHI.fullmatch(str(column)))}
    grid = run.measured.set_index("generation")[list(numbered)].rename(columns=numbered).sort_index(axis=1).T
    named = grid.set_axis([f"h{number}" for number in grid.index])
    (axes,) = _maps(frame, {"hidden neuron": named}, limits=(-1, 1), label="sign of φ\n(mean over individuals)")
    # a line between two levels
    levels = run.levels
    for border in np.cumsum(levels)[:-1]:
        axes.axhline(border + 0.5, color="black", linewidth=0.6)
    if grid.isna().all(axis=None):
        say_undefined(axes, every_of(run.measured["generation"]))
    axes.set_xlabel("generation")
    between = "; lines: levels" if len(levels) > 1 else ""
    grey = "; grey: undefined" if grid.isna().any(axis=None) else ""
    axes.set_title(write_title(run, after=f"; n = {run.size}{between}{grey}"), loc="right")
    return grid.T.reset_index().melt("generation", var_name="neuron", value_name="sign")


def _feedback_is_fixed(run: LoadedRun) -> bool:
    """Tell whether a run's rule, or its settings, leave V as it was at birth; False for rules of other packages."""
    plastic = run.setting("error_neurons.plastic")
    if run.setting("network.circuit") == NAME and isinstance(plastic, list) and "teaching" not in plastic:
        return True
    rule = RULES.own.get(str(run.setting("plasticity.rule")))
    return rule is not None and not rule.descending


def _maps(frame: Frame, maps: Mapping[str, pd.DataFrame], *, limits: tuple[float, float], label: str) -> list[Axes]:
    """Draw maps below each other, with one bar of colours; what is undefined is grey.

    Parameters
    ----------
    frame : Frame
        Its size is set.
    maps : mapping of str to DataFrame
        By label of the y axis: neurons, by their names, by generations.
    limits : tuple of float
        Values of the outermost colours; white is half-way.
    label : str
        Of the bar.
    """
    # a row a neuron, but no map too low for its label
    neurons = [len(grid) for grid in maps.values()]
    least = LEAST_PER_MAP * len(maps) + 0.9
    heights = [max(count, max(neurons) / 2) for count in neurons]
    inches = float(np.clip(INCHES_PER_NEURON * sum(neurons) + 1.2, least, MOST))
    every = frame.rows(len(maps), inches, heights=heights)
    colours = colormaps["PuOr_r"].with_extremes(bad=UNDEFINED)
    for axes, (name, grid) in zip(every, maps.items(), strict=True):
        places, width = _place_boxes(axes, grid.columns.to_numpy(float))
        rows = np.arange(len(grid) + 1) + 0.5
        for place, column in zip(places, grid.to_numpy(float).T, strict=True):
            image = axes.pcolormesh(
                [place - width / 2, place + width / 2],
                rows,
                np.ma.masked_invalid(column[:, None]),
                cmap=colours,
                vmin=limits[0],
                vmax=limits[1],
                rasterized=True,
            )
        axes.set_ylim(len(grid) + 0.5, 0.5)
        # neurons by the names that they have elsewhere
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        shown = [int(tick) for tick in axes.get_yticks() if 1 <= tick <= len(grid)]
        axes.set_yticks(shown, [str(grid.index[tick - 1]) for tick in shown])
        axes.set_ylabel(name)
    # one bar of colours for all of them
    bar = frame.figure.colorbar(image, ax=every, pad=0.02, aspect=30)
    bar.set_label(label)
    return list(every)


def _place_boxes(axes: Axes, generations: Floats) -> tuple[Floats, float]:
    """Return where each generation's box stands on the x axis, and its width; set the axis.

    At its generation where all are equally far apart, joined if each was looked at; else side by side, each named.
    """
    gaps = np.diff(generations)
    if not gaps.size or np.ptp(gaps) == 0:
        step = float(gaps[0]) if gaps.size else 1.0
        width = step * (1 if step == 1 else BOX)
        count_generations(axes, generations)
        axes.set_xlim(generations[0] - step / 2, generations[-1] + step / 2)
        if len(generations) <= MOST_TICKS:
            axes.set_xticks(generations, [f"{generation:g}" for generation in generations])
        return generations, width
    places = np.arange(len(generations), dtype=float)
    named = choose_evenly(range(len(generations)), MOST_TICKS)
    axes.set_xlim(-0.5, len(generations) - 0.5)
    axes.set_xticks(named, [f"{generations[place]:g}" for place in named])
    return places, BOX
