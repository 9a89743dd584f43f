"""The figure `phi`: sign of the consistency score of each hidden neuron of one run, neuron by generation."""

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from hetevo.analysis.figures.input import one, probed
from hetevo.analysis.figures.layout import say_undefined, title_of
from hetevo.analysis.figures.maps import draw_maps
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import style
from hetevo.analysis.runs import LoadedRun

_PHI = re.compile(r"phi_sign_neuron_(\d+)_end")


def phi(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the population mean of the sign of every hidden neuron's consistency score, at the end of life.

    ``phi_i = gA_i sum q_i g_i / sum g_i^2`` is the learning rate, with its sign, at which neuron i would do gradient
    descent. 1: this neuron goes down the gradient in all individuals; -1: up; 0: in as many up as down, as a random
    learning signal gives. Signs are shown because the scores themselves have heavy tails, see
    `hetevo.analysis.consistency`.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        One run with the columns ``phi_sign_neuron_<i>_end``.

    Returns
    -------
    Plot
        Data: generation, neuron (from 1), sign (mean over individuals, -1..1); NaN where it is undefined.

    Raises
    ------
    RunDirectoryError
        If there are several runs, or the probe did not measure it.
    """
    run = one(runs)
    probed(run, "phi_sign_neuron_1_end", probe="instruments")
    numbered = {column: int(match[1]) for column in run.generations if (match := _PHI.fullmatch(str(column)))}
    grid = run.measured.set_index("generation")[list(numbered)].rename(columns=numbered).sort_index(axis=1).T
    with style():
        figure = Figure(layout="constrained")
        (axes,) = draw_maps(
            figure,
            {"hidden neuron": grid},
            limits=(-1, 1),
            label="sign of φ\n(mean over individuals)",
        )
        levels = run.config.get("network", {}).get("levels", [])
        for border in np.cumsum(levels)[:-1]:
            axes.axhline(border + 0.5, color="black", linewidth=0.6)
        if grid.isna().all(axis=None):
            say_undefined(axes)
        axes.set_xlabel("generation")
        between = "; lines: levels" if len(levels) > 1 else ""
        grey = "; grey: undefined" if grid.isna().any(axis=None) else ""
        axes.set_title(title_of(run, after=f"; n = {run.size}{between}{grey}"), loc="right")
    return Plot(figure, grid.T.reset_index().melt("generation", var_name="neuron", value_name="sign"))
