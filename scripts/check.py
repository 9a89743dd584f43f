"""`hetevo verify`: whether the directory of a run holds what was lived."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hetevo.scripts.errors import FAILED, AsJson, Oversubscribe, TrustRun, explain_errors

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")]
RunOrArchive = Annotated[
    Path, typer.Argument(metavar="RUN|FILE.zip", help="Run directory, or a file of `hetevo archive`.")
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
    run: RunOrArchive,
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
    if run.is_file():
        if replay:
            raise SettingError(f"{run}: expected a run directory for --replay, got an archive. Unpack it first.")
        from hetevo.evolve.unpacking import verify_archive

        report = verify_archive(run)
    else:
        report = check(
            run,
            replay=replay,
            generation=generation,
            workers=workers,
            data=data,
            trust=trust,
            oversubscribe=oversubscribe,
        )
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
