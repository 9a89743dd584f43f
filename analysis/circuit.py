"""Draw one circuit from its wiring: both pathways, the signs of the gains, the levels."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hetevo.analysis.figures.layout import TITLE, for_figure
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import COLUMN_INCHES, Palette, panel_letter, style
from hetevo.analysis.graph import colour_of, draw_graph, marker_of, synapses
from hetevo.populations.genome import Population
from hetevo.populations.layout import Layout
from hetevo.populations.rules import Pathway
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask

MOST_UNITS = 75
"""Units, inputs among them, up to which a circuit is drawn as a graph; larger ones as two matrices."""

SIGNS = {1: "gain above 0", -1: "gain below 0", 0: "no gain"}


def draw_circuit(species: Species, genes: Population, individual: int = 0, title: str = "") -> Plot:
    """Draw an individual's ascending and descending pathway side by side.

    A neuron is coloured and shaped by the sign of its gain in that pathway, which decides with which sign its synapses
    change. Circuits of more than `MOST_UNITS` units are drawn as matrices, receivers down and senders across.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
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
    layout = species.layout
    pathways: dict[Pathway, tuple[Mask, Floats]] = {
        "ascending": (genes.mask_ascending[individual], _gains(genes.gains_ascending[individual], layout.neurons)),
        "descending": (genes.mask_descending[individual], _gains(genes.gains_descending[individual], layout.hidden)),
    }
    names = unit_names(layout)
    data = pd.concat([synapses(layout, name, *parts) for name, parts in pathways.items()], ignore_index=True)
    graph = layout.units + layout.outputs <= MOST_UNITS
    with style() as palette:
        figure = Figure(figsize=(2 * COLUMN_INCHES, 3.6 if graph else 3.3), layout="constrained")
        both = figure.subplots(1, 2)
        for axes, letter, (name, (mask, gains)) in zip(both, "AB", pathways.items(), strict=True):
            count = f"{int(mask.sum())} synapses"
            symbol = "$W$" if name == "ascending" else "$V$"
            axes.set_title(f"{name} pathway {symbol}: {count}", fontsize=8, parse_math=True)
            if graph:
                draw_graph(axes, layout, name, mask, gains, palette)
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
            figure.suptitle(for_figure(title, TITLE), fontsize=8)
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


def _matrix(axes: Axes, layout: Layout, pathway: str, mask: Mask, gains: Floats, palette: Palette) -> None:
    signs = np.sign(gains).astype(int)[:, None] + 1
    colours = np.array([colour_of(sign, palette) for sign in (-1, 0, 1)])
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


def _handle(sign: int, palette: Palette, graph: bool) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="",
        marker=marker_of(sign) if graph else "s",
        color=colour_of(sign, palette),
        label=SIGNS[sign],
    )
