"""Draw one circuit from its wiring: both pathways, the signs of the gains, the levels."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from analysis.figures.plot import Plot
from analysis.figures.style import COLUMN_INCHES, UNDEFINED, Palette, panel_letter, style
from populations.genome import Population
from populations.layout import Layout
from populations.types import Floats, Mask

MOST_UNITS = 75
"""Units, inputs among them, up to which a circuit is drawn as a graph; larger ones as two matrices."""

Place = tuple[float, float]
SIGNS = {1: "gain above 0", -1: "gain below 0", 0: "no gain"}


def draw_circuit(layout: Layout, genes: Population, individual: int = 0, title: str = "") -> Plot:
    """Draw an individual's ascending and descending pathway side by side.

    A neuron is coloured and shaped by the sign of its gain in that pathway, which decides with which sign its synapses
    change. Circuits of more than `MOST_UNITS` units are drawn as matrices, receivers down and senders across.

    Parameters
    ----------
    layout : Layout
        Sizes.
    genes : Population
        P genomes.
    individual : int, optional
        Which of them.
    title : str, optional
        What to write above.

    Returns
    -------
    Plot
        Data: pathway, sender, receiver, gain of the receiver; one row a synapse.
    """
    pathways = {
        "ascending": (genes.mask_ascending[individual], _gains(genes.gains_ascending[individual], layout.neurons)),
        "descending": (genes.mask_descending[individual], _gains(genes.gains_descending[individual], layout.hidden)),
    }
    names = unit_names(layout)
    data = pd.concat([_synapses(layout, name, *parts) for name, parts in pathways.items()], ignore_index=True)
    graph = layout.units + layout.outputs <= MOST_UNITS
    with style() as palette:
        figure = Figure(figsize=(2 * COLUMN_INCHES, 3.6 if graph else 3.3), layout="constrained")
        both = figure.subplots(1, 2)
        for axes, letter, (name, (mask, gains)) in zip(both, "AB", pathways.items(), strict=True):
            count = f"{int(mask.sum())} synapses"
            symbol = "$W$" if name == "ascending" else "$V$"
            axes.set_title(f"{name} pathway {symbol}: {count}", fontsize=8)
            if graph:
                _graph(axes, layout, name, mask, gains, palette)
            else:
                _matrix(axes, layout, name, mask, gains, palette)
            panel_letter(axes, letter) if not graph else axes.text(
                0, 1, letter, transform=axes.transAxes, weight="bold"
            )
        handles = [_handle(sign, palette, graph) for sign in SIGNS if sign or (data["gain"] == 0).any()]
        if graph:
            sends = "only sends in this pathway"
            handles.append(Line2D([], [], linestyle="", marker="s", mfc="white", mec="0.3", label=sends))
        figure.legend(handles=handles, loc="outside lower center", ncols=4, title="receiving neuron")
        if title:
            figure.suptitle(title, fontsize=8)
    data["sender"], data["receiver"] = (data[end].map(dict(enumerate(names))) for end in ("sender", "receiver"))
    return Plot(figure, data)


def unit_names(layout: Layout) -> list[str]:
    """Name all units from below: in1, bias, h1, h2, out1."""
    inputs = [f"in{number + 1}" for number in range(layout.inputs)] + (["bias"] if layout.bias else [])
    hidden = [f"h{number + 1}" for number in range(layout.hidden)]
    return [*inputs, *hidden, *(f"out{number + 1}" for number in range(layout.outputs))]


def _gains(values: Floats, neurons: int) -> Floats:
    """Return one gain a neuron, also where they share one."""
    return np.broadcast_to(values, (neurons,))


def _synapses(layout: Layout, pathway: str, mask: Mask, gains: Floats) -> pd.DataFrame:
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


def _graph(axes: Axes, layout: Layout, pathway: str, mask: Mask, gains: Floats, palette: Palette) -> None:
    places, table = _places(layout), _synapses(layout, pathway, mask, gains)
    size = float(np.clip(240 / max(layout.input_units, *layout.levels), 12, 60))
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
                color=_colour(gain, palette),
                alpha=float(np.clip(60 / max(len(table), 1), 0.18, 0.8)),
                linewidth=0.6,
            )
        )
    received = dict(zip(range(layout.input_units, layout.input_units + len(gains)), gains, strict=True))
    for unit, place in enumerate(places):
        if unit not in received:
            axes.scatter(*place, s=size * 0.6, marker="s", facecolor="white", edgecolor="0.3", linewidth=0.8, zorder=3)
            continue
        colour, marker = _colour(received[unit], palette), _marker(received[unit])
        axes.scatter(*place, s=size, marker=marker, facecolor=colour, edgecolor="white", linewidth=0.5, zorder=3)
    levels = [f"level {number + 1}" for number in range(len(layout.levels))]
    axes.set_yticks(range(len(levels) + 2), ["inputs", *levels, "outputs"])
    axes.set_xticks([])
    axes.set_xlim(-0.04, 1.04)
    axes.set_ylim(-0.45, len(levels) + 1.45)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _matrix(axes: Axes, layout: Layout, pathway: str, mask: Mask, gains: Floats, palette: Palette) -> None:
    signs = np.sign(gains).astype(int)[:, None] + 1
    colours = np.array([_colour(sign, palette) for sign in (-1, 0, 1)])
    picture = np.ones((*mask.shape, 3))
    picture[mask] = np.broadcast_to(colours[signs], picture.shape)[mask]
    axes.imshow(picture, aspect="auto", interpolation="nearest")
    borders = np.cumsum(layout.levels) - 0.5
    first = layout.input_units if pathway == "ascending" else 0
    for border in borders:
        axes.axhline(border, color="0.6", linewidth=0.5)
        axes.axvline(border + first, color="0.6", linewidth=0.5)
    if first:
        axes.axvline(first - 0.5, color="0.6", linewidth=0.5)
    axes.set_xlabel("sender: inputs, then neurons" if first else "sender: neurons, from below")
    axes.set_ylabel("receiving neuron, from below" if first else "receiving hidden neuron")


def _colour(gain: float, palette: Palette) -> tuple[float, float, float]:
    return palette[0] if gain > 0 else palette[3] if gain < 0 else UNDEFINED


def _marker(gain: float) -> str:
    return "o" if gain > 0 else "D" if gain < 0 else "X"


def _handle(sign: int, palette: Palette, graph: bool) -> Line2D:
    return Line2D(
        [], [], linestyle="", marker=_marker(sign) if graph else "s", color=_colour(sign, palette), label=SIGNS[sign]
    )
