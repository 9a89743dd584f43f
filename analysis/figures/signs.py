"""The figure `signs`: gain signs of one run, neuron by generation."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from hetevo.analysis.figures.input import one
from hetevo.analysis.figures.layout import title_of
from hetevo.analysis.figures.maps import draw_maps
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import style
from hetevo.analysis.lineage.gains import gains as gains_of
from hetevo.analysis.runs import LoadedRun


def signs(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the share of individuals in which a neuron's gain is positive, for every neuron and kept checkpoint.

    These are the genes; what they do to the learning of a neuron is in the figure `phi`. The first neurons of the
    ascending pathway are the hidden ones, the last are the outputs.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        One run that kept checkpoints; the probe is not needed.

    Returns
    -------
    Plot
        Data: of `hetevo.analysis.lineage.gains`.

    Raises
    ------
    RunDirectoryError
        If there are several runs, or fewer than 2 checkpoints.
    """
    run = one(runs)
    table = gains_of(run)
    maps = {
        f"{pathway}\ngain of neuron": group.pivot(index="neuron", columns="generation", values="positive")
        for pathway, group in table.groupby("pathway")
    }
    with style():
        figure = Figure(layout="constrained")
        label = "share of individuals with a\npositive gain (0.5: signs by coin)"
        every = draw_maps(figure, maps, limits=(0, 1), label=label)
        every[-1].set_xlabel("generation (kept checkpoints)")
        every[0].set_title(title_of(run, after=f"; n = {run.size} individuals"), loc="right")
    return Plot(figure, table)
