"""Showing where the runs of a sweep stand, while it goes on and in the end."""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hetevo.scripts.errors import tell
from hetevo.scripts.progress import is_live

if TYPE_CHECKING:
    from rich.table import Table

    from hetevo.evolve.sweeps import Outcome, Plan

PLAIN_SECONDS = 30.0
"""Seconds between two lines where there is no terminal."""

LOOK_SECONDS = 1.0
"""Longest look, before a sweep begins, at which of its runs were done before."""

SHOWN = 20
"""Rows of the table on a terminal; runs under way come first."""


def find_done(plan: "Plan", folder: Path) -> frozenset[str]:
    """Find the runs that were done before, as their small files say, as many as can be looked at in a moment."""
    from hetevo.evolve.rundir import RunDirectory
    from hetevo.populations.errors import HetevoError

    done, begin = set(), time.monotonic()
    for member in plan.members:
        directory = RunDirectory(folder / member.name)
        try:
            if directory.is_begun() and directory.provenance.outcome() == "done":
                end = directory.config()["evolution"]["generations"]
                done |= {member.name} if end >= (member.extended_to or 0) else set()
        except (HetevoError, OSError, KeyError, TypeError):
            continue  # what is wrong with it is said when its turn comes
        if time.monotonic() - begin > LOOK_SECONDS:
            break
    return frozenset(done)


def find_others(plan: "Plan", folder: Path) -> frozenset[str]:
    """Find the runs that a sweep's directory lists and a plan does not; say so if it brings new ones beside them."""
    from hetevo.evolve.rundir.sweep import read_list

    there = {entry.run for entry in read_list(folder).entries}
    asked = {member.name for member in plan.members}
    others, new = there - asked, asked - there
    if others and new:
        runs = f"{len(new)} new run{'s' if len(new) > 1 else ''}"
        tell(f"{folder}: {runs} beside {len(others)} that this command does not name")
    return frozenset(others)


def tell_others(names: frozenset[str], folder: Path) -> None:
    """Say where the runs of a sweep's directory stand that a command did not name, if there are some."""
    from hetevo.evolve.rundir.overview import Overview
    from hetevo.scripts.rows import write_sum

    if names:
        standings = [one for one in Overview([folder]).look() if Path(one.path).name in names]
        tell(f"{folder}: not named by this command: {write_sum(standings)}")


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

    def __init__(self, done: frozenset[str] = frozenset()) -> None:
        """Make one; ``done``: names of the runs that were done before, which are only looked at again."""
        from rich.live import Live

        from hetevo.scripts.console import Messages

        self._live = Live(console=Messages(), refresh_per_second=2, transient=True) if is_live() else None
        self._last, self._done = 0.0, done

    def show(self, outcomes: list["Outcome"]) -> None:
        """Show where all runs stand."""
        outcomes = [
            replace(one, state="done") if one.run in self._done and one.state in ("running", "waiting") else one
            for one in outcomes
        ]
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
