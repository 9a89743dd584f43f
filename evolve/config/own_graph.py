"""Completing a configuration whose wiring is a file's: what the file holds, its hash, and the sizes that follow.

A file is read once, when a configuration is: from there on the name of the file holds the content, so that nothing can
change under a run, and its run directory gets what was read.
"""

import hashlib
import os
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from hetevo.evolve.config.options import check_options
from hetevo.evolve.config.sources import ConfigError
from hetevo.evolve.graphs import LIMIT, GraphError, read_graph
from hetevo.evolve.named_files import PACKAGE, find_shipped, place_beside
from hetevo.evolve.rundir.errors import StorageError
from hetevo.evolve.rundir.files import read_bounded
from hetevo.populations.errors import nearest
from hetevo.populations.settings import freeze
from hetevo.populations.text import for_file
from hetevo.populations.wiring.file import FromFile
from hetevo.populations.wiring.graph import Graph, named_files

NAME, OPTIONS = "file", "network.options"
HASHES = {"file": "sha256", "descending": "sha256_descending"}
"""The option that says the hash of a file, by the option that names it."""


class HeldFile(str):
    """The name of a file, which holds what was read from it; written down, it is the name alone.

    Attributes
    ----------
    content : bytes
        The file.
    """

    __slots__ = ("content",)
    content: bytes

    def __reduce__(self) -> tuple[object, ...]:
        return hold, (str(self), self.content)


def hold(name: str, content: bytes) -> HeldFile:
    """Return the name of a file with its content; of a path only the last part."""
    held = HeldFile(name if name.startswith(PACKAGE) else Path(name).name)
    held.content = content
    return held


def files_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the files that the wiring of a configuration is made of, by option; none if it is made otherwise.

    Parameters
    ----------
    content : mapping
        Nested values, not validated.
    """
    network = content.get("network")
    if not isinstance(network, Mapping) or network.get("wiring") != NAME:
        return {}
    options = network.get("options")
    return named_files(options) if isinstance(options, Mapping) else {}


def held_files(content: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the content of those files that were read, by the name of their copies in run directories.

    Raises
    ------
    ConfigError
        If two files are called the same.
    """
    held: dict[str, bytes] = {}
    for option, file in files_of(content).items():
        if isinstance(file, HeldFile) and held.setdefault(for_file(file), file.content) != file.content:
            raise ConfigError(
                f"{OPTIONS}.{option}: two files are called {str(file)!r}, and both have a copy in the run directory:"
                " expected different names. Rename one."
            )
    return held


def describe_files(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Return what provenance says of files: name, size in bytes, SHA-256."""
    return [
        {"file": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    ]


def is_complete(content: Mapping[str, Any]) -> bool:
    """Tell whether everything is read that the wiring is made of."""
    return all(isinstance(file, HeldFile) for file in files_of(content).values())


def complete_graph(content: dict[str, Any], given: Collection[str]) -> dict[str, Any]:
    """Return nested values with what follows from the files of their wiring; any others as they are.

    Sizes that are not there, or that stood beside another file or selection of neurons, follow from the file.

    Parameters
    ----------
    content : dict
        Nested values, with all changes made.
    given : collection of str
        Dotted keys that were changed.

    Raises
    ------
    GraphError
        If a file cannot be used, or is not what its hash says.
    """
    files = files_of(content)
    if not files:
        return content
    network, options = content["network"], dict(content["network"]["options"])
    for option, file in files.items():
        if {OPTIONS, f"{OPTIONS}.{option}"} & {*given} and f"{OPTIONS}.{HASHES[option]}" not in given:
            options.pop(HASHES[option], None)  # that of another file
        held = file if isinstance(file, HeldFile) else hold(file, _read(_locate(file, option), option))
        found = hashlib.sha256(held.content).hexdigest()
        wanted = options.setdefault(HASHES[option], found)
        if wanted != found:
            raise GraphError(_explain_change(option, str(held), wanted, found))
        options[option] = held
    network = {**network, "options": options}
    try:
        check_options("network.options", NAME, FromFile, options)
    except ValueError:
        return {**content, "network": network}  # which says so, when everything is checked
    names = [f"{OPTIONS}.{option}" for option in ("file", "inputs", "outputs", "hidden")]
    follow = bool({OPTIONS, *names} & {*given})
    frozen = {option: freeze(value) for option, value in with_graphs(options).items()}
    inputs, hidden, outputs = map(len, FromFile(**frozen).order)
    sizes: dict[str, dict[str, Any]] = {
        "task": {"inputs": inputs, "outputs": outputs},
        "network": {"levels": [hidden]},
    }
    completed = {**content, "network": network, "task": content.get("task", {})}
    for table, values in sizes.items():
        for key, value in values.items():
            if isinstance(completed[table], dict) and (
                key not in completed[table] or (follow and f"{table}.{key}" not in given)
            ):
                completed[table] = {**completed[table], key: value}
    return completed


def place_graph(content: dict[str, Any], folder: Path, given: Collection[str], *, trust: bool) -> dict[str, Any]:
    """Return the values of a configuration file, in which the files of its wiring are looked for beside that.

    Parameters
    ----------
    content : dict
        Nested values.
    folder : Path
        Of the configuration file; if that is a run's own, copies are in its folder ``data``.
    given : collection of str
        Dotted keys that will be changed: files that they name are looked for from the current folder.
    trust : bool
        Whether files may lie elsewhere.

    Raises
    ------
    ConfigError
        If they do, and may not.
    """
    held = {}
    for option, file in files_of(content).items():
        if file.startswith(PACKAGE) or {OPTIONS, f"{OPTIONS}.{option}"} & {*given}:
            continue
        place = place_beside(file, folder, f"{OPTIONS}.{option}", ConfigError, trust=trust)
        held[option] = hold(file, _read(place, option))
    return _with_options(content, held)


def place_graph_change(key: str, value: Any, folder: Path, *, trust: bool) -> Any:
    """Return what a sweep's file changes, in which files of a wiring are looked for beside that, as in `place_graph`.

    Parameters
    ----------
    key : str
        Dotted key.
    value : object
        Its new value.
    folder : Path
        Of the sweep's file.
    trust : bool
        Whether files may lie elsewhere.
    """
    table, _, option = key.rpartition(".")
    options = value if key == OPTIONS else {option: value} if table == OPTIONS else None
    if not isinstance(options, Mapping):
        return value
    placed = place_graph({"network": {"wiring": NAME, "options": options}}, folder, (), trust=trust)
    changed = placed["network"]["options"]
    return changed if key == OPTIONS else changed[option]


def with_kept_graph(content: dict[str, Any], data: Path) -> dict[str, Any]:
    """Return the configuration of a run with what the copies of its files hold.

    Parameters
    ----------
    content : dict
        Nested values, as they were saved.
    data : Path
        Where the run keeps copies.

    Raises
    ------
    GraphError
        If a copy is not there.
    """
    kept = {option: data / for_file(file) for option, file in files_of(content).items()}
    return _with_options(
        content, {option: hold(files_of(content)[option], _read(place, option)) for option, place in kept.items()}
    )


def with_graphs(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of the wiring ``file`` with the graphs that its files hold, as far as they were read."""
    files = {option: file for option, file in named_files(options).items() if isinstance(file, HeldFile)}
    fields = {"file": "graph", "descending": "graph_descending"}
    graphs = {fields[option]: _parsed(file.content, str(file)) for option, file in files.items()}
    return {**options, **{option: str(file) for option, file in files.items()}, **graphs}


@lru_cache(8)
def _parsed(content: bytes, name: str) -> Graph:
    return read_graph(content, name)


def _with_options(content: dict[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    if not options:
        return content
    network = content["network"]
    return {**content, "network": {**network, "options": {**network["options"], **options}}}


def _locate(file: str, option: str) -> Path:
    """Find a file that was named, from the current folder or in the package."""
    if not file.startswith(PACKAGE):
        return Path(file)
    return find_shipped(file, f"{OPTIONS}.{option}", GraphError)


def _read(path: Path, option: str) -> bytes:
    try:
        # links are the user's own; inside a run there is none
        return read_bounded(path if hasattr(path, "within") else Path(os.path.realpath(path)), LIMIT)
    except StorageError as error:
        cause = error.__cause__
        if not isinstance(cause, FileNotFoundError | NotADirectoryError | IsADirectoryError):
            raise
        what = "is a folder" if isinstance(cause, IsADirectoryError) else "does not exist"
        files = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        raise GraphError(
            f"{OPTIONS}.{option}: expected a file of a directed graph, but {path} {what}.{nearest(path.name, files)}"
        ) from None


def _explain_change(option: str, name: str, wanted: str, found: str) -> str:
    return (
        f"{OPTIONS}.{option}: {name} is not the file that was named: expected the SHA-256 {wanted}"
        f" ({OPTIONS}.{HASHES[option]}), got {found}. It was changed, or is another one. Put the file back; to use"
        f" what is there now, leave {HASHES[option]} out, in a directory of its own."
    )
