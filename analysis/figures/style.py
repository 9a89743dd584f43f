"""One look for all figures: legible at the width of one column, safe for colour-blind readers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import seaborn
from matplotlib.axes import Axes

COLUMN_INCHES = 3.5
"""Width of one column of a two-column page."""

Palette = list[tuple[float, float, float]]
"""Colours, red, green and blue in 0..1."""

NULL_LINE: dict[str, Any] = {"color": "0.45", "linewidth": 0.8, "linestyle": (0, (4, 2)), "zorder": 1}
"""How the value that chance would give is drawn."""


@contextmanager
def style() -> Iterator[Palette]:
    """Apply the style inside the block, and yield the palette."""
    settings = {
        **seaborn.axes_style("ticks"),
        **seaborn.plotting_context("paper"),
        "font.size": 8,
        "axes.labelsize": 8,
        "axes.titlesize": 8,
        "legend.fontsize": 6.5,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "pdf.fonttype": 42,  # text stays text, as journals ask
        "svg.fonttype": "none",
        "legend.frameon": False,
        "lines.linewidth": 1.4,
    }
    with matplotlib.rc_context(settings):
        yield list(seaborn.color_palette("colorblind"))


def panel_letter(axes: Axes, letter: str) -> None:
    """Write a panel's letter at its upper left corner."""
    axes.text(-0.24, 1.02, letter, transform=axes.transAxes, fontweight="bold", fontsize=9, va="bottom")
