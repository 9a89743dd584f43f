"""A run directory: where everything that a run leaves behind has its place."""

import errno
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetevo.evolve.deprecated import rename_keys
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.checkpoint import load_manifest
from hetevo.evolve.rundir.errors import LostError, RunDirectoryError, RunExistsError, StorageError, explain_deletion
from hetevo.evolve.rundir.files import (
    append_line,
    check_no_link,
    is_directory,
    is_leftover,
    is_there,
    make_folders,
    names,
    read_bounded,
    remove_leftovers,
    remove_tree,
    write_durably,
    write_missing,
)
from hetevo.evolve.rundir.lock import Lock
from hetevo.evolve.rundir.owner import is_held
from hetevo.evolve.rundir.parts import read_part
from hetevo.evolve.rundir.places import Place, Root
from hetevo.evolve.rundir.provenance import Provenance
from hetevo.evolve.rundir.pruned import Pruned, read_pruned
from hetevo.evolve.rundir.records import Records
from hetevo.evolve.rundir.schemas import ConfigFile, File, validate
from hetevo.evolve.rundir.sweep import FILE as SWEEP_FILE
from hetevo.evolve.rundir.telemetry import latest
from hetevo.evolve.toml import read_toml
from hetevo.populations.errors import HetevoError, spell

CONFIG_LIMIT = 1 << 20
"""Bytes beyond which a configuration is refused unread."""

TABLES = ("generations", "individuals", "failures")
"""Folders of records."""

_NOT_A_PLACE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOENT, errno.ENAMETOOLONG, errno.EEXIST)


class RunDirectory:
    """Paths inside a run directory, and what can be read from it.

    Parameters
    ----------
    path : Path or str
        The directory; made absolute, so that a change of the working directory changes nothing. Links on the way to it
        are followed, unless it is a place in a sweep (`hetevo.evolve.rundir.places`); inside it none is.
    """

    def __init__(self, path: Path | str) -> None:
        self.root = Root(path if isinstance(path, Place) else Path(path).absolute())
        self.path, self.place = self.root.path, self.root.place
        self.config_file = self.place / "config.toml"
        self.events_file = self.place / "events.jsonl"
        self.stop_file = self.place / "STOP"
        self.lock_file = self.place / "lock"
        self.checkpoints = self.place / "checkpoints"
        self.figures = self.place / "figures"
        self.data = self.place / "data"
        self.kept_data: dict[str, bytes] = {}  # content by name, as this process knows it
        self.provenance = Provenance(self.place / "provenance.json")
        self._lock: Lock | None = None
        self.generations, self.individuals, self.failures = (Records(self.place / name) for name in TABLES)

    @classmethod
    def new(cls, path: Path | str) -> "RunDirectory":
        """Make the folder of a new run; it becomes one by `begin`, under its lock.

        Parameters
        ----------
        path : Path or str
            Must not exist, or hold no more than what a start leaves that was killed before anything lived.

        Raises
        ------
        RunExistsError
            If there is something already.
        RunDirectoryError
            If it cannot be made.
        """
        directory = cls(path)
        directory.check_free()
        try:
            make_folders(directory.path)
        except StorageError as error:
            if not isinstance(error.__cause__, OSError) or error.__cause__.errno not in _NOT_A_PLACE:
                raise
            if isinstance(directory.path, Place) and not is_there(directory.path.parent):  # the sweep that it is of
                raise explain_deletion(directory.path.parent) from None
            raise RunDirectoryError(
                f"Cannot make the run directory {directory.path}: {error.__cause__.strerror}."
                " Choose a writable place with -o."
            ) from None
        return directory

    @classmethod
    def open(cls, path: Path | str) -> "RunDirectory":
        """Open an existing run directory.

        Raises
        ------
        RunDirectoryError
            If it is not one, or holds links.
        """
        directory = cls(path)
        if not is_directory(directory.path):
            reason = "is a file" if is_there(directory.path) else "does not exist"
            raise RunDirectoryError(
                f"{path} is not a run directory: it {reason}. Make one: {spell('run', 'PRESET', '-o', Path(path))}"
            )
        # nothing inside may be a link, or it could not be moved as a whole
        found = names(directory.place)
        for name in found:
            check_no_link(directory.place / name)
        if SWEEP_FILE in found:
            held = [name for name in found if is_there(directory.place / name / "config.toml")] or ["RUN"]
            raise RunDirectoryError(
                f"{path} is not a run directory but a sweep. Name one of its runs, such as {directory.path / held[0]}."
                f" All of them go on, or are extended (--generations N), with: {spell('sweep', Path(path))}"
            )
        if not directory.is_begun():
            raise RunDirectoryError(
                f"{path} is not a run directory: it has no config.toml. If a start was interrupted before anything"
                f" lived, repeat that command; or make a new run: {spell('run', 'PRESET', '-o', Path(path))}"
            )
        return directory

    def check_free(self) -> None:
        """Check that a new run can begin here.

        Raises
        ------
        RunExistsError
            If there is something already.
        """
        if not self._is_unbegun() if is_directory(self.path) else is_there(self.path):
            raise RunExistsError(self.path)

    @property
    def tables(self) -> tuple[Records, ...]:
        """All records."""
        return self.generations, self.individuals, self.failures

    def describe_parts(self) -> tuple[dict[str, File], dict[str, str]]:
        """Return what a checkpoint knows of the records: every part by its path, and `Records.rows` by table."""
        files = {name: file for table in self.tables for name, file in table.written.items()}
        return files, {table.folder.name: table.rows for table in self.tables if table.rows}

    def pruned(self) -> Pruned:
        """Return what was removed from the run on purpose; see `hetevo.evolve.rundir.pruned.read_pruned`."""
        return read_pruned(self.place)

    def is_begun(self) -> bool:
        """Tell whether there is a run: its configuration is written last of what a start writes."""
        return is_there(self.config_file)

    def lock(self) -> Lock:
        """Become the one writer of this run, in this very directory, whatever it is called later."""
        self._lock = Lock(self.lock_file)
        return self._lock

    def check(self) -> None:
        """Check that the directory which was locked is there, and still this process's; see `Lock.check`."""
        if self._lock:
            self._lock.check()

    def loss(self) -> LostError | None:
        """Return what `check` raises, as far as that can be found out."""
        try:
            self.check()
        except LostError as error:
            return error
        except StorageError:
            pass
        return None

    def clear(self) -> None:
        """Remove what a start left that was killed, but for a request to stop; the caller holds the lock.

        Raises
        ------
        RunExistsError
            If another start was faster.
        """
        if not self._is_unbegun():
            raise RunExistsError(self.path)
        for name in names(self.place):
            if name not in (self.lock_file.name, self.stop_file.name):
                remove_tree(self.place / name)

    def begin(self, config: str) -> None:
        """Write the configuration, complete, as TOML: from here on the directory is a run."""
        write_durably(self.config_file, config.encode())

    def keep_data(self, files: Mapping[str, bytes]) -> None:
        """Write copies of files that the run needs, if they are not there yet; the caller holds the lock."""
        self.kept_data |= files
        write_missing(self.data, files)

    def sweep(self) -> None:
        """Remove what an interrupted writer left; the caller holds the lock."""
        remove_leftovers(self.place)
        checkpoints.sweep(self.checkpoints)

    def config_toml(self) -> str:
        """Return the configuration as text."""
        try:
            return read_bounded(self.config_file, CONFIG_LIMIT).decode("utf-8-sig")  # editors may put a mark first
        except UnicodeDecodeError as error:
            raise RunDirectoryError(f"{self.config_file} is damaged: {error}.") from None

    def config(self) -> dict[str, Any]:
        """Return the configuration as nested dictionaries, validated only as far as `ConfigFile` goes."""
        try:
            content = rename_keys(read_toml(self.config_toml()), str(self.config_file), saved=True)
        except ValueError as error:  # of TOML, and of numbers with thousands of digits
            raise RunDirectoryError(
                f"{self.config_file} is damaged: {error}. Put a copy in its place; it never changes during a run,"
                " except for evolution.generations and evolution.until when a run is extended."
            ) from None
        validate(content, ConfigFile, self.config_file)
        return content

    def event(self, **facts: Any) -> None:
        """Append a line of telemetry."""
        append_line(self.events_file, json.dumps(facts))

    def last_generation(self) -> dict[str, Any]:
        """Return the newest durable row of the table of generations; empty if there is none."""
        files = self.generations.files()
        if not files:
            return {}
        table = read_part(files[-1])
        return dict(table.slice(table.num_rows - 1).to_pylist()[0]) if table.num_rows else {}

    def status(self) -> dict[str, Any]:
        """Summarise the run: the object that ``hetevo status --json`` prints.

        Returns
        -------
        dict
            path, preset, changes (of it, as text), state (running, done, stopped, failed), reason (of an early end),
            generation, generations, seed, digest, probe_digest, alignment_end, loss_best, telemetry (of the last
            generation), news (the last line).
        """
        # from small files and the newest row: a run of any length is summarised at once
        # from files alone, while another process may be writing
        config, row, facts = self.config(), self.last_generation(), self._newest_facts()
        telemetry, message = latest(self.events_file)
        outcome, reason = self.provenance.ending()
        preset, _, changes = str(config.get("preset", "")).partition(", ")
        return {
            "path": str(self.path),
            "preset": preset,
            "changes": changes,
            # a lock that is held tells more than what was noted last
            "state": "running" if is_held(self.lock_file) else outcome or "stopped",
            "reason": reason,
            "generation": row.get("generation"),
            "generations": config.get("evolution", {}).get("generations"),
            "seed": config.get("seed"),
            "digest": facts.get("digest"),
            "probe_digest": facts.get("probe_digest"),
            "alignment_end": row.get("alignment_end"),
            "loss_best": row.get("loss_best"),
            "telemetry": telemetry,
            "news": message,
        }

    def _newest_facts(self) -> dict[str, Any]:
        for path in reversed(checkpoints.list_checkpoints(self.checkpoints)):
            try:
                return load_manifest(path).facts
            except HetevoError:
                continue
        return {}

    def _is_unbegun(self) -> bool:
        """Tell whether there is nothing, or only what a start leaves that was killed before anything lived."""
        # what is left of a start lies under known names; anything else is somebody's
        found = {name for name in names(self.place) if not is_leftover(name)}
        lock, provenance = self.lock_file.name, self.provenance.path.name
        if {lock, provenance} <= found:
            found.discard(self.data.name)  # a copy, which the start made after those
        if lock in found:  # a start has come this far, and somebody may have asked it to stop
            found -= {self.stop_file.name}
        return found <= {lock, provenance} or (
            # a branch begins with the checkpoint that it goes on from
            found == {lock, provenance, self.checkpoints.name}
            and all(checkpoints.is_ours(name) for name in names(self.checkpoints))
        )
