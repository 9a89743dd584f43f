"""Showing where the runs of a sweep stand, while it goes on and in the end."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hetevo.scripts.errors import tell
from hetevo.scripts.progress import is_live

if TYPE_CHECKING:
    from rich.table import Table

    from hetevo.evolve.sweeps import Outcome, Plan

PLAIN_SECONDS = 30.0
"""Seconds between two lines where there is no terminal."""

SHOWN = 20
"""Rows of the table on a terminal; runs under way come first."""


def tell_whole(plan: "Plan", folder: Path) -> bool:
    """Say where all runs of a sweep stand, whoever runs them; tell whether they are done."""
    from hetevo.evolve.rundir.overview import Overview
    from hetevo.scripts.rows import write_sum

    names = {member.name for member in plan.members}
    standings = [one for one in Overview([folder]).look() if Path(one.path).name in names]
    tell(f"{folder}: all shares: {write_sum(standings)}")
    return all(one.state == "done" for one in standings)


class Display:
    """One table on a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        from rich.live import Live

        from hetevo.scripts.console import Messages

        self._live = Live(console=Messages(), refresh_per_second=2, transient=True) if is_live() else None
        self._last = 0.0

    def show(self, outcomes: list["Outcome"]) -> None:
        """Show where all runs stand."""
        if self._live:
            self._live.update(make_table(outcomes))
        elif time.monotonic() - self._last >= PLAIN_SECONDS:
            self._last = time.monotonic()
            print(write_summary(outcomes), file=sys.stderr)

    def __enter__(self) -> "Display":
        from hetevo.scripts.console import guard_streams

        if self._live:
            self._live.start()
            guard_streams()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live:
            self._live.stop()


def write_summary(outcomes: list["Outcome"]) -> str:
    """Say in one line how many runs there are, and where they stand."""
    from hetevo.evolve.sweeps import STATES

    states = [outcome.state for outcome in outcomes]
    counts = [f"{states.count(state)} {state}" for state in STATES]
    return (
        f"{len(states)} run{'s' if len(states) != 1 else ''}"
        + ": " * bool(states)
        + ", ".join(count for count in counts if not count.startswith("0 "))
    )


def make_table(outcomes: list["Outcome"]) -> "Table":
    """Make a table of runs for a terminal, as far as it fits."""
    from rich.table import Table

    table = Table(title=write_summary(outcomes))
    for column in ("condition", "seed", "state", "generation", "alignment", "best loss"):
        table.add_column(column, justify="left" if column in ("condition", "state") else "right")
    # what is under way or failed comes first
    order = ("running", "elsewhere", "failed", "interrupted", "stopped", "waiting", "done")
    for one in sorted(outcomes, key=lambda outcome: order.index(outcome.state))[:SHOWN]:
        generation = "" if one.generation is None else f"{one.generation}/{one.generations}"
        alignment = "" if one.alignment_end is None else f"{one.alignment_end:+.3f}"
        loss = "" if one.loss_best is None else f"{one.loss_best:.3f}"
        table.add_row(one.condition, str(one.seed), one.state, generation, alignment, loss)
    return table
