"""Where a file of data lies, and the name by which configurations and records call it."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hetevo.evolve.named_files import PACKAGE, find_shipped
from hetevo.evolve.rundir.places import Place
from hetevo.evolve.rundir.system import CHUNK, reading
from hetevo.populations.errors import SettingError, nearest

LONGEST = 256
"""Bytes that the name of a file is shorter than, on any system."""

SHOWN = 80
"""Characters of a wrong name that a message repeats."""


class DataError(SettingError):
    """A file of data is not there, or does not hold what was asked for."""


class Located(str):
    """The name of a file, which remembers where the file lies; as text, in files and to others, it is the name alone.

    Attributes
    ----------
    path : Path
        Where. A run directory can be published, and the way to somebody's file means nothing elsewhere.
    """

    path: Path

    def __reduce__(self) -> tuple[object, ...]:
        return locate, (str(self), self.path)


def locate(name: str, path: Path) -> Located:
    """Return the name of a file with the place where it lies."""
    made = Located(name)
    made.path = path
    return made


def called(file: str) -> str:
    """Return what a file is called that was given by its path: its last part, but of a package's file the whole.

    Raises
    ------
    DataError
        If no file can have that name.

    Examples
    --------
    >>> called("/home/jane/iris.csv"), called("package:iris.csv")
    ('iris.csv', 'package:iris.csv')
    """
    name = Path(file).name
    if "\0" in file or not 0 < len(os.fsencode(name)) < LONGEST:
        raise DataError(f'task.options.file: expected the name of a file, such as "iris.csv", got {file[:SHOWN]!r}.')
    return file if file.startswith(PACKAGE) else name


def locate_given(file: str) -> Located:
    """Return the name of a file that was given: as a path from the current folder, or as one of the package's.

    Raises
    ------
    DataError
        If the package has no such file.
    """
    if isinstance(file, Located):
        return file
    if not file.startswith(PACKAGE):
        return locate(called(file), Path(file).absolute())
    return locate(file, find_shipped(file, "task.options.file", DataError))


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file of data: a plain file, through links if it is the user's own, through none inside a run.

    Raises
    ------
    DataError
        If there is none, or it is something else.
    RunDirectoryError
        If it lies inside a run, and is a link.
    """
    try:
        # links are followed here, once: the place in a run's folder is opened without any
        if not isinstance(path, Place):
            path = Path(os.path.realpath(path))
            # a pipe would wait for ever, and a device has no end
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode):
                raise DataError(_explain_other(path, mode))
        with reading(path) as source:
            yield source
    except FileNotFoundError:
        raise DataError(_explain_missing(path)) from None
    except OSError as error:
        # a file stands where a folder was expected
        if error.errno == errno.ENOTDIR:
            raise DataError(_explain_missing(path)) from None
        raise DataError(f"Cannot read the data in {path}: {error.strerror or error}.") from None


def _explain_missing(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"There is no file {path}: there is no folder {folder}. Give another file as task.options.file."
    hint = nearest(path.name, [file.name for file in folder.iterdir()])
    return f"There is no file {path}.{hint} Give another one as task.options.file."


def _explain_other(path: Path, mode: int) -> str:
    if stat.S_ISDIR(mode):
        files = sorted(file.name for file in path.iterdir() if file.suffix in (".csv", ".tsv", ".npz", ".parquet"))
        inside = f" Files in it: {', '.join(files[:6])}." if files else ""
        return f"{path} is a folder; expected a file of data.{inside} Give a file as task.options.file."
    return f"{path} is not a plain file; expected a file of data. Give another one as task.options.file."


def hash_file(source: BinaryIO) -> str:
    """Return the SHA-256 of an open file, as hexadecimal digits, and go back to its beginning."""
    found = hashlib.sha256()
    source.seek(0)
    while content := source.read(CHUNK):
        found.update(content)
    source.seek(0)
    return found.hexdigest()
