"""The system calls by which a run touches its directory, there are no others; and plain files read and written by them.

Everything in `hetevo.evolve.rundir` calls these functions through this module, so that a test can put itself in the
place of any one of them: let the n-th call fail, write only a part, or kill the process before, inside or after it.
"""

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hetevo.evolve import posix
from hetevo.evolve.rundir.errors import RunDirectoryError
from hetevo.evolve.rundir.places import located, open_folder
from hetevo.evolve.rundir.schemas import File

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CHUNK = 1 << 20
"""Bytes that are written or read at once."""


def open_file(path: Path, flags: int, mode: int = 0o644) -> int:
    """Open a file and return its descriptor; a symbolic link is an error, and a pipe does not block."""
    with located(path) as (folder, name):
        # seen from the folder, whatever its path leads to now
        return os.open(name, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, mode, dir_fd=folder)


def look(path: Path) -> os.stat_result:
    """Return what is known of a file, folder or link without opening it."""
    with located(path) as (folder, name):
        return os.stat(name, dir_fd=folder, follow_symlinks=False)


def write(descriptor: int, content: memoryview) -> int:
    """Write what fits, and return how many bytes that were."""
    return os.write(descriptor, content)


def sync(descriptor: int) -> None:
    """Wait until a file's content, or a folder's names, have reached the disk."""
    os.fsync(descriptor)


def truncate(descriptor: int, size: int) -> None:
    """Cut a file to a size."""
    os.ftruncate(descriptor, size)


def lock(descriptor: int) -> None:
    """Take an exclusive lock, which the system gives back when the process ends; BlockingIOError if another has it."""
    posix.lock_alone(descriptor)


def share(descriptor: int) -> None:
    """Take a share in a lock, waiting for whoever has it alone."""
    posix.lock_shared(descriptor)


def rename(source: Path, target: Path) -> None:
    """Rename in one step; a file in the place of the new name is replaced."""
    with located(source) as (before, old), located(target) as (after, new):
        os.rename(old, new, src_dir_fd=before, dst_dir_fd=after)


def unlink(path: Path) -> None:
    """Remove a file or link."""
    with located(path) as (folder, name):
        os.unlink(name, dir_fd=folder)


def make_directory(path: Path) -> None:
    """Make one folder."""
    with located(path) as (folder, name):
        os.mkdir(name, dir_fd=folder)


def remove_directory(path: Path) -> None:
    """Remove an empty folder."""
    with located(path) as (folder, name):
        os.rmdir(name, dir_fd=folder)


def names(folder: Path) -> list[str]:
    """List what is in a folder, in no particular order."""
    with located(folder) as (outer, name):
        # a folder outside of any run is anybody's own
        if outer is None:
            return [path.name for path in folder.iterdir()]
        descriptor = open_folder(outer, name, folder)
        try:
            return os.listdir(descriptor)  # noqa: PTH208 - a descriptor is no path
        finally:
            os.close(descriptor)


def read(descriptor: int, size: int) -> bytes:
    """Read at most so many bytes from where the file stands."""
    return os.read(descriptor, size)


def close(descriptor: int) -> None:
    """Give a descriptor back."""
    os.close(descriptor)


class Sink:
    """Takes what a file should hold, in order; counts and hashes it.

    Parameters
    ----------
    descriptor : int
        Of a file that is open for writing.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = bytearray()
        self._count, self._hash = 0, hashlib.sha256()

    def write(self, content: "ReadableBuffer") -> int:
        """Take some bytes."""
        # small ones are gathered, for each call of the system costs
        view = memoryview(content).cast("B")
        size = len(view)
        if len(self._waiting) + size < CHUNK:
            self._waiting += view
        else:
            self.flush()
            self._hand_over(view)
        return size

    def flush(self) -> None:
        """Hand everything to the system."""
        waiting, self._waiting = self._waiting, bytearray()
        self._hand_over(memoryview(waiting))

    def _hand_over(self, content: memoryview) -> None:
        # counted when it has been written, so that what is noted is there
        write_all(self._descriptor, content)
        self._hash.update(content)
        self._count += len(content)

    @property
    def written(self) -> File:
        """Size and checksum of what was handed to the system so far."""
        return File(bytes=self._count, sha256=self._hash.hexdigest())


class _Source(io.RawIOBase):
    """Gives what a file holds."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(self._descriptor, offset, whence)

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        content = read(self._descriptor, min(len(view), CHUNK))
        view[: len(content)] = content
        return len(content)


@contextmanager
def opened(path: Path, flags: int, mode: int = 0o644) -> Iterator[int]:
    """Open a plain file, or a folder if the flags say so, for the length of a block: never a link, pipe or device."""
    descriptor = open_plain(path, flags, mode)
    try:
        yield descriptor
    except BaseException:
        os.close(descriptor)
        raise
    close(descriptor)


def open_plain(path: Path, flags: int, mode: int = 0o644) -> int:
    """Open a plain file, or a folder if the flags say so, and return its descriptor."""
    # opened first and looked at then: in between nobody can put another file there
    descriptor = open_file(path, flags, mode)
    if not flags & os.O_DIRECTORY and not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RunDirectoryError(f"{path} is not a plain file, as everything in a run directory must be.")
    return descriptor


@contextmanager
def reading(path: Path) -> Iterator[io.BufferedReader]:
    """Open a plain file for reading."""
    with opened(path, os.O_RDONLY) as descriptor:
        yield io.BufferedReader(_Source(descriptor))


def write_all(descriptor: int, content: memoryview) -> None:
    """Write everything: a write may be cut short, then the rest follows, or fails with the reason."""
    while content:
        content = content[write(descriptor, content) :]
