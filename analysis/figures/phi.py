"""The figure `phi`: consistency score of each hidden neuron of one run, neuron by generation."""

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis.figures.input import one, probed
from analysis.figures.layout import say_undefined
from analysis.figures.maps import draw_maps
from analysis.figures.plot import Plot
from analysis.figures.style import style
from analysis.loading import LoadedRun

_PHI = re.compile(r"phi_neuron_(\d+)_end")

COVERED = 0.95
"""Share of the scores within the limits of the colours: single ones are huge, where a gradient is nearly 0."""


def phi(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the population mean of the consistency score of every hidden neuron at the end of life.

    ``phi_i = gA_i sum q_i g_i / sum g_i^2`` is the learning rate, with its sign, at which neuron i would do gradient
    descent: positive goes down the gradient, negative up, 0 is what a random learning signal has.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        One run with the columns ``phi_neuron_<i>_end``.

    Returns
    -------
    Plot
        Data: generation, neuron (from 1), phi; NaN where it is undefined.

    Raises
    ------
    RunDirectoryError
        If there are several runs, or the probe did not measure it.
    """
    run = one(runs)
    probed(run, "phi_neuron_1_end", probe="instruments")
    numbered = {column: int(match[1]) for column in run.generations if (match := _PHI.fullmatch(str(column)))}
    grid = run.measured.set_index("generation")[list(numbered)].rename(columns=numbered).sort_index(axis=1).T
    sizes = np.abs(grid.to_numpy(float))
    sizes = sizes[np.isfinite(sizes)]
    limit = float(np.quantile(sizes, COVERED)) if sizes.size else 1.0
    limit = limit or float(sizes.max()) or 1.0
    with style():
        figure = Figure(layout="constrained")
        (axes,) = draw_maps(
            figure,
            {"hidden neuron": grid},
            limits=(-limit, limit),
            label="consistency score φ\n(mean over individuals)",
            extend="both" if sizes.max(initial=0) > limit else "neither",
        )
        levels = run.config.get("network", {}).get("levels", [])
        for border in np.cumsum(levels)[:-1]:
            axes.axhline(border + 0.5, color="black", linewidth=0.6)
        if not sizes.size:
            say_undefined(axes)
        axes.set_xlabel("generation")
        between = "; lines: levels" if len(levels) > 1 else ""
        grey = "; grey: undefined" if sizes.size < grid.size else ""
        axes.set_title(f"{run.condition}, seed {run.seed}; n = {run.size}{between}{grey}", loc="right")
    table = grid.rename_axis(index="neuron").stack(future_stack=True).rename("phi").reset_index()
    return Plot(figure, table[["generation", "neuron", "phi"]])
