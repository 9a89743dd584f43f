"""Every figure that these runs can have, as an image inside the page; and why there are no others."""

import base64
import inspect
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import matplotlib
from markupsafe import Markup
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hetevo.analysis.figures import FIGURES, Plot
from hetevo.analysis.figures.style import style
from hetevo.analysis.report.study import Study
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics import Emergence
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
    caption : str
        What is drawn, panel by panel, of how many seeds, and with which intervals.
    """

    kind: str
    about: tuple[str, ...]
    image: Markup
    width: int
    height: int
    texts: tuple[str, ...]
    caption: str


@dataclass(frozen=True)
class Drawings:
    """All figures.

    Parameters
    ----------
    drawn : list of Drawing
        Those that these runs can have.
    reasons : dict of str to list of str
        Kinds of the others, by the reason.
    faults : list of str
        Those of them that failed although nothing says that they cannot be drawn.
    """

    drawn: list[Drawing] = field(default_factory=list)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def draw_all(study: Study) -> Drawings:
    """Draw every figure that applies to the runs of a study."""
    drawings = Drawings()
    for kind in FIGURES.own:
        try:
            drawings.drawn.append(draw(kind, study.runs, study.found))
        except HetevoError as error:
            drawings.reasons.setdefault(str(error), []).append(kind)
        except Exception as error:  # one figure with a mistake in it must not cost the report
            reason = f"it failed: {type(error).__name__}: {error}"
            drawings.reasons.setdefault(reason, []).append(kind)
            drawings.faults.append(f"figure {kind}: {reason}")
    return drawings


def draw(kind: str, runs: Sequence[LoadedRun], found: Emergence | None = None) -> Drawing:
    """Draw one figure of some runs.

    Parameters
    ----------
    kind : str
        One of Hetevo's own `FIGURES`.
    runs : sequence of LoadedRun
        What it is of.
    found : Emergence, optional
        Their statistics, so that a figure that needs them does not compute them again.

    Raises
    ------
    HetevoError
        If these runs cannot have it: the message says how to get it.
    """
    function = FIGURES.own[kind]
    takes_statistics = found and "found" in inspect.signature(function).parameters
    plot = function(runs, **({"found": found} if takes_statistics else {}))
    content = write_svg(plot.figure)
    image = Markup(f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}")
    width, height = (round(PIXELS * inches) for inches in plot.figure.get_size_inches())
    about = describe(function, kind)
    return Drawing(kind, about, image, width, height, collect_texts(plot.figure), plot.caption or about[0])


def write_svg(figure: Figure) -> bytes:
    """Write a figure as an image for a page: in an <img>, nothing in it can run, and names do not meet others."""
    content = _write_svg(figure)
    if len(content) > HEAVY:
        curves = (artist for axes in figure.axes for artist in axes.get_children())
        for artist in curves:
            if isinstance(artist, Collection | Line2D):
                artist.set_rasterized(True)
        content = _write_svg(figure)
    return content


def _write_svg(figure: Figure) -> bytes:
    sink = io.BytesIO()
    # text as outlines looks the same everywhere; without salt and date the same runs give the same bytes
    with style(), matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "hetevo"}):
        figure.savefig(sink, format="svg", dpi=PIXELS_PER_INCH, metadata={"Date": None})
    return sink.getvalue()


def describe(function: Callable[..., Plot], kind: str) -> tuple[str, ...]:
    """Take what a figure shows from the beginning of its documentation."""
    paragraphs = (inspect.getdoc(function) or f"{kind}.").split("\n\nParameters\n")[0].split("\n\n")
    first, *others = (" ".join(paragraph.replace("``", "").split()) for paragraph in paragraphs)
    first = first.removeprefix("Draw ")
    return first[0].upper() + first[1:], *others


def collect_texts(figure: Figure) -> tuple[str, ...]:
    """Return what a figure says in words, each text once."""
    panels = [axes for axes in figure.axes if axes.get_visible()]
    legends = [legend for legend in (*figure.legends, *(axes.get_legend() for axes in panels)) if legend]
    texts: list[str] = []
    for axes in panels:
        texts += [axes.get_title(loc=side) for side in ("left", "center", "right")]
        texts += [axes.get_xlabel(), axes.get_ylabel()]
    for legend in legends:
        texts += [legend.get_title().get_text(), *(text.get_text() for text in legend.get_texts())]
    return tuple(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
