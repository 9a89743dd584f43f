"""One look for all figures: that of print, legible at the width of one column, safe for colour-blind readers.

Journals ask for one column of 89 mm or two of 183 mm, and for 5 to 7 points in a font without serifs at that size.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

from hetevo.analysis.runs import LoadedRun
from hetevo.populations.text import escaped

MM_PER_INCH = 25.4

COLUMN_INCHES, PAGE_INCHES = 89 / MM_PER_INCH, 183 / MM_PER_INCH
"""Width of one column and of two."""

LABEL, SMALL, LETTER = 7, 6, 8
"""Font sizes in points: of labels of axes; of ticks, legends and titles of panels; of the letters of panels."""

FONTS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")
"""The first that is installed is taken, and the others after it where it lacks a letter; the last comes with
Matplotlib."""

Colour = tuple[float, float, float]
"""Red, green and blue in 0..1."""

Look = tuple[Colour, str]
"""Colour and line style of a curve."""

Palette = list[Colour]

LINES = ("-", "--", "-.", ":")

NEUTRAL: Colour = (0.35, 0.35, 0.35)
"""Of runs that are selected by lot, in every figure."""

COLOURS = tuple(map(to_rgb, ("#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#56b4e9")))
"""Those of Seaborn's palette for colour-blind readers that are dark enough for thin lines."""

UNDEFINED: Colour = (0.75, 0.75, 0.75)
"""Of cells without a value, in maps."""

HALF, NAME, ROOM, TITLE, TICK = 24, 40, 50, 100, 16
"""Letters for which there is room: of a name in half a column and in one; above one column and above two; at a tick."""

FULL = 100
"""Letters of a name in a legend or above a panel, where it takes as many lines as it needs."""

LEAST_PART = 5
"""Letters of a part of a name that is cut; a name of so many parts that fewer are left is cut as a whole."""

CROWD = 8
"""Conditions, more of which crowd a figure: then there are no bands, and panels take the width of two columns."""

_KEY = re.compile(r"[a-z]\w*(?:\.[a-z]\w*)*", re.ASCII)
"""Of a configuration."""


@contextmanager
def style() -> Iterator[Palette]:
    """Apply the style inside the block, and yield the palette: six colours that are dark enough for thin lines.

    It begins with Matplotlib's own defaults: a ``matplotlibrc`` of the user's changes no figure, and breaks none.
    """
    settings: dict[Any, Any] = {
        # as Seaborn's style "ticks" for paper has it, which takes a second to load
        **dict.fromkeys(("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color"), ".15"),
        "axes.axisbelow": True,
        "grid.color": ".8",
        "lines.solid_capstyle": "round",
        "patch.edgecolor": "w",
        "patch.force_edgecolor": True,
        **dict.fromkeys(("xtick.minor.size", "ytick.minor.size"), 3.2),
        **dict.fromkeys(("xtick.minor.width", "ytick.minor.width"), 0.8),
        "font.family": families(),
        "font.size": LABEL,
        "axes.labelsize": LABEL,
        "axes.titlesize": SMALL,
        "axes.titlepad": 3,
        "axes.labelpad": 2.5,
        "axes.linewidth": 0.6,
        "figure.titlesize": LABEL,
        "legend.fontsize": SMALL,
        "legend.title_fontsize": SMALL,
        "legend.columnspacing": 1.2,
        "legend.labelspacing": 0.35,
        "legend.frameon": False,
        "lines.linewidth": 1.0,
        "lines.markersize": 3.5,
        "patch.linewidth": 0.6,
        "pdf.fonttype": 42,  # text stays text, as journals ask
        "svg.fonttype": "none",
        "svg.hashsalt": "hetevo",  # the same figure is the same file
        "text.parse_math": False,  # names are text, whatever is in them
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    # inside the block alone: the user's own figures stay as they are
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings)
        yield list(COLOURS)


def families() -> list[str]:
    """Return those of `FONTS` that are installed here."""
    there = _installed()
    return [name for name in FONTS if name in there]


def look(number: int, palette: Palette) -> Look:
    """Return the n-th colour and line style, never colour alone; 24 are different with six colours."""
    return palette[number % len(palette)], LINES[(number + number // 12) % len(LINES)]


def shades(colormap: str, number: int) -> Palette:
    """Return colours from one end of a colormap to the other, evenly apart, without its ends.

    >>> [tuple(round(float(part), 2) for part in shade) for shade in shades("gray", 3)]
    [(0.25, 0.25, 0.25), (0.5, 0.5, 0.5), (0.75, 0.75, 0.75)]
    """
    places = np.linspace(0, 1, number + 2)[1:-1]
    return [(red, green, blue) for red, green, blue, _ in matplotlib.colormaps[colormap](places)]


def in_words(name: str) -> str:
    """Write what a condition changes as words instead of ``key=value``.

    >>> in_words("layered, gain_scale=0.1, task.name=parity, name=xor")
    'layered, gain scale 0.1, task parity, xor'
    """
    return ", ".join(map(_change_in_words, name.split(", ")))


def key_in_words(key: str) -> str:
    """Write a key of a configuration as words.

    >>> key_in_words("genome.gain_scale"), key_in_words("task.name")
    ('gain scale', 'task')
    """
    return key.removesuffix(".name").rpartition(".")[2].replace("_", " ")


def _change_in_words(change: str) -> str:
    key, equals, value = change.partition("=")
    if not equals or not value or not _KEY.fullmatch(key):
        return change
    words = [word.replace("_", " ") for word in key.split(".") if word != "name"]
    return " ".join([*words, value])


def for_figure(name: str, most: int = NAME) -> str:
    """Write a name for a figure: as words, what cannot be seen or has no glyph as escapes, cut if long.

    The parts between commas are cut each for itself, the longest first, so that none seems to be another one: in their
    middle, since at its end stands what tells a name from others. (That ``$`` means nothing is said by `style`.)

    >>> for_figure("smoke, task=my_world:association_generated, 3 more changes")
    'smoke, task my_…enerated, 3 more changes'
    """
    name = in_words(name)
    # what has no glyph in the font would be a box
    seen = "".join(char if char.isprintable() and ord(char) in _glyphs() else escaped(char) for char in name)
    if not seen.strip() or seen.startswith("_"):
        seen = repr(seen)  # Matplotlib leaves out of a legend what begins with an underscore
    return seen if len(seen) <= most else _cut_parts(seen, most)


def _cut_parts(name: str, most: int) -> str:
    parts = name.split(", ")
    room = most - 2 * (len(parts) - 1)
    for letters in range(most, LEAST_PART - 1, -1):
        if sum(min(len(part), letters) for part in parts) <= room:
            return ", ".join(_cut(part, letters) for part in parts)
    return _cut(name, most)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}…{text[most // 2 + 1 - most :]}"


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
def _installed() -> frozenset[str]:
    return frozenset(font.name for font in fontManager.ttflist)


@cache
def _glyphs() -> frozenset[int]:
    fonts = [get_font(findfont(FontProperties(family=name))) for name in families()]
    return frozenset(char for font in fonts for char in font.get_charmap())
