"""Provenance: what ran, when, with which versions and on which kind of processor."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from hetevo.evolve.rundir.errors import DamagedError, StorageError
from hetevo.evolve.rundir.files import read_bounded, write_durably
from hetevo.evolve.rundir.schemas import ProvenanceFile, parse_json, validate
from hetevo.evolve.rundir.sources import list_sources
from hetevo.evolve.software import cpu_features, installed_version
from hetevo.populations.errors import HetevoError
from hetevo.populations.text import without_places

SCHEMA = 1
LIMIT = 16 << 20
"""Bytes beyond which a provenance file is refused unread."""

_ENDS = ("stopped", "outcome", "saved", "reason", "generation")
"""What is noted of a session while it goes on, and when it ends."""

_PACKAGES = ("hetevo", "numpy", "scipy", "deap", "ray", "pyarrow", "pandas", "scikit-learn")


class Provenance:
    """The file that says what ran, when and with what: one entry in ``sessions`` for the start and each resume.

    Parameters
    ----------
    path : Path
        ``RUN/provenance.json``.

    Attributes
    ----------
    known : dict
        The content as this process wrote it last; empty if it did not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, Any] = {}

    def create(self, origin: Mapping[str, Any] | None = None) -> None:
        """Write it for a new run.

        Parameters
        ----------
        origin : mapping, optional
            Run, generation and digest from which the new run branches off.
        """
        self._write({"schema": SCHEMA, "origin": dict(origin) if origin else None, "sessions": []})

    def read(self) -> dict[str, Any]:
        """Return the content.

        Raises
        ------
        DamagedError
            If it is not what was written.
        """
        return self.read_sealed()[0]

    def read_sealed(self) -> tuple[dict[str, Any], bool | None]:
        """Return the content, and whether it fits its checksum; None if an earlier version put none into it.

        Raises
        ------
        DamagedError
            If it cannot be read at all.
        """
        try:
            content = parse_json(read_bounded(self.path, LIMIT))
        except ValueError as error:
            raise DamagedError(self.path, f"it is not valid JSON ({error})") from None
        validate(content, ProvenanceFile, self.path)
        seal = content.pop("sha256", None)
        return content, None if seal is None else bool(seal == _hash(content))

    def mark(self) -> dict[str, Any]:
        """Return by what a checkpoint knows the sessions so far: their number, and a SHA-256."""
        content = self.known or self.read()
        return {"sessions": len(content["sessions"]), "sha256": _history(content, len(content["sessions"]))}

    def was_saved(self) -> bool:
        """Tell whether the run had a checkpoint since it last began with its founders."""
        sessions = self.read()["sessions"]
        return any(
            session.get("saved") or session.get("outcome") == "done" or session.get("after") is not None
            for session in sessions[_find_founding(sessions) :]
        )

    def ending(self) -> tuple[str | None, str]:
        """Return how and why the last session ended; None if it did not, or nobody knows, and empty if there is no why.

        It is ``"done"``, ``"stopped"`` or ``"failed"``; why only if it was done before the last generation.
        """
        try:
            sessions = self.read()["sessions"]
        except HetevoError:
            return None, ""
        last = sessions[-1] if sessions else {}
        return last.get("outcome"), str(last.get("reason", ""))

    def outcome(self) -> str | None:
        """Return how the last session ended; see `ending`."""
        return self.ending()[0]

    def last_plugins(self) -> list[dict[str, Any]]:
        """Return what the last session that worked on the run said of its plug-ins; nothing if the file is damaged."""
        try:
            sessions = self.read()["sessions"]
        except DamagedError:
            return []
        found = sessions[-1].get("plugins") if sessions else None
        return [plugin for plugin in found if isinstance(plugin, dict)] if isinstance(found, list) else []

    def plugin_sources(self) -> dict[str, list[str]]:
        """Return the hashes of the sources of plug-ins with which the run was lived, since its founders.

        Returns
        -------
        dict of str to list of str
            By package, each hash once, in the order of the sessions; nothing if the file is damaged.
        """
        try:
            sessions = self.read()["sessions"]
        except HetevoError:
            return {}
        return list_sources(sessions[_find_founding(sessions) :])

    def find_other_software(self) -> list[str]:
        """Say what computed the last session that is not here: versions, the state of the source, the processor."""
        sessions = self.read().get("sessions", [])
        then, here = (sessions[-1] if sessions else {}), software()
        versions = {"Python": then.get("python"), **then.get("versions", {})}
        now_here = {"Python": here["python"], **here["versions"]}
        found = [f"{name} {version}" for name, version in versions.items() if version != now_here.get(name)]
        found += ["another state of the source"] if then.get("source") != here["source"] else []
        found += ["another processor"] if then.get("cpu_features") != here["cpu_features"] else []
        return found + (["other linear algebra"] if _algebra(then).isdisjoint(_algebra(here)) else [])

    def begin_session(self, **facts: Any) -> str:
        """Note that a process begins to work on the run.

        Returns
        -------
        str
            What is wrong with the file if it is damaged: what it says of earlier sessions cannot be trusted then, or is
            lost, which hinders nobody.
        """
        problem = ""
        try:
            content, fits = self.read_sealed()
            if fits is False:
                problem = content["lost"] = f"{self.path}: its content does not fit its checksum"
        except (DamagedError, StorageError) as error:
            if isinstance(error, StorageError) and not isinstance(error.__cause__, FileNotFoundError):
                raise  # it may be whole: rather stop than write over it
            problem = str(error)
            content = {"schema": SCHEMA, "sessions": [], "lost": without_places(problem)}
        # with the software of this session, which may be another than that of the first one
        session = {**software(), "started": now(), "stopped": None, "outcome": None, **facts}
        self._write({**content, "sessions": [*content["sessions"], session]})
        return problem

    def end_session(self, outcome: str, **facts: Any) -> None:
        """Note how that ended: done, stopped or failed."""
        self._note(stopped=now(), outcome=outcome, **facts)

    def note_saved(self, generation: int) -> None:
        """Note that there is a checkpoint now."""
        self._note(saved=f"first after generation {generation}")

    def _note(self, **facts: Any) -> None:
        content = self.known or self.read()
        *before, last = content["sessions"]
        self._write({**content, "sessions": [*before, {**last, **facts}]})

    def take_over(self, other: "Provenance", **facts: Any) -> None:
        """Write it for a run whose directory was lost, with what is known of the sessions there."""
        sessions = [*other.known.get("sessions", [])]
        if sessions:
            sessions[-1] = {"saved": "when it was lost", **sessions[-1], "stopped": now(), "outcome": "stopped"}
        self._write({"schema": SCHEMA, **other.known, **facts, "sessions": sessions})

    def _write(self, content: dict[str, Any]) -> None:
        write_durably(self.path, json.dumps({**content, "sha256": _hash(content)}, indent=1).encode())
        self.known = content


def _find_founding(sessions: Sequence[Mapping[str, Any]]) -> int:
    """Return the place of the session that last began with the founders."""
    return max((n for n, session in enumerate(sessions) if session.get("after") is None), default=0)


def _algebra(session: Mapping[str, Any]) -> set[tuple[Any, Any]]:
    """Return versions and kernels of linear algebra; more of them come and go with what is imported."""
    found = [(library.get("version"), library.get("architecture")) for library in session.get("libraries", [])]
    return {(version, kernel) for version, kernel in found if kernel}


def begins_with(content: Mapping[str, Any], mark: Mapping[str, Any]) -> bool:
    """Tell whether provenance begins with the sessions that a checkpoint knows by a mark; later ones may follow."""
    count = mark.get("sessions")
    if type(count) is not int or not 0 <= count <= len(content["sessions"]):
        return False
    return _history(content, count) == mark.get("sha256")


def _hash(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _history(content: Mapping[str, Any], count: int) -> str:
    """Return a SHA-256 over the first sessions; how the last of them ended was not known yet."""
    # a session that goes on when a checkpoint is written ends later
    sessions = [dict(session) for session in content["sessions"][:count]]
    if sessions:
        sessions[-1] = {key: value for key, value in sessions[-1].items() if key not in _ENDS}
    return _hash({"origin": content.get("origin"), "sessions": sessions})


def software() -> dict[str, Any]:
    """Return versions, source state, processor features and linear algebra libraries: what decides the bits.

    Neither the machine's name nor its kernel, nor where anything lies: a run directory can be published.
    """
    return {
        # without the folders of a person's machine
        "command": [Path(sys.argv[0]).name, *map(without_places, sys.argv[1:])],
        "python": platform.python_version(),
        "versions": {name: found for name in _PACKAGES if (found := installed_version(name))},
        "source": _source(),
        "platform": "-".join(filter(None, [platform.system(), platform.machine(), *platform.libc_ver()])),
        "cores": os.cpu_count(),
        "cpu_features": cpu_features(),
        # last bits depend on which routines of a library ran
        "libraries": [
            {key: library.get(key) for key in ("internal_api", "version", "architecture", "threading_layer")}
            for library in threadpool_info()
        ],
    }


def now() -> str:
    """Return the time in UTC, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache  # the code that this process runs stays what it was when it was loaded
def _source() -> dict[str, Any] | None:
    """Return commit and dirty flag if this is a git checkout of Hetevo, None otherwise."""
    folder = Path(__file__).resolve().parent.parent.parent
    if not (folder / ".git").exists():
        return None
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        dirty = bool(_git(folder, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules"))
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "dirty": dirty}


def _git(folder: Path, *arguments: str) -> str:
    """Ask git about a folder, and let nobody else have a say: no variable GIT_*, no program that settings name."""
    # a folder of somebody else's must not run anything here
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "PATH": os.pathsep.join(filter(os.path.isabs, os.get_exec_path())),  # never the current folder
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_OPTIONAL_LOCKS": "0",  # the index is not refreshed
    }
    safe = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")
    command = ["git", "-C", str(folder), *safe, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10, env=environment)
    return done.stdout.strip()
