"""The frame that figures share: it checks what they need of runs, and gives style, sizes, letters, legends and data.

A figure's own file holds a function that draws into a `Frame` and returns the numbers that it drew; `figure` makes of
it a function from runs to a `Plot`.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from textwrap import fill
from typing import Any, Concatenate, Literal, ParamSpec

import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.conditions import group_by_condition, is_by_lot
from hetevo.analysis.figures.canvas import ABOUT_LETTERS, Canvas
from hetevo.analysis.figures.caption import INTERVAL, end_sentence, name_with_seeds
from hetevo.analysis.figures.design import Design, choose_keys
from hetevo.analysis.figures.needs import Needs, Runs, check_needs, choose_runs, document_runs
from hetevo.analysis.figures.parts import bounds_in, draw_course
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import (
    COLUMN_INCHES,
    CROWD,
    LINES,
    NEUTRAL,
    TITLE,
    Look,
    Palette,
    for_figure,
    key_in_words,
    look,
    style,
)
from hetevo.analysis.intervals import Bounds
from hetevo.analysis.runs import LoadedRun, tidy
from hetevo.analysis.statistics.curves import over_seeds

P = ParamSpec("P")


@dataclass
class Frame(Canvas):
    """An empty figure of these runs, and what all figures need to fill it.

    Parameters
    ----------
    palette : list of colour
        Of `style`.
    runs : list of LoadedRun
        Checked, in their order; none where what is drawn are no runs.
    chosen : list of LoadedRun
        Those whose individuals may be read, evenly chosen where all would be too many.
    known : dict of str to Look
        Colours and line styles that conditions have elsewhere on the page.
    """

    palette: Palette
    runs: list[LoadedRun] = field(default_factory=list)
    chosen: list[LoadedRun] = field(default_factory=list)
    known: dict[str, Look] = field(default_factory=dict)

    def looks(self) -> dict[str, Look]:
        """Give each condition its colour and line style, the same in all figures of these runs; neutral ones grey.

        Of many conditions they stand for the one or two settings in which these differ, if there are no more.
        """
        groups = group_by_condition(self.runs)
        if self.known and not self.design.keys:
            return {condition: self.known[condition] for condition in groups}
        if self.design.keys:
            self._explain_keys(self.design.keys)
            return self.design.looks(groups, self.palette)
        others = {name: group for name, group in groups.items() if not all(map(is_by_lot, group))}
        by_keys: dict[str, Look] = {}
        if len(others) > CROWD and (keys := choose_keys(others)):
            self._explain_keys(keys)
            by_keys = replace(self.design, hue=keys).looks(others, self.palette)
        # colours and lines are counted for neutral conditions and the others apart
        looks: dict[str, Look] = {}
        neutral = 0
        for condition in groups:
            if condition not in others:
                looks[condition] = (NEUTRAL, LINES[neutral % len(LINES)])
                neutral += 1
            else:
                looks[condition] = by_keys.get(condition) or look(len(looks) - neutral, self.palette)
        return looks

    def _explain_keys(self, keys: Sequence[str]) -> None:
        for what, key in zip(("Colours", "Line styles"), keys, strict=False):
            self.say(f"{what}: {key_in_words(key)}.")

    @property
    def crowded(self) -> bool:
        """Whether there are so many conditions that their bands would hide each other."""
        return len(group_by_condition(self.runs)) > CROWD

    @property
    def interval(self) -> str:
        """What is called the interval in the title of a legend: nothing where there are no bands."""
        return "" if self.crowded else INTERVAL

    def describe_bands(self, of: str = "") -> str:
        """Say in a caption what bands are, or that there are none, as the end of a sentence about lines."""
        return "; no intervals, since conditions are many" if self.crowded else f"; bands, {INTERVAL}s{of}"

    def courses(self, axes: Axes, table: pd.DataFrame, column: str, *, bounds: Bounds | None = None) -> str:
        """Draw a column over generations: of each condition the mean over seeds, with its interval.

        Parameters
        ----------
        axes : Axes
            Where to draw.
        table : pandas.DataFrame
            With condition and generation, a row a run, such as `measured`.
        column : str
            What to draw; NaN is a gap.
        bounds : tuple of float, optional
            Where intervals are cut. Default: what its name says, and losses at their cap.

        Returns
        -------
        str
            Title of the legend: n, and the kind of the interval.
        """
        groups = table.groupby("condition", sort=False)
        every = group_by_condition(self.runs)
        summaries = {
            str(name): over_seeds(group, column, bounds=bounds or bounds_in(column, every.get(str(name), self.runs)))
            for name, group in groups
        }
        counts = {condition: summary["n"] for condition, summary in summaries.items()}
        labels, title = name_with_seeds(counts, interval=self.interval)
        self.say(f"Lines, means over seeds{self.describe_bands(' over seeds')}.", axes)
        looks = self.looks()
        for condition, summary in summaries.items():
            draw_course(axes, summary, looks[condition], labels[condition], band=not self.crowded)
        return title

    def introduce(self, shows: str) -> str:
        """Return what the caption begins with: the title, if there is one, and what the figure shows."""
        return " ".join(end_sentence(text) for text in (self.design.title, shows) if text)

    def close(self, data: pd.DataFrame, shows: str, about: str) -> Plot:
        """Finish a drawing of an individual, and write its caption.

        Parameters
        ----------
        data : pandas.DataFrame
            The numbers that were drawn.
        shows : str
            What it shows, in a sentence.
        about : str
            Who the individual is: stands above the drawing that has no title.
        """
        if about and not self.design.title:
            room = int(ABOUT_LETTERS * self.size[0] / COLUMN_INCHES)
            self.figure.suptitle(fill(for_figure(about, TITLE), room))
        self.finish()
        of_whom = f"Of {about}; n = 1 individual." if about else "n = 1 individual."
        return Plot(self.figure, data, self.caption.write(f"{self.introduce(shows)} {of_whom}", []))

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
    usual: Callable[[Sequence[LoadedRun]], object] | None = None,
) -> Callable[[Callable[Concatenate[Frame, P], pd.DataFrame]], Callable[..., Plot]]:
    """Make a figure of a function that draws into a `Frame` and returns what it drew, as a tidy table.

    The figure takes runs, the options of the function, and those of `Design`.

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
        A sweep whose runs it compares, if a single run says nothing.
    usual : callable, optional
        What the function checks itself before it draws, where no option says otherwise, see `needs.Needs`: lists of
        what can be drawn ask it.
    """
    needs = Needs(columns, probe, single, individuals, measures, sweep, usual)

    def decorate(function: Callable[Concatenate[Frame, P], pd.DataFrame]) -> Callable[..., Plot]:
        @functools.wraps(function)
        def draw(runs: Runs, /, *args: Any, **options: Any) -> Plot:
            design = Design.take(options)
            with blank(design.arrange(check_needs(runs, needs)), design) as frame:
                data, about = fill_frame(draw, frame, *args, **options)
            return Plot(frame.figure, data, frame.caption.write(about, frame.runs))

        # it has the name and the options of the function, but takes runs
        signature = inspect.signature(function)
        first = inspect.Parameter("runs", inspect.Parameter.POSITIONAL_ONLY, annotation=Runs)
        options = [*list(signature.parameters.values())[1:], *_DESIGN]
        draw.__doc__ = document_runs(inspect.getdoc(function) or "", single)
        draw.__dict__.update(needs=needs, body=function)
        draw.__dict__["__signature__"] = signature.replace(parameters=[first, *options], return_annotation=Plot)
        return draw

    return decorate


_DESIGN = [
    inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=getattr(Design(), each.name))
    for each in fields(Design)
]
"""Options that all figures have."""


def takes_design(function: Callable[..., Plot]) -> bool:
    """Tell whether a figure was made with `figure`, so that it can be drawn as a `Design` says, and into a page."""
    return "body" in function.__dict__


def fill_frame(function: Callable[..., Plot], frame: Frame, *args: Any, **options: Any) -> tuple[pd.DataFrame, str]:
    """Let a figure that was made with `figure` draw into a frame of runs that have what it needs.

    Returns
    -------
    data : pandas.DataFrame
        The numbers that it drew.
    about : str
        What the figure shows, with which its caption begins.
    """
    body, individuals = function.__dict__["body"], needs_of(function).individuals
    frame.chosen = choose_runs(frame.runs, individuals) if individuals else []
    data: pd.DataFrame = body(frame, *args, **options)
    frame.finish()
    return data, frame.introduce(_say_what(body))


def _say_what(function: Callable[..., Any]) -> str:
    """Say what a figure shows, in the first sentence of its documentation."""
    first = " ".join((inspect.getdoc(function) or function.__name__).split("\n\n")[0].split()).removeprefix("Draw ")
    return first[0].upper() + first[1:]


def needs_of(function: Callable[..., Plot]) -> Needs:
    """Return what a figure declared that it needs; of one that was made without `figure`, that is nothing."""
    needs = function.__dict__.get("needs")
    return needs if isinstance(needs, Needs) else Needs(probe=None)


@contextmanager
def blank(runs: Sequence[LoadedRun] = (), design: Design | None = None) -> Iterator[Frame]:
    """Yield an empty frame; inside the block everything is drawn in the style of figures."""
    with style() as palette:
        yield Frame(palette, list(runs), design=design or Design())
