"""Draw a single layer and the learning rule that it inherits."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetevo.analysis.figures.layout import TITLE, for_figure
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import COLUMN_INCHES, NULL_LINE, panel_letter, style
from hetevo.analysis.graph import draw_graph
from hetevo.populations.genome import FORMULA, Population
from hetevo.populations.species import Species

SYMBOLS = {"weight": "w", "input": "a", "output": "o", "target": "t"}
"""How factors are written, as by Chalmers (1990)."""

FINEST = 2.0**-8
"""Smallest coefficient but 0: where the axis turns from linear to logarithmic."""


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
    data = pd.DataFrame({"term": names, "coefficient": values})
    with style() as palette:
        figure = Figure(figsize=(2 * COLUMN_INCHES, 2.6), layout="constrained")
        wiring, bars = figure.subplots(1, 2)
        complete = np.ones((layout.neurons, layout.units), np.bool_)
        draw_graph(wiring, layout, "ascending", complete, np.ones(layout.neurons), palette)
        wiring.set_title("single layer", fontsize=8)
        colours = [palette[0] if value > 0 else palette[3] for value in values]
        bars.barh(names, values, color=colours, height=0.7)
        bars.invert_yaxis()
        bars.axvline(0, **NULL_LINE)
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
        for axes, letter in ((wiring, "A"), (bars, "B")):
            panel_letter(axes, letter)
        if title:
            figure.suptitle(for_figure(title, TITLE), fontsize=8)
    return Plot(figure, data)
