"""What figures of several conditions have in common."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.style import COLUMN_INCHES, Palette
from populations.errors import SettingError
from populations.types import Floats, Indices

MOST_PANELS = 16
LEGEND_LINE = 0.125
"""Height of a line of the legend, in inches."""


def look(number: int, palette: Palette) -> tuple[tuple[float, float, float], str]:
    """Return colour and line style of the n-th condition: never colour alone."""
    return palette[number % len(palette)], ("-", "--", "-.", ":")[number % 4]


def legend_below(figure: Figure, axes: Sequence[Axes], *, columns: int = 1, title: str | None = None) -> None:
    """Put one legend for all axes below them, where there is room whatever the curves do, and make that room."""
    entries: dict[str, Artist] = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if not entries:
        return
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + LEGEND_LINE * (-(-len(entries) // columns) + bool(title)))
    legend = figure.legend(
        list(entries.values()), list(entries), loc="outside lower center", ncols=columns, title=title
    )
    legend.get_title().set_fontsize(6.5)


def panels(
    figure: Figure, names: Sequence[str], inches: float, *, across: str, upward: str, columns: int = 2
) -> list[Axes]:
    """Make a panel for each name, two side by side, with its name as its title and the labels at the outer edges.

    Raises
    ------
    SettingError
        With too many to be legible.
    """
    if len(names) > MOST_PANELS:
        raise SettingError(
            f"This figure has a panel for each condition, at most {MOST_PANELS}; got {len(names)}. Name fewer runs."
        )
    columns = min(columns, len(names))
    rows = -(-len(names) // columns)
    figure.set_size_inches(COLUMN_INCHES, inches * rows + 0.3)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    for axes in grid[max(len(names) - columns, 0) : len(names)]:
        axes.tick_params(labelbottom=True)  # also above an empty corner
        axes.set_xlabel(across)
    for axes in grid[: len(names) : columns]:
        axes.set_ylabel(upward)
    for axes, name in zip(grid, names, strict=False):
        axes.set_title(shortened(name, 30 if columns > 1 else 60), loc="left", fontsize=7)
    return list(grid[: len(names)])


def shortened(name: str, most: int = 40) -> str:
    """Cut a name that would not fit."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def spaced(generations: Indices | Sequence[int], count: int) -> Indices:
    """Choose about ``count`` of the generations, evenly, the first and the last among them."""
    available = np.unique(np.asarray(generations))
    places: Floats = np.linspace(0, len(available) - 1, min(count, len(available)))
    chosen: Indices = available[places.round().astype(int)]
    return chosen
