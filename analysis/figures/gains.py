"""The figure `gains`: the plasticity gains of one run over its generations."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from analysis.figures.input import one
from analysis.figures.layout import look
from analysis.figures.plot import Plot
from analysis.figures.style import COLUMN_INCHES, NULL_LINE, panel_letter, style
from analysis.lineage.signs import fixation
from analysis.lineage.signs import gains as gains_of
from analysis.loading import LoadedRun

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
        Data: of `analysis.lineage.gains`.

    Raises
    ------
    RunDirectoryError
        If there are several runs, or fewer than 2 checkpoints.
    """
    run = one(runs)
    table = gains_of(run)
    signs = fixation(table).set_index(["pathway", "neuron"])["sign"]
    with style() as palette:
        figure = Figure(figsize=(COLUMN_INCHES, 3.2), layout="constrained")
        both = figure.subplots(2, 1, sharex=True)
        for axes, letter, (pathway, group) in zip(both, "ab", table.groupby("pathway"), strict=True):
            for neuron, path in group.groupby("neuron"):
                sign = int(signs[(pathway, neuron)])
                colour, line = look((1, -1, 0).index(sign), palette) if sign else ((0.6, 0.6, 0.6), ":")
                axes.plot(
                    path["generation"],
                    path["mean"],
                    color=colour,
                    linestyle=line,
                    linewidth=0.8,
                    label=SIGNS[sign],
                )
            axes.axhline(0, **NULL_LINE)
            axes.set_ylabel(f"{pathway} gain\n(population mean)")
            axes.margins(x=0.02)
            panel_letter(axes, letter)
        both[1].set_xlabel("generation (kept checkpoints)")
        both[0].set_title(f"{run.condition}, seed {run.seed}; n = {run.size} individuals", loc="right")
        entries = {label: h for a in both for h, label in zip(*a.get_legend_handles_labels(), strict=True)}
        shown = [label for label in SIGNS.values() if label in entries]
        title = "a line a neuron; fixed: at least 95 % of individuals share the sign"
        handles = [entries[label] for label in shown]
        figure.legend(handles, shown, loc="outside lower center", ncols=3, title=title, title_fontsize=6.5)
    return Plot(figure, table)
