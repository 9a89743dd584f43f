"""A figure together with the numbers in it."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.style import style
from populations.errors import SettingError

SUFFIXES = (".png", ".pdf", ".svg")
DPI = 300


@dataclass(frozen=True)
class Plot:
    """What a figure function returns.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The drawing.
    data : pandas.DataFrame
        The plotted numbers, tidy.
    """

    figure: Figure
    data: pd.DataFrame


def save(plot: Plot, path: str | Path) -> list[Path]:
    """Write a figure as PNG and PDF (and SVG if asked for), and its data as CSV beside them.

    Parameters
    ----------
    plot : Plot
        From a figure function.
    path : str or Path
        Name of the file, ending in .png, .pdf or .svg; the others differ by their ending.

    Returns
    -------
    list of Path
        The files written, the one asked for first.

    Raises
    ------
    SettingError
        If the ending is another one or the place is not writable.
    """
    wanted = Path(path)
    if wanted.suffix not in SUFFIXES:
        raise SettingError(f"A figure's name must end in {', '.join(SUFFIXES)}; got {wanted}.")
    files = [wanted, *(wanted.with_suffix(suffix) for suffix in (".png", ".pdf") if suffix != wanted.suffix)]
    table = wanted.with_suffix(".csv")
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        with style():  # how text is embedded is decided when a file is written
            for file in files:
                plot.figure.savefig(file, dpi=DPI)
        plot.data.to_csv(table, index=False)
    except OSError as error:
        raise SettingError(f"Cannot write {wanted}: {error.strerror}. Choose a writable place with -o.") from None
    return [*files, table]
