"""A run or sweep as one file, for a data repository: a zip with checksums and an RO-Crate's description.

Equal content gives equal bytes: nothing is compressed, for records and checkpoints are so already or cannot be, and
members have no times. Only what belongs to a run is packed; what else lies there is named.
"""

import os
import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from hetevo.evolve.config.own_data import KEPT_FOUNDERS, NAME, file_of
from hetevo.evolve.config.own_graph import files_of
from hetevo.evolve.crate import METADATA, About, Described, describe
from hetevo.evolve.data.keeping import kept_file
from hetevo.evolve.data.places import called
from hetevo.evolve.needed import is_at_end, part_runs
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.checkpoint import MANIFEST, STATE, list_checkpoints
from hetevo.evolve.rundir.files import is_folder, is_leftover, names
from hetevo.evolve.rundir.parts import hash_file, parts
from hetevo.evolve.rundir.places import Place, inside
from hetevo.evolve.rundir.pruned import FILE as PRUNED
from hetevo.evolve.rundir.schemas import File
from hetevo.evolve.rundir.sweep import FILE as SWEEP
from hetevo.evolve.rundir.sweep import LOCK, SHARED, STOP, is_sweep
from hetevo.evolve.rundir.system import CHUNK, reading
from hetevo.evolve.verify import require_whole
from hetevo.populations.errors import SettingError
from hetevo.populations.text import for_file

_NEVER = {LOCK, SHARED, STOP}
"""What says how things go on at this moment: neither packed nor named."""


@dataclass(frozen=True)
class Archive:
    """An archive that was written.

    Parameters
    ----------
    path : Path
        The file.
    files : int
        How many it holds besides its description.
    bytes : int
        Its size.
    left_out : list of str
        What lies in the directories and was not packed, by its path there.
    notes : list of str
        What a reader will miss: runs that have not begun or are not at their end, and data of which there is no copy.
    """

    path: Path
    files: int
    bytes: int
    left_out: list[str]
    notes: list[str]


def archive(path: str | Path, output: str | Path, about: About | None = None, *, force: bool = False) -> Archive:
    """Pack a run or sweep that is whole and not under way.

    Parameters
    ----------
    path : str or Path
        Directory of the run or sweep.
    output : str or Path
        The file to write, outside of it.
    about : About, optional
        Name, authors and licence for readers.
    force : bool, optional
        Replace a file that is there.

    Raises
    ------
    RunBusyError
        If a run is under way.
    RunDirectoryError
        If it is neither run nor sweep, or `hetevo verify` finds something wrong with it.
    SettingError
        If the file is there already, or cannot be written.
    """
    path, output = Path(path).absolute(), Path(output).absolute()
    # neither by its name nor through a link
    if output.is_relative_to(path) or (output.parent.resolve() / output.name).is_relative_to(path.resolve()):
        raise SettingError(f"{output}: expected a file outside of {path}, which is to be packed. Choose it with -o.")
    if os.path.lexists(output) and not force:
        raise SettingError(
            f"{output}: expected no such file, got one. Choose another with -o, or replace it (--force)."
        )
    # everything is checked, and every file known by its checksum, before anything is written
    folders = open_runs(path)
    found: dict[str, Path] = {}
    left: list[str] = []
    notes: dict[str, None] = {}
    if folders and "" not in folders:
        found, left = _list_sweep(inside(path), folders)
    runs = []
    for folder, directory in folders.items():
        require_whole(directory, "packed")
        files, others = _list_run(directory)
        found |= {f"{folder}{name}": place for name, place in files.items()}
        left += [f"{folder}{name}" for name in others]
        sessions = directory.provenance.read()["sessions"]
        runs.append(Described(folder, _name(directory), directory.config(), sessions))
        if missing := _find_missing_data(directory):
            notes[missing] = None
    if unfinished := describe_unfinished(path, folders):
        notes = {unfinished: None} | notes
    entries = {name: hash_file(found[name]) for name in sorted(found)}
    description = describe(runs, entries, about or About(), list(notes))
    _write(output, description, {name: (found[name], entry) for name, entry in entries.items()})
    return Archive(output, len(entries), output.stat().st_size, left, list(notes))


def open_runs(path: Path) -> dict[str, RunDirectory]:
    """Return the runs by their folders in an archive: one at its top, or those of a sweep that were begun.

    Raises
    ------
    RunDirectoryError
        If there is none.
    """
    if not (path.is_dir() and is_sweep(path)):
        return {"": RunDirectory.open(path)}
    folder = inside(path)
    begun = part_runs(folder)[0]
    if not begun:
        raise RunDirectoryError(f"{path}: expected at least one run that was begun, got none.")
    return {f"{name}/": RunDirectory.open(folder / name) for name in begun}


def describe_unfinished(path: Path, folders: Mapping[str, RunDirectory]) -> str:
    """Say how many runs have not begun or are not at their end; empty if all are.

    Parameters
    ----------
    path : Path
        Directory of the run or sweep.
    folders : mapping of str to RunDirectory
        Those that were begun; see `open_runs`.
    """
    short = sum(not is_at_end(directory) for directory in folders.values())
    if "" in folders:
        return "the run is not at its end" if short else ""
    waiting = len(part_runs(path)[1])
    counts = []
    if waiting:
        counts.append(f"{waiting} of {waiting + len(folders)} runs {'has' if waiting == 1 else 'have'} not begun")
    if short:
        of = "" if waiting else f" of {len(folders)} runs"
        counts.append(f"{short}{of} {'is not at its' if short == 1 else 'are not at their'} end")
    return ", ".join(counts)


def _find_missing_data(directory: RunDirectory) -> str:
    """Say which table a run has no copy of, for large files are not copied; empty if it needs none."""
    content = directory.config()
    file = file_of(content)
    if content["task"]["name"] != NAME or file is None or kept_file(directory, file):
        return ""
    return f"left out: the data, {called(file)}, of which the run has no copy"


def _name(directory: RunDirectory) -> str:
    content = directory.config()
    return f"{content.get('preset') or 'a branch'}, seed {content.get('seed', 0)}"


def _list_run(directory: RunDirectory) -> tuple[dict[str, Path], list[str]]:
    """Return what belongs to a run, by its path in it, and what else lies there."""
    own = [directory.config_file, directory.provenance.path, directory.place / PRUNED, directory.events_file]
    own += [part for table in directory.tables for part in parts(table.folder)]
    own += [path / name for path in list_checkpoints(directory.checkpoints) for name in (MANIFEST, STATE)]
    own += [directory.data / name for name in _kept_names(directory.config())]
    return _sort_out(directory.place, {path.relative_to(directory.path).as_posix(): path for path in own})


def _kept_names(content: Mapping[str, Any]) -> list[str]:
    """List what copies of files are called that a run of a configuration may keep."""
    files = [file for file in (file_of(content), *files_of(content).values()) if file]
    return [for_file(called(file)) for file in files] + [KEPT_FOUNDERS]


def _list_sweep(folder: Place, runs: Mapping[str, RunDirectory]) -> tuple[dict[str, Path], list[str]]:
    """Return what belongs to a sweep besides its runs, and what else lies there."""
    own: dict[str, Path] = {SWEEP: folder / SWEEP}
    for name in names(folder / "data"):
        # a copy is named after its own checksum
        if re.match(r"[0-9a-f]{12}-", name) and hash_file(folder / "data" / name).sha256.startswith(name[:12]):
            own[f"data/{name}"] = folder / "data" / name
    return _sort_out(folder, own, skipped={name.rstrip("/") for name in runs})


def _sort_out(
    folder: Place, own: Mapping[str, Path], skipped: set[str] | None = None
) -> tuple[dict[str, Path], list[str]]:
    """Go through a folder: what is one's own, as far as it is there, and the rest; whole folders by their name."""
    found: dict[str, Path] = {}
    left: list[str] = []
    waiting = [(name, folder / name) for name in names(folder) if name not in _NEVER | (skipped or set())]
    while waiting:
        name, place = waiting.pop(0)
        if name in own:
            found[name] = place
        elif any(other.startswith(f"{name}/") for other in own) and is_folder(place):
            waiting += [(f"{name}/{inner}", place / inner) for inner in names(place)]
        elif not is_leftover(place.name):
            left.append(name)
    return found, left


def _write(output: Path, description: bytes, members: Mapping[str, tuple[Path, File]]) -> None:
    """Write the file beside its place first: it is there whole or not at all."""
    partial = output.with_name(f".{output.name}.tmp-{os.getpid()}")
    try:
        with open(partial, "xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
                packed.writestr(_member(METADATA, len(description)), description)
                for name, (path, entry) in members.items():
                    with packed.open(_member(name, entry.bytes), "w") as sink, reading(path) as source:
                        digest = sha256()
                        while chunk := source.read(CHUNK):
                            digest.update(chunk)
                            sink.write(chunk)
                    if digest.hexdigest() != entry.sha256:
                        raise RunDirectoryError(f"{path} was changed while it was packed: repeat the command.")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(output)
    except OSError as error:
        raise SettingError(f"Cannot write {output}: {error.strerror or error}. Choose another place with -o.") from None
    finally:
        with suppress(OSError):
            partial.unlink()


def _member(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr, info.file_size = 3, 0o100644 << 16, size
    return info
