"""The figure `onset`: the curve of every run against the band of the neutral ones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.emergence import Emergence, emergence
from analysis.figures.input import probed
from analysis.figures.layout import legend_below, look, shortened
from analysis.figures.plot import Plot
from analysis.figures.style import COLUMN_INCHES, NULL_LINE, style
from analysis.loading import LoadedRun

THIN_ABOVE = 40
"""Runs above which the single curves become too faint to matter, and are drawn fainter still."""


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
        figure = Figure(figsize=(COLUMN_INCHES, 2.6), layout="constrained")
        axes = figure.subplots()
        seeds = int(band.seeds.max())
        axes.fill_between(
            generations,
            band.low,
            band.high,
            color="0.85",
            linewidth=0,
            zorder=0,
            label=f"{band.coverage:.0%} t prediction band of {shortened(found.neutral)} (n = {seeds} seeds)",
        )
        frames = []
        others = [condition for condition in found.curves if condition != found.neutral]
        for number, condition in enumerate([*others, found.neutral]):
            own, times = found.curves[condition], found.onsets[condition]
            colour, line = look(number, palette) if condition != found.neutral else ((0.35, 0.35, 0.35), "-")
            emerged = f"{times.observed.sum()} of {len(times.time)} seeds emerged"
            axes.plot(
                generations,
                own.values.T,
                color=colour,
                linestyle=line,
                linewidth=0.6,
                alpha=0.7 if len(runs) <= THIN_ABOVE else 0.25,
                label=f"{shortened(condition)}: {emerged}",
            )
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
            frames.append(_tidy(found, condition))
        axes.axhline(0, **NULL_LINE)
        axes.set_xlabel("generation")
        axes.set_ylabel("gradient alignment\n(cosine), population mean")
        axes.set_title(f"▾ onset: first of {found.stay} generations above the band", loc="right")
        axes.margins(x=0.01)
        legend_below(figure, [axes])
    return Plot(figure, pd.concat(frames, ignore_index=True))


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
