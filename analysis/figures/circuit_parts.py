"""What drawings of circuits have in common: how units, signs of gains and synapses look, and how units are called.

Units are called as in records, exports and tables: ``in1``, ``bias``, ``h1``, ``out1``; neuron 3 of a record is ``h3``.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from hetevo.analysis.figures.frame import Frame
from hetevo.analysis.figures.style import COLUMN_INCHES, PAGE_INCHES, SMALL, UNDEFINED, Colour, Palette
from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats, Mask

MOST_UNITS = 75
"""Units, inputs among them, up to which a circuit is drawn as a graph; larger ones as matrices."""

MOST_SYNAPSES = 160
"""Synapses in a panel up to which arrows can be followed; more are drawn as matrices."""

NUMBERED = 16
"""Units in a row up to which there is room for a number in each."""

LARGEST = 75.0
"""Area of a unit with a number in it, in square points."""

NEAR = {"x": 0.15, "y": 0.045}
"""Parts of a matrix's width and height that the name of a row or column needs."""

SIGNS = {1: "gain above 0", -1: "gain below 0", 0: "no gain"}

SENDS = "only sends here"

HALF_PAGE = 1.5 * COLUMN_INCHES
"""Width up to which panels stand below each other, in inches, and the key has two columns."""


def choose_colour(gain: float, palette: Palette) -> Colour:
    """Colour a neuron by the sign of its gain."""
    return palette[0] if gain > 0 else palette[3] if gain < 0 else UNDEFINED


def choose_marker(gain: float) -> str:
    """Shape a neuron by the sign of its gain."""
    return "o" if gain > 0 else "D" if gain < 0 else "X"


def stack_narrow(frame: Frame, rows: int = 1, stacked: int = 2) -> int:
    """Return in how many rows panels stand: in more on a narrow page, where they would be too small side by side."""
    return rows if frame.width(PAGE_INCHES) > HALF_PAGE else stacked


def explain_signs(frame: Frame, gains: Iterable[float], graph: bool) -> None:
    """Say below the drawing how the signs look that are there, in a graph or in a matrix."""
    there = np.sign(np.fromiter(gains, float)).astype(int)
    handles = []
    for sign in SIGNS:
        if sign in there:
            marker, colour = choose_marker(sign) if graph else "s", choose_colour(sign, frame.palette)
            handles.append(Line2D([], [], linestyle="", marker=marker, color=colour, label=SIGNS[sign]))
    if graph:
        handles.append(Line2D([], [], linestyle="", marker="s", mfc="white", mec="0.3", label=SENDS))
    title = "receiving neuron; a number is that in its name" if graph else "receiving neuron; white: no synapse"
    frame.figure.legend(
        handles=handles, loc="outside lower center", ncols=4 if frame.size[0] > HALF_PAGE else 2, title=title
    )
    shape = "Colours and shapes" if graph else "Rows, receivers; columns, senders; white, no synapse; colours"
    frame.say(f"{shape}: sign of the gain of the receiving neuron, with which its synapses change.")


def choose_size(crowd: int) -> float:
    """Return the area of units, in square points, where so many stand in the fullest row."""
    return LARGEST if crowd <= NUMBERED else float(np.clip(240 / crowd, 10, 50))


def draw_unit(
    axes: Axes, place: tuple[float, float], name: str, gain: float | None, size: float, look: Palette
) -> None:
    """Draw a unit of a graph, with the number in its name where there is room.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    place : tuple of float
        Its place.
    name : str
        Its name, such as ``"h3"``.
    gain : float or None
        Whose sign is its colour and shape; None: it receives nothing in this panel.
    size : float
        Its area, from `choose_size`.
    look : list of colour
        Of `style`.
    """
    numbered = size == LARGEST
    if gain is None:
        # an open square is smaller than it looks where nothing is written in it
        axes.scatter(
            *place, s=size * (0.9 if numbered else 0.6), marker="s", facecolor="white", edgecolor="0.3",
            linewidth=0.7, zorder=3,
        )  # fmt: skip
    else:
        colour = choose_colour(gain, look)
        area = size * (0.8 if choose_marker(gain) == "D" else 1.1)
        axes.scatter(
            *place, s=area, marker=choose_marker(gain), facecolor=colour, edgecolor="white", linewidth=0.5, zorder=3
        )
    number = re.search(r"\d+$", name)
    if numbered and number:
        dark = gain is None or gain == 0
        axes.text(
            *place, number[0], fontsize=5, color="0.1" if dark else "white", ha="center", va="center_baseline", zorder=4
        )
    elif not number:
        # the bias, whose name has no number
        axes.annotate(
            name, place, (0, -4 - size**0.5 / 2), textcoords="offset points", fontsize=5, ha="center", va="top"
        )


def draw_arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    bend: float,
    size: float,
    colour: Colour,
    faint: float,
) -> None:
    """Draw a synapse between two units, which are ``size`` square points large."""
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>,head_length=2,head_width=1",
            shrinkA=size**0.5 / 2,
            shrinkB=size**0.5 / 2,
            color=colour,
            alpha=faint,
            linewidth=0.6,
        )
    )


def finish_graph(axes: Axes, rows: Sequence[str]) -> None:
    """Name the rows of a graph at its left, from below, and take away what only axes need."""
    axes.set_yticks(range(len(rows)), rows, fontsize=SMALL)
    axes.set_xlim(-0.04, 1.04)
    axes.set_ylim(-0.45, len(rows) - 0.55)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def split_rows(layout: Layout, names: Sequence[str]) -> list[list[str]]:
    """Split names of units, from below, into rows: inputs, hidden levels and outputs, those of them that are there.

    >>> split_rows(Layout(inputs=1, levels=(1, 2), outputs=1), ["in1", "bias", "h1", "h2", "h3"])
    [['in1', 'bias'], ['h1'], ['h2', 'h3']]
    """
    sizes = [layout.input_units] * (names[0] == "in1") + [*layout.levels, layout.outputs]
    rows = [list(names[end - size : end]) for size, end in zip(sizes, np.cumsum(sizes), strict=True)]
    return [row for row in rows if row]


def name_rows(layout: Layout) -> list[str]:
    r"""Name the rows of a graph from below: which level it is, and how its units are called.

    >>> name_rows(Layout(inputs=2, levels=(3,), outputs=1))
    ['inputs\nin1–in2, bias', 'level 1\nh1–h3', 'outputs\nout1']
    """
    titles = ["inputs", *(f"level {number + 1}" for number in range(len(layout.levels))), "outputs"]
    rows = [", ".join(span for span, _ in _spans(row)) for row in split_rows(layout, layout.unit_names)]
    return [f"{title}\n{row}" for title, row in zip(titles, rows, strict=True)]


def draw_synapses(
    axes: Axes, mask: Mask, gains: Floats, palette: Palette, receivers: Sequence[Sequence[str]],
    senders: Sequence[Sequence[str]],
) -> None:  # fmt: skip
    """Draw a matrix (receivers, senders), coloured where there is a synapse by the sign of the receiver's gain.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    mask : ndarray of bool, shape (receivers, senders)
        Where there is a synapse.
    gains : ndarray of float, shape (receivers,)
        Of the receivers.
    palette : list of colour
        Of `style`.
    receivers, senders : sequence of sequence of str
        Names of units, level by level: between levels there is a line.
    """
    signs = np.sign(gains).astype(int)[:, None] + 1
    colours = np.array([choose_colour(sign, palette) for sign in (-1, 0, 1)])
    picture = np.ones((*mask.shape, 3))
    picture[mask] = np.broadcast_to(colours[signs], picture.shape)[mask]
    axes.imshow(picture, aspect="auto", interpolation="nearest")
    for name, levels, line in (("x", senders, axes.axvline), ("y", receivers, axes.axhline)):
        for end in np.cumsum([len(level) for level in levels])[:-1]:
            line(end - 0.5, color="0.6", linewidth=0.5)
        _name_spans(axes, name, [span for level in levels for span in _spans(level)])


def _name_spans(axes: Axes, name: str, spans: Sequence[tuple[str, int]]) -> None:
    """Name spans of units along an axis of a matrix: what has no room beside the last name stands a line lower."""
    start, room = 0, NEAR[name] * sum(count for _, count in spans)
    places: dict[float, str] = {}
    ends = [-np.inf] * (2 if name == "x" else 1)
    for text, count in spans:
        place = start + (count - 1) / 2
        start += count
        # the first line with room; without any, the lines between levels say where they are
        line = next((line for line, last in enumerate(ends) if place - last >= room), None)
        if line is not None:
            ends[line], places[place] = place, "\n" * line + text
    axes.set(**{f"{name}ticks": [*places], f"{name}ticklabels": [*places.values()]})
    axes.tick_params(length=0, labelsize=SMALL)


def _spans(names: Sequence[str]) -> list[tuple[str, int]]:
    """Return spans of units that are called alike, and how many each holds.

    >>> _spans(["in1", "in2", "bias"])
    [('in1–in2', 2), ('bias', 1)]
    """
    found = []
    for _, group in groupby(names, lambda name: name.rstrip("0123456789")):
        units = list(group)
        found.append((units[0] if len(units) == 1 else f"{units[0]}–{units[-1]}", len(units)))
    return found
