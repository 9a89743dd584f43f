"""Drawings of an individual: both pathways of its circuit with the signs of the gains, or a layer and its rule."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.figures.circuit_parts import (
    MOST_SYNAPSES,
    MOST_UNITS,
    choose_colour,
    choose_size,
    draw_arrow,
    draw_synapses,
    draw_unit,
    explain_signs,
    finish_graph,
    name_rows,
    split_rows,
    stack_narrow,
)
from hetevo.analysis.figures.design import Design
from hetevo.analysis.figures.error_circuit import draw_error_circuit
from hetevo.analysis.figures.frame import Frame, blank
from hetevo.analysis.figures.parts import null_line
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


def draw_individual(
    species: Species,
    genes: Population,
    individual: int = 0,
    title: str = "",
    *,
    about: str = "",
    width: str | float | None = None,
    columns: int | None = None,
) -> Plot:
    """Draw both pathways of a circuit side by side, with error neurons if it has some; or a layer and its rule.

    A neuron is coloured and shaped by the sign of its gain in that pathway, which decides with which sign its synapses
    change. Circuits of more than `MOST_UNITS` units, or `MOST_SYNAPSES` in a pathway, are drawn as matrices, receivers
    down and senders across.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    genes : Population
        P genomes.
    individual : int, optional
        Which of them.
    title, width, columns : optional
        How it is to look, see `hetevo.analysis.figures.Design`.
    about : str, optional
        Who this is: stands in the caption, and above the drawing if there is no title.

    Returns
    -------
    Plot
        Data: pathway, sender, receiver, gain of the receiver, one row a synapse; or term and coefficient.

    Raises
    ------
    SettingError
        If there is no drawing of circuits of this kind, or it cannot look so.
    """
    if species.circuit not in _DRAWINGS:
        raise SettingError(
            f"Individuals are circuits of the kind {species.circuit!r}, of which there is no drawing. Expected one of"
            f" {', '.join(_DRAWINGS)}."
        )
    with blank(design=Design(width=width, columns=columns, title=title)) as frame:
        data, shows = _DRAWINGS[species.circuit](frame, species, genes, individual)
        return frame.close(data, shows, about)


def _draw_circuit(frame: Frame, species: Species, genes: Population, individual: int) -> tuple[pd.DataFrame, str]:
    """Draw the ascending and the descending pathway side by side; return the data, and what is shown."""
    layout = species.layout
    # neurons may share one gain
    ascending = np.broadcast_to(genes.gains_ascending[individual], layout.neurons)
    descending = np.broadcast_to(genes.gains_descending[individual], layout.hidden)
    pathways: dict[Pathway, tuple[Mask, Floats]] = {
        "ascending": (genes.mask_ascending[individual], ascending),
        "descending": (genes.mask_descending[individual], descending),
    }
    data = pd.concat([_list_synapses(layout, name, *parts) for name, parts in pathways.items()], ignore_index=True)
    most = max(int(mask.sum()) for mask, _ in pathways.values())
    graph = layout.units + layout.outputs <= MOST_UNITS and most <= MOST_SYNAPSES
    # a panel a pathway
    panels = frame.columns(2, 3.6 if graph else 3.3, rows=stack_narrow(frame), letters="ab")
    for axes, (name, (mask, gains)) in zip(panels, pathways.items(), strict=True):
        symbol = "W" if name == "ascending" else "V"
        axes.set_title(f"{name} pathway ${symbol}$: {int(mask.sum())} synapses", parse_math=True)
        frame.say(f"{name.capitalize()} pathway {symbol}, {int(mask.sum())} synapses.", axes)
        draw = _draw_graph if graph else _draw_matrix
        draw(axes, layout, name, mask, gains, frame.palette)
    explain_signs(frame, data["gain"], graph)
    names = dict(enumerate(layout.unit_names))
    data["sender"], data["receiver"] = data["sender"].map(names), data["receiver"].map(names)
    return data, "Both pathways of a circuit."


def _draw_formula(frame: Frame, species: Species, genes: Population, individual: int) -> tuple[pd.DataFrame, str]:
    """Draw a layer, and the coefficient of every term of its learning rule, the rate included."""
    formula, layout = species.formula, species.layout
    assert formula is not None
    values = formula.coefficients(genes[FORMULA][individual : individual + 1])[0]
    names = [" ".join(SYMBOLS[factor] for factor in term) for term in formula.terms]
    wiring, bars = frame.columns(2, 2.6, rows=stack_narrow(frame), letters="AB")
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
    frame.say("The layer.", wiring)
    frame.say(
        "Bars: the coefficient of every term, times the learning rate, on an axis that is linear near 0. Terms are"
        " products of w, the weight; a, the input; o, the output; t, the target.",
        bars,
    )
    return pd.DataFrame(
        {"term": names, "coefficient": values}
    ), "A single layer, and the learning rule that it inherits."


def _draw_graph(axes: Axes, layout: Layout, pathway: Pathway, mask: Mask, gains: Floats, palette: Palette) -> None:
    """Draw a pathway as a graph: units in rows from below, an arrow a synapse, coloured by its receiver's gain."""
    places, table = _places(layout), _list_synapses(layout, pathway, mask, gains)
    # smaller units and fainter arrows where there are many
    size = choose_size(max(layout.input_units, *layout.levels, layout.outputs))
    faint = float(np.clip(60 / max(len(table), 1), 0.35, 0.8))
    for sender, receiver, gain in zip(table["sender"], table["receiver"], table["gain"], strict=True):
        start, end = places[sender], places[receiver]
        level = start[1] == end[1]
        far = abs(start[1] - end[1]) > 1
        # lateral synapses and those that skip a level pass around what is between
        bend = (0.5 if level else 0.12 if far else 0.0) * (1 if sender < receiver else -1)
        draw_arrow(axes, start, end, bend, size, choose_colour(gain, palette), faint)
    # units above their arrows; no inputs in the pathway that does not reach them
    first = layout.input_units
    received = dict(zip(range(first, first + len(gains)), gains.tolist(), strict=True))
    names, rows = layout.unit_names, name_rows(layout)
    for unit, place in enumerate(places):
        if pathway == "ascending" or unit >= first:
            draw_unit(axes, place, names[unit], received.get(unit), size, palette)
    axes.set_xticks([])
    finish_graph(axes, rows if pathway == "ascending" else ["", *rows[1:]])


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


def _draw_matrix(axes: Axes, layout: Layout, pathway: Pathway, mask: Mask, gains: Floats, palette: Palette) -> None:
    """Draw a pathway as a matrix: each row a receiver, each column a sender, from below."""
    rows = split_rows(layout, layout.unit_names)
    receivers, senders = (rows[1:], rows[:-1]) if pathway == "ascending" else (rows[1:-1], rows[1:])
    draw_synapses(axes, mask, gains, palette, receivers, senders)
    axes.set_xlabel("sender")
    axes.set_ylabel("receiver")


_DRAWINGS = {
    "two-pathway": _draw_circuit,
    "plain": _draw_circuit,
    "error-neurons": draw_error_circuit,
    "layer": _draw_formula,
}
"""How to draw a circuit, by its kind."""
