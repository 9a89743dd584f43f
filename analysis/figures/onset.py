"""The figure `onset`: the curve of every run against the band of the neutral ones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetevo.analysis.figures.input import probed
from hetevo.analysis.figures.layout import HALF, count_generations, for_figure, for_figures, legend_below, looks
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import COLUMN_INCHES, NULL_LINE, style
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics import Emergence, emergence

FAINT = 400
"""Curves times opacity: the more there are, the fainter, so that many do not become one blot."""


def onset(runs: LoadedRun | Sequence[LoadedRun], *, found: Emergence | None = None) -> Plot:
    """Draw the population mean of every run, the band of neutral runs, and the onsets.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Of two or more conditions, one of which is neutral.
    found : Emergence, optional
        The statistics, if they were computed already.

    Returns
    -------
    Plot
        Data: condition, seed, generation, alignment, and the band's low and high.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe.
    SettingError
        If there are too few neutral runs to compare with.
    """
    runs = probed(runs)
    found = found or emergence(runs)
    band, generations = found.band, next(iter(found.curves.values())).generations
    with style() as palette:
        figure = Figure(figsize=(COLUMN_INCHES, 2.5), layout="constrained")
        axes = figure.subplots()
        styles, names = looks(runs, palette), for_figures(found.curves)
        others = [condition for condition in found.curves if condition != found.neutral]
        for condition in [found.neutral, *others]:  # neutral runs behind the others
            own, times = found.curves[condition], found.onsets[condition]
            colour, line = styles[condition]
            defined = own.defined
            emerged = f"{times.observed.sum()} of n = {len(times.time)} emerged" if defined else "undefined"
            axes.plot(
                generations,
                own.values.T if defined else np.full(len(generations), np.nan),
                color=colour,
                linestyle=line,
                linewidth=0.6,
                alpha=min(0.8, max(0.1, FAINT / own.values.size * 5)),
            )
            axes.plot([], [], color=colour, linestyle=line, label=f"{names[condition]}: {emerged}")
            first = np.searchsorted(generations, times.time[times.observed])
            axes.plot(
                times.time[times.observed],
                own.values[times.observed, first],
                linestyle="none",
                marker="v",
                markersize=4,
                markeredgecolor="black",
                markeredgewidth=0.4,
                color=colour,
                zorder=4,
            )
        axes.fill_between(
            generations,
            band.low,
            band.high,
            color="0.85",
            linewidth=0,
            zorder=0,
            label=f"{band.coverage * 100:.0f} % t prediction band for one more {for_figure(found.neutral, HALF)} run",
        )
        axes.axhline(0, **NULL_LINE)
        axes.set_ylabel("gradient alignment\n(cosine, population mean)")
        axes.set_title(f"a line a seed; ▾ onset: first of {found.stay} generations above the band", loc="right")
        axes.set_xlabel("generation")
        count_generations(axes, generations)
        legend_below(figure, [axes], columns=1 if len(others) < 4 else None)
    return Plot(figure, pd.concat([_tidy(found, condition) for condition in found.curves], ignore_index=True))


def _tidy(found: Emergence, condition: str) -> pd.DataFrame:
    own = found.curves[condition]
    seeds = found.runs.loc[found.runs["condition"] == condition, "seed"].to_numpy()
    count = len(own.generations)
    return pd.DataFrame(
        {
            "condition": condition,
            "seed": np.repeat(seeds, count),
            "generation": np.tile(own.generations, len(seeds)),
            "alignment": own.values.ravel(),
            "band_low": np.tile(found.band.low, len(seeds)),
            "band_high": np.tile(found.band.high, len(seeds)),
        }
    )
