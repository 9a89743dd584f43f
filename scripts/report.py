"""`hetevo report`: everything about runs or sweeps in one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from hetevo.scripts.errors import Force, explained, load_matplotlib, warn

Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run directories, or sweeps.")]
File = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="HTML file to write. Default for one run or sweep: report.html inside it."),
]
Neutral = Annotated[
    str | None,
    typer.Option(metavar="CONDITION", help="What to compare with. Default: where parents are drawn by lot."),
]


@explained
def report(runs: Runs, output: File = None, neutral: Neutral = None, force: Force = False) -> None:
    """Write verdict, figures, tables, configuration and provenance into one HTML file."""
    load_matplotlib()
    from hetevo.analysis.report import report as make
    from hetevo.analysis.report import write
    from hetevo.evolve.rundir.places import inside
    from hetevo.populations.errors import SettingError

    if output is None and len(runs) > 1:
        raise SettingError(
            f"A report of {len(runs)} runs or sweeps belongs to none of them: say where with -o, for instance"
            " -o report.html."
        )
    made = make(runs, neutral=neutral)
    print(write(made, output or inside(runs[0]) / "report.html", force=force, named=output is not None))
    for line in made.headline:
        print(line)
    for fault in made.faults:
        warn(fault)
