"""`hetevo sweep`: many runs from one file, side by side."""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hetevo.scripts.errors import (
    FAILED,
    MACHINE_FAILED,
    AsJson,
    Oversubscribe,
    Portable,
    Samples,
    SamplingSeed,
    explain_errors,
    tell,
)
from hetevo.scripts.presets import list_names
from hetevo.scripts.progress import is_live

if TYPE_CHECKING:
    from rich.table import Table

    from hetevo.evolve.config import BackendTable
    from hetevo.evolve.sweeps import Outcome, Plan

PLAIN_SECONDS = 30.0
"""Seconds between two lines where there is no terminal."""

MANY = 10_000
"""Runs from which on it is said that a sweep takes time before the first one begins."""

SHOWN = 20
"""Rows of the table on a terminal; runs under way come first."""

Source = Annotated[
    str | None,
    typer.Argument(
        metavar="SWEEP|FILE.toml", help="A sweep that ships with Hetevo, or a file; without, sweeps are listed."
    ),
]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Directory of the sweep. Default: runs/NAME.")]
Workers = Annotated[int, typer.Option(min=0, help="Runs side by side; 0: one a core.")]
Backend = Annotated[str, typer.Option(help="Where runs go on: auto, local or ray.")]
Address = Annotated[str, typer.Option(metavar="HOST:PORT", help="A Ray cluster; never guessed.")]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "-s",
        "--set",
        metavar="KEY=VALUE",
        help="Change a value of all runs, whatever the file says of it. Commas part several, and every combination"
        " is run: -s network.wiring=amorphous,layered. A list is one value: 'network.levels=[8, 8],[16]' are two. Also"
        " logspace(0.01, 1, 5), linspace(…), and to be drawn: uniform(0, 1), loguniform(0.01, 1), integers(8, 64),"
        " choice(4, 8, 16).",
    ),
]
Share = Annotated[
    str | None,
    typer.Option(
        "--member",
        metavar="K/N",
        help="Only every N-th run, from the K-th on: a task of an array job, which may run beside the others.",
    ),
]
Trust = Annotated[
    bool,
    typer.Option("--trust", help="Import the modules that FILE.toml alone names, and read data outside its folder."),
]


@explain_errors
def sweep(
    source: Source = None,
    changes: Changes = None,
    output: Output = None,
    workers: Workers = 0,
    backend: Backend = "auto",
    address: Address = "",
    member: Share = None,
    samples: Samples = None,
    sampling_seed: SamplingSeed = None,
    trust: Trust = False,
    portable: Portable = False,
    oversubscribe: Oversubscribe = False,
    as_json: AsJson = False,
) -> None:
    """Run a sweep, or go on with it: repeating the command does what is left to do."""
    from hetevo.evolve.config import from_mapping
    from hetevo.evolve.sweeps import load_plan, read_changes, sweep_names
    from hetevo.populations.errors import spell

    if source is None:
        list_names(sweep_names(), as_json=as_json)
        return
    settings = {"backend": {"name": backend, "workers": workers, "address": address, "portable": portable}}
    place = from_mapping(settings, source="hetevo sweep").backend
    share = parse_share(member) if member is not None else (1, 1)
    # everything is checked before the first run begins
    given = read_changes(changes or [], samples, sampling_seed)
    folder = output or Path("runs") / Path(source).stem
    plan = load_plan(source, lambda message: tell(f"hetevo: {message}"), trust=trust, given=given, directory=folder)
    said = {"--member": member, "--samples": samples, "--sampling-seed": sampling_seed}
    options = [*(["--trust"] if trust else []), *(["--portable"] if portable else [])]
    options += [word for change in changes or [] for word in ("-s", change)]
    options += [word for option, value in said.items() if value is not None for word in (option, str(value))]
    again = spell("sweep", source, "-o", folder, *options)
    run_plan(plan, folder, place, again=again, oversubscribe=oversubscribe, as_json=as_json, share=share)


def parse_share(text: str) -> tuple[int, int]:
    """Return what ``--member`` was given: which share, from 1, and of how many.

    Raises
    ------
    SettingError
        If it is something else.
    """
    from hetevo.populations.errors import SettingError

    number, _, of = (part.strip() for part in text.partition("/"))
    # numbers of an array job are short
    if not (number.isdecimal() and of.isdecimal() and max(len(number), len(of)) < 10 and 1 <= int(number) <= int(of)):
        raise SettingError(
            f"--member {text}: expected K/N with K from 1 to N, such as 3/10 for the third of ten tasks. In an array"
            ' job of Slurm that begins with 1: --member "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"'
        )
    return int(number), int(of)


def run_plan(
    plan: "Plan",
    folder: Path,
    place: "BackendTable",
    *,
    again: str,
    as_json: bool,
    oversubscribe: bool = False,
    following: bool = True,
    share: tuple[int, int] = (1, 1),
) -> None:
    """Run a sweep and show how it goes; return if all runs are done, otherwise leave with a status that says why not.

    Parameters
    ----------
    plan : Plan
        The runs.
    folder : Path
        The sweep's directory.
    place : BackendTable
        Where runs go on.
    again : str
        The command that goes on with it.
    as_json : bool
        Print the outcomes as one JSON object.
    oversubscribe : bool, optional
        Start any number of processes.
    following : bool, optional
        Whether to say what to do next.
    share : tuple of int, optional
        Which share of the runs, and of how many; the last process that ends with its own says so of the whole sweep.
    """
    from hetevo.evolve.sweeps import conduct
    from hetevo.populations.errors import spell

    if len(plan.members) >= MANY:
        print(f"hetevo: {len(plan.members):,} runs: their list is written first, which takes a while", file=sys.stderr)
    with _Display() as display:
        outcomes, signal = conduct(
            plan, folder, backend=place, oversubscribe=oversubscribe, watch=display.show, share=share
        )
    if as_json:
        print(json.dumps({"path": str(folder), "signal": signal, "runs": [asdict(one) for one in outcomes]}))
    for one in outcomes:
        if one.error:
            what = "failed" if one.state == "failed" else "was interrupted by the machine"
            tell(f"{folder / one.run} {what}: {one.error}")
    tell(f"{folder}: {f'share {share[0]} of {share[1]}: ' if share[1] > 1 else ''}{_summary(outcomes)}")
    whole = _tell_whole(plan, folder) if share[1] > 1 else True
    # what to do next, and a status that says why not all is done
    left = {one.state for one in outcomes} - {"done"}
    if left:
        print(f"{'repair what failed, then go on' if left == {'failed'} else 'go on'}: {again}", file=sys.stderr)
    elif following and whole:
        print(f"next: {spell('plot', folder)}", file=sys.stderr)
    elif following:
        print(f"other shares are not done; look at all: {spell('status', folder)}", file=sys.stderr)
    if signal:
        raise typer.Exit(128 + signal)
    if "interrupted" in left and "failed" not in left:
        raise typer.Exit(MACHINE_FAILED)
    if left:
        raise typer.Exit(FAILED)  # also after STOP: whoever goes on with the results needs all of them


def _tell_whole(plan: "Plan", folder: Path) -> bool:
    """Say where all runs of a sweep stand, whoever runs them; tell whether they are done."""
    from hetevo.evolve.rundir.overview import Overview
    from hetevo.scripts.rows import write_sum

    names = {member.name for member in plan.members}
    standings = [one for one in Overview([folder]).look() if Path(one.path).name in names]
    tell(f"{folder}: all shares: {write_sum(standings)}")
    return all(one.state == "done" for one in standings)


class _Display:
    """One table on a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        from rich.live import Live

        from hetevo.scripts.console import Messages

        self._live = Live(console=Messages(), refresh_per_second=2, transient=True) if is_live() else None
        self._last = 0.0

    def show(self, outcomes: list["Outcome"]) -> None:
        """Show where all runs stand."""
        if self._live:
            self._live.update(_table(outcomes))
        elif time.monotonic() - self._last >= PLAIN_SECONDS:
            self._last = time.monotonic()
            print(_summary(outcomes), file=sys.stderr)

    def __enter__(self) -> "_Display":
        from hetevo.scripts.console import guard_streams

        if self._live:
            self._live.start()
            guard_streams()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live:
            self._live.stop()


def _summary(outcomes: list["Outcome"]) -> str:
    from hetevo.evolve.sweeps import STATES

    states = [outcome.state for outcome in outcomes]
    counts = [f"{states.count(state)} {state}" for state in STATES]
    return (
        f"{len(states)} runs" + ": " * bool(states) + ", ".join(count for count in counts if not count.startswith("0 "))
    )


def _table(outcomes: list["Outcome"]) -> "Table":
    from rich.table import Table

    table = Table(title=_summary(outcomes))
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
