"""A sweep's directory: one run directory a run, and ``sweep.json``, which says what each of them is.

Any number of processes may run it. They have a share each in the lock on ``running``; the one that changes
``sweep.json`` has that on ``lock``.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from hetevo.evolve.rundir.errors import DamagedError, RunBusyError, RunDirectoryError, SchemaError
from hetevo.evolve.rundir.files import (
    is_directory,
    is_leftover,
    is_there,
    make_folders,
    names,
    read_bounded,
    remove_leftovers,
    write_durably,
)
from hetevo.evolve.rundir.lock import PAUSE, Lock
from hetevo.evolve.rundir.places import Place, inside
from hetevo.evolve.rundir.schemas import Loose, parse_json, validate
from hetevo.populations.errors import spell

FILE, LOCK, SHARED, STOP = "sweep.json", "lock", "running", "STOP"
SCHEMA = 2
LIMIT = 1 << 26

Stage = Literal["birth", "end", "innate-descending", "innate-ascending", "pilot"]

FIRST_STAGES: tuple[Stage, ...] = ("birth", "end")
"""Those that format 1 has; a list without others is still written in it, so that older versions read it."""


class _Run(Loose):
    run: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.=_-]*$", max_length=255)]
    condition: Annotated[str, Field(min_length=1)]
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    stage: Stage = "end"
    shown_as: str = ""


class _Drawn(Loose):
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    values: dict[str, str]
    samples: list[dict[str, Any]]


class _File(Loose):
    version: Literal[1, 2] = Field(alias="schema")
    runs: list[_Run]
    drawn: tuple[_Drawn, ...] = Field((), strict=False)


@dataclass(frozen=True)
class Entry:
    """One run of a sweep.

    Parameters
    ----------
    run : str
        Name of its directory, inside the sweep's.
    condition : str
        What it shares with the runs that differ by their seed only.
    seed : int
        Its seed.
    stage : str
        Stage of life at which the condition is measured. ``"birth"``: the condition is another run's, looked at before
        any plasticity. ``"innate-descending"``, ``"innate-ascending"``: another run's at the end of life, with one
        pathway's weights as they were at birth. ``"pilot"``: of no condition that is compared; it chose a setting of
        others.
    shown_as : str
        What figures call the condition; nothing else depends on it.
    """

    run: str
    condition: str
    seed: int
    stage: Stage = "end"
    shown_as: str = field(default="", compare=False)


@dataclass(frozen=True)
class Drawn:
    """What a sweep drew.

    Parameters
    ----------
    seed : int
        Of the draws.
    values : mapping of str to str
        Distributions by dotted key.
    samples : tuple of mapping
        Values by dotted key, sample by sample.
    """

    seed: int
    values: Mapping[str, str]
    samples: tuple[Mapping[str, Any], ...]


def is_sweep(folder: Path) -> bool:
    """Tell whether a folder is a sweep's directory."""
    return is_there(inside(folder) / FILE)


def read_entries(folder: Path) -> list[Entry]:
    """Read what the runs of a sweep are.

    Raises
    ------
    RunDirectoryError
        If the list is damaged.
    SchemaError
        If a newer version wrote it.
    StorageError
        If it cannot be read.
    """
    return [Entry(run.run, run.condition, run.seed, run.stage, run.shown_as) for run in _read(folder).runs]


def read_drawn(folder: Path) -> list[Drawn]:
    """Read what a sweep has drawn so far; nothing if there is no such sweep. Errors as for `read_entries`."""
    if not is_sweep(folder):
        return []
    return [Drawn(each.seed, each.values, tuple(each.samples)) for each in _read(folder).drawn]


def _read(folder: Path) -> _File:
    path = inside(folder) / FILE
    try:
        # a newer format first: its content may be anything
        raw = parse_json(read_bounded(path, LIMIT))
        schema = raw.get("schema") if isinstance(raw, dict) else None
        if type(schema) is int and schema > SCHEMA:
            raise SchemaError(
                f"{path} has the format {str(schema)[:20]}; this version of Hetevo reads format {SCHEMA}. Nothing was"
                " changed: use the version that wrote it."
            )
        content = validate(raw, _File, path)
        if len({(run.run, run.stage) for run in content.runs}) < len(content.runs):
            raise ValueError("expected each run once at each stage")
        return content
    except (ValueError, DamagedError) as error:
        reason = str(error).removeprefix(f"{path}: ").removesuffix(" Put a copy of the file in its place.")
        raise RunDirectoryError(
            f"{path} is damaged: {reason.removesuffix('.')}. It only lists the runs beside it, which are not touched."
            f" Put a copy in its place; or remove it, and repeat each '{spell('sweep')}' that made them into this"
            " directory: what is done stays done."
        ) from None


def write_entries(folder: Path, name: str, entries: Iterable[Entry], drawn: Sequence[Drawn] = ()) -> None:
    """Make the directory, and write what its runs are and was drawn; what stands there, or comes meanwhile, stays.

    Raises
    ------
    RunDirectoryError
        If the directory holds something else, or a run of that name is another condition.
    StorageError
        If it cannot be written.
    """
    entries, folder = list(entries), inside(folder)
    if not _is_ours(folder):
        raise RunDirectoryError(
            f"{folder} exists and is not a sweep. Choose another directory with -o; nothing is overwritten."
        )
    make_folders(Path(folder))
    if _find_changes(folder, entries, drawn) is None:
        return  # so that a sweep that is done needs no room on the disk
    # again under the lock: another process may have written meanwhile
    with lock_sweep(folder):
        changed = _find_changes(folder, entries, drawn)
        if changed is None:
            return
        known, draws = changed
        remove_leftovers(folder)
        schema = SCHEMA if any(entry.stage not in FIRST_STAGES for entry in known) else 1
        content = {"schema": schema, "name": name, "runs": [_as_written(entry) for entry in known]}
        if draws:
            content["drawn"] = [asdict(each) for each in draws]
        write_durably(folder / FILE, json.dumps(content, indent=1).encode())


def _find_changes(
    folder: Place, entries: list[Entry], drawn: Sequence[Drawn]
) -> tuple[list[Entry], list[Drawn]] | None:
    """Return what is to be written; None if it stands there already."""
    there = read_entries(folder) if is_sweep(folder) else None
    known, draws = _merge(folder, there or [], entries), read_drawn(folder)
    before = list(draws)
    for each in drawn:
        # more samples of the same begin with those that were drawn before
        at = [n for n, one in enumerate(draws) if (one.seed, one.values) == (each.seed, each.values)]
        if not at:
            draws.append(each)
        elif len(each.samples) > len(draws[at[0]].samples):
            draws[at[0]] = each
    same = there is not None and [*map(_as_written, known)] == [*map(_as_written, there)]
    return None if same and draws == before else (known, draws)


def _as_written(entry: Entry) -> dict[str, object]:
    """Return what stands in the file; what is not said of a run is left out."""
    return {key: value for key, value in asdict(entry).items() if key != "shown_as" or value}


def _merge(folder: Place, there: list[Entry], entries: list[Entry]) -> list[Entry]:
    # a run is one condition for good
    known = {(entry.run, entry.stage): entry for entry in there}
    for entry in entries:
        before = known.setdefault((entry.run, entry.stage), entry)
        if before != entry:
            raise RunDirectoryError(f"{folder / entry.run} is {before}, not {entry}. Choose another directory.")
        if entry.shown_as:  # figures may call it otherwise from now on
            known[entry.run, entry.stage] = entry
    return list(known.values())


def _is_ours(folder: Place) -> bool:
    """Tell whether a folder is a sweep, or not there, or has only what a start leaves that was killed or is at work.

    A sweep whose list was removed still has runs, and the files of its locks.
    """
    if not is_directory(Path(folder)):
        return not is_there(Path(folder))
    found = names(folder)
    own = (LOCK, SHARED, *((STOP,) if LOCK in found else ()))
    others = [name for name in found if name not in own and not is_leftover(name)]
    return (
        FILE in found
        or not others
        or ({LOCK, SHARED} <= {*found} and any(is_there(folder / name / "config.toml") for name in others))
    )


def lock_sweep(folder: Place) -> Lock:
    """Become the one that changes the sweep's own files, after those that do: each takes a moment."""
    while True:
        try:
            return Lock(folder / LOCK)
        except RunBusyError:
            time.sleep(PAUSE)
