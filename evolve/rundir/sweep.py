"""A sweep's directory: one run directory a run, and ``sweep.json``, which says what each of them is.

Any number of processes may run it. They have a share each in the lock on ``running``; the one that changes
``sweep.json`` has that on ``lock``.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hetevo.evolve.rundir.errors import DamagedError, RunBusyError, RunDirectoryError, SchemaError, StorageError
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
from hetevo.evolve.rundir.planned import Content, Settings, Stage, SweepFile
from hetevo.evolve.rundir.schemas import parse_json, validate
from hetevo.populations.errors import spell

FILE, LOCK, SHARED, STOP = "sweep.json", "lock", "running", "STOP"
SCHEMA = 2
LIMIT = 1 << 26

FIRST_STAGES: tuple[Stage, ...] = ("birth", "end")
"""Those that format 1 has; a list without others is still written in it, so that older versions read it."""


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


@dataclass(frozen=True)
class SweepList:
    """What a sweep's list says.

    Parameters
    ----------
    entries : list of Entry
        Its runs.
    drawn : list of Drawn
        What was drawn.
    settings : Settings
        Of the runs, as far as they were written down.
    ends : mapping of str to int
        By condition the generation to which its runs were asked to go on; others end where their configuration says.
    name : str
        What the sweep is called.
    """

    entries: list[Entry] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    ends: Mapping[str, int] = field(default_factory=dict)
    name: str = ""


def is_sweep(folder: Path) -> bool:
    """Tell whether a folder is a sweep's directory."""
    return is_there(inside(folder) / FILE)


def read_list(folder: Path) -> SweepList:
    """Read all that a sweep's list says; an empty one if there is no such sweep.

    Raises
    ------
    RunDirectoryError
        If the list is damaged.
    SchemaError
        If a newer version wrote it.
    StorageError
        If it cannot be read.
    """
    if not is_sweep(folder):
        return SweepList()
    found = _read(folder)
    drawn = [Drawn(each.seed, each.values, tuple(each.samples)) for each in found.drawn]
    return SweepList(_list_entries(found), drawn, found.settings, found.list_ends(), found.name)


def read_entries(folder: Path) -> list[Entry]:
    """Read what the runs of a sweep are, which must be there. Errors as for `read_list`."""
    return _list_entries(_read(folder))


def _list_entries(found: SweepFile) -> list[Entry]:
    return [Entry(run.run, run.condition, run.seed, run.stage, run.shown_as) for run in found.runs]


def _read(folder: Path) -> SweepFile:
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
        content = validate(raw, SweepFile, path)
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


def write_entries(
    folder: Path,
    name: str,
    entries: Iterable[Entry],
    drawn: Sequence[Drawn] = (),
    settings: Mapping[str, Content] | None = None,
    ends: Mapping[str, int] | None = None,
) -> None:
    """Make the directory, and write what its runs are and was drawn; what stands there, or comes meanwhile, stays.

    Parameters
    ----------
    folder : Path
        The sweep's directory.
    name : str
        What it is called.
    entries, drawn
        What to add.
    settings : mapping of str to dict, optional
        The configuration of each condition, as nested values.
    ends : mapping of str to int, optional
        By condition the generation to which its runs go on from now on; what stands there of others stays.

    Raises
    ------
    RunDirectoryError
        If the directory holds something else, or a run of that name is another condition.
    StorageError
        If it cannot be written.
    """
    folder = inside(folder)
    asked = SweepList(list(entries), list(drawn), Settings().with_conditions(settings or {}), ends or {})
    if not _is_ours(folder):
        raise RunDirectoryError(
            f"{folder} exists and is not a sweep. Choose another directory with -o; nothing is overwritten."
        )
    make_folders(Path(folder))
    changed = _merge(folder, asked)[1]
    try:
        if changed:  # so that a sweep that is done needs no room on the disk
            _write(folder, name, asked)
    except StorageError:
        # an older version wrote no settings, and nothing depends on them
        if changed != ["settings"]:
            raise


def _write(folder: Place, name: str, asked: SweepList) -> None:
    """Write the list under the lock: another process may have written meanwhile."""
    with lock_sweep(folder):
        known, changed = _merge(folder, asked)
        if not changed:
            return
        remove_leftovers(folder)
        schema = SCHEMA if any(entry.stage not in FIRST_STAGES for entry in known.entries) else 1
        content = {"schema": schema, "name": name, "runs": [_as_written(entry) for entry in known.entries]}
        # what there is not is left out
        content |= {"drawn": [asdict(each) for each in known.drawn]} if known.drawn else {}
        content |= {"settings": known.settings.model_dump()} if known.settings.conditions else {}
        content |= {"ends": known.ends} if known.ends else {}
        write_durably(folder / FILE, json.dumps(content, indent=1).encode())


def _merge(folder: Place, asked: SweepList) -> tuple[SweepList, list[str]]:
    """Return what is to stand in the list, and in which parts something else stands there."""
    there = read_list(folder)
    known = _merge_entries(folder, there.entries, asked.entries)
    draws = _merge_drawn(there.drawn, asked.drawn)
    settings = there.settings.with_conditions(asked.settings.all())
    ends = {**there.ends, **asked.ends}
    written = is_sweep(folder) and [*map(_as_written, known)] == [*map(_as_written, there.entries)]
    stays = {
        "entries": written,
        "drawn": draws == there.drawn,
        "settings": settings == there.settings,
        "ends": ends == there.ends,
    }
    return SweepList(known, draws, settings, ends), [part for part, same in stays.items() if not same]


def _merge_drawn(there: list[Drawn], asked: list[Drawn]) -> list[Drawn]:
    draws = list(there)
    for each in asked:
        # more samples of the same begin with those that were drawn before
        at = [n for n, one in enumerate(draws) if (one.seed, one.values) == (each.seed, each.values)]
        if not at:
            draws.append(each)
        elif len(each.samples) > len(draws[at[0]].samples):
            draws[at[0]] = each
    return draws


def _as_written(entry: Entry) -> dict[str, object]:
    """Return what stands in the file; what is not said of a run is left out."""
    return {key: value for key, value in asdict(entry).items() if key != "shown_as" or value}


def _merge_entries(folder: Place, there: list[Entry], entries: list[Entry]) -> list[Entry]:
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
