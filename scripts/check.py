"""`hetevo verify`: whether the directory of a run holds what was lived."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hetevo.scripts.errors import FAILED, AsJson, Oversubscribe, TrustRun, explain_errors

if TYPE_CHECKING:
    from hetevo.evolve.record_checks import Report

NOT_BEGUN = "it has not begun"
"""What is said of a run of which a sweep has the name alone."""

RunOrMore = Annotated[
    Path,
    typer.Argument(
        metavar="RUN|DIR|FILE.zip", help="Run directory, a sweep or folder of runs, or a file of `hetevo archive`."
    ),
]
Generation = Annotated[
    int | None, typer.Argument(metavar="G", help="Generation to replay; default: the newest that was saved.")
]
Replay = Annotated[bool, typer.Option("--replay", help="Compute a saved generation again, and compare the bits.")]
Workers = Annotated[
    int | None, typer.Option(help="Processes of the replay. Default: another number than the run's, and other blocks.")
]
Number = Annotated[
    int | None, typer.Option("--failure", metavar="K", help="Let the K-th recorded failure (from 0) live again, here.")
]


Data = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The file of a task table, for a replay, if the run has no copy.")
]


@explain_errors
def verify(
    run: RunOrMore,
    generation: Generation = None,
    replay: Replay = False,
    workers: Workers = None,
    failure: Number = None,
    data: Data = None,
    trust: TrustRun = False,
    oversubscribe: Oversubscribe = False,
    as_json: AsJson = False,
) -> None:
    """Check every checksum, and that every generation is recorded exactly once."""
    from hetevo.evolve.verify import verify as check
    from hetevo.populations.errors import SettingError

    # one recorded failure, or the whole directory
    if failure is not None:
        _repeat(run, failure, as_json, data=data, trust=trust)
        return
    if generation is not None and not replay:
        raise SettingError(f"{generation}: a generation is only needed to replay it; add --replay.")
    options: dict[str, Any] = {
        "replay": replay,
        "workers": workers,
        "data": data,
        "trust": trust,
        "oversubscribe": oversubscribe,
    }
    if run.is_file():
        if replay:
            raise SettingError(f"{run}: expected a run directory for --replay, got an archive. Unpack it first.")
        from hetevo.evolve.unpacking import verify_archive

        report = verify_archive(run)
    elif several := _find_several(run):
        if generation is not None:
            raise SettingError(f"{generation}: expected one run for its generation, got {run}, which holds several.")
        _verify_several(run, several, as_json, **options)
        return
    else:
        report = check(run, generation=generation, **options)
    # what is wrong goes to the error stream, and decides the exit status
    if as_json:
        print(json.dumps({**asdict(report), "ok": report.ok}))
    else:
        for line in report.notes:
            print(f"note: {line}")
        for line in report.checked:
            print(f"checked: {line}")
        for line in report.problems:
            print(f"problem: {line}", file=sys.stderr)
        print(f"{run}: {'all is well' if report.ok else f'{len(report.problems)} problem(s)'}")
    if not report.ok:
        raise typer.Exit(FAILED)


def _find_several(path: Path) -> list[Path]:
    """List the runs of a sweep or folder; none if it is a run itself, or holds nothing."""
    from hetevo.evolve.rundir.finding import find_runs

    found = list(find_runs([path])) if path.is_dir() else []
    return [] if [one.path for one in found] == [path] else [one.path for one in found]


def _verify_several(folder: Path, runs: list[Path], as_json: bool, **options: Any) -> None:
    """Verify many runs, a line each and a sum; exit 1 if anything is wrong with one. Some may not have begun."""
    from hetevo.evolve.record_checks import Report
    from hetevo.evolve.verify import verify as check
    from hetevo.populations.errors import HetevoError

    reports: dict[Path, Report] = {}
    for run in runs:
        begun = run.exists()
        try:
            report = check(run, **options) if begun else Report(notes=[NOT_BEGUN])
        except HetevoError as error:  # of this run: the others are looked at nevertheless
            report = Report(problems=[str(error)])
        reports[run] = report
        if as_json:
            continue
        for line in report.problems:
            print(f"problem: {line}", file=sys.stderr)
        said = "all is well" if begun else NOT_BEGUN
        print(f"{run}: {said if report.ok else f'{len(report.problems)} problem(s)'}")
    if not as_json:
        _print_notes(reports)
    # the sum, and a status that tells whether all is well
    wrong = sum(not report.ok for report in reports.values())
    if as_json:
        print(json.dumps([{"run": str(run), **asdict(report), "ok": report.ok} for run, report in reports.items()]))
    else:
        print(f"{folder}: {len(runs)} runs, {f'{wrong} with problems' if wrong else 'all is well'}")
    if wrong:
        raise typer.Exit(FAILED)


def _print_notes(reports: "Mapping[Path, Report]") -> None:
    """Print what was noted of runs, each note once; not what is true of every run."""
    from hetevo.evolve.rundir.sources import name_runs
    from hetevo.evolve.verify import NOT_COVERED

    noted: dict[str, list[str]] = {}
    for run, report in reports.items():
        for line in report.notes:
            if line not in (NOT_BEGUN, NOT_COVERED):
                noted.setdefault(line, []).append(run.name)
    for line, names in noted.items():
        print(f"note: {name_runs(names)}: {line}")


def _repeat(run: Path, number: int, as_json: bool, *, data: Path | None, trust: bool) -> None:
    """Say what becomes of an individual that had failed; exit 1 if it fails again."""
    from hetevo.evolve.replay import repeat

    found = repeat(run, number, data=data, trust=trust)
    if as_json:
        print(json.dumps(asdict(found)))
    else:
        print(f"generation {found.generation}, individual {found.individual} (id {found.identifier})")
        print(f"  then: {found.recorded}")
        print(f"  now:  {found.found or 'it lived'}")
        print(found.traceback, end="", file=sys.stderr)
    if found.found:
        raise typer.Exit(FAILED)
