"""`hetevo status`: where a run stands, or all runs of sweeps and folders, as a table."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hetevo.scripts.errors import FAILED, INTERRUPTED, AsJson, explain_errors, tell
from hetevo.scripts.progress import is_live

if TYPE_CHECKING:
    from hetevo.scripts.choosing import Choice
    from hetevo.scripts.rows import Row

WATCH_SECONDS = 2.0

QUIET = 3
"""Looks in a row at which nothing is under way, before it is said: between two runs of a sweep it may be so."""

QUIET_SECONDS = 10.0
"""Seconds between two looks from then on: a queue may be quiet for hours."""

ENDED = frozenset({"done", "failed", "damaged"})
"""States that nobody leaves without a person; what waits or was stopped may go on by itself, as in a queue."""

PLAIN_SECONDS = 10.0
"""Seconds between two sums where there is no terminal."""

FOLDER = Path("runs")
"""Where runs lie if nobody says otherwise."""

SHOWN = ("reason", "seed", "generation", "generations", "loss_best", "alignment_end", "digest", "probe_digest")
"""What is printed of one run as it is."""

Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="DIR", help="Runs, sweeps, or folders of either. Default: runs."),
]
Watch = Annotated[bool, typer.Option("--watch", help="Look again and again, until all runs have ended, or Ctrl-C.")]
State = Annotated[
    str | None,
    typer.Option(metavar="STATE,…", help="Only runs that are running, waiting, stopped, failed, damaged or done."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="Only runs with that, e.g. --where network.wiring=layered or seed=3."),
]
Settings = Annotated[bool, typer.Option("--settings", help="Show preset, seed, and the settings in which runs differ.")]
Sort = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="In that order, e.g. loss or a setting; --sort=-loss: largest first."),
]


@explain_errors
def status(
    paths: Paths = None,
    as_json: AsJson = False,
    watch: Watch = False,
    settings: Settings = False,
    state: State = None,
    where: Where = None,
    sort: Sort = None,
) -> None:
    """Say where runs stand: one in full, those of sweeps and folders as a table."""
    from hetevo.evolve.rundir import RunDirectory
    from hetevo.evolve.rundir.sweep import is_sweep
    from hetevo.scripts.choosing import Choice

    given = paths or [FOLDER]
    choice = Choice(state, tuple(where or ()), sort)
    alone = len(given) == 1 and not is_sweep(given[0]) and RunDirectory(given[0]).is_begun()
    try:
        # one run that is named is told in full, unless something is asked of a table
        if alone and not (choice.is_one or settings):
            _show_run(given[0], as_json=as_json, watch=watch)
        else:
            _show_runs(given, choice, as_json=as_json, watch=watch, settings=settings)
    except KeyboardInterrupt:
        # who looks has seen enough; nothing was interrupted
        if not watch:
            raise
        raise typer.Exit(INTERRUPTED) from None


def _show_run(path: Path, *, as_json: bool, watch: bool) -> None:
    """Print where one run stands; if it is watched whenever something is new, until it has ended."""
    from hetevo.evolve.rundir import RunDirectory

    directory = RunDirectory.open(path)
    shown, quiet = dict[str, Any](), _Quiet()
    while True:
        found = directory.status()
        # nothing new, nothing said
        if found != shown:
            print(json.dumps(found) if as_json else _write_status(found), flush=True)
            shown = found
        if not watch:
            return
        if found["state"] in ENDED:
            break
        quiet.wait({found["state"]})
    if found["state"] != "done":
        raise typer.Exit(FAILED)


def _show_runs(paths: list[Path], choice: "Choice", *, as_json: bool, watch: bool, settings: bool) -> None:
    """Print where many runs stand; with ``watch`` leave with 1 if not all of them are done in the end."""
    from hetevo.evolve.rundir import RunDirectoryError
    from hetevo.evolve.rundir.overview import Overview
    from hetevo.populations.errors import spell
    from hetevo.scripts.rows import print_table, write_json

    overview = Overview(paths)
    met: dict[str, str] = {}

    def look() -> "list[Row]":
        standings = overview.look()
        found = choice.apply(standings, settings=settings or as_json)
        # whoever was shown counts, also if it has left what is asked for since
        shown = {*met, *(row.stands.path for row in found)}
        met.update({one.path: one.state for one in standings if one.path in shown})
        return found

    waited = watch and _await_folders(paths)
    rows = look()
    # a directory is there a moment before its first run is
    while waited and choice.found == 0:
        time.sleep(WATCH_SECONDS)
        rows = look()
    if not rows and choice.found == 0:
        raise RunDirectoryError(
            f"There is no run in {', '.join(map(str, paths))}. Name a run, a sweep or a folder of either; make a run:"
            f" {spell('run', 'PRESET', '-o', 'RUN')}"
        )
    if choice.unknown:
        many = "s that have not begun have" if choice.unknown > 1 else " that has not begun has"
        tell(f"{choice.unknown} run{many} no settings yet: left out")
    if choice.why:
        tell(choice.why)
    if watch:
        rows = _watch(rows, look, choice, as_json=as_json, settings=settings)
        if choice.unknown or {*met.values()} - {"done"}:
            raise typer.Exit(FAILED)
    elif as_json:
        print(write_json(rows))
    else:
        print_table(rows, settings=settings)


def _await_folders(paths: list[Path]) -> bool:
    """Wait until everything that is named is there, for what makes it may be in a queue; tell whether it was not."""
    said = False
    while missing := [path for path in paths if not path.exists()]:
        if not said:
            tell(f"{', '.join(map(str, missing))}: not there yet, and waited for; Ctrl-C ends that")
            said = True
        time.sleep(WATCH_SECONDS)
    return said


def _watch(
    rows: "list[Row]", look: "Callable[[], list[Row]]", choice: "Choice", *, as_json: bool, settings: bool
) -> "list[Row]":
    """Look again and again, and show what is new, until all runs have ended; return what there is then."""
    from hetevo.scripts.rows import print_table

    display = _Lines(as_json=as_json) if as_json or not is_live(sys.stdout) else _Screen(settings=settings)
    quiet = _Quiet()
    with display:
        while True:
            display.show(rows)
            states = {row.stands.state for row in rows}
            # one that is left out until it begins has not ended
            if states <= ENDED and not choice.unknown:
                break
            quiet.wait(states, frozenset(row.stands.sweep for row in rows))
            rows = look()
    # what was written over is gone: the last look stays
    if isinstance(display, _Screen):
        print_table(rows, settings=settings)
    return rows


class _Quiet:
    """Waits from look to look, longer once nothing is under way, which is said then."""

    def __init__(self) -> None:
        self._looks = 0

    def wait(self, states: set[str], sweeps: frozenset[str] = frozenset()) -> None:
        """Wait until the next look; ``states``: of all runs at this one, ``sweeps``: theirs, of which one may begin."""
        from hetevo.evolve.sweeps.sharing import is_under_way

        busy = "running" in states or any(is_under_way(Path(sweep)) for sweep in sweeps if sweep)
        self._looks = 0 if busy else self._looks + 1
        if self._looks == QUIET:
            tell("nothing is under way; what is not done is waited for; Ctrl-C ends that")
        time.sleep(QUIET_SECONDS if self._looks >= QUIET else WATCH_SECONDS)


class _Lines:
    """A line for each run whose state changes, and for the sum; or one JSON object for all whenever something does."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json, self._said = as_json, ""
        self._states: dict[str, str] = {}
        self._next = 0.0

    def show(self, rows: "list[Row]") -> None:
        """Say what is new."""
        from hetevo.scripts.rows import write_json, write_sum

        if self._as_json:
            self._say(write_json(rows))
            return
        new = [row for row in rows if self._states.get(row.stands.path) != row.stands.state]
        # at the beginning the sum alone
        for row in new if self._states else ():
            print(row.line(), flush=True)
        self._states |= {row.stands.path: row.stands.state for row in new}
        if new or time.monotonic() >= self._next:
            self._next = time.monotonic() + PLAIN_SECONDS
            self._say(write_sum([row.stands for row in rows]))

    def _say(self, text: str) -> None:
        if text != self._said:
            print(text, flush=True)
            self._said = text

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *exception: object) -> None:
        pass


class _Screen:
    """A table that is written over; what is under way or has failed comes first, as far as it fits."""

    def __init__(self, *, settings: bool) -> None:
        from rich.live import Live

        from hetevo.scripts.console import Messages

        self._settings = settings
        self._live = Live(console=Messages(sys.stdout), auto_refresh=False, transient=True)

    def show(self, rows: "list[Row]") -> None:
        """Draw it anew."""
        from hetevo.evolve.rundir.overview import STATES
        from hetevo.scripts.rows import make_table, write_sum

        fits = max(1, self._live.console.height - 5)
        first = sorted(rows, key=lambda row: STATES.index(row.stands.state)) if len(rows) > fits else rows
        table = make_table(first[:fits], settings=self._settings, width=self._live.console.width)
        more = f"; {len(rows) - fits} more are not shown" if len(rows) > fits else ""
        table.caption = write_sum([row.stands for row in rows]) + more
        self._live.update(table, refresh=True)

    def __enter__(self) -> "_Screen":
        from hetevo.scripts.console import guard_streams

        self._live.start()
        guard_streams()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()


def _write_status(found: dict[str, Any]) -> str:
    from hetevo.populations.text import for_terminal

    telemetry = found["telemetry"]
    stages = [name for name in ("vary", "evaluate", "serialise", "wait", "record") if name in telemetry]
    # telemetry of old runs has less
    workers = ""
    if "utilisation" in telemetry and "workers" in telemetry:
        workers = f"{telemetry['workers']}, busy {telemetry['utilisation']:.0%} of the time"
        if "processor" in telemetry:
            workers += f" ({telemetry['processor']:.0%} of that on a processor)"
        workers += f", {telemetry['resent']} blocks sent again" if telemetry.get("resent") else ""
    rows = {
        "preset": ", ".join(part for part in (found["preset"], found["changes"]) if part),
        **{name: found[name] for name in SHOWN},
        "seconds": ", ".join(f"{name} {telemetry[name]:.3g}" for name in stages),
        "workers": workers,
        "news": found["news"],
    }
    # what is not known, or not there, has no line
    lines = [for_terminal(f"{found['path']}: {found['state']}")]
    for name, value in rows.items():
        if value is not None and value != "":
            lines.append(f"  {name:14} {f'{value:.4f}' if isinstance(value, float) else for_terminal(str(value))}")
    return "\n".join(lines)
