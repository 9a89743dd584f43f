"""The frame that figures share: it checks what they need of runs, and gives style, sizes, letters, legends and data.

A figure's own file holds a function that draws into a `Frame` and returns the numbers that it drew; `figure` makes of
it a function from runs to a `Plot`.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Concatenate, Literal, ParamSpec

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hetevo.analysis.conditions import group_by_condition, is_by_lot
from hetevo.analysis.figures.needs import Needs, Runs, check_needs, choose_runs, document_runs
from hetevo.analysis.figures.parts import INTERVAL, draw_course, panel_letter
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import (
    COLUMN_INCHES,
    HALF,
    LINES,
    NEUTRAL,
    ROOM,
    SMALL,
    Look,
    Palette,
    for_figures,
    look,
    style,
)
from hetevo.analysis.runs import LoadedRun, tidy
from hetevo.analysis.statistics.curves import over_seeds
from hetevo.populations.errors import SettingError

P = ParamSpec("P")

MOST_PANELS = 18
LEGEND_LINE = 0.125
"""Height of a line of the legend, in inches."""


@dataclass
class Frame:
    """An empty figure of these runs, and what all figures need to fill it.

    Parameters
    ----------
    palette : list of colour
        Of `style`.
    runs : list of LoadedRun
        Checked; none where what is drawn are no runs.
    chosen : list of LoadedRun
        Those whose individuals may be read, evenly chosen where all would be too many.
    figure : matplotlib.figure.Figure
        The drawing.
    panels : list of matplotlib.axes.Axes
        Its panels, for which `legend` is.
    """

    palette: Palette
    runs: list[LoadedRun] = field(default_factory=list)
    chosen: list[LoadedRun] = field(default_factory=list)
    figure: Figure = field(default_factory=lambda: Figure(layout="constrained"))
    panels: list[Axes] = field(default_factory=list)

    def one_panel(self, inches: float) -> Axes:
        """Make a single panel, one column wide and as high as this."""
        return self.rows(1, inches)[0]

    def rows(
        self, count: int, inches: float, *, heights: Sequence[float] | None = None, letters: str = ""
    ) -> list[Axes]:
        """Make panels below each other with one x axis, one column wide and all together as high as this."""
        self.figure.set_size_inches(COLUMN_INCHES, inches)
        grid = self.figure.subplots(count, 1, sharex=True, height_ratios=heights, squeeze=False)
        return self._lettered(list(grid[:, 0]), letters)

    def columns(
        self, count: int, inches: float, *, rows: int = 1, width: float = COLUMN_INCHES, letters: str = ""
    ) -> list[Axes]:
        """Make panels side by side, in so many rows, each as wide and as high as this."""
        across = -(-count // rows)
        self.figure.set_size_inches(width * across, inches * rows)
        every = self.figure.subplots(rows, across, squeeze=False).ravel()
        for axes in every[count:]:
            axes.set_visible(False)
        return self._lettered(list(every[:count]), letters)

    def _lettered(self, panels: list[Axes], letters: str) -> list[Axes]:
        self.panels = panels
        for axes, letter in zip(panels, letters, strict=False):
            panel_letter(axes, letter)
        return panels

    def grid(self, names: Sequence[str], inches: float, *, across: str, upward: str) -> list[Axes]:
        """Make a panel for each name, two or three side by side, with its name as title and labels at the outer edges.

        Raises
        ------
        SettingError
            With too many to be legible.
        """
        if len(names) > MOST_PANELS:
            raise SettingError(
                f"This figure has a panel for each condition, at most {MOST_PANELS}; got {len(names)}. Name fewer runs."
            )
        # smaller panels where there are many
        columns = min(len(names), 2 if len(names) <= 4 else 3)
        rows = -(-len(names) // columns)
        self.figure.set_size_inches(COLUMN_INCHES, inches * rows * (0.75 if columns == 3 else 1) + 0.3)
        every = self.figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes in every[len(names) :]:
            axes.set_visible(False)
        # labels at the bottom, also above an empty corner, and at the left
        for axes in every[max(len(names) - columns, 0) : len(names)]:
            axes.tick_params(labelbottom=True)
            axes.set_xlabel(across)
        for axes in every[: len(names) : columns]:
            axes.set_ylabel(upward, fontsize=7 if columns == 3 else 8)
        shown = for_figures(names, {1: ROOM, 2: HALF}.get(columns, 14))
        for axes, name in zip(every, names, strict=False):
            axes.set_title(shown[name], loc="left", fontsize=SMALL)
        self.panels = list(every[: len(names)])
        return self.panels

    def legend(self, *, columns: int | None = None, title: str | None = None, markerscale: float = 1) -> None:
        """Put one legend for all panels below them, where there is room whatever the curves do, and make that room."""
        # each label once, whichever panel it comes from
        entries: dict[str, Artist] = {}
        for axes in self.panels:
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
                entries.setdefault(label, handle)
        if not entries:
            return
        # long names need a line each; the figure grows by the lines of its legend
        columns = columns or (1 if max(map(len, entries)) > HALF or len(entries) < 3 else 2)
        width, height = self.figure.get_size_inches()
        self.figure.set_size_inches(width, height + LEGEND_LINE * (-(-len(entries) // columns) + bool(title)))
        self.figure.legend(
            list(entries.values()),
            list(entries),
            loc="outside lower center",
            ncols=columns,
            title=title,
            markerscale=markerscale,
        )

    def looks(self) -> dict[str, Look]:
        """Give each condition its colour and line style, the same in all figures of these runs; neutral ones grey."""
        # colours and lines are counted for neutral conditions and the others apart
        looks: dict[str, Look] = {}
        neutral = 0
        for condition, group in group_by_condition(self.runs).items():
            if all(map(is_by_lot, group)):
                looks[condition] = (NEUTRAL, LINES[neutral % len(LINES)])
                neutral += 1
            else:
                looks[condition] = look(len(looks) - neutral, self.palette)
        return looks

    def courses(self, axes: Axes, table: pd.DataFrame, column: str) -> str:
        """Draw a column over generations: of each condition the mean over seeds, with its interval.

        Parameters
        ----------
        axes : Axes
            Where to draw.
        table : pandas.DataFrame
            With condition and generation, a row a run, such as `measured`.
        column : str
            What to draw; NaN is a gap.

        Returns
        -------
        str
            Title of the legend: n, and the kind of the interval.
        """
        groups = table.groupby("condition", sort=False)
        summaries = {str(condition): over_seeds(group, column) for condition, group in groups}
        labels, title = name_with_seeds({condition: summary["n"] for condition, summary in summaries.items()})
        looks = self.looks()
        for condition, summary in summaries.items():
            draw_course(axes, summary, looks[condition], labels[condition])
        return title

    def measured(self) -> pd.DataFrame:
        """Put the generations at which the probe looked under each other, see `hetevo.analysis.runs.tidy`."""
        return tidy([replace(run, generations=run.measured) for run in self.runs])


def figure(
    *columns: str,
    probe: str | None = "alignment",
    single: bool = False,
    individuals: int | Literal["every"] | None = None,
    measures: tuple[str, ...] = (),
    sweep: str = "",
) -> Callable[[Callable[Concatenate[Frame, P], pd.DataFrame]], Callable[Concatenate[Runs, P], Plot]]:
    """Make a figure of a function that draws into a `Frame` and returns what it drew, as a tidy table.

    Parameters
    ----------
    *columns : str
        Columns of the table of generations that it needs, besides alignment. They may be undefined.
    probe : str or None, optional
        The probe that measures them; None if the figure needs no measures at all.
    single : bool, optional
        Whether it is about one run alone.
    individuals : int or "every", optional
        How many generations of individuals it reads at most, from `Frame.chosen`; ``"every"``: all without gaps, with
        their measures, to follow descent.
    measures : tuple of str, optional
        Measures by which the columns are recorded, where only runs that name them take them.
    sweep : str, optional
        A sweep whose conditions it compares, if one condition alone says nothing.
    """
    needs = Needs(columns, probe, single, individuals, measures, sweep)

    def decorate(function: Callable[Concatenate[Frame, P], pd.DataFrame]) -> Callable[Concatenate[Runs, P], Plot]:
        @functools.wraps(function)
        def draw(runs: Runs, /, *args: P.args, **kwargs: P.kwargs) -> Plot:
            # check, draw in the style of figures, hand the figure over with its numbers
            checked = check_needs(runs, needs)
            with blank(checked) as frame:
                frame.chosen = choose_runs(checked, individuals) if individuals else []
                data = function(frame, *args, **kwargs)
            return Plot(frame.figure, data)

        # it has the name and the options of the function, but takes runs
        signature = inspect.signature(function)
        first = inspect.Parameter("runs", inspect.Parameter.POSITIONAL_ONLY, annotation=Runs)
        options = list(signature.parameters.values())[1:]
        draw.__doc__ = document_runs(inspect.getdoc(function) or "", single)
        draw.__dict__["needs"] = needs
        draw.__dict__["__signature__"] = signature.replace(parameters=[first, *options], return_annotation=Plot)
        return draw

    return decorate


def needs_of(function: Callable[..., Plot]) -> Needs:
    """Return what a figure declared that it needs; of one that was made without `figure`, that is nothing."""
    needs = function.__dict__.get("needs")
    return needs if isinstance(needs, Needs) else Needs(probe=None)


@contextmanager
def blank(runs: Sequence[LoadedRun] = ()) -> Iterator[Frame]:
    """Yield an empty frame; inside the block everything is drawn in the style of figures."""
    with style() as palette:
        yield Frame(palette, list(runs))


def name_with_seeds(counts: Mapping[str, "pd.Series[int]"], mean: str = "mean") -> tuple[dict[str, str], str]:
    """Name conditions and their numbers of seeds: once for all where they are the same, else beside each name.

    Parameters
    ----------
    counts : mapping of str to Series of int
        By condition, the seeds behind its values, generation by generation; 0 where there is no value.
    mean : str, optional
        What is drawn.

    Returns
    -------
    labels : dict of str to str
        By condition; one without any value is called undefined.
    title : str
        Of the legend: what is drawn, n, and the kind of the interval.
    """
    spans = {name: _span(count[count > 0]) for name, count in counts.items()}
    different = set(spans.values()) - {""}
    # n stands in the title if it is the same everywhere
    labels = for_figures(spans)
    for name, span in spans.items():
        if not span:
            labels[name] += ": undefined"
        elif len(different) > 1:
            labels[name] += f" (n = {span})"
    if different <= {"1"}:
        return labels, "n = 1 seed, no interval"
    n = f"n = {different.pop()} seeds" if len(different) == 1 else "n seeds"
    return labels, f"{mean} over {n}, {INTERVAL}"


def _span(counts: "pd.Series[int]") -> str:
    """Write the fewest and the most."""
    if not len(counts):
        return ""
    low, high = int(counts.min()), int(counts.max())
    return str(high) if low == high else f"{low}–{high}"
