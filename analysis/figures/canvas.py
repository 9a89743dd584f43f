"""The page of a figure: its size, panels, letters, legend and title, as its design has them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from textwrap import fill

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hetevo.analysis.figures.caption import Caption
from hetevo.analysis.figures.design import Design
from hetevo.analysis.figures.parts import LETTER_WIDTH, panel_letter, wrap_texts
from hetevo.analysis.figures.style import (
    COLUMN_INCHES,
    CROWD,
    FULL,
    HALF,
    LABEL,
    PAGE_INCHES,
    ROOM,
    SMALL,
    for_figure,
    for_figures,
)
from hetevo.populations.errors import SettingError

MOST_PANELS = 24
LEGEND_LINE, TITLE_LINE = 0.115, 0.14
"""Height of a line of the legend and of the title, in inches."""

LETTER_INCHES = 0.2
"""Room of a letter of a part of a page."""

KEY_LETTERS, LEAST_LETTERS = 6, 10
"""Letters that the key of a legend takes in an empty corner, and those that its entries need there."""

CELL_LABELS = 0.45
"""Height of labels below a panel of a grid, in inches."""

LEGEND_LETTERS, TITLE_LETTERS, ABOUT_LETTERS = 66, 54, 58
"""Letters for which one column has room: in a line of a legend, of a title, and of what stands there in plain type."""


@dataclass(kw_only=True)
class Canvas:
    """An empty page, and what all figures need to divide it.

    Parameters
    ----------
    design : Design
        How it is to look, where somebody chose.
    figure : matplotlib.figure.Figure
        The drawing.
    whole : bool
        Whether it is a figure; else a part of a page that is composed of several, which has one letter.
    panels : list of matplotlib.axes.Axes
        Its panels, for which `legend` is.
    corner : list of matplotlib.axes.Axes
        Hidden panels of a grid that its names do not fill.
    size : tuple of float
        Width and height in inches.
    across : int
        Panels side by side.
    room : float or None
        Width of that part of a page, in inches, which is the same whatever the design says.
    caption : Caption
        What is said of it beside what holds of all figures, see `say`.
    """

    design: Design = field(default_factory=Design)
    figure: Figure = field(default_factory=lambda: Figure(layout="constrained"))
    whole: bool = True
    panels: list[Axes] = field(default_factory=list)
    corner: list[Axes] = field(default_factory=list)
    size: tuple[float, float] = (COLUMN_INCHES, COLUMN_INCHES)
    across: int = 1
    room: float | None = None
    caption: Caption = field(default_factory=Caption)

    def width(self, usual: float) -> float:
        """Return the width in inches: what is chosen, or else the usual one."""
        return self.room or self.design.inches or usual

    def resize(self, width: float, height: float) -> None:
        """Set width and height, in inches."""
        self.size = (width, height)
        if self.whole:
            self.figure.set_size_inches(width, height)

    def say(self, sentence: str, panel: Axes | None = None) -> None:
        """Add a sentence to the caption, about all of the figure or one of its panels."""
        where = ""
        if panel in self.panels and len(self.panels) > 1:
            # a part of a page has one letter for all of its panels
            words = ("top", "bottom") if len(self.panels) == 2 and self.across == 1 else ("left", "right")
            place = self.panels.index(panel)
            where = words[place] if len(self.panels) == 2 else f"panel {place + 1}"
            label = str(panel.get_label()).removeprefix("panel ")
            where = label if len(label) == 1 else where
        if (where, sentence) not in self.caption.sentences:
            self.caption.sentences.append((where, sentence))

    def one_panel(self, inches: float) -> Axes:
        """Make a single panel, one column wide and as high as this."""
        return self.rows(1, inches)[0]

    def rows(
        self, count: int, inches: float, *, heights: Sequence[float] | None = None, letters: str = ""
    ) -> list[Axes]:
        """Make panels below each other with one x axis, one column wide and all together as high as this."""
        across = self._across(count, usual=1)
        width = self.width(COLUMN_INCHES if across == 1 else PAGE_INCHES)
        if across == 1:
            self.resize(width, inches)
            every = self.figure.subplots(count, 1, sharex=True, height_ratios=heights, squeeze=False).ravel()
            return self._lettered(list(every), letters)
        # side by side, as high as the mean of them and room for labels
        rows = -(-count // across)
        self.resize(width, inches * rows / count + 0.5)
        every = self.figure.subplots(rows, across, sharex=True, squeeze=False).ravel()
        return self._lettered(_hide_rest(every, count), letters)

    def columns(self, count: int, inches: float, *, rows: int = 1, letters: str = "") -> list[Axes]:
        """Make panels side by side, in so many rows, each as high as this; two columns wide if there are several."""
        across = self._across(count, usual=-(-count // rows))
        rows = -(-count // across)
        self.resize(self.width(COLUMN_INCHES if across == 1 else PAGE_INCHES), inches * rows)
        every = self.figure.subplots(rows, across, squeeze=False).ravel()
        return self._lettered(_hide_rest(every, count), letters)

    def _across(self, count: int, *, usual: int) -> int:
        chosen = self.design.columns or usual
        if chosen > count:
            raise SettingError(
                f"columns: this figure has {count} panel{'s'[: count > 1]}, so expected"
                f" {'1' if count == 1 else f'1 to {count}'}, got {chosen}."
            )
        self.across = chosen
        return chosen

    def _lettered(self, panels: list[Axes], letters: str) -> list[Axes]:
        self.panels = panels
        if self.whole:  # a part of a page has one letter
            for axes, letter in zip(panels, letters, strict=False):
                panel_letter(axes, letter)
                axes.set_label(f"panel {letter.lower()}")
        return panels

    def grid(self, names: Sequence[str], inches: float, *, across: str, upward: str) -> list[Axes]:
        """Make a panel for each name, side by side, with its name as title and labels at the outer edges.

        Two or three in a column's width, and twice as many in that of two, which more than `CROWD` have.

        Raises
        ------
        SettingError
            With too many to be legible.
        """
        if len(names) > MOST_PANELS:
            raise SettingError(
                f"This figure has a panel for each condition, at most {MOST_PANELS}; got {len(names)}. Name fewer runs,"
                " or choose conditions with --conditions."
            )
        # smaller panels where there are many
        width = self.width(PAGE_INCHES if len(names) > CROWD else COLUMN_INCHES)
        usual = int((2 if len(names) in (2, 4) else 3) * max(width / COLUMN_INCHES, 1))
        columns = self._across(len(names), usual=min(len(names), usual))
        rows, each = -(-len(names) // columns), width / columns
        narrow = each < 0.45 * COLUMN_INCHES
        self.resize(width, (inches * 0.75 + TITLE_LINE if narrow else inches) * rows + 0.3)
        every = self.figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        self.panels = _hide_rest(every, len(names))
        self.corner = [*every[len(names) :]]
        # labels at the bottom, also above an empty corner, and at the left
        for axes in self.panels[max(len(names) - columns, 0) :]:
            axes.tick_params(labelbottom=True)
            axes.set_xlabel(across)
        for axes in self.panels[::columns]:
            axes.set_ylabel(upward, fontsize=SMALL if narrow else LABEL)
        # a long name has more lines, for which all panels get room; in narrow ones two are usual
        room = max(int((ROOM - 2) * min(each / COLUMN_INCHES, 1)), 14)
        titles = [fill(name, room) for name in for_figures(names, FULL).values()]
        more = max(title.count("\n") for title in titles) - narrow
        self.resize(width, self.size[1] + max(more, 0) * TITLE_LINE * rows)
        for axes, title in zip(self.panels, titles, strict=True):
            axes.set_title(title, loc="left")
        return self.panels

    def legend(
        self, *, columns: int | None = None, title: str | None = None, markerscale: float = 1, math: bool = False
    ) -> None:
        """Put one legend for all panels into an empty corner of a grid, or below them, and make that room.

        Its entries are names, in which ``$`` means nothing, unless ``math`` says otherwise.
        """
        # each label once, whichever panel it comes from
        entries: dict[str, Artist] = {}
        for axes in self.panels:
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
                entries.setdefault(label, handle)
        if title and not self.caption.sentences:
            self.say(f"Key: {' '.join(title.split())}.")
        if not entries or self._fill_corner(entries, title, markerscale):
            return
        # fewer columns where names are long, and more lines where they are longer
        (width, height), wide = self.size, self.size[0] / COLUMN_INCHES
        longest = max(map(len, entries))
        if columns is None:
            columns = 1 if longest > HALF or (len(entries) < 3 and wide < 2) else 2
        columns = max(min(int(columns * wide), len(entries)), 1)
        room = int(LEGEND_LETTERS * wide)
        while columns > 1 and longest > room // columns - KEY_LETTERS:
            columns -= 1
        labels = [fill(label, room // columns - KEY_LETTERS) for label in entries]
        heading = fill(title, room) if title else None
        # the figure grows by the lines of its legend: of the column that has most
        lines = [label.count("\n") + 1 for label in labels]
        count = max(sum(part) for part in np.array_split(lines, columns))
        count += heading.count("\n") + 1 if heading else 0
        self.resize(width, height + LEGEND_LINE * count)
        legend = self.figure.legend(
            list(entries.values()),
            labels,
            loc="outside lower center",
            ncols=columns,
            title=heading,
            markerscale=markerscale,
        )
        for text in legend.get_texts():
            text.set_parse_math(math)

    def _fill_corner(self, entries: dict[str, Artist], title: str | None, markerscale: float) -> bool:
        """Put the legend into the empty corner of a grid, if there is one and it has room; tell whether it does."""
        if not self.corner or len(self.corner) == len(self.panels):
            return False
        first = self.corner[0]
        height, width = (72 * inches for inches in self._cell())
        letters = int(width * len(self.corner) / (SMALL * LETTER_WIDTH)) - KEY_LETTERS
        if letters < LEAST_LETTERS:
            return False
        labels = [fill(label, letters) for label in entries]
        heading = fill(title.replace(" %", "\N{NO-BREAK SPACE}%"), letters + KEY_LETTERS // 2) if title else None
        lines = sum(text.count("\n") + 1 for text in [*labels, *([heading] if heading else [])])
        if lines * LEGEND_LINE * 72 > height:
            return False
        first.set_visible(True)
        first.axis("off")
        legend = first.legend(
            list(entries.values()), labels, loc="upper left", bbox_to_anchor=(0, 1), borderaxespad=0, title=heading,
            markerscale=markerscale, handlelength=1.5,
        )  # fmt: skip
        legend.set_in_layout(False)
        return True

    def _cell(self) -> tuple[float, float]:
        """Return height and width of a panel of a grid with its labels, in inches."""
        place = self.panels[0].get_subplotspec()
        assert place is not None
        grid = place.get_gridspec()
        return self.size[1] / grid.nrows - CELL_LABELS, self.size[0] / grid.ncols - CELL_LABELS / 2

    def finish(self) -> None:
        """Write the title, and see to labels and titles of panels once all is drawn."""
        # a figure that says nothing in its caption says there what stands above its panels
        titles = [axes.get_title(loc="right") for axes in self.panels] if not self.caption.sentences else []
        for title in dict.fromkeys(" ".join(title.split()) for title in titles):
            if title:
                self.say(f"Key: {title}.")
        for axes in self.panels:
            place = axes.get_subplotspec()
            if place is not None:
                share = len(place.colspan) / place.get_gridspec().ncols
                wrap_texts(axes, 72 * self.size[0] * share)
        # where panels with one x axis stand side by side, each column has its label
        label = self.panels[-1].get_xlabel() if self.panels else ""
        for axes in self.panels[-self.across :] if self.across > 1 else []:
            if axes.get_shared_x_axes().joined(axes, self.panels[-1]):
                axes.tick_params(labelbottom=True)
                axes.set_xlabel(axes.get_xlabel() or label)
        if self.design.title:
            lines = fill(
                for_figure(self.design.title, len(self.design.title)), int(TITLE_LETTERS * self.size[0] / COLUMN_INCHES)
            )
            if self.whole:
                self.figure.suptitle(lines, x=0.01, ha="left", fontweight="bold")
            else:  # beside the letter
                self.figure.suptitle(lines, x=LETTER_INCHES / self.size[0], ha="left", fontweight="normal")
            self.resize(self.size[0], self.size[1] + TITLE_LINE * (lines.count("\n") + 1))


def _hide_rest(every: Iterable[Axes], count: int) -> list[Axes]:
    """Return the first panels of a grid, and hide the others."""
    panels = list(every)
    for axes in panels[count:]:
        axes.set_visible(False)
    return panels[:count]
