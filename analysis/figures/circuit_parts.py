"""What drawings of circuits have in common: how the sign of a gain looks, and what stands above."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from hetevo.analysis.figures.frame import Frame
from hetevo.analysis.figures.style import TITLE, UNDEFINED, Colour, Palette, for_figure
from hetevo.populations.types import Floats, Mask

MOST_UNITS = 75
"""Units, inputs among them, up to which a circuit is drawn as a graph; larger ones as matrices."""

SIGNS = {1: "gain above 0", -1: "gain below 0", 0: "no gain"}


def write_name(frame: Frame, title: str) -> None:
    """Write above the drawing what it is of, if that was said."""
    if title:
        frame.figure.suptitle(for_figure(title, TITLE))


def choose_colour(gain: float, palette: Palette) -> Colour:
    """Colour a neuron by the sign of its gain."""
    return palette[0] if gain > 0 else palette[3] if gain < 0 else UNDEFINED


def choose_marker(gain: float) -> str:
    """Shape a neuron by the sign of its gain."""
    return "o" if gain > 0 else "D" if gain < 0 else "X"


def make_handle(sign: int, palette: Palette, graph: bool) -> Line2D:
    """Return the entry of a legend for a sign, as it looks in a graph or in a matrix."""
    marker, colour = choose_marker(sign) if graph else "s", choose_colour(sign, palette)
    return Line2D([], [], linestyle="", marker=marker, color=colour, label=SIGNS[sign])


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


def draw_synapses(axes: Axes, mask: Mask, gains: Floats, palette: Palette) -> None:
    """Draw a matrix (receivers, senders), coloured where there is a synapse by the sign of the receiver's gain."""
    signs = np.sign(gains).astype(int)[:, None] + 1
    colours = np.array([choose_colour(sign, palette) for sign in (-1, 0, 1)])
    picture = np.ones((*mask.shape, 3))
    picture[mask] = np.broadcast_to(colours[signs], picture.shape)[mask]
    axes.imshow(picture, aspect="auto", interpolation="nearest")
