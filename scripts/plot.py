"""`hetevo plot`: draw a figure of one or more runs."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.errors import explained

Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run directories, or sweeps.")]
Kind = Annotated[str, typer.Option(help="Kind of figure.")]
File = Annotated[
    Path | None, typer.Option("-o", "--output", help="File to write: PNG, PDF or SVG. Default: RUN/figures/KIND.png.")
]


@explained
def plot(runs: Runs, kind: Kind = "alignment", output: File = None) -> None:
    """Draw a figure, and say in two lines what it shows."""
    from analysis.figures import FIGURES, save
    from analysis.loading import load_all
    from analysis.verdict import verdict
    from populations.errors import SettingError, nearest

    if kind not in FIGURES:
        raise SettingError(f"--kind: expected one of {', '.join(FIGURES)}, got {kind!r}.{nearest(kind, FIGURES)}")
    loaded = load_all(runs)
    target = output or (runs[0] / "figures" / f"{kind}.png" if len(runs) == 1 else Path(f"{kind}.png"))
    for path in save(FIGURES[kind](loaded), target):
        print(path)
    print(verdict(loaded))
