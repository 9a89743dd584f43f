"""The figure `price`: what selection and transmission each did to alignment."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from analysis.emergence.table import by_condition
from analysis.figures.alignment import CONFIDENCE, over_seeds
from analysis.figures.input import probed, with_individuals
from analysis.figures.layout import legend_below, look, panels
from analysis.figures.plot import Plot
from analysis.figures.style import NULL_LINE, style
from analysis.lineage.price import price as price_equation
from analysis.loading import LoadedRun
from evolve.rundir import RunDirectoryError

PARTS = {"selection": "selection: cov(offspring, alignment)", "transmission": "transmission: children − parents"}


def price(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the parts of the Price equation, summed up over generations, a panel a condition.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Finished or not.

    Returns
    -------
    Plot
        Data: condition, seed, run, and the columns of `analysis.lineage.price`, not summed up.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe, or did not keep every generation's individuals.
    """
    groups = by_condition(with_individuals(probed(runs), every=True))
    frames = [
        price_equation(run.individuals).assign(condition=condition, seed=run.seed, run=str(run.path))
        for condition, group in groups.items()
        for run in group
    ]
    data = pd.concat(frames, ignore_index=True)
    if not len(data):
        raise RunDirectoryError("The Price equation splits the change between two generations; only one is recorded.")
    with style() as palette:
        figure = Figure(layout="constrained")
        grid = panels(figure, list(groups), 2.0, across="generation", upward="change of alignment\nsince generation 0")
        for axes, (condition, group) in zip(grid, groups.items(), strict=True):
            own = data[data["condition"] == condition]
            # a generation without a defined change adds nothing to the sum
            total = own.assign(**{part: own.groupby("run")[part].cumsum() for part in (*PARTS, "observed")})
            total["generation"] += 1
            for number, (part, label) in enumerate({**PARTS, "observed": "observed change, their sum"}.items()):
                colour, line = look(number, palette) if part != "observed" else ((0.0, 0.0, 0.0), "-")
                summary = over_seeds(total, part)
                axes.plot(summary["generation"], summary["mean"], color=colour, linestyle=line, label=label)
                axes.fill_between(
                    summary["generation"], summary["low"], summary["high"], color=colour, alpha=0.2, linewidth=0
                )
            seeds = f"n = {len(group)} seeds" if len(group) > 1 else f"seed {group[0].seed}, n = 1"
            axes.set_title(f"{axes.get_title(loc='left')}\n{seeds}", loc="left", fontsize=7)
            axes.axhline(0, **NULL_LINE)
            axes.margins(x=0.02)
        several = data["run"].nunique() > len(groups)
        legend_below(figure, grid, title=f"mean over seeds, {CONFIDENCE:.0%} t interval" if several else None)
    return Plot(figure, data)
