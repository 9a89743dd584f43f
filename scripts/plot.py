"""`hetevo plot`: draw a figure of one or more runs."""

from pathlib import Path
from typing import Annotated

import typer

from hetevo.scripts.errors import Force, explained, load_matplotlib, warn

Runs = Annotated[list[Path] | None, typer.Argument(metavar="RUN...", help="Run directories, or sweeps.")]
Kind = Annotated[str, typer.Option(help="Kind of figure; 'list' names them. Default: the one that suits what was run.")]
File = Annotated[
    Path | None, typer.Option("-o", "--output", help="File to write: PNG, PDF or SVG. Default: RUN/figures/KIND.png.")
]


@explained
def plot(runs: Runs = None, kind: Kind = "", output: File = None, force: Force = False) -> None:
    """Draw a figure, and say in two lines what it shows."""
    load_matplotlib()
    from hetevo.analysis.conditions import load_all
    from hetevo.analysis.figures import FIGURES, save
    from hetevo.analysis.verdict import verdict
    from hetevo.evolve.rundir.places import inside
    from hetevo.populations.errors import SettingError, nearest, spell

    if kind == "list":
        for name, function in FIGURES.items():
            print(f"{name:15} {(function.__doc__ or '').splitlines()[0]}")
        return
    if kind and kind not in FIGURES:
        raise SettingError(f"--kind: expected one of {', '.join(FIGURES)}, got {kind!r}.{nearest(kind, FIGURES)}")
    if not runs:
        raise SettingError(f"Expected a run directory or a sweep to draw, got none: {spell('plot', 'RUN...')}")
    loaded = load_all(runs, notice=warn)
    if kind:
        drawn = FIGURES[kind](loaded)
    else:
        from hetevo.analysis.claims import CLAIMS, picture  # reads the file of every experiment

        kind, drawn = picture(CLAIMS, loaded)
    target = output or (inside(runs[0]) / "figures" / f"{kind}.png" if len(runs) == 1 else Path(f"{kind}.png"))
    for path in save(drawn, target, force=force, named=output is not None):
        print(path)
    print(verdict(loaded))
