"""The figure `signs`: gain signs of one run, neuron by generation."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis.figures.input import one
from analysis.figures.plot import Plot
from analysis.figures.style import COLUMN_INCHES, style
from analysis.lineage.signs import gains as gains_of
from analysis.loading import LoadedRun

INCHES_PER_NEURON = 0.075


def signs(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the share of individuals in which a neuron's gain is positive, for every neuron and kept checkpoint.

    The consistency score of a neuron, ``phi_i = gA_i sum q g / sum g^2``, has the sign of its ascending gain where its
    learning signal follows the gradient. Scores of single neurons are not recorded; the signs that evolution works on
    are.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        One run that kept checkpoints; the probe is not needed.

    Returns
    -------
    Plot
        Data: of `analysis.lineage.gains`.

    Raises
    ------
    RunDirectoryError
        If there are several runs, or fewer than 2 checkpoints.
    """
    run = one(runs)
    table = gains_of(run)
    maps = {
        str(pathway): group.pivot(index="neuron", columns="generation", values="positive")
        for pathway, group in table.groupby("pathway")
    }
    neurons = [len(grid) for grid in maps.values()]
    with style():
        height = float(np.clip(INCHES_PER_NEURON * sum(neurons) + 1.2, 2.2, 8))
        figure = Figure(figsize=(COLUMN_INCHES, height), layout="constrained")
        both = figure.subplots(len(maps), 1, sharex=True, height_ratios=neurons, squeeze=False)[:, 0]
        image = None
        for axes, (pathway, grid) in zip(both, maps.items(), strict=True):
            generations = grid.columns.to_numpy(float)
            # a checkpoint stands for the time until the next one
            edges = np.append(generations, 2 * generations[-1] - generations[-2])
            image = axes.pcolormesh(
                edges, np.arange(len(grid) + 1), grid, cmap="PuOr_r", vmin=0, vmax=1, rasterized=True
            )
            axes.invert_yaxis()
            axes.set_ylabel(f"{pathway}\ngain of neuron")
            step = max(1, len(grid) // 4)
            axes.set_yticks(np.arange(0, len(grid), step) + 0.5, [str(n) for n in range(0, len(grid), step)])
        both[-1].set_xlabel("generation (kept checkpoints)")
        both[0].set_title(f"{run.condition}, seed {run.seed}; n = {run.size} individuals", loc="right")
        assert image is not None
        bar = figure.colorbar(image, ax=list(both), pad=0.02, aspect=30)
        bar.set_label("share of individuals with a\npositive gain (0.5: signs by coin)")
    return Plot(figure, table)
