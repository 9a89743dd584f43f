"""Drawings of an individual: both pathways of its circuit with the signs of the gains, or a layer and its rule."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from hetevo.analysis.figures.circuit_parts import (
    MOST_UNITS,
    SIGNS,
    choose_colour,
    choose_marker,
    draw_arrow,
    draw_synapses,
    make_handle,
    write_name,
)
from hetevo.analysis.figures.error_circuit import draw_error_circuit
from hetevo.analysis.figures.frame import blank
from hetevo.analysis.figures.parts import null_line, panel_letter
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import Palette
from hetevo.populations.errors import SettingError
from hetevo.populations.genome import FORMULA, Population
from hetevo.populations.layout import Layout
from hetevo.populations.rules import Pathway
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask

SYMBOLS = {"weight": "w", "input": "a", "output": "o", "target": "t"}
"""How factors are written, as by Chalmers (1990)."""

FINEST = 2.0**-8
"""Smallest coefficient but 0: where the axis turns from linear to logarithmic."""


def draw_individual(species: Species, genes: Population, individual: int = 0, title: str = "") -> Plot:
    """Draw both pathways of a circuit side by side, with error neurons if it has some; or a layer and its rule.

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
        Data: pathway, sender, receiver, gain of the receiver, one row a synapse; or term and coefficient.
    """
    if species.circuit not in _DRAWINGS:
        raise SettingError(
            f"Individuals are circuits of the kind {species.circuit!r}, of which there is no drawing. Expected one of"
            f" {', '.join(_DRAWINGS)}."
        )
    return _DRAWINGS[species.circuit](species, genes, individual, title)


def _draw_circuit(species: Species, genes: Population, individual: int, title: str) -> Plot:
    """Draw the ascending and the descending pathway side by side."""
    layout = species.layout
    # neurons may share one gain
    ascending = np.broadcast_to(genes.gains_ascending[individual], layout.neurons)
    descending = np.broadcast_to(genes.gains_descending[individual], layout.hidden)
    pathways: dict[Pathway, tuple[Mask, Floats]] = {
        "ascending": (genes.mask_ascending[individual], ascending),
        "descending": (genes.mask_descending[individual], descending),
    }
    data = pd.concat([_list_synapses(layout, name, *parts) for name, parts in pathways.items()], ignore_index=True)
    graph = layout.units + layout.outputs <= MOST_UNITS
    with blank() as frame:
        # a panel a pathway
        panels = frame.columns(2, 3.6 if graph else 3.3)
        for axes, letter, (name, (mask, gains)) in zip(panels, "AB", pathways.items(), strict=True):
            symbol = "$W$" if name == "ascending" else "$V$"
            title_of_panel = f"{name} pathway {symbol}: {int(mask.sum())} synapses"
            axes.set_title(title_of_panel, parse_math=True)
            if graph:
                _draw_graph(axes, layout, name, mask, gains, frame.palette)
                axes.text(0, 1, letter, transform=axes.transAxes, weight="bold")
            else:
                _draw_matrix(axes, layout, name, mask, gains, frame.palette)
                panel_letter(axes, letter)
        # one legend: what is there of signs, and units that only send
        handles = [make_handle(sign, frame.palette, graph) for sign in SIGNS if sign or (data["gain"] == 0).any()]
        if graph:
            sends = "only sends in this pathway"
            handles.append(Line2D([], [], linestyle="", marker="s", mfc="white", mec="0.3", label=sends))
        frame.figure.legend(handles=handles, loc="outside lower center", ncols=4, title="receiving neuron")
        write_name(frame, title)
    names = dict(enumerate(layout.unit_names))
    data["sender"], data["receiver"] = data["sender"].map(names), data["receiver"].map(names)
    return Plot(frame.figure, data)


def _draw_formula(species: Species, genes: Population, individual: int, title: str) -> Plot:
    """Draw a layer, and the coefficient of every term of its learning rule, the rate included."""
    formula, layout = species.formula, species.layout
    assert formula is not None
    values = formula.coefficients(genes[FORMULA][individual : individual + 1])[0]
    names = [" ".join(SYMBOLS[factor] for factor in term) for term in formula.terms]
    with blank() as frame:
        wiring, bars = frame.columns(2, 2.6, letters="AB")
        # every input reaches every output
        complete = np.ones((layout.neurons, layout.units), np.bool_)
        _draw_graph(wiring, layout, "ascending", complete, np.ones(layout.neurons), frame.palette)
        wiring.set_title("single layer")
        # coefficients are powers of two with a sign, or 0
        colours = [frame.palette[0] if value > 0 else frame.palette[3] for value in values]
        bars.barh(names, values, color=colours, height=0.7)
        bars.invert_yaxis()
        null_line(bars, x=0)
        bars.set_xscale("symlog", linthresh=FINEST, base=2)
        farthest = max(1.0, float(2 * np.abs(values).max()))
        bars.set_xlim(-farthest, farthest)
        ticks = [size for size in (0.25, 4.0, 64.0) if size <= farthest]
        marks = [*(-size for size in reversed(ticks)), 0.0, *ticks]
        bars.set_xticks(marks, [f"{mark:.2g}".replace("-", "−") for mark in marks])
        bars.minorticks_off()
        bars.set_xlabel("coefficient, rate included (symmetric log scale)")
        bars.set_ylabel("term: w weight, a input,\no output, t target")
        bars.set_title("inherited rule: change of a weight")
        write_name(frame, title)
    return Plot(frame.figure, pd.DataFrame({"term": names, "coefficient": values}))


def _draw_graph(axes: Axes, layout: Layout, pathway: Pathway, mask: Mask, gains: Floats, palette: Palette) -> None:
    """Draw a pathway as a graph: units in rows from below, an arrow a synapse, coloured by its receiver's gain."""
    places, table = _places(layout), _list_synapses(layout, pathway, mask, gains)
    # smaller units and fainter arrows where there are many
    size = float(np.clip(240 / max(layout.input_units, *layout.levels, layout.outputs), 12, 60))
    faint = float(np.clip(60 / max(len(table), 1), 0.18, 0.8))
    for sender, receiver, gain in zip(table["sender"], table["receiver"], table["gain"], strict=True):
        start, end = places[sender], places[receiver]
        level = start[1] == end[1]
        far = abs(start[1] - end[1]) > 1
        # lateral synapses and those that skip a level pass around what is between
        bend = (0.5 if level else 0.12 if far else 0.0) * (1 if sender < receiver else -1)
        draw_arrow(axes, start, end, bend, size, choose_colour(gain, palette), faint)
    # units above their arrows; those that receive nothing in this pathway are open squares
    received = dict(zip(range(layout.input_units, layout.input_units + len(gains)), gains, strict=True))
    for unit, place in enumerate(places):
        if unit not in received:
            axes.scatter(*place, s=size * 0.6, marker="s", facecolor="white", edgecolor="0.3", linewidth=0.8, zorder=3)
            continue
        colour, marker = choose_colour(received[unit], palette), choose_marker(received[unit])
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


def _list_synapses(layout: Layout, pathway: Pathway, mask: Mask, gains: Floats) -> pd.DataFrame:
    """List a pathway's synapses: pathway, sender and receiver (numbers of units, from below), the receiver's gain."""
    to, come = np.nonzero(mask)
    first = layout.input_units
    sender = come if pathway == "ascending" else come + first
    return pd.DataFrame({"pathway": pathway, "sender": sender, "receiver": to + first, "gain": gains[to]})


def _places(layout: Layout) -> list[tuple[float, float]]:
    """Place inputs, hidden levels and outputs in rows, from below."""
    sizes = (layout.input_units, *layout.levels, layout.outputs)
    return [((unit + 0.5) / size, float(height)) for height, size in enumerate(sizes) for unit in range(size)]


def _draw_matrix(axes: Axes, layout: Layout, pathway: str, mask: Mask, gains: Floats, palette: Palette) -> None:
    draw_synapses(axes, mask, gains, palette)
    # lines between levels
    borders = np.cumsum(layout.levels) - 0.5
    first = layout.input_units if pathway == "ascending" else 0
    for border in borders:
        axes.axhline(border, color="0.6", linewidth=0.5)
        axes.axvline(border + first, color="0.6", linewidth=0.5)
    if first:
        axes.axvline(first - 0.5, color="0.6", linewidth=0.5)
    axes.set_xlabel("sender: inputs, then neurons" if first else "sender: neurons, from below")
    axes.set_ylabel("receiving neuron, from below" if first else "receiving hidden neuron")


_DRAWINGS = {
    "two-pathway": _draw_circuit,
    "plain": _draw_circuit,
    "error-neurons": draw_error_circuit,
    "layer": _draw_formula,
}
"""How to draw a circuit, by its kind."""
