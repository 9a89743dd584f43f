"""The file of data of a run: found, checked by its hash, and kept beside the run's records if it is small."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hetevo.evolve.data.formats import read_columns
from hetevo.evolve.data.places import (
    DataError,
    Located,
    called,
    hash_file,
    locate,
    locate_given,
    opened,
)
from hetevo.evolve.data.preparing import Prepared, prepare_rows
from hetevo.evolve.data.sharing import HeldRows, MappedRows, shared
from hetevo.evolve.named_files import PACKAGE, exists
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.rundir.files import is_there, write_missing
from hetevo.evolve.rundir.places import Place
from hetevo.evolve.rundir.sweep import lock_sweep
from hetevo.populations.errors import spell
from hetevo.populations.species import Species
from hetevo.populations.tasks import Table, Task
from hetevo.populations.text import for_file

KEPT_BYTES = 16 << 20
"""A file that is larger is not copied into run directories, and is needed again when a run goes on."""


@dataclass(frozen=True)
class ReadFile:
    """A file of data that was read.

    Parameters
    ----------
    prepared : Prepared
        Its rows.
    sha256 : str
        Of the whole file, as hexadecimal digits.
    size : int
        Its bytes.
    content : bytes or None
        All of it, if it is small enough to be kept.
    """

    prepared: Prepared
    sha256: str
    size: int
    content: bytes | None


def read_file(task: Table, path: Path) -> ReadFile:
    """Read a file of data.

    Parameters
    ----------
    task : Table
        Its options: if ``sha256`` is among them, the file must have it.
    path : Path
        Where it lies.

    Raises
    ------
    DataError
        If it is not there, is another file than the one that was named, or does not hold what the task needs.
    """
    with opened(path) as source:
        found = hash_file(source)
        if task.sha256 and found != task.sha256:
            raise DataError(_explain_change(path, task.sha256, found))
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        content = source.read() if size <= KEPT_BYTES else None
        source.seek(0)
        prepared = prepare_rows(read_columns(source, str(task.file)), task)
    return ReadFile(prepared, found, size, content)


def _explain_change(path: Path, wanted: str, found: str) -> str:
    return (
        f"{path} is not the file that was named: expected the SHA-256 {wanted} (task.options.sha256: the data of this"
        f" experiment, as they were when it was begun), got {found} (the file as it is now). It was changed, or is"
        " another one. Put the file back, or name the right one. Other data make another experiment, in a directory"
        f" of its own: {spell('run', 'PRESET', '-s', 'task.options.file=FILE', '-o', 'ANOTHER')}"
    )


@dataclass(frozen=True)
class OwnData:
    """The data of a run, while it lives.

    Parameters
    ----------
    name : str
        What the file is called.
    file : ReadFile
        What was read.
    source : MappedRows
        How workers of this machine read its rows.
    """

    name: str
    file: ReadFile
    source: MappedRows

    def bind(self, species: Species) -> Species:
        """Return a species whose task draws from these rows."""
        task = species.task
        assert isinstance(task, Table)
        return replace(species, task=task.reading(self.source))

    def check_name(self, others: Mapping[str, bytes]) -> None:
        """Check that no other file of the run has this name: each has a copy.

        Raises
        ------
        DataError
            If one has.
        """
        if self.file.content is not None and others.get(for_file(self.name), self.file.content) != self.file.content:
            raise DataError(
                f"task.options.file: the wiring is made of another file that is called {str(self.name)!r} too, and both"
                " have a copy in the run directory: expected different names. Rename one."
            )

    def keep(self, directory: RunDirectory) -> None:
        """Copy the file into a run, durably, if it is small and not there yet; the caller holds the lock."""
        if self.file.content is not None:
            directory.keep_data({for_file(self.name): self.file.content})

    def facts(self) -> dict[str, Any]:
        """Return what provenance says of the file."""
        kept = self.file.content is not None
        return {"file": str(self.name), "bytes": self.file.size, "sha256": self.file.sha256, "kept": kept}


@contextmanager
def open_rows(task: Table, path: Path) -> Iterator[OwnData]:
    """Read a file, and hold its rows where processes of this machine can map them, until the block ends.

    Parameters
    ----------
    task : Table
        Its options and sizes.
    path : Path
        Where it lies.

    Raises
    ------
    DataError
        If it cannot be used, or has other sizes.
    StorageError
        If there is no room in the folder for temporary files.
    """
    if not task.sha256:
        raise DataError(
            "task.options.sha256: expected the SHA-256 of the data, which every run saves with its configuration, got"
            f" none. Name the file once more: -s task.options.file={task.file}"
        )
    file = read_file(task, path)
    check_sizes(task.file, file.prepared, {"inputs": task.inputs, "outputs": task.outputs})
    with shared(file.prepared.rows) as source:
        file = replace(file, prepared=replace(file.prepared, rows=source.rows()))  # mapped: once in memory
        yield OwnData(task.file, file, source)


def check_sizes(name: str, prepared: Prepared, given: dict[str, int]) -> None:
    """Compare sizes of a configuration with those of a table.

    Raises
    ------
    DataError
        Saying which to give.
    """
    right = {"inputs": prepared.inputs, "outputs": prepared.outputs}
    if any(given[size] != right[size] for size in given):
        got = " and ".join(f"task.{size} = {number}" for size, number in given.items())
        what = "classes" if prepared.kind == "classification" else "columns of targets"
        raise DataError(
            f"{name} has {prepared.inputs} columns of inputs and {prepared.outputs} {what} ({prepared.kind}), got"
            f" {got}. Give -s task.inputs={prepared.inputs} -s task.outputs={prepared.outputs}, or leave both out of"
            " the configuration: they follow from the file."
        )


def kept_file(directory: RunDirectory, name: str) -> Place | None:
    """Return where a run keeps a copy of its data; None if it does not, or has not begun."""
    place = directory.data / for_file(called(name))
    return place if directory.is_begun() and is_there(place) else None


def keep_for_sweep(folder: Place, tasks: Iterable[Task]) -> None:
    """Copy the small files of a sweep's tables into it, for runs that begin on machines which see nothing else.

    Parameters
    ----------
    folder : Place
        The sweep's directory.
    tasks : iterable of Task
        Of its runs.
    """
    for task in {task.sha256: task for task in tasks if isinstance(task, Table)}.values():
        with opened(locate_given(task.file).path) as source:
            content = source.read(KEPT_BYTES + 1)
        place = folder / "data" / _name_in_sweep(task)
        if len(content) <= KEPT_BYTES and not is_there(place):
            # other processes may begin at the same moment, on other machines too
            with lock_sweep(folder):
                write_missing(folder / "data", {place.name: content})


def _name_in_sweep(task: Table) -> str:
    return for_file(f"{task.sha256[:12]}-{called(task.file)}")  # two files may have one name


def with_kept_file(content: dict[str, Any], directory: RunDirectory) -> dict[str, Any]:
    """Return the configuration of a run, for another one that uses the copy of its data."""
    task = content.get("task", {})
    file = task.get("options", {}).get("file")
    if task.get("name") != "table" or not isinstance(file, str):
        return content
    place = kept_file(directory, file)
    # whatever else it says, a run names no file outside of it
    found = locate(called(file), place) if place else called(file)
    return {**content, "task": {**task, "options": {**task["options"], "file": found}}}


def find_file(task: Table, directory: RunDirectory, given: str | Path | None = None) -> Path:
    """Find the file of a run: what was given, the run's copy, where the configuration found it, or beside the run.

    Parameters
    ----------
    task : Table
        Names the file, and its hash.
    directory : RunDirectory
        The run; it need not be there yet.
    given : str or Path, optional
        Where the file lies now.

    Raises
    ------
    DataError
        If it is nowhere.
    """
    if given is not None:
        return Path(given).absolute()
    if kept := kept_file(directory, task.file):
        return kept
    located = isinstance(task.file, Located) or task.file.startswith(PACKAGE)
    if located and exists(there := locate_given(task.file).path):
        return there
    # by its name alone, and only if it is the very file
    name, above = called(task.file), directory.path.parent
    for place in (Path(above) / name, Path(above, "data", _name_in_sweep(task)), Path.cwd() / name):
        if place.is_file():
            with opened(place) as source:
                if hash_file(source) == task.sha256:
                    return place
    if located:
        return there  # which says that it is not there
    again = spell("resume", directory.path, "--data", "FILE")
    raise DataError(
        f"{directory.path} needs its data, the file {name} with the SHA-256 {task.sha256}. There is no copy in"
        f" {directory.data}: it was removed, or the file was too large for one (more than {KEPT_BYTES >> 20} MiB). It"
        f" lies neither in the current folder nor beside the run. Say where it is: {again}, or"
        " 'verify' with the same option."
    )


def with_rows(species: Species, directory: RunDirectory) -> Species:
    """Return a species whose task, if it is a table, draws from the rows of a run's file, in this process.

    Parameters
    ----------
    species : Species
        Of the run.
    directory : RunDirectory
        The run.

    Raises
    ------
    DataError
        If the file is nowhere, or is another one.
    """
    if not isinstance(species.task, Table):
        return species
    rows = read_file(species.task, find_file(species.task, directory)).prepared.rows
    return replace(species, task=species.task.reading(HeldRows(rows)))
