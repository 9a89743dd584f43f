"""`hetevo compare`: how much conditions differ, over seeds."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hetevo.scripts.errors import AsJson, explain_errors, warn

if TYPE_CHECKING:
    import pandas as pd

Several = Annotated[
    list[Path], typer.Argument(metavar="RUN...", help="Run directories or sweeps, of two or more conditions.")
]
Against = Annotated[
    str | None, typer.Option(metavar="CONDITION", help="Compare the others with this one alone. Default: all pairs.")
]
Measures = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        metavar="COLUMN",
        help="A column of the generations, beside alignment, loss and, in classification, accuracy.",
    ),
]
Table = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the whole table into a CSV file.")]


@explain_errors
def compare(
    runs: Several,
    against: Against = None,
    measures: Measures = None,
    table: Table = None,
    as_json: AsJson = False,
) -> None:
    """Compare conditions in alignment and loss: differences over seeds, with intervals and tests."""
    from hetevo.analysis.conditions import load_all
    from hetevo.analysis.made import write_files
    from hetevo.analysis.statistics import contrasts
    from hetevo.analysis.sweeps import list_notes

    found = contrasts(load_all(runs, notice=warn), against=against, measures=measures or ())
    notes = list_notes(runs)
    if table:
        write_files({table: found.to_csv(index=False).encode()})
    if as_json:
        # NaN becomes null
        print(json.dumps({"contrasts": json.loads(found.to_json(orient="records")), "notes": notes}))
        return
    _print(found, notes)


def _print(found: "pd.DataFrame", notes: list[str]) -> None:
    """Print the table, how to read it, and what pilot runs chose."""
    from hetevo.analysis.statistics.contrasts import HEAD, NOTE, write_contrasts
    from hetevo.populations.text import for_terminal

    rows = [HEAD, *(tuple(map(for_terminal, row)) for row in write_contrasts(found))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(NOTE, file=sys.stderr)
    for note in notes:
        print(for_terminal(note), file=sys.stderr)
    # alignment is what every condition has seeds of; what a control has no value of says so by its dash
    if (found.loc[found["measure"] == found["measure"].iloc[0], ["n_first", "n_second"]].min(axis=1) < 2).any():
        warn("intervals and tests need two seeds a condition, and ten are better: see 'hetevo run --seeds 0..9'.")
