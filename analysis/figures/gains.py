"""The figure `gains`: the plasticity gains of one run over its generations."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from hetevo.analysis.figures.input import one
from hetevo.analysis.figures.layout import count_generations, legend_below, title_of
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import COLUMN_INCHES, NULL_LINE, look, panel_letter, style
from hetevo.analysis.lineage.gains import FIXED, fixation
from hetevo.analysis.lineage.gains import gains as gains_of
from hetevo.analysis.runs import LoadedRun

SIGNS = {1: "fixed positive", -1: "fixed negative", 0: "not fixed"}


def gains(runs: LoadedRun | Sequence[LoadedRun]) -> Plot:
    """Draw the population mean of every neuron's gain, by pathway; colours tell which signs became fixed.

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
    signs = fixation(table).set_index(["pathway", "neuron"])["sign"]
    with style() as palette:
        looks = {1: look(0, palette), -1: look(1, palette), 0: ((0.6, 0.6, 0.6), ":")}
        figure = Figure(figsize=(COLUMN_INCHES, 3.0), layout="constrained")
        both = figure.subplots(2, 1, sharex=True)
        for axes, letter, (pathway, group) in zip(both, "ab", table.groupby("pathway"), strict=True):
            ordered = sorted(group.groupby("neuron"), key=lambda item: abs(int(signs[(pathway, item[0])])))
            for neuron, path in ordered:  # those that became fixed above the others
                sign = int(signs[(pathway, neuron)])
                colour, line = looks[sign]
                axes.plot(
                    path["generation"],
                    path["mean"],
                    color=colour,
                    linestyle=line,
                    linewidth=0.8,
                    label=SIGNS[sign],
                )
            axes.axhline(0, **NULL_LINE)
            axes.set_ylabel(f"{pathway} gain\n(mean)")
            panel_letter(axes, letter)
        count_generations(both[1], table["generation"])
        both[1].set_xlabel("generation (kept checkpoints)")
        both[0].set_title(title_of(run, after=f"; mean of n = {run.size}"), loc="right")
        title = f"a line a neuron; fixed: at least {FIXED * 100:.0f} % of individuals share the sign"
        legend_below(figure, list(both), columns=3, title=title)
    return Plot(figure, table)
