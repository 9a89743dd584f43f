"""Where runs lie: in sweeps and folders, found by the names of their files, through no link below what was named."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hetevo.evolve.rundir.errors import RunDirectoryError
from hetevo.evolve.rundir.files import is_directory, is_there
from hetevo.evolve.rundir.places import inside
from hetevo.evolve.rundir.sweep import FILE as SWEEP_FILE
from hetevo.evolve.rundir.sweep import Entry, SweepList, read_list
from hetevo.populations.errors import HetevoError, spell

DEPTH = 6
"""Folders in folders that are searched for runs."""

MOST = 100_000
"""Folders beyond which a search is given up: that is no place for runs."""

MOST_NAMED = 12
"""Runs and sweeps that a message names."""

_FILES = {"config.toml", "provenance.json", "lock", "events.jsonl", "checkpoints", "generations", "individuals"}
"""What a run directory holds; two of these make one, though something of it may be missing."""


class Found(NamedTuple):
    """A run that was found.

    Parameters
    ----------
    path : Path
        Its directory.
    sweep : Path or None
        The sweep's directory, if it is of one.
    entry : Entry or None
        What the sweep says of it.
    problem : str
        Why it is no run, though something should be there.
    settings : dict
        The configuration that it will have but for its seed, as nested values, as far as the sweep says.
    end : int or None
        The generation to which the sweep was asked to go on with it.
    """

    path: Path
    sweep: Path | None = None
    entry: Entry | None = None
    problem: str = ""
    settings: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it
    end: int | None = None


def find_runs(paths: Iterable[Path]) -> Iterator[Found]:
    """Find the runs that are named, or lie in sweeps and folders that are.

    Parameters
    ----------
    paths : iterable of Path
        Runs, sweeps, or folders of either. Links that are named are followed, those found below are not.

    Yields
    ------
    Found
        Each once, in the order of the paths; in a folder by name, in a sweep as its list has them.

    Raises
    ------
    RunDirectoryError
        If there is nothing of that name, or far too many folders in it.
    """
    seen: set[str] = set()
    left = MOST
    for path in paths:
        if not is_directory(path):
            what = "is a file" if is_there(path) else "does not exist"
            raise RunDirectoryError(f"{path} {what}. Expected a run, a sweep, or a folder in which they lie.")
        # a list instead of calls, deepest last: names in order, and nothing twice
        waiting = [(path, 0)]
        while waiting:
            folder, depth = waiting.pop()
            names, folders = _list(folder)
            left -= 1
            if left < 0:
                raise RunDirectoryError(
                    f"{path} holds more than {MOST:,} folders, and is not searched. Name the folder in which runs lie."
                )
            own = list(_find_own(folder, names, folders))
            if not own and depth < DEPTH:
                waiting += [(folder / name, depth + 1) for name in sorted(folders, reverse=True)]
            for found in own:
                key = os.path.realpath(found.path.parent) + os.sep + found.path.name
                if key not in seen:
                    seen.add(key)
                    yield found


def refuse_folder(path: Path, command: str) -> None:
    """Refuse a folder that is neither run nor sweep; pass one that is what is left of a run.

    Parameters
    ----------
    path : Path
        The folder.
    command : str
        What takes the runs and sweeps in it, one by one.

    Raises
    ------
    RunDirectoryError
        With what lies in it, and how to name that; or if there is nothing of that name.
    """
    found = list(find_runs([path]))
    if any(one.path == path for one in found):
        return
    sweeps = {one.sweep for one in found if one.sweep}
    runs = {one.path for one in found if not one.sweep}
    if not found:
        raise RunDirectoryError(f"{path} is no run directory, and there is no run in it. Name a run or a sweep.")
    parts = [(len(sweeps), "sweep"), (len(runs), "run")]
    held = " and ".join(f"{count} {what}{'s' if count > 1 else ''}" for count, what in parts if count)
    named = sorted({*sweeps, *runs})
    more = f", and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    raise RunDirectoryError(f"{path} is a folder of {held}. Name them: {spell(command, *named[:MOST_NAMED])}{more}")


def _list(folder: Path) -> tuple[set[str], set[str]]:
    """List all names in a folder, and those of folders that may be searched: no links, nothing hidden."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError:
        return set(), set()  # of somebody else
    plain = {one.name for one in entries if one.is_dir(follow_symlinks=False) and not one.name.startswith(".")}
    return {one.name for one in entries}, plain


def _find_own(folder: Path, names: set[str], folders: set[str]) -> Iterator[Found]:
    """Find the run that a folder is, or the runs of the sweep that it is; nothing if it is neither."""
    if SWEEP_FILE not in names:
        if len(_FILES & names) > 1:
            yield Found(folder)
        return
    sweep = inside(folder)
    there = SweepList()
    try:
        there = read_list(folder)
    except HetevoError as error:
        yield Found(folder / SWEEP_FILE, folder, problem=str(error))
    # a run that is looked at in several stages is one
    listed = {entry.run: entry for entry in there.entries[::-1]}
    settings = there.settings.all()
    for name in reversed(listed):
        entry = listed[name]
        end = there.ends.get(entry.condition)
        yield Found(sweep / name, folder, entry, settings=settings.get(entry.condition, {}), end=end)
    # what was rescued, or is of a list that was lost
    for name in sorted(folders - listed.keys()):
        if len(_FILES & _list(folder / name)[0]) > 1:
            yield Found(sweep / name, folder)
