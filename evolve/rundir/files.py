"""Durable file operations: a file is there completely or not at all.

Every change that a run makes to its directory goes through these few functions, so that tests can make the n-th one
fail or kill the process inside it.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from evolve.rundir.errors import StorageError


def write_durably(path: Path, content: bytes) -> None:
    """Write a file that survives a crash of the machine, replacing what was there in one step.

    Parameters
    ----------
    path : Path
        Where; its folder exists.
    content : bytes
        What.

    Raises
    ------
    StorageError
        If the disk is full or fails; the old file is still there then.
    """
    partial = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        with open(partial, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StorageError("write", path, error, len(content)) from error


def append_line(path: Path, line: str) -> None:
    """Append a line of telemetry; not made durable, for nothing depends on it."""
    try:
        with open(path, "a", encoding="utf-8") as handle:
            handle.write(line + "\n")
    except OSError as error:
        raise StorageError("append to", path, error, len(line) + 1) from error


def sync_folder(folder: Path) -> None:
    """Make the names inside a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename_folder(source: Path, target: Path) -> None:
    """Rename a folder to a new name, durably."""
    guarded("rename", source, lambda: source.rename(target))
    guarded("rename", source, lambda: sync_folder(target.parent))


def remove_tree(path: Path) -> None:
    """Remove a folder or file of the run; links are removed, never followed."""
    guarded("remove", path, lambda: path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path))


def make_folder(path: Path) -> None:
    """Make a folder (and its parents) if it is not there."""
    guarded("make folder", path, lambda: path.mkdir(parents=True, exist_ok=True))


def guarded(action: str, path: Path, operation: Callable[[], object]) -> None:
    """Run a file operation and turn its failure into a `StorageError` that names the file."""
    try:
        operation()
    except OSError as error:
        raise StorageError(action, path, error) from error
