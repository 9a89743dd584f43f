"""The figure `lifetime`: angle between the update and the negative gradient, from birth to the end of life."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from analysis.figures.alignment import CONFIDENCE, over_seeds
from analysis.figures.input import probed
from analysis.figures.layout import legend_below, look, shortened, spaced
from analysis.figures.plot import Plot
from analysis.figures.style import COLUMN_INCHES, NULL_LINE, style
from analysis.loading import LoadedRun, tidy

STAGES = ("birth", "mid", "end")
SHOWN = 5
"""Generations of a single run."""


def lifetime(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the angle in degrees at birth, in mid-life and at the end of life.

    One run: several generations. Several runs: the first and the last generation of each condition. The angle is that
    of the population's mean cosine; a random direction has 90°.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Finished or not.

    Returns
    -------
    Plot

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe.
    """
    runs = probed(runs, *(f"alignment_{stage}" for stage in STAGES))
    with style() as palette:
        figure = Figure(figsize=(COLUMN_INCHES, 2.5), layout="constrained")
        axes = figure.subplots()
        table = tidy(runs)
        frames = []
        if len(runs) == 1:
            shown = spaced(table["generation"].to_numpy(), SHOWN)
            colours = seaborn.color_palette("cividis", len(shown))
            for colour, generation in zip(colours, shown, strict=True):
                summary = _angles(table[table["generation"] == generation])
                axes.plot(STAGES, summary["angle"], "o-", color=colour, label=f"generation {generation}")
                frames.append(summary.assign(generation=generation, condition=runs[0].condition))
            axes.set_title(f"{runs[0].condition}, seed {runs[0].seed}; mean of n = {runs[0].size}", loc="right")
        else:
            for number, (condition, group) in enumerate(table.groupby("condition", sort=False)):
                colour, line = look(number, palette)
                for generation, marker in ((group["generation"].min(), "o"), (group["generation"].max(), "s")):
                    now = group[group["generation"] == generation]
                    summary = _angles(now)
                    first = marker == "o"
                    place = np.arange(3) + (number - 0.5) * 0.06  # intervals side by side
                    axes.errorbar(
                        place,
                        summary["angle"],
                        yerr=np.abs(summary[["low", "high"]].to_numpy().T - summary["angle"].to_numpy()),
                        color=colour,
                        linestyle=line,
                        marker=marker,
                        markerfacecolor="white" if first else colour,
                        linewidth=0.8 if first else 1.4,
                        markersize=4,
                        label=f"{shortened(str(condition))}, generation {generation} (n = {len(now)})",
                    )
                    frames.append(summary.assign(generation=generation, condition=condition))
            axes.set_xticks(range(3), STAGES)
            axes.set_title(f"mean, {CONFIDENCE:.0%} t interval over seeds", loc="right")
        axes.axhline(90, **NULL_LINE)
        axes.yaxis.set_major_locator(MultipleLocator(15))
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, 45), max(high, 105))  # so that a degree more or less does not look like a result
        axes.set_xlabel("moment of life")
        axes.set_ylabel("angle to the negative\ngradient (degrees)")
        legend_below(figure, [axes], columns=2 if len(runs) == 1 else 1)
    return Plot(figure, pd.concat(frames, ignore_index=True))


def _angles(group: pd.DataFrame) -> pd.DataFrame:
    """Return stage, angle, low and high: the interval is built on the cosine, then turned into degrees."""
    rows = []
    for stage in STAGES:
        cosine = over_seeds(group, f"alignment_{stage}").iloc[0]
        angle, low, high = (
            float(np.degrees(np.arccos(np.clip(cosine[name], -1, 1)))) for name in ("mean", "high", "low")
        )
        rows.append({"stage": stage, "angle": angle, "low": low, "high": high, "n": int(cosine["n"])})
    return pd.DataFrame(rows)
