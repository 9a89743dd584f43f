"""A figure together with the numbers in it, and its caption."""

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from pandas.api.types import is_numeric_dtype

from hetevo.analysis.figures.style import style
from hetevo.analysis.made import IMAGES, add_mark, beside, check_replaceable, write_files
from hetevo.evolve.rundir.places import Place
from hetevo.populations.errors import SettingError
from hetevo.populations.text import for_cell

SUFFIXES = IMAGES
DPI = 300
SCREEN_DPI = 144

_METADATA: dict[str, dict[str, str | None]] = {
    ".png": {"Software": None},  # the mark says it
    ".pdf": {"Creator": "Hetevo", "CreationDate": None},
    ".svg": {"Creator": "Hetevo", "Date": None},
}
"""What image files say of themselves: who made them, but no date, so that the same figure is the same file."""


@dataclass(frozen=True)
class Plot:
    """What a figure function returns.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The drawing.
    data : pandas.DataFrame
        The plotted numbers, tidy.
    caption : str
        What a reader must know: what is drawn, n, the kind of intervals. Empty if the figure says nothing.
    """

    figure: Figure
    data: pd.DataFrame
    caption: str = ""

    def _repr_png_(self) -> bytes:
        """Show itself in a notebook."""
        return render(self.figure, ".png", SCREEN_DPI)


def save(plot: Plot, path: str | Path, *, force: bool = False, named: bool = True) -> list[Path]:
    """Write a figure as PNG and PDF (and SVG if asked for), beside them its data as CSV, and its caption as text.

    The same figure gives the same bytes. All files are written, or none.

    Parameters
    ----------
    plot : Plot
        From a figure function.
    path : str or Path
        Name of the file, ending in .png, .pdf or .svg; the others differ by their ending.
    force : bool, optional
        Whether to replace files beside it that Hetevo did not make, too.
    named : bool, optional
        Whether somebody chose ``path``: then what is there is replaced, whatever it is. What Hetevo made always is.

    Returns
    -------
    list of Path
        The files written, the one asked for first.

    Raises
    ------
    SettingError
        If the ending is another one, the place is not writable, or a file is there that Hetevo did not make.

    Examples
    --------
    >>> plot = Plot(Figure(), pd.DataFrame({"generation": [0, 1], "loss": [1.0, 0.5]}))
    >>> [file.name for file in save(plot, "loss.png")]
    ['loss.png', 'loss.pdf', 'loss.csv']
    """
    # what is beside the file that was named must be Hetevo's own
    wanted = path if isinstance(path, Place) else Path(path)
    if wanted.suffix not in SUFFIXES:
        raise SettingError(f"A figure's name must end in {', '.join(SUFFIXES)}; got {wanted}.")
    others = (beside(wanted.with_suffix(suffix)) for suffix in (".png", ".pdf") if suffix != wanted.suffix)
    images, table = [wanted if named else beside(wanted), *others], beside(wanted.with_suffix(".csv"))
    text = [beside(wanted.with_suffix(".txt"))] if plot.caption else []
    check_replaceable([*images[named:], table, *text], force=force)
    # each image names the data and the caption beside it by their hashes
    data = for_table(plot.data).to_csv(index=False).encode()
    caption = f"{plot.caption}\n".encode(errors="backslashreplace") if text else None
    contents = {image: add_mark(render(plot.figure, image.suffix), image.suffix, data, caption) for image in images}
    # what they name before the last image: whenever this is cut off, one of the images names what is there
    first = {image: contents[image] for image in images[:-1]}
    texts: dict[Path, bytes] = {table: data, **dict.fromkeys(text, caption or b"")}
    write_files({**first, **texts, images[-1]: contents[images[-1]]})
    return [*images, table, *text]


def for_table(data: pd.DataFrame) -> pd.DataFrame:
    """Return a table that a spreadsheet may open: names are text in it, and runs are called from where all of them lie.

    Parameters
    ----------
    data : pandas.DataFrame
        Of any columns; a column ``run`` holds paths.
    """
    # a name that a spreadsheet would take for a formula is written as text
    shown = data.copy()
    if "run" in shown:
        shown["run"] = shown["run"].map(_relative(shown["run"].dropna().unique()))
    for column in shown:
        if not is_numeric_dtype(shown[column]):
            shown[column] = shown[column].map(lambda value: for_cell(value) if isinstance(value, str) else value)
    return shown.rename(columns=lambda name: for_cell(str(name)))


def _relative(runs: Iterable[str]) -> dict[str, str]:
    """Call runs by their paths from the folder in which all of them lie."""
    paths = {run: Path(run).absolute() for run in runs}
    above = os.path.commonpath([path.parent for path in paths.values()]) if paths else ""
    return {run: os.path.relpath(path, above) for run, path in paths.items()}


def render(figure: Figure, suffix: str, dpi: int = DPI) -> bytes:
    """Return a figure as the content of an image file with this ending."""
    sink = io.BytesIO()
    with style():  # how text is embedded is decided when a file is written
        figure.savefig(sink, format=suffix[1:], dpi=dpi, metadata=_METADATA[suffix])
    return sink.getvalue()
