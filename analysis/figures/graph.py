"""Draw one pathway as a graph: units in rows from below, an arrow a synapse."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch

from hetevo.analysis.figures.style import UNDEFINED, Palette
from hetevo.populations.layout import Layout
from hetevo.populations.rules import Pathway
from hetevo.populations.types import Floats, Mask

Place = tuple[float, float]


def draw_graph(axes: Axes, layout: Layout, pathway: Pathway, mask: Mask, gains: Floats, palette: Palette) -> None:
    """Draw a pathway.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where.
    layout : Layout
        Sizes.
    pathway : str
        ``"ascending"`` or ``"descending"``.
    mask : ndarray of bool, shape (receivers, senders)
        Synapses present.
    gains : ndarray of float, shape (receivers,)
        Their signs colour and shape the receiving neurons.
    palette : list of colour
        From `hetevo.analysis.figures.style.style`.
    """
    places, table = _places(layout), synapses(layout, pathway, mask, gains)
    # smaller units and fainter arrows where there are many
    size = float(np.clip(240 / max(layout.input_units, *layout.levels, layout.outputs), 12, 60))
    faint = float(np.clip(60 / max(len(table), 1), 0.18, 0.8))
    for sender, receiver, gain in zip(table["sender"], table["receiver"], table["gain"], strict=True):
        start, end = places[sender], places[receiver]
        level = start[1] == end[1]
        far = abs(start[1] - end[1]) > 1
        # lateral synapses and those that skip a level pass around what is between
        bend = (0.5 if level else 0.12 if far else 0.0) * (1 if sender < receiver else -1)
        axes.add_patch(
            FancyArrowPatch(
                start,
                end,
                connectionstyle=f"arc3,rad={bend}",
                arrowstyle="-|>,head_length=2,head_width=1",
                shrinkA=size**0.5 / 2,
                shrinkB=size**0.5 / 2,
                color=colour_of(gain, palette),
                alpha=faint,
                linewidth=0.6,
            )
        )
    # units above their arrows; those that receive nothing in this pathway are open squares
    received = dict(zip(range(layout.input_units, layout.input_units + len(gains)), gains, strict=True))
    for unit, place in enumerate(places):
        if unit not in received:
            axes.scatter(*place, s=size * 0.6, marker="s", facecolor="white", edgecolor="0.3", linewidth=0.8, zorder=3)
            continue
        colour, marker = colour_of(received[unit], palette), marker_of(received[unit])
        axes.scatter(*place, s=size, marker=marker, facecolor=colour, edgecolor="white", linewidth=0.5, zorder=3)
    # a row a level, named at the left
    levels = [f"level {number + 1}" for number in range(len(layout.levels))]
    axes.set_yticks(range(len(levels) + 2), ["inputs", *levels, "outputs"])
    axes.set_xticks([])
    axes.set_xlim(-0.04, 1.04)
    axes.set_ylim(-0.45, len(levels) + 1.45)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def synapses(layout: Layout, pathway: Pathway, mask: Mask, gains: Floats) -> pd.DataFrame:
    """List a pathway's synapses: pathway, sender and receiver (numbers of units, from below), the receiver's gain."""
    to, come = np.nonzero(mask)
    first = layout.input_units
    sender = come if pathway == "ascending" else come + first
    return pd.DataFrame({"pathway": pathway, "sender": sender, "receiver": to + first, "gain": gains[to]})


def _places(layout: Layout) -> list[Place]:
    """Place inputs, hidden levels and outputs in rows, from below."""

    def row(size: int, height: int) -> Iterator[Place]:
        yield from (((number + 0.5) / size, float(height)) for number in range(size))

    sizes = (layout.input_units, *layout.levels, layout.outputs)
    return [place for height, size in enumerate(sizes) for place in row(size, height)]


def colour_of(gain: float, palette: Palette) -> tuple[float, float, float]:
    """Colour a neuron by the sign of its gain."""
    return palette[0] if gain > 0 else palette[3] if gain < 0 else UNDEFINED


def marker_of(gain: float) -> str:
    """Shape a neuron by the sign of its gain."""
    return "o" if gain > 0 else "D" if gain < 0 else "X"
