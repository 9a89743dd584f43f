"""The figure `price`: what selection and transmission each did to alignment."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from hetevo.analysis.conditions import by_condition
from hetevo.analysis.figures.input import of, probed, with_individuals
from hetevo.analysis.figures.layout import add_to_title, count_generations, legend_below, panels, say_undefined
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import NULL_LINE, Look, Palette, style
from hetevo.analysis.figures.summary import INTERVAL, draw_course
from hetevo.analysis.lineage.descent import price as price_equation
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import over_seeds
from hetevo.evolve.rundir import RunDirectoryError

PARTS = {
    "selection": "selection: cov(offspring, alignment)",
    "transmission": "transmission: children − parents",
    "undefined": "individuals without a defined value",
    "observed": "observed change, the sum of these",
}


def price(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the parts of the Price equation, summed up over generations, a panel a condition.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Finished or not.

    Returns
    -------
    Plot
        Data: condition, seed, run, and the columns of `hetevo.analysis.lineage.price`, not summed up.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe, or did not keep every generation's individuals.
    """
    runs = probed(runs)
    every, groups = by_condition(runs), by_condition(with_individuals(runs))
    frames = [
        price_equation(run.individuals_in(range(run.last + 1))).assign(
            condition=condition, seed=run.seed, run=str(run.path)
        )
        for condition, group in groups.items()
        for run in group
    ]
    data = pd.concat(frames, ignore_index=True)
    if not len(data):
        raise RunDirectoryError("The Price equation splits the change between two generations; only one is recorded.")
    # a part that is 0 throughout, as it is where all is defined, needs no line
    shown = [part for part in PARTS if part != "undefined" or data[part].abs().max() > 0]
    with style() as palette:
        figure = Figure(layout="constrained")
        upward = f"change of alignment\nsince generation {data['generation'].min()}"
        grid = panels(figure, list(groups), 2.0, across="generation", upward=upward)
        for axes, (condition, group) in zip(grid, groups.items(), strict=True):
            total = _totals(data[data["condition"] == condition], shown)
            for part, look in _looks(palette).items():
                if part in shown:
                    draw_course(axes, over_seeds(total, part), look, PARTS[part])
            add_to_title(axes, f"n = {len(group)}{of(group, every[condition])} seed{'s' if len(group) > 1 else ''}")
            if total["observed"].isna().all():
                say_undefined(axes)
            axes.axhline(0, **NULL_LINE)
        count_generations(grid[0], pd.concat([data["generation"], data["generation"] + 1]))
        several = len(runs) > len(groups)
        legend_below(figure, grid, columns=1, title=f"mean over seeds, {INTERVAL}" if several else None)
    return Plot(figure, data)


def _looks(palette: Palette) -> dict[str, Look]:
    colours = (palette[0], "-"), (palette[1], "--"), (palette[2], ":"), ((0.0, 0.0, 0.0), "-")
    return dict(zip(PARTS, colours, strict=True))


def _totals(steps: pd.DataFrame, parts: Sequence[str]) -> pd.DataFrame:
    """Sum up from 0 in the first generation; a generation without a defined change adds nothing to the sum."""
    sums = steps.assign(**{part: steps.groupby("run")[part].cumsum() for part in parts})
    sums["generation"] += 1
    start = steps.loc[steps.groupby("run")["generation"].idxmin()]
    defined = steps.groupby("run")["observed"].transform("count").loc[start.index] > 0
    return pd.concat([start.assign(**dict.fromkeys(parts, 0.0))[defined], sums], ignore_index=True)
