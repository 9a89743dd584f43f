"""A run directory: where everything that a run leaves behind has its place."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa

from evolve.rundir import checkpoint as checkpoints
from evolve.rundir.errors import RunDirectoryError, RunExistsError, StorageError
from evolve.rundir.files import append_line, make_folder, write_durably
from evolve.rundir.lock import Lock, is_held
from evolve.rundir.provenance import SCHEMA, now, software
from evolve.rundir.records import Records, parts, read_part
from evolve.rundir.telemetry import latest


class RunDirectory:
    """Paths inside a run directory, and what can be read from it.

    Parameters
    ----------
    path : Path or str
        The directory.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.config_file = self.path / "config.toml"
        self.provenance_file = self.path / "provenance.json"
        self.events_file = self.path / "events.jsonl"
        self.stop_file = self.path / "STOP"
        self.lock_file = self.path / "lock"
        self.checkpoints = self.path / "checkpoints"
        self.figures = self.path / "figures"
        self.generations = Records(self.path / "generations")
        self.individuals = Records(self.path / "individuals")
        self.failures = Records(self.path / "failures")

    @classmethod
    def create(cls, path: Path | str, config: str) -> "RunDirectory":
        """Make a new run directory.

        Parameters
        ----------
        path : Path or str
            Must not exist, or be an empty folder.
        config : str
            The complete configuration, TOML.

        Raises
        ------
        RunExistsError
            If there is something already.
        RunDirectoryError
            If it cannot be made.
        """
        directory = cls(path)
        if directory.path.exists() and (not directory.path.is_dir() or any(directory.path.iterdir())):
            raise RunExistsError(directory.path)
        try:
            make_folder(directory.path)
        except StorageError as error:
            reason = error.__cause__.strerror if isinstance(error.__cause__, OSError) else error
            raise RunDirectoryError(
                f"Cannot make the run directory {directory.path}: {reason}. Choose a writable place with -o."
            ) from None
        write_durably(directory.config_file, config.encode())
        write_durably(directory.provenance_file, _json({"schema": SCHEMA, "sessions": []}))
        return directory

    @classmethod
    def open(cls, path: Path | str) -> "RunDirectory":
        """Open an existing run directory.

        Raises
        ------
        RunDirectoryError
            If it is not one.
        """
        directory = cls(path)
        if not directory.config_file.is_file():
            reason = "it does not exist" if not directory.path.exists() else "it has no config.toml"
            raise RunDirectoryError(
                f"{path} is not a run directory: {reason}. 'hetevo run PRESET -o {path}' makes one."
            )
        return directory

    def lock(self) -> Lock:
        """Become the one writer of this run."""
        return Lock(self.lock_file)

    def config_toml(self) -> str:
        """Return the configuration as text."""
        return self._text(self.config_file)

    def config(self) -> dict[str, Any]:
        """Return the configuration as nested dictionaries, not validated."""
        try:
            return tomllib.loads(self.config_toml())
        except tomllib.TOMLDecodeError as error:
            raise RunDirectoryError(f"{self.config_file} is damaged: {error}.") from None

    def provenance(self) -> dict[str, Any]:
        """Return what ran, where and when: one entry in ``sessions`` for the run and each resume."""
        try:
            content = json.loads(self._text(self.provenance_file))
        except ValueError as error:
            raise RunDirectoryError(f"{self.provenance_file} is damaged: {error}.") from None
        return content if isinstance(content, dict) else {}

    def begin_session(self, **facts: Any) -> None:
        """Note in the provenance that a process begins to work on this run."""
        provenance = self.provenance()
        session = {**software(), "started": now(), "stopped": None, "outcome": None, **facts}
        provenance["sessions"] = [*provenance.get("sessions", []), session]
        write_durably(self.provenance_file, _json(provenance))

    def end_session(self, outcome: str) -> None:
        """Note how that ended: done, stopped or failed."""
        provenance = self.provenance()
        provenance["sessions"][-1] |= {"stopped": now(), "outcome": outcome}
        write_durably(self.provenance_file, _json(provenance))

    def event(self, **facts: Any) -> None:
        """Append a line of telemetry."""
        append_line(self.events_file, json.dumps({"time": now(), **facts}))

    def generations_files(self) -> list[Path]:
        """List the parts of the table of generations."""
        return parts(self.path / "generations")

    def individuals_files(self) -> list[Path]:
        """List the parts of the table of individuals."""
        return parts(self.path / "individuals")

    def last_generation(self) -> dict[str, Any]:
        """Return the newest durable row of the table of generations; empty if there is none."""
        files = self.generations_files()
        if not files:
            return {}
        table: pa.Table = read_part(files[-1])
        return dict(table.slice(table.num_rows - 1).to_pylist()[0])

    def status(self) -> dict[str, Any]:
        """Summarise the run: the object that ``hetevo status --json`` prints.

        Returns
        -------
        dict
            path, preset, state (running, done, stopped, failed), generation, generations, seed, digest, probe_digest,
            alignment_end, loss_best, telemetry (of the last generation), news (the last line).
        """
        config, row = self.config(), self.last_generation()
        sessions = self.provenance().get("sessions", [])
        outcome = (sessions[-1].get("outcome") if sessions else None) or "stopped"
        facts = self._newest_facts()
        telemetry, news = latest(self.events_file)
        return {
            "path": str(self.path),
            "preset": config.get("preset", ""),
            "state": "running" if is_held(self.lock_file) else outcome,
            "generation": row.get("generation"),
            "generations": config.get("evolution", {}).get("generations"),
            "seed": config.get("seed"),
            "digest": facts.get("digest"),
            "probe_digest": facts.get("probe_digest"),
            "alignment_end": row.get("alignment_end"),
            "loss_best": row.get("loss_best"),
            "telemetry": telemetry,
            "news": news,
        }

    def _newest_facts(self) -> dict[str, Any]:
        for path in reversed(checkpoints.listed(self.checkpoints)):
            try:
                facts = json.loads((path / "manifest.json").read_text("utf-8"))["facts"]
            except (OSError, ValueError, KeyError):
                continue
            return facts if isinstance(facts, dict) else {}
        return {}

    def _text(self, path: Path) -> str:
        try:
            return path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RunDirectoryError(f"Cannot read {path}: {error}.") from None


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1).encode()
