"""The runs below some folders, where each stands, and what they recorded; read anew only where that has changed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from hetevo.analysis.conditions import as_entry, name_conditions
from hetevo.analysis.runs import LoadedRun, load_run
from hetevo.analysis.serve.kept import Kept
from hetevo.evolve.rundir import system
from hetevo.evolve.rundir.overview import Overview, Standing
from hetevo.evolve.rundir.places import Place, inside
from hetevo.evolve.rundir.sweep import Entry, read_entries
from hetevo.populations.errors import HetevoError, SettingError

FRESH_SECONDS = 2.0
"""For so long what was read of all runs counts as what is there now, however many pages ask."""

LOADED_BYTES = 256 << 20
"""Of tables of generations that are kept in memory."""


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
    stands : Standing
        Where it stands.
    changed : float or None
        When rows were last added to its records, in seconds since 1970; None: never.
    """

    identifier: str
    place: Place
    name: str
    stands: Standing
    changed: float | None = None

    @property
    def folder(self) -> str:
        """The sweep or folder that it lies in, as part of its name."""
        return self.name.rpartition("/")[0]

    @property
    def condition(self) -> str:
        """What it is in its sweep; else its preset with what was changed, or the name of its directory."""
        stands = self.stands
        preset = ", ".join(filter(None, (stands.preset, stands.changes)))
        return stands.condition or preset or self.name.rpartition("/")[2]

    @property
    def progress(self) -> float | None:
        """Share of its generations that have lived, from 0 to 1; None if it is unknown."""
        done, planned = self.stands.generation, self.stands.generations
        if done is None or planned is None:
            return None
        return min(done / planned, 1.0) if planned > 0 else 1.0

    @property
    def version(self) -> str:
        """What is another whenever there may be more to read of it."""
        return f"{self.changed}.{self.stands.generations}.{self.stands.state}"


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
        self._roots = [path.absolute() for path in paths]
        self._overviews = [Overview([root]) for root in self._roots]
        self._rows: list[Row] = []
        self._until = 0.0
        self._loaded: Kept[LoadedRun] = Kept(LOADED_BYTES, lambda run: weigh_runs([run]))

    def rows(self) -> list[Row]:
        """Return all runs; what was read less than `FRESH_SECONDS` ago still counts.

        Raises
        ------
        RunDirectoryError
            If a folder is not there any more, or holds far too many others.
        """
        if time.monotonic() >= self._until:
            found: dict[str, tuple[Path, Standing]] = {}
            for root, overview in zip(self._roots, self._overviews, strict=True):
                for stands in overview.look():
                    # one that lies in two of the folders comes once
                    found.setdefault(stands.path, (root, stands))
            self._rows = [self._describe(root, stands) for root, stands in found.values()]
            self._until = time.monotonic() + FRESH_SECONDS
        return self._rows

    def load(self, rows: Sequence[Row]) -> tuple[list[LoadedRun], list[str]]:
        """Read runs, each with its condition as label, see `hetevo.analysis.conditions.load_all`.

        Returns
        -------
        runs : list of LoadedRun
            One that its sweep lists at several stages of life comes several times.
        notices : list of str
            What was left out, and why.
        """
        runs: list[LoadedRun] = []
        # one notice of all that have not begun: a sweep under way has many
        waiting = [row.name for row in rows if row.stands.state == "waiting"]
        who = f"{waiting[0]} has" if len(waiting) == 1 else f"{len(waiting)} runs have"
        notices = [f"{who} not begun yet."] if waiting else []
        sweeps: dict[str, list[Entry]] = {}
        for row in rows:
            if row.stands.state == "waiting":
                continue
            try:
                run = self._loaded.get(row.identifier, row.version, partial(load_run, row.place))
                sweep = row.stands.sweep
                if sweep and sweep not in sweeps:
                    sweeps[sweep] = read_entries(Path(sweep))
            except HetevoError as error:
                notices.append(str(error))
                continue
            own = [entry for entry in sweeps.get(sweep, ()) if entry.run == row.place.name and entry.stage != "pilot"]
            runs += [as_entry(run, entry) for entry in own] or [run]
        named = name_conditions(runs, notice=notices.append) if runs else []
        return named, list(dict.fromkeys(notices))

    def _describe(self, root: Path, stands: Standing) -> Row:
        path = Path(stands.path)
        names = path.relative_to(root).parts
        place = inside(root)
        for name in names:
            place = place / name
        # the folder's own name only where it tells something
        shown = names if names and len(self._roots) == 1 else (root.resolve().name, *names)
        identifier = sha256(stands.path.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        return Row(identifier, place, "/".join(shown), stands, _changed(path))


def weigh_runs(runs: Sequence[LoadedRun]) -> int:
    """Return the bytes that the tables of generations of some runs take."""
    return sum(int(run.generations.memory_usage().sum()) for run in runs)


def _changed(path: Path) -> float | None:
    """Return when a part of the records was last written: its name was put into their folder then."""
    try:
        return system.look(path / "generations").st_mtime
    except OSError:
        return None
