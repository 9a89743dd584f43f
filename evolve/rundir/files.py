"""Durable file operations: a file is there completely or not at all, and never outside the run directory.

Every change that a run makes to its directory goes through these few functions, and they go through
`hetevo.evolve.rundir.system`, so that tests can make the n-th operation fail or kill the process inside it.
"""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hetevo.evolve.rundir import system
from hetevo.evolve.rundir.errors import RunDirectoryError, StorageError
from hetevo.evolve.rundir.places import Place
from hetevo.evolve.rundir.schemas import File
from hetevo.evolve.rundir.system import Sink, opened, reading, write_all

_LEFTOVER = re.compile(r"\.[a-z0-9.-]+\.tmp-\d+")


def write_durably(path: Path, content: bytes) -> File:
    """Write a file that survives a crash of the machine, replacing what was there in one step.

    Parameters
    ----------
    path : Path
        Where; its folder exists.
    content : bytes
        What.

    Returns
    -------
    File
        Size and checksum.

    Raises
    ------
    StorageError
        If the disk is full or fails; the old file is still there then.
    """
    partial = path.with_name(f".{path.name}.tmp-{os.getpid()}")  # see `is_leftover`
    with explained("write", path, len(content)):
        try:
            # under another name first: the old file is whole until the new one is
            written = _write(partial, lambda sink: sink.write(content))
            system.rename(partial, path)
        except OSError:
            with contextlib.suppress(OSError):  # the next start sweeps it away; the first error is the one to report
                system.unlink(partial)
            raise
        sync_folder(path.parent)
    return written


def is_leftover(name: str) -> bool:
    """Tell whether a name is that of a file which `write_durably` had not finished when its process was killed."""
    return _LEFTOVER.fullmatch(name) is not None


def remove_leftovers(folder: Path) -> None:
    """Remove what interrupted calls of `write_durably` left; the caller is the only one that writes there."""
    for name in filter(is_leftover, names(folder)):
        remove_tree(folder / name)


def write_new(path: Path, produce: Callable[[Sink], object], size: int) -> File:
    """Write a file in a folder that nobody reads yet, as a stream: it never needs to fit into memory as a whole.

    Parameters
    ----------
    path : Path
        Where; the caller makes its name durable.
    produce : callable
        Writes the content to the sink that it is given.
    size : int
        Bytes that it needs, about, for the message if they are not there.
    """
    with explained("write", path, size):
        return _write(path, produce)


def append_line(path: Path, line: str) -> None:
    """Append a line of telemetry; not made durable, for nothing depends on it. A torn line before it is ended."""
    content = line.encode() + b"\n"
    with explained("append to", path, len(content)), opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as file:
        # a writer that was killed may have left half a line
        end = os.fstat(file).st_size
        torn = end > 0 and os.pread(file, 1, end - 1) != b"\n"
        write_all(file, memoryview(b"\n" + content if torn else content))


def touch(path: Path) -> None:
    """Make an empty file if there is none."""
    with explained("make", path), opened(path, os.O_WRONLY | os.O_CREAT):
        pass


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a small, plain file completely.

    Raises
    ------
    StorageError
        If it cannot be read.
    RunDirectoryError
        If it is not a plain file, or larger than ``limit`` bytes; then it is not read.
    """
    with explained("read", path), reading(path) as source:
        # the size is known before anything is read
        size = source.seek(0, os.SEEK_END)
        if size > limit:
            raise RunDirectoryError(f"{path} has {size:,} bytes where at most {limit:,} make sense: it is not read.")
        source.seek(0)
        return source.read(limit)


def sync_folder(folder: Path) -> None:
    """Make the names inside a folder durable."""
    with explained("make durable", folder), opened(folder, os.O_RDONLY | os.O_DIRECTORY) as descriptor:
        system.sync(descriptor)


def rename_folder(source: Path, target: Path, *, durably: bool = True) -> None:
    """Rename a folder to a new name, and wait until that has reached the disk."""
    with explained("rename", source):
        system.rename(source, target)
    if durably:
        sync_folder(target.parent)


def remove_tree(path: Path) -> None:
    """Remove a folder or file of the run; links are removed, never followed."""
    with explained("remove", path):
        if not stat.S_ISDIR(system.look(path).st_mode):
            system.unlink(path)
            return
        for name in system.names(path):
            remove_tree(path / name)
        system.remove_directory(path)


def make_folder(path: Path) -> None:
    """Make a folder if it is not there; what is there must be a folder, not a link to one."""
    if not is_folder(path):
        with explained("make folder", path):
            system.make_directory(path)


def make_folders(path: Path) -> None:
    """Make a folder and those above it that are missing; links on the way are followed, for the user named them."""
    if isinstance(path, Place):  # the sweep in which it lies is there, or was deleted
        make_folder(path)
    elif not is_directory(path):
        make_folders(path.parent)
        with explained("make folder", path):
            try:
                system.make_directory(path)
            except FileExistsError:
                if not is_directory(path):  # another start may have made it just now
                    raise


def names(folder: Path) -> list[str]:
    """List what is in a folder of the run, sorted; nothing if there is no such folder.

    Raises
    ------
    RunDirectoryError
        If something else is in its place.
    """
    with explained("list", folder):
        try:
            return sorted(system.names(folder))
        except FileNotFoundError:
            return []
        except NotADirectoryError:
            raise RunDirectoryError(
                f"{folder} is not a folder, as it must be in a run or sweep: put the folder in its place."
            ) from None


def is_there(path: Path) -> bool:
    """Tell whether there is anything of that name in the run."""
    return _mode(path) is not None


def is_folder(path: Path) -> bool:
    """Tell whether something in the run is a folder.

    Raises
    ------
    RunDirectoryError
        If it is a link.
    """
    check_no_link(path)
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def is_link(path: Path) -> bool:
    """Tell whether something in the run is a link."""
    mode = _mode(path)
    return mode is not None and stat.S_ISLNK(mode)


def is_directory(path: Path) -> bool:
    """Tell whether there is a directory of a run or sweep: a link to one is one, but for a run inside a sweep."""
    if isinstance(path, Place):
        return is_folder(path)
    with contextlib.suppress(OSError):  # such as a name that is too long
        return path.is_dir()
    return False


def check_no_link(path: Path) -> None:
    """Raise a `RunDirectoryError` if something in the run is a link."""
    if is_link(path):
        raise _link_error(path)


@contextmanager
def explained(action: str, path: Path, needed: int = 0) -> Iterator[None]:
    """Turn the failure of a file operation into a `StorageError` that names the file; a link is none of the run's."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ELOOP:
            found = Path(error.filename or path)  # a name alone is that of the file itself
            raise _link_error(path if found.name == path.name else found) from None
        raise StorageError(action, path, error, needed) from error


def _link_error(path: Path) -> RunDirectoryError:
    return RunDirectoryError(
        f"{path} is a symbolic link. A run directory holds plain files and folders only, so that it"
        " is complete wherever it is moved: put what the link points to in its place."
    )


def _mode(path: Path) -> int | None:
    with explained("look at", path):
        try:
            return system.look(path).st_mode
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
                return None
            raise


def _write(path: Path, produce: Callable[[Sink], object]) -> File:
    # O_EXCL: a name that is there already is not ours, and may be a link
    with opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as descriptor:
        sink = Sink(descriptor)
        produce(sink)
        sink.flush()
        system.sync(descriptor)
    return sink.written
