"""What figures of several conditions have in common."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from hetevo.analysis.conditions import by_condition, by_lot
from hetevo.analysis.figures.style import COLUMN_INCHES, LINES, NEUTRAL, SMALL, Look, Palette, look, style
from hetevo.analysis.figures.summary import INTERVAL
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.errors import SettingError
from hetevo.populations.text import escaped
from hetevo.populations.types import Floats, Indices

MOST_PANELS = 18
LEGEND_LINE = 0.125
"""Height of a line of the legend, in inches."""

HALF = 24
"""Letters of a name for which there is room in half a column."""

NAME = 40
"""Letters of a name for which there is room in a column."""

ROOM = 50
"""Letters for which there is room above a column."""

TITLE = 100
"""Letters for which there is room above two columns."""

TICK = 16
"""Letters of a name for which there is room at a tick."""


def looks(runs: Sequence[LoadedRun], palette: Palette) -> dict[str, Look]:
    """Give each condition its colour and line style, the same in every figure of these runs; neutral ones are grey."""
    found: dict[str, Look] = {}
    neutral = 0
    for condition, group in by_condition(runs).items():
        if all(map(by_lot, group)):
            found[condition] = (NEUTRAL, LINES[neutral % len(LINES)])
            neutral += 1
        else:
            found[condition] = look(len(found) - neutral, palette)
    return found


def counted(counts: Mapping[str, "pd.Series[int]"], mean: str = "mean") -> tuple[dict[str, str], str]:
    """Name conditions and their numbers of seeds: once for all where they are the same, else beside each name.

    Parameters
    ----------
    counts : mapping of str to Series of int
        By condition, the seeds behind its values, generation by generation; 0 where there is no value.
    mean : str, optional
        What is drawn.

    Returns
    -------
    labels : dict of str to str
        By condition; one without any value is called undefined.
    title : str
        Of the legend: what is drawn, n, and the kind of the interval.
    """
    spans = {name: _span(count[count > 0]) for name, count in counts.items()}
    different = set(spans.values()) - {""}
    shown = for_figures(spans)
    labels = {
        name: f"{shown[name]}: undefined"
        if not span
        else shown[name]
        if len(different) == 1
        else f"{shown[name]} (n = {span})"
        for name, span in spans.items()
    }
    if different <= {"1"}:
        return labels, "n = 1 seed, no interval"
    n = f"n = {different.pop()} seeds" if len(different) == 1 else "n seeds"
    return labels, f"{mean} over {n}, {INTERVAL}"


def _span(counts: "pd.Series[int]") -> str:
    if not len(counts):
        return ""
    low, high = int(counts.min()), int(counts.max())
    return str(high) if low == high else f"{low}–{high}"


def legend_below(
    figure: Figure,
    axes: Sequence[Axes],
    *,
    columns: int | None = None,
    title: str | None = None,
    markerscale: float = 1,
) -> None:
    """Put one legend for all axes below them, where there is room whatever the curves do, and make that room."""
    entries: dict[str, Artist] = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if not entries:
        return
    longest = max(map(len, entries))
    columns = columns or (1 if longest > HALF or len(entries) < 3 else 2)
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + LEGEND_LINE * (-(-len(entries) // columns) + bool(title)))
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="outside lower center",
        ncols=columns,
        title=title,
        markerscale=markerscale,
    )


def panels(figure: Figure, names: Sequence[str], inches: float, *, across: str, upward: str) -> list[Axes]:
    """Make a panel for each name, two or three side by side, with its name as its title and labels at the outer edges.

    Raises
    ------
    SettingError
        With too many to be legible.
    """
    if len(names) > MOST_PANELS:
        raise SettingError(
            f"This figure has a panel for each condition, at most {MOST_PANELS}; got {len(names)}. Name fewer runs."
        )
    columns = min(len(names), 2 if len(names) <= 4 else 3)
    rows = -(-len(names) // columns)
    figure.set_size_inches(COLUMN_INCHES, inches * rows * (0.75 if columns == 3 else 1) + 0.3)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    for axes in grid[max(len(names) - columns, 0) : len(names)]:
        axes.tick_params(labelbottom=True)  # also above an empty corner
        axes.set_xlabel(across)
    for axes in grid[: len(names) : columns]:
        axes.set_ylabel(upward, fontsize=7 if columns == 3 else 8)
    shown = for_figures(names, {1: ROOM, 2: HALF}.get(columns, 14))
    for axes, name in zip(grid, names, strict=False):
        axes.set_title(shown[name], loc="left", fontsize=SMALL)
    return list(grid[: len(names)])


def add_to_title(axes: Axes, text: str) -> None:
    """Add a line to the title of a panel."""
    axes.set_title(f"{axes.get_title(loc='left')}\n{text}", loc="left", fontsize=SMALL)


def say_undefined(axes: Axes) -> None:
    """Write into an empty panel why it is empty."""
    axes.text(
        0.5, 0.6, "undefined in\nevery generation", transform=axes.transAxes, fontsize=SMALL, color="0.35",
        ha="center", va="center",
    )  # fmt: skip


def count_generations(axes: Axes, generations: "Indices | Floats | pd.Series[int]") -> None:
    """Give an x axis whole generations, all of them, and room about a single one."""
    first, last = int(generations.min()), int(generations.max())
    margin = 0.02 * (last - first) or 0.5
    axes.set_xlim(first - margin, last + margin)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))


def logarithmic(axes: Axes, name: str = "y", few: bool = False) -> None:
    """Give an axis a logarithmic scale with ticks that are plain numbers, however many decades it spans."""
    axes.set(**{f"{name}scale": "log"})
    low, high = sorted(getattr(axes, f"get_{name}lim")())
    axis = axes.yaxis if name == "y" else axes.xaxis
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < (30 if few else 200) else (1,), numticks=8))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(NullLocator())


def for_figure(name: str, most: int = NAME) -> str:
    """Write a name for a figure: what cannot be seen or has no glyph as escapes, cut in its middle if it is long.

    At its end stands what tells it from others. (That ``$`` means nothing is said by `style`.)
    """
    seen = "".join(char if char.isprintable() and ord(char) in _glyphs() else escaped(char) for char in name)
    if not seen.strip() or seen.startswith("_"):
        seen = repr(seen)  # Matplotlib leaves out of a legend what begins with an underscore
    return seen if len(seen) <= most else f"{seen[: most // 2]}…{seen[most // 2 + 1 - most :]}"


def for_figures(names: Iterable[str], most: int = NAME) -> dict[str, str]:
    """Write several names for a figure, different ones differently: with a hash where they are not otherwise."""
    shown = {name: for_figure(name, most) for name in names}
    times = Counter(shown.values())
    return {
        name: text
        if times[text] == 1
        else f"{for_figure(name, most - 5)}#{sha256(name.encode(errors='replace')).hexdigest()[:4]}"
        for name, text in shown.items()
    }


def title_of(run: LoadedRun, before: str = "", after: str = "") -> str:
    """Name one run, for the title of its figure, in the room that other words leave."""
    seed = f", seed {run.seed}"
    room = max(ROOM - len(before) - len(seed) - len(after), TICK)
    return f"{before}{for_figure(run.condition, room)}{seed}{after}"


@cache
def _glyphs() -> frozenset[int]:
    with style():
        return frozenset(get_font(findfont(FontProperties())).get_charmap())


def spaced(generations: Indices | Sequence[int], count: int) -> Indices:
    """Choose about ``count`` of the generations, evenly, the first and the last among them."""
    available = np.unique(np.asarray(generations))
    places: Floats = np.linspace(0, len(available) - 1, min(count, len(available)))
    chosen: Indices = available[places.round().astype(int)]
    return chosen
