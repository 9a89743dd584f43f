"""Drawings of an individual: both pathways of its circuit with the signs of the gains, or a layer and its rule."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from hetevo.analysis.figures.frame import Frame, blank
from hetevo.analysis.figures.graph import colour_of, draw_graph, marker_of, synapses
from hetevo.analysis.figures.parts import null_line, panel_letter
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import TITLE, Palette, for_figure
from hetevo.populations.genome import FORMULA, Population
from hetevo.populations.layout import Layout
from hetevo.populations.rules import Pathway
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask

MOST_UNITS = 75
"""Units, inputs among them, up to which a circuit is drawn as a graph; larger ones as two matrices."""

SIGNS = {1: "gain above 0", -1: "gain below 0", 0: "no gain"}

SYMBOLS = {"weight": "w", "input": "a", "output": "o", "target": "t"}
"""How factors are written, as by Chalmers (1990)."""

FINEST = 2.0**-8
"""Smallest coefficient but 0: where the axis turns from linear to logarithmic."""


def draw_individual(species: Species, genes: Population, individual: int = 0, title: str = "") -> Plot:
    """Draw both pathways of a circuit, or a layer and its inherited rule.

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
    """
    return DRAWINGS[species.circuit](species, genes, individual, title)


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
    data = pd.concat([synapses(layout, name, *parts) for name, parts in pathways.items()], ignore_index=True)
    graph = layout.units + layout.outputs <= MOST_UNITS
    with blank() as frame:
        # a panel a pathway
        panels = frame.columns(2, 3.6 if graph else 3.3)
        for axes, letter, (name, (mask, gains)) in zip(panels, "AB", pathways.items(), strict=True):
            symbol = "$W$" if name == "ascending" else "$V$"
            title_of_panel = f"{name} pathway {symbol}: {int(mask.sum())} synapses"
            axes.set_title(title_of_panel, fontsize=8, parse_math=True)
            if graph:
                draw_graph(axes, layout, name, mask, gains, frame.palette)
                axes.text(0, 1, letter, transform=axes.transAxes, weight="bold")
            else:
                _matrix(axes, layout, name, mask, gains, frame.palette)
                panel_letter(axes, letter)
        # one legend: what is there of signs, and units that only send
        handles = [_handle(sign, frame.palette, graph) for sign in SIGNS if sign or (data["gain"] == 0).any()]
        if graph:
            sends = "only sends in this pathway"
            handles.append(Line2D([], [], linestyle="", marker="s", mfc="white", mec="0.3", label=sends))
        frame.figure.legend(handles=handles, loc="outside lower center", ncols=4, title="receiving neuron")
        _name(frame, title)
    names = dict(enumerate(unit_names(layout)))
    data["sender"], data["receiver"] = data["sender"].map(names), data["receiver"].map(names)
    return Plot(frame.figure, data)


def draw_formula(species: Species, genes: Population, individual: int = 0, title: str = "") -> Plot:
    """Draw an individual's layer, and the coefficient of every term of its learning rule, the rate included.

    Parameters
    ----------
    species : Species
        It has a formula.
    genes : Population
        P genomes.
    individual : int, optional
        Which of them.
    title : str, optional
        What to write above.

    Returns
    -------
    Plot
        Data: term, coefficient; one row a term.
    """
    formula, layout = species.formula, species.layout
    assert formula is not None
    values = formula.coefficients(genes[FORMULA][individual : individual + 1])[0]
    names = [" ".join(SYMBOLS[factor] for factor in term) for term in formula.terms]
    with blank() as frame:
        wiring, bars = frame.columns(2, 2.6, letters="AB")
        # every input reaches every output
        complete = np.ones((layout.neurons, layout.units), np.bool_)
        draw_graph(wiring, layout, "ascending", complete, np.ones(layout.neurons), frame.palette)
        wiring.set_title("single layer", fontsize=8)
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
        bars.set_title("inherited rule: change of a weight", fontsize=8)
        _name(frame, title)
    return Plot(frame.figure, pd.DataFrame({"term": names, "coefficient": values}))


DRAWINGS = {"two-pathway": draw_circuit, "layer": draw_formula}
"""How to draw a circuit, by its kind."""


def unit_names(layout: Layout) -> list[str]:
    """Name all units from below.

    >>> unit_names(Layout(inputs=1, levels=(2,), outputs=1))
    ['in1', 'bias', 'h1', 'h2', 'out1']
    """
    inputs = [f"in{number + 1}" for number in range(layout.inputs)] + (["bias"] if layout.bias else [])
    hidden = [f"h{number + 1}" for number in range(layout.hidden)]
    return [*inputs, *hidden, *(f"out{number + 1}" for number in range(layout.outputs))]


def _name(frame: Frame, title: str) -> None:
    """Write above the drawing what it is of, if that was said."""
    if title:
        frame.figure.suptitle(for_figure(title, TITLE), fontsize=8)


def _gains(values: Floats, neurons: int) -> Floats:
    """Return one gain a neuron, also where they share one."""
    return np.broadcast_to(values, (neurons,))


def _matrix(axes: Axes, layout: Layout, pathway: str, mask: Mask, gains: Floats, palette: Palette) -> None:
    # coloured where there is a synapse, by the sign of the receiver's gain
    signs = np.sign(gains).astype(int)[:, None] + 1
    colours = np.array([colour_of(sign, palette) for sign in (-1, 0, 1)])
    picture = np.ones((*mask.shape, 3))
    picture[mask] = np.broadcast_to(colours[signs], picture.shape)[mask]
    axes.imshow(picture, aspect="auto", interpolation="nearest")
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


def _handle(sign: int, palette: Palette, graph: bool) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="",
        marker=marker_of(sign) if graph else "s",
        color=colour_of(sign, palette),
        label=SIGNS[sign],
    )
