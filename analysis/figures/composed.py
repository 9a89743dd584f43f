"""A page of several figures, from a TOML file: panels of any kind and of any runs, with letters and one caption."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pandas as pd
from matplotlib.figure import Figure, SubFigure
from matplotlib.gridspec import GridSpec
from matplotlib.transforms import ScaledTranslation

from hetevo.analysis.figures.canvas import TITLE_LINE
from hetevo.analysis.figures.caption import Caption, end_sentence
from hetevo.analysis.figures.design import Design
from hetevo.analysis.figures.frame import Frame, blank, fill_frame
from hetevo.analysis.figures.page_file import LETTERS, Cell, PageTable, Panel, place_panels, read_page
from hetevo.analysis.figures.plot import DPI, Plot
from hetevo.analysis.figures.style import LETTER, MM_PER_INCH, PAGE_INCHES, Look, for_figure, style
from hetevo.populations.errors import SettingError
from hetevo.populations.registry import Registry

NARROWEST = 40
"""Width of a panel in mm below which nothing in it can be read."""

CORNER = (0.03, -0.03)
"""Where a letter stands, in inches from the upper left corner of its panel."""


def compose_page(source: str | Path, kinds: Registry[Callable[..., Plot]]) -> Plot:
    """Draw a page of several figures.

    Parameters
    ----------
    source : str or Path
        A TOML file with a table ``[[panel]]`` for each panel, and ``[figure]`` for what holds of all. Runs are looked
        for beside it.
    kinds : Registry
        Figures by their kind.

    Returns
    -------
    Plot
        Data: those of all panels under each other, with the letter in the column ``panel``.

    Raises
    ------
    SettingError
        Naming what is wrong in the file, before anything is drawn.
    """
    page, panels = read_page(Path(source), kinds)
    cells = place_panels(page, len(panels), str(source))
    across = max(columns.stop for _, columns in cells)
    rows = max(rows.stop for rows, _ in cells)
    width = Design(width=page.width).inches or PAGE_INCHES
    for letter, (_, columns) in zip(LETTERS, cells, strict=False):
        millimetres = width * MM_PER_INCH * len(range(columns.start, columns.stop)) / across
        if millimetres < NARROWEST:
            raise SettingError(
                f"{source}: [figure]: panel {letter} would be {millimetres:.0f} mm wide, expected at least {NARROWEST}."
                " Let the figure be wider, or put fewer panels side by side."
            )
    # each panel into a part of one page, whose rows are then as high as their panels are
    with style() as palette:
        figure = Figure(layout="constrained")
        grid = GridSpec(rows, across, figure=figure)
        # a condition has one colour in all panels
        whole = Frame(palette, [run for panel in panels for run in panel.runs], design=Design(hue=page.hue))
        try:
            looks = whole.looks()
        except SettingError as error:
            raise SettingError(f"{source}: [figure]: {error}") from None
        drawn = [
            _draw(panel, looks, figure.add_subfigure(grid[cell]), width * len(range(*cell[1].indices(across))) / across)
            for panel, cell in zip(panels, cells, strict=True)
        ]
        heights = _heights(cells, [frame.size[1] for frame, _, _ in drawn], rows)
        grid.set_height_ratios(heights)
        lines = for_figure(page.title, len(page.title)) if page.title else ""
        figure.set_size_inches(width, sum(heights) + bool(lines) * TITLE_LINE)
        if lines:
            figure.suptitle(lines, x=0.01, ha="left", fontweight="bold")
        for letter, (frame, _, _) in zip(LETTERS, drawn, strict=False):
            _write_letter(frame.figure, letter)
        _align(figure, cells, [frame.figure for frame, _, _ in drawn])
    data = [table.assign(panel=letter) for letter, (_, table, _) in zip(LETTERS, drawn, strict=False)]
    joined = pd.concat(data, ignore_index=True)
    joined.insert(0, "panel", joined.pop("panel"))
    of_colours = [sentence for _, sentence in whole.caption.sentences]
    return Plot(figure, joined, " ".join([_write_caption(page, drawn), *of_colours]))


def _draw(panel: Panel, looks: dict[str, Look], part: SubFigure, width: float) -> tuple[Frame, pd.DataFrame, str]:
    """Draw a panel into its part of the page; return frame, data and what it shows."""
    with blank(panel.runs, panel.design) as frame:
        frame.figure, frame.whole, frame.room, frame.known = cast(Figure, part), False, width, looks
        data, about = fill_frame(panel.function, frame, **panel.options)
    return frame, data, about


def _heights(cells: Sequence[Cell], wanted: Sequence[float], rows: int) -> list[float]:
    """Return the height of each row in inches, so that every panel has what it wants."""
    heights = [0.5] * rows
    # panels of one row first; those over several then add what is missing to their last row
    for (place, _), height in sorted(
        zip(cells, wanted, strict=True), key=lambda item: item[0][0].stop - item[0][0].start
    ):
        heights[place.stop - 1] += max(height - sum(heights[place]), 0)
    return heights


def _write_letter(part: Figure, letter: str) -> None:
    corner = part.transSubfigure + ScaledTranslation(*CORNER, part.dpi_scale_trans)
    text = part.text(0, 1, letter, transform=corner, va="top", ha="left", fontweight="bold", fontsize=LETTER)
    text.set_in_layout(False)


def _align(figure: Figure, cells: Sequence[Cell], parts: Sequence[Figure]) -> None:
    """Let the panels of one row begin and end at the same heights, and those of one column at the same sides."""
    # as finely as it is saved: on coarse pixels texts are narrower, and would then reach beyond the page
    usual, figure.dpi = figure.dpi, DPI
    figure.draw_without_rendering()
    figure.dpi = usual
    figure.set_layout_engine("none")
    for axis, side in ((1, 0), (0, 1)):  # heights of those that share their rows, widths of those that share columns
        groups: dict[tuple[int, int], list[Figure]] = {}
        for cell, part in zip(cells, parts, strict=True):
            groups.setdefault((cell[side].start, cell[side].stop), []).append(part)
        for group in groups.values():
            spans = [_span(part, axis) for part in group]
            low, high = max(span[0] for span in spans), min(span[1] for span in spans)
            if high > low:
                for part, span in zip(group, spans, strict=True):
                    _stretch(part, axis, span, (low, high))


def _span(part: Figure, axis: int) -> tuple[float, float]:
    """Return where the axes of a part begin and end, as shares of its width or height."""
    boxes = [axes.get_position() for axes in part.axes if axes.get_visible()]
    return min(box.min[axis] for box in boxes), max(box.max[axis] for box in boxes)


def _stretch(part: Figure, axis: int, old: tuple[float, float], new: tuple[float, float]) -> None:
    scale = (new[1] - new[0]) / (old[1] - old[0])
    for axes in part.axes:
        box = axes.get_position()
        ends = [list(box.min), list(box.max)]
        for end in ends:
            end[axis] = new[0] + (end[axis] - old[0]) * scale
        (left, bottom), (right, top) = ends
        axes.set_position((left, bottom, right - left, top - bottom))


def _write_caption(page: PageTable, drawn: Sequence[tuple[Frame, pd.DataFrame, str]]) -> str:
    """Write one caption: panel by panel, and which runs they are once, if all have the same."""
    alike = (
        len({frozenset((str(run.path), run.stage, run.condition) for run in frame.runs) for frame, _, _ in drawn}) == 1
    )
    said = [
        f"{letter}, {frame.caption.write(about, frame.runs, described=not alike)}"
        for letter, (frame, _, about) in zip(LETTERS, drawn, strict=False)
    ]
    title = [end_sentence(page.title)] if page.title else []
    every = Caption([sentence for frame, _, _ in drawn for sentence in frame.caption.sentences])
    return " ".join([*title, *said, *(every.close(drawn[0][0].runs) if alike else [])])
