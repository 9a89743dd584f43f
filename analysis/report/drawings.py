"""Every figure that these runs can have, as an image inside the page; and why there are no others."""

import base64
import inspect
import io
from collections.abc import Callable
from dataclasses import dataclass

import matplotlib
from markupsafe import Markup
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hetevo.analysis.figures import FIGURES, Plot
from hetevo.analysis.figures.style import style
from hetevo.analysis.report.study import Study
from hetevo.populations.errors import HetevoError

HEAVY = 250_000
"""Bytes of SVG from which on curves and points become pixels; axes and text stay drawn."""

PIXELS_PER_INCH = 200

PIXELS = 150
"""Width of an inch of a figure where there is room, in pixels of the page: about 1.5 times its size in print."""


@dataclass(frozen=True)
class Drawing:
    """A figure that was drawn.

    Parameters
    ----------
    kind : str
        Its name in `FIGURES`.
    about : tuple of str
        What it shows, in paragraphs.
    image : Markup
        The image as a ``data:`` address.
    width, height : int
        Pixels of the page where there is room.
    texts : tuple of str
        Titles, labels of the axes and entries of the legend.
    """

    kind: str
    about: tuple[str, ...]
    image: Markup
    width: int
    height: int
    texts: tuple[str, ...]


@dataclass(frozen=True)
class NotDrawn:
    """A figure that these runs cannot have, or that failed (``fault``)."""

    kind: str
    reason: str
    fault: bool = False


@dataclass(frozen=True)
class Drawings:
    """All figures.

    Parameters
    ----------
    drawn : list of Drawing
        Those that these runs can have.
    missing : list of NotDrawn
        The others.
    """

    drawn: list[Drawing]
    missing: list[NotDrawn]

    @property
    def reasons(self) -> dict[str, str]:
        """Kinds of figures that are missing, by the reason."""
        kinds: dict[str, list[str]] = {}
        for figure in self.missing:
            kinds.setdefault(figure.reason, []).append(figure.kind)
        return {reason: ", ".join(names) for reason, names in kinds.items()}

    @property
    def faults(self) -> list[str]:
        """Figures that failed although nothing says that they cannot be drawn."""
        return [f"figure {figure.kind}: {figure.reason}" for figure in self.missing if figure.fault]


def draw_all(study: Study) -> Drawings:
    """Draw every figure that applies to the runs of a study."""
    results = [_draw(kind, study) for kind in FIGURES.own]
    return Drawings(
        [figure for figure in results if isinstance(figure, Drawing)],
        [figure for figure in results if isinstance(figure, NotDrawn)],
    )


def _draw(kind: str, study: Study) -> Drawing | NotDrawn:
    function = FIGURES[kind]
    takes = inspect.signature(function).parameters
    try:
        # statistics that a figure needs are computed once
        given = {"found": study.found} if study.found and "found" in takes else {}
        plot = function(study.runs, **given)
        image = _image(plot)
    except HetevoError as error:
        return NotDrawn(kind, str(error))
    except Exception as error:  # one figure with a mistake in it must not cost the report
        return NotDrawn(kind, f"it failed: {type(error).__name__}: {error}", fault=True)
    width, height = (round(PIXELS * inches) for inches in plot.figure.get_size_inches())
    return Drawing(kind, _about(function, kind), image, width, height, _texts(plot.figure))


def _image(plot: Plot) -> Markup:
    content = _svg(plot.figure)
    if len(content) > HEAVY:
        for axes in plot.figure.axes:
            for artist in axes.get_children():
                if isinstance(artist, Collection | Line2D):
                    artist.set_rasterized(True)
        content = _svg(plot.figure)
    # in an <img>, names inside one figure do not meet those of another, and nothing in it can run
    return Markup(f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}")


def _svg(figure: Figure) -> bytes:
    sink = io.BytesIO()
    # text as outlines looks the same everywhere; without salt and date the same runs give the same bytes
    with style(), matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "hetevo"}):
        figure.savefig(sink, format="svg", dpi=PIXELS_PER_INCH, metadata={"Date": None})
    return sink.getvalue()


def _about(function: Callable[..., Plot], kind: str) -> tuple[str, ...]:
    """Take what a figure shows from the beginning of its documentation."""
    paragraphs = (inspect.getdoc(function) or f"{kind}.").split("\n\nParameters\n")[0].split("\n\n")
    first, *others = (" ".join(paragraph.replace("``", "").split()) for paragraph in paragraphs)
    first = first.removeprefix("Draw ")
    return first[0].upper() + first[1:], *others


def _texts(figure: Figure) -> tuple[str, ...]:
    found: list[str] = []
    legends = list(figure.legends)
    for axes in figure.axes:
        if axes.get_visible():
            found += [axes.get_title(loc=side) for side in ("left", "center", "right")]
            found += [axes.get_xlabel(), axes.get_ylabel()]
            legend = axes.get_legend()
            legends += [legend] if legend else []
    for legend in legends:
        found += [legend.get_title().get_text(), *(text.get_text() for text in legend.get_texts())]
    return tuple(dict.fromkeys(" ".join(text.split()) for text in found if text.strip()))
