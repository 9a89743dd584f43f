"""What figures draw with, inside their panels."""

import math
import re
from collections.abc import Collection, Iterable, Sequence
from textwrap import fill
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from hetevo.analysis.figures.style import LABEL, LETTER, NEUTRAL, SMALL, Look
from hetevo.analysis.intervals import Bounds, bounds_of
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.types import Floats, Indices

LETTER_WIDTH = 0.58
"""Mean width of a letter, in its font size."""

BESIDE = 36
"""Points beside a panel that the label of its y axis and the ticks take."""

SHORTEST = 12
"""Letters of a line that is not broken."""

BEYOND_LINES = 2.0
"""How many times as far as its lines a logarithmic axis reaches at most, whatever bands there are."""

BEHIND = 1.9
"""Matplotlib's ``zorder`` of neutral lines; that of others is 2."""

_CAPPED = re.compile(r"(heldout_)?loss(_\w+)?")
"""Columns that hold no value above ``lifetime.loss_cap``; losses on the probe batch are recorded as they are."""

PROBED = "probe_loss"

CUT = "Losses are cut at their cap."
"""What a caption says of a figure in which `cut_losses` cut some."""


def bounds_in(column: str, runs: Iterable[LoadedRun]) -> Bounds:
    """Return between which values a column of these runs lies: by its nature, and losses below their largest cap."""
    least, largest = bounds_of(column)
    if _CAPPED.fullmatch(column):
        largest = max((run.number("lifetime.loss_cap", math.inf) for run in runs), default=largest)
    return least, largest


def cut_losses(run: LoadedRun) -> pd.DataFrame:
    """Return the generations of a run that were measured, with losses on the probe batch cut as test losses are.

    Then both can be compared through a life, and one that diverges does not hide the others.

    Returns
    -------
    pandas.DataFrame
        `LoadedRun.measured`, in which no loss is above ``lifetime.loss_cap``.
    """
    table, cap = run.measured, run.number("lifetime.loss_cap", math.inf)
    return table.assign(**{name: table[name].clip(upper=cap) for name in map(str, table) if name.startswith(PROBED)})


def are_cut(runs: Iterable[LoadedRun]) -> bool:
    """Tell whether `cut_losses` cuts any in these runs."""
    return any(not cut_losses(run).equals(run.measured) for run in runs)


def null_line(axes: Axes, *, x: float | None = None, y: float | None = None, above: int = 1) -> None:
    """Draw the value that chance would give, as a dashed line across the panel.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    x, y : float, optional
        The value, on one of the axes.
    above : int, optional
        Matplotlib's ``zorder``: what the line is drawn above.
    """
    dashes = (0, (4, 2))
    if x is not None:
        axes.axvline(x, color="0.45", linewidth=0.8, linestyle=dashes, zorder=above)
    if y is not None:
        axes.axhline(y, color="0.45", linewidth=0.8, linestyle=dashes, zorder=above)


def draw_course(axes: Axes, summary: pd.DataFrame, look: Look, label: str, *, band: bool = True) -> None:
    """Draw a mean over generations and its interval; a value between two gaps, which has no line, as a point.

    What is neutral lies behind all the others.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    summary : pandas.DataFrame
        From `over_seeds`.
    look : Look
        Colour and line style.
    label : str
        For the legend.
    band : bool, optional
        Whether to draw the interval.
    """
    colour, line = look
    # a line has no point of its own: values without a neighbour get a marker and a bar
    x, mean, low, high = (summary[name].to_numpy(float) for name in ("generation", "mean", "low", "high"))
    alone = find_lonely(mean)
    axes.plot(
        x,
        mean,
        color=colour,
        linestyle=line,
        marker="o" if alone.size else None,
        markersize=3.5,
        markevery=alone.tolist(),
        label=label,
        zorder=BEHIND if colour == NEUTRAL else 2,
    )
    if band:
        axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.vlines(x[alone], low[alone], high[alone], color=colour, linewidth=0.8)


def find_lonely(values: Floats) -> Indices:
    """Return the places of defined values without a defined neighbour.

    >>> find_lonely(np.array([1.0, np.nan, 2.0, 3.0])).tolist()
    [0]
    """
    defined = np.concatenate([[False], np.isfinite(values), [False]])
    places: Indices = np.flatnonzero(defined[1:-1] & ~defined[:-2] & ~defined[2:])
    return places


def add_to_title(axes: Axes, text: str) -> None:
    """Add a line to the title of a panel."""
    axes.set_title(f"{axes.get_title(loc='left')}\n{text}", loc="left", fontsize=SMALL)


def say_undefined(axes: Axes, where: str = "every generation") -> None:
    """Write into an empty panel that what it shows is undefined, and where."""
    axes.text(
        0.5, 0.6, f"undefined in\n{where}", transform=axes.transAxes, fontsize=SMALL, color="0.35",
        ha="center", va="center",
    )  # fmt: skip


def every_of(generations: "Collection[int] | Indices | pd.Series[int]") -> str:
    """Name all generations that are there, for `say_undefined`.

    >>> every_of([0, 5]), every_of([5])
    ('every generation', 'generation 5')
    """
    first, *others = sorted(set(generations))
    return "every generation" if others else f"generation {first}"


def count_generations(axes: Axes, generations: "Indices | Floats | pd.Series[int]") -> None:
    """Give an x axis whole generations, all of them, and room about a single one."""
    first, last = int(generations.min()), int(generations.max())
    margin = 0.02 * (last - first) or 0.5
    axes.set_xlim(first - margin, last + margin)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))


def logarithmic(axes: Axes, name: str = "y", few: bool = False, by_lines: bool = False) -> None:
    """Give an axis a logarithmic scale with ticks that are plain numbers, however many decades it spans.

    Parameters
    ----------
    axes : Axes
        All is drawn into it already.
    name : str, optional
        ``"x"`` or ``"y"``.
    few : bool, optional
        Whether there is room for few ticks.
    by_lines : bool, optional
        Whether a y axis reaches no further than `BEYOND_LINES` times what its lines do: wide bands are cut off.
    """
    axes.set(**{f"{name}scale": "log"})
    low, high = sorted(getattr(axes, f"get_{name}lim")())
    if by_lines:
        values = np.concatenate([np.asarray(line.get_ydata(), float) for line in axes.get_lines()])
        shown = values[np.isfinite(values) & (values > 0)]
        if shown.size:
            low, high = max(low, shown.min() / BEYOND_LINES), min(high, shown.max() * BEYOND_LINES)
            axes.set_ylim(low, high)
    # as many ticks as there is room for: 1, 2 and 5 of every decade, or powers of ten alone
    axis = axes.yaxis if name == "y" else axes.xaxis
    axis.set_major_locator(LogLocator(subs=_choose_ticks(low, high, 30 if few else 200), numticks=8))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(NullLocator())


def _choose_ticks(low: float, high: float, most: float) -> tuple[int, ...]:
    """Return which multiples of powers of ten are ticks: at least three, or nobody sees that the axis is not linear."""
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.log10(high) + 1)
    for multiples in ((1,), (1, 2, 5), (1, 2, 3, 5, 7))[int(high / low < most) :]:
        ticks = np.outer(decades, multiples)
        if np.count_nonzero((low <= ticks) & (ticks <= high)) >= 3:
            return multiples
    return tuple(range(1, 10))


def choose_evenly(generations: Indices | Sequence[int], count: int) -> Indices:
    """Choose about ``count`` of the generations, evenly, the first and the last among them.

    >>> choose_evenly(range(11), 3).tolist()
    [0, 5, 10]
    """
    available = np.unique(np.asarray(generations))
    places: Floats = np.linspace(0, len(available) - 1, min(count, len(available)))
    chosen: Indices = available[places.round().astype(int)]
    return chosen


def find_moments(columns: Iterable[str], measure: str) -> dict[int, str]:
    """Return the columns in which a measure was recorded, by the percent of life that had passed.

    Parameters
    ----------
    columns : iterable of str
        Of a table of generations.
    measure : str
        Such as ``"alignment"``.

    Examples
    --------
    >>> find_moments(["alignment_end", "alignment_life_25", "alignment_level_1_end", "alignment_birth"], "alignment")
    {0: 'alignment_birth', 25: 'alignment_life_25', 100: 'alignment_end'}
    """
    there = set(columns)
    stages = {0: "birth", **{percent: f"life_{percent}" for percent in range(1, 100)}, 100: "end"}
    found = {percent: f"{measure}_{stage}" for percent, stage in stages.items() if f"{measure}_{stage}" in there}
    # the middle has a name of its own, and may have been asked for once more
    if f"{measure}_mid" in there:
        found[50] = f"{measure}_mid"
    return dict(sorted(found.items()))


def panel_letter(axes: Axes, letter: str) -> None:
    """Write a panel's letter, bold, above the label of its y axis: alike in all figures."""
    axes.annotate(
        letter.lower(), (0, 1), (-30, 3), xycoords="axes fraction", textcoords="offset points", fontweight="bold",
        fontsize=LETTER,
    )  # fmt: skip


def wrap_texts(axes: Axes, points: float) -> None:
    """Break titles at both sides of a panel, and the label of its x axis, where they are wider than so many points."""
    places: tuple[Literal["left"], Literal["right"]] = ("left", "right")
    for place in places:
        text = axes.get_title(loc=place)
        if (wrapped := _wrap(text, points / SMALL)) != text:
            axes.set_title(wrapped, loc=place, fontsize=SMALL)
    label = axes.xaxis.label
    if not label.get_parse_math():  # a formula would be cut
        label.set_text(_wrap(label.get_text(), (points - BESIDE) / LABEL))


def _wrap(text: str, sizes: float) -> str:
    """Break lines that are longer than so many times the font size."""
    most = max(int(sizes / LETTER_WIDTH), SHORTEST)
    return "\n".join(fill(line, most) if len(line) > most else line for line in text.split("\n"))
