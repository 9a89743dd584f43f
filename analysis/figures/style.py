"""One look for all figures: legible at the width of one column, safe for colour-blind readers; names as text."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256

import matplotlib
import seaborn
from matplotlib.font_manager import FontProperties, findfont, get_font

from hetevo.analysis.runs import LoadedRun
from hetevo.populations.text import escaped

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

HALF, NAME, ROOM, TITLE, TICK = 24, 40, 50, 100, 16
"""Letters for which there is room: of a name in half a column and in one; above one column and above two; at a tick."""


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
    # inside the block alone: the user's own figures stay as they are
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings)
        colours = seaborn.color_palette("colorblind")
        yield [colours[place] for place in (0, 1, 2, 3, 4, 9)]


def look(number: int, palette: Palette) -> Look:
    """Return the n-th colour and line style, never colour alone; 24 are different with six colours."""
    return palette[number % len(palette)], LINES[(number + number // 12) % len(LINES)]


def for_figure(name: str, most: int = NAME) -> str:
    """Write a name for a figure: what cannot be seen or has no glyph as escapes, cut in its middle if it is long.

    At its end stands what tells it from others. (That ``$`` means nothing is said by `style`.)
    """
    # what has no glyph in the font would be a box
    seen = "".join(char if char.isprintable() and ord(char) in _glyphs() else escaped(char) for char in name)
    if not seen.strip() or seen.startswith("_"):
        seen = repr(seen)  # Matplotlib leaves out of a legend what begins with an underscore
    return seen if len(seen) <= most else f"{seen[: most // 2]}…{seen[most // 2 + 1 - most :]}"


def for_figures(names: Iterable[str], most: int = NAME) -> dict[str, str]:
    """Write several names for a figure, different ones differently: with a hash where they are not otherwise."""
    shown = {name: for_figure(name, most) for name in names}
    # names that are cut alike get a hash of the whole
    times = Counter(shown.values())
    return {
        name: text
        if times[text] == 1
        else f"{for_figure(name, most - 5)}#{sha256(name.encode(errors='replace')).hexdigest()[:4]}"
        for name, text in shown.items()
    }


def write_title(run: LoadedRun, before: str = "", after: str = "") -> str:
    """Name one run, for the title of its figure, in the room that other words leave."""
    seed = f", seed {run.seed}"
    room = max(ROOM - len(before) - len(seed) - len(after), TICK)
    return f"{before}{for_figure(run.condition, room)}{seed}{after}"


@cache
def _glyphs() -> frozenset[int]:
    with style():
        return frozenset(get_font(findfont(FontProperties())).get_charmap())
