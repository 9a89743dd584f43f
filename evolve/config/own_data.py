"""Completing a configuration whose task is a table: where its file lies, its hash, and the sizes that follow.

What reads tables is loaded only if there is one.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from hetevo.evolve.config.options import check_options
from hetevo.evolve.config.sources import ConfigError
from hetevo.evolve.named_files import PACKAGE, place_beside
from hetevo.populations.settings import freeze
from hetevo.populations.tasks import Table
from hetevo.populations.text import for_file

NAME, FILE, FOUNDERS = "table", "task.options.file", "genome.founders"
KEPT_FOUNDERS = "founders.npz"
"""What a run's copy of its founders is called, in its folder ``data``."""

SIZES = ("inputs", "outputs")


def file_of(content: Mapping[str, Any]) -> str | None:
    """Return the file that nested values name; None if they name none."""
    task = content.get("task")
    options = task.get("options") if isinstance(task, Mapping) else None
    file = options.get("file") if isinstance(options, Mapping) else None
    return file if isinstance(file, str) and file else None


def complete(content: dict[str, Any], given: Collection[str], *, saved: bool) -> dict[str, Any]:
    """Return nested values with what follows from the file of a table; any others as they are.

    What was said of the file before counts for no other one.

    Parameters
    ----------
    content : dict
        Nested values, with all changes made.
    given : collection of str
        Dotted keys that were changed.
    saved : bool
        Whether it may be that of a run: what a run's own configuration names is never looked for outside the run.

    Raises
    ------
    DataError
        If the file cannot be used.
    """
    file, task = file_of(content), content.get("task")
    if not isinstance(task, dict) or task.get("name") != NAME or not isinstance(task.get("options"), dict):
        return content
    if file is None:
        raise ConfigError(
            f'{FILE}: the task table needs a file, such as "iris.csv", got none. For example: -s {FILE}=iris.csv'
        )
    from hetevo.evolve.data.places import Located, locate_given

    task, options = dict(task), dict(task["options"])
    if {FILE, "task.options"} & {*given}:
        # hash and sizes that stood beside another file say nothing of this one
        if FILE in given and "task.options.sha256" not in given:
            options.pop("sha256", None)
        task = {key: value for key, value in task.items() if key not in SIZES or f"task.{key}" in given}
    for key in ("targets", "columns"):
        if isinstance(options.get(key), str):
            options[key] = [options[key]]  # one name needs no brackets
    task["options"] = options
    if saved and FILE not in given and not isinstance(file, Located):
        return {**content, "task": task}
    options["file"] = locate_given(file)
    whole = options.get("sha256") and options.get("kind") in ("classification", "regression")
    if not whole or not all(size in task for size in SIZES):
        try:
            check_options("task.options", NAME, Table, options)
        except ValueError:
            return {**content, "task": task}  # said when everything is checked
        task = _describe(task, options)
    return {**content, "task": task}


def _describe(task: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Read the file, and write into the table of a task what follows from it."""
    from hetevo.evolve.data.keeping import check_sizes, read_file

    file = options["file"]
    frozen = {name: freeze(value) for name, value in options.items()}
    read = read_file(Table(**frozen), file.path)
    found = read.prepared
    given = {size: task[size] for size in SIZES if isinstance(task.get(size), int)}
    check_sizes(file, found, given)
    sizes = {"inputs": found.inputs, "outputs": found.outputs}
    return {**task, **sizes, "options": {**options, "kind": found.kind, "sha256": read.sha256}}


def place_change(key: str, value: Any, folder: Path, *, trust: bool) -> Any:
    """Return a change that stands in a file, in which a table's file is looked for beside that; others as they are.

    Raises
    ------
    ConfigError
        If it lies elsewhere, and may not.
    """
    if key == "task.options" and isinstance(value, Mapping) and isinstance(value.get("file"), str):
        return {**value, "file": place_change(FILE, value["file"], folder, trust=trust)}
    if key != FILE or not isinstance(value, str):
        return value
    return _place(value, folder, trust=trust)


def place_founders(content: dict[str, Any], folder: Path, *, trust: bool) -> dict[str, Any]:
    """Return the values of a configuration file, in which ``genome.founders`` is looked for beside that.

    Parameters
    ----------
    content, folder, trust
        As for `place_file`.

    Raises
    ------
    ConfigError
        If it lies elsewhere, and may not.
    """
    genome = content.get("genome")
    file = genome.get("founders") if isinstance(genome, Mapping) else None
    if not isinstance(genome, Mapping) or not isinstance(file, str) or not file or "\0" in file:
        return content
    place = place_beside(file, folder, FOUNDERS, ConfigError, trust=trust, kept=KEPT_FOUNDERS)
    return {**content, "genome": {**genome, "founders": str(place)}}


def place_file(content: dict[str, Any], folder: Path, *, trust: bool) -> dict[str, Any]:
    """Return the values of a configuration file, in which a table's file is looked for beside that.

    Parameters
    ----------
    content : dict
        Nested values.
    folder : Path
        Of the configuration file; if that is a run's own, the copy of the data is there.
    trust : bool
        Whether the file of the table may lie elsewhere.

    Raises
    ------
    ConfigError
        If it does, and may not.
    """
    file, task = file_of(content), content.get("task")
    if file is None or not isinstance(task, Mapping) or task.get("name") != NAME:
        return content
    options = {**task["options"], "file": _place(file, folder, trust=trust)}
    return {**content, "task": {**task, "options": options}}


def _place(file: str, folder: Path, *, trust: bool) -> str:
    from hetevo.evolve.data.places import called, locate

    if file.startswith(PACKAGE):
        return file
    return locate(
        called(file), place_beside(file, folder, FILE, ConfigError, trust=trust, kept=for_file(called(file))).absolute()
    )
