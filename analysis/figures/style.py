"""One look for all figures: legible at the width of one column, safe for colour-blind readers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import seaborn
from matplotlib.axes import Axes

COLUMN_INCHES = 3.5
"""Width of one column of a two-column page."""

SMALL = 6.5
"""Font size of legends and of the titles of small panels, in points."""

Colour = tuple[float, float, float]
"""Red, green and blue in 0..1."""

Look = tuple[Colour, str]
"""Colour and line style of a curve."""

Palette = list[Colour]

LINES = ("-", "--", "-.", ":")

NEUTRAL: Colour = (0.35, 0.35, 0.35)
"""Of runs that are selected by lot, in every figure."""

UNDEFINED: Colour = (0.75, 0.75, 0.75)
"""Of cells without a value, in maps."""

NULL_LINE: dict[str, Any] = {"color": "0.45", "linewidth": 0.8, "linestyle": (0, (4, 2)), "zorder": 1}
"""How the value that chance would give is drawn."""


@contextmanager
def style() -> Iterator[Palette]:
    """Apply the style inside the block, and yield the palette: six colours that are dark enough for thin lines.

    It begins with Matplotlib's own defaults: a ``matplotlibrc`` of the user's changes no figure, and breaks none.
    """
    settings = {
        **seaborn.axes_style("ticks"),
        **seaborn.plotting_context("paper"),
        "font.size": 8,
        "axes.labelsize": 8,
        "axes.titlesize": 7,
        "axes.titlepad": 4,
        "axes.linewidth": 0.8,
        "legend.fontsize": SMALL,
        "legend.title_fontsize": SMALL,
        "legend.columnspacing": 1.2,
        "legend.labelspacing": 0.35,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "xtick.major.size": 3,
        "ytick.major.size": 3,
        "xtick.major.width": 0.8,
        "ytick.major.width": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.parse_math": False,  # names are text, whatever is in them
        "pdf.fonttype": 42,  # text stays text, as journals ask
        "svg.fonttype": "none",
        "svg.hashsalt": "hetevo",  # the same figure is the same file
        "legend.frameon": False,
        "lines.linewidth": 1.3,
    }
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings)
        colours = seaborn.color_palette("colorblind")
        yield [colours[place] for place in (0, 1, 2, 3, 4, 9)]


def look(number: int, palette: Palette) -> Look:
    """Return the n-th colour and line style, never colour alone; 24 are different with six colours."""
    return palette[number % len(palette)], LINES[(number + number // 12) % len(LINES)]


def panel_letter(axes: Axes, letter: str) -> None:
    """Write a panel's letter at its upper left corner."""
    axes.annotate(
        letter, (0, 1), (-33, 4), xycoords="axes fraction", textcoords="offset points", fontweight="bold", fontsize=9
    )
