"""The runs below some folders, and where each stands; a run is read anew only where its files have changed."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from hetevo.analysis.conditions import as_entry, name_conditions
from hetevo.analysis.runs import LoadedRun, load_run
from hetevo.analysis.serve.kept import Kept
from hetevo.evolve.rundir import RunDirectory, system
from hetevo.evolve.rundir.files import is_folder, names
from hetevo.evolve.rundir.owner import is_held
from hetevo.evolve.rundir.places import Place, inside
from hetevo.evolve.rundir.sweep import FILE, Entry, read_entries
from hetevo.populations.errors import HetevoError, SettingError

DEPTH = 4
"""Folders in folders in which runs and sweeps are looked for."""

MOST_FOLDERS = 20_000
"""Folders that are looked into; more are not a place for runs but somebody's whole disk."""

FRESH_SECONDS = 2.0
"""For so long what was read of all runs counts as what is there now, however many pages ask."""

LOADED_BYTES = 256 << 20
"""Of tables of generations that are kept in memory."""

STATES = ("running", "done", "stopped", "failed", "waiting", "unreadable")
"""Where a run can stand; ``"waiting"``: a sweep lists it, and it has not begun."""


@dataclass(frozen=True)
class Row:
    """A run, and where it stands.

    Parameters
    ----------
    identifier : str
        By which addresses name it: they hold no paths.
    place : Place
        Its directory, reached through no link below the folder that was named.
    name : str
        Its path from there.
    folder : str
        The sweep or folder that it lies in, as part of ``name``.
    entries : tuple of Entry
        What it is in its sweep; nothing if it is in none.
    condition, state, reason : str
        Its condition, one of `STATES`, and why it ended early or cannot be read.
    seed, generation, planned : int or None
        Its seed, the last generation that is recorded, and the last one that it is to have; None: unknown.
    alignment, loss : float or None
        Of that generation: the population's mean alignment at the end of life, and the best loss.
    changed : float or None
        When its records last changed, in seconds since 1970.
    version : str
        Another one whenever its files have changed.
    """

    identifier: str
    place: Place
    name: str
    folder: str
    entries: tuple[Entry, ...] = ()
    condition: str = ""
    state: str = "waiting"
    reason: str = ""
    seed: int | None = None
    generation: int | None = None
    planned: int | None = None
    alignment: float | None = None
    loss: float | None = None
    changed: float | None = None
    version: str = ""

    @property
    def progress(self) -> float | None:
        """Share of its generations that are recorded, from 0 to 1."""
        if self.generation is None or self.planned is None:
            return None
        return min(self.generation / self.planned, 1.0) if self.planned else 1.0


class Folders:
    """Folders with runs, sweeps, or folders of either; nothing in them is changed.

    Parameters
    ----------
    paths : sequence of Path
        The folders. Links on the way to them are followed, those below them are not.

    Raises
    ------
    SettingError
        If one of them is no folder.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        for path in paths:
            if not path.is_dir():
                reason = "a file" if path.exists() else "nothing"
                raise SettingError(f"{path}: expected a folder with runs or sweeps, got {reason}.")
        self.roots = [inside(path.absolute()) for path in paths]
        self.problems: list[str] = []
        self._rows: list[Row] = []
        self._until = 0.0
        self._known: dict[str, tuple[object, Row]] = {}
        self._loaded: Kept[LoadedRun] = Kept(LOADED_BYTES, lambda run: int(run.generations.memory_usage().sum()))

    def rows(self) -> list[Row]:
        """Return all runs, in the order of their names; what was read less than `FRESH_SECONDS` ago still counts.

        Raises
        ------
        SettingError
            If there are more than `MOST_FOLDERS` folders.
        """
        if time.monotonic() >= self._until:
            self.problems = []
            self._rows = [self._look(row) for row in self._find()]
            self._until = time.monotonic() + FRESH_SECONDS
        return self._rows

    def load(self, rows: Iterable[Row]) -> tuple[list[LoadedRun], list[str]]:
        """Read runs, each with its condition as label, see `hetevo.analysis.conditions.load_all`.

        Returns
        -------
        runs : list of LoadedRun
            One that its sweep lists at several stages of life comes several times.
        notices : list of str
            What was left out, and why.
        """
        runs: list[LoadedRun] = []
        notices: list[str] = []
        for row in rows:
            try:
                run = self._loaded.get((row.identifier, row.version), partial(load_run, row.place))
            except HetevoError as error:
                notices.append(str(error))
                continue
            compared = [entry for entry in row.entries if entry.stage != "pilot"]
            runs += [as_entry(run, entry) for entry in compared] or [run]
        return (name_conditions(runs, notice=notices.append) if runs else []), notices

    def _find(self) -> Iterator[Row]:
        """Look for runs below all folders; one that two of them hold comes once."""
        seen: set[tuple[int, int]] = set()
        left = iter(range(MOST_FOLDERS))
        for number, root in enumerate(self.roots):
            for place, entries in self._walk(root, left):
                key = _inode(place)
                if key in seen:
                    continue
                if key:
                    seen.add(key)
                parts = (root.resolve().name, *place.names) if len(self.roots) > 1 or not place.names else place.names
                identifier = sha256("/".join((str(number), *place.names)).encode("utf-8", "surrogatepass"))
                yield Row(identifier.hexdigest()[:12], place, "/".join(parts), "/".join(parts[:-1]), entries)

    def _walk(self, place: Place, left: Iterator[int], depth: int = 0) -> Iterator[tuple[Place, tuple[Entry, ...]]]:
        if next(left, None) is None:
            raise SettingError(
                f"There are more than {MOST_FOLDERS:,} folders to look into. Name the folders of the runs themselves."
            )
        try:
            found = names(place)
            # a run, a sweep with the runs that it lists, or a folder of any of them
            if "config.toml" in found:
                yield place, ()
                return
            if FILE in found:
                entries: dict[str, list[Entry]] = {}
                for entry in read_entries(place):
                    entries.setdefault(entry.run, []).append(entry)
                for name, several in entries.items():
                    yield place / name, tuple(several)
                return
        except HetevoError as error:
            self.problems.append(str(error))
            return
        for name in found:
            if depth < DEPTH and not name.startswith(".") and _is_own_folder(place / name):
                yield from self._walk(place / name, left, depth + 1)

    def _look(self, row: Row) -> Row:
        """Say where a run stands: its files are read where they have changed, and its lock is looked at."""
        directory = RunDirectory(row.place)
        try:
            if not directory.is_begun():
                seed = row.entries[0].seed if row.entries else None
                return replace(row, condition=_condition_in(row.entries), seed=seed)
            parts = directory.generations.files()
            # the newest part is replaced whenever rows are added, all others stay
            files = [directory.config_file, directory.provenance.path, *parts[-1:]]
            stamps = [_stamp(file) for file in files]
            stamp, known = self._known.get(row.identifier, (None, row))
            key = (stamps, len(parts), row.entries)
            if stamp != key:
                version = sha256(repr(key).encode("utf-8", "surrogatepass")).hexdigest()[:12]
                known = replace(_read_row(row, directory), version=version)
                known = replace(known, changed=stamps[-1][0] / 1e9 if parts else None)
                self._known[row.identifier] = key, known
            return replace(known, state="running") if is_held(directory.lock_file) else known
        except HetevoError as error:
            return replace(row, condition=_condition_in(row.entries), state="unreadable", reason=str(error))


def _read_row(row: Row, directory: RunDirectory) -> Row:
    """Read what a row says from the configuration, the newest records and the provenance."""
    config, newest = directory.config(), directory.last_generation()
    try:
        sessions = directory.provenance.read()["sessions"]
    except HetevoError:  # nothing depends on that file
        sessions = []
    last = sessions[-1] if sessions else {}
    seed, planned = config.get("seed"), config.get("evolution", {}).get("generations")
    return replace(
        row,
        condition=_condition_in(row.entries) or str(config.get("preset") or row.name.rpartition("/")[2]),
        state=last.get("outcome") or "stopped",
        reason=str(last.get("reason", "")),
        seed=seed if isinstance(seed, int) else 0,
        generation=newest.get("generation"),
        planned=planned if isinstance(planned, int) else None,
        alignment=newest.get("alignment_end"),
        loss=newest.get("loss_best"),
    )


def _condition_in(entries: Sequence[Entry]) -> str:
    """Return what a run is in its sweep, at the end of life if it is looked at there; empty if it is in none."""
    return next((entry.condition for entry in sorted(entries, key=lambda entry: entry.stage != "end")), "")


def _stamp(file: Path) -> tuple[int, int, int]:
    """Return by what a file is known to be the same: when it was changed, its size and its number."""
    try:
        found = system.look(file)
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino


def _inode(place: Place) -> tuple[int, int] | None:
    try:
        found = system.look(place)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_own_folder(place: Place) -> bool:
    """Tell whether something is a folder that can be looked into, and no link."""
    try:
        return is_folder(place)
    except HetevoError:
        return False
