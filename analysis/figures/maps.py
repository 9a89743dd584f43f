"""Maps of neurons over generations."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hetevo.analysis.figures.layout import count_generations
from hetevo.analysis.figures.style import COLUMN_INCHES, UNDEFINED

INCHES_PER_NEURON = 0.075
LEAST_PER_MAP, MOST = 1.3, 8.0
"""Height of a map at least (for its label), and of a figure at most, in inches."""


def draw_maps(
    figure: Figure,
    maps: Mapping[str, pd.DataFrame],
    *,
    limits: tuple[float, float],
    label: str,
) -> list[Axes]:
    """Draw maps below each other, with one bar of colours; what is undefined is grey.

    Parameters
    ----------
    figure : Figure
        Its height is set.
    maps : mapping of str to DataFrame
        By label of the y axis: neurons (counted from 1) by generations, at least 2.
    limits : tuple of float
        Values of the outermost colours; white is half-way.
    label : str
        Of the bar.
    """
    neurons = [len(grid) for grid in maps.values()]
    least = LEAST_PER_MAP * len(maps) + 0.9
    figure.set_size_inches(COLUMN_INCHES, float(np.clip(INCHES_PER_NEURON * sum(neurons) + 1.2, least, MOST)))
    heights = [max(count, max(neurons) / 2) for count in neurons]
    every = figure.subplots(len(maps), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (name, grid) in zip(every, maps.items(), strict=True):
        generations = grid.columns.to_numpy(float)
        # what was looked at stands for the time until the next look
        width = generations[-1] - generations[-2] if len(generations) > 1 else 1
        axes.set_facecolor(UNDEFINED)
        image = axes.pcolormesh(
            np.append(generations, generations[-1] + width),
            np.arange(len(grid) + 1) + 0.5,
            np.ma.masked_invalid(grid.to_numpy(float)),
            cmap="PuOr_r",
            vmin=limits[0],
            vmax=limits[1],
            rasterized=True,
        )
        count_generations(axes, generations)
        axes.set_xlim(generations[0], generations[-1] + width)
        axes.invert_yaxis()
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        axes.set_ylabel(name)
    bar = figure.colorbar(image, ax=list(every), pad=0.02, aspect=30)
    bar.set_label(label)
    return list(every)
