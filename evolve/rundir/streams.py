"""Streams to and from one file of a run directory, through `hetevo.evolve.rundir.system`."""

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from hetevo.evolve.rundir import system
from hetevo.evolve.rundir.errors import RunDirectoryError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CHUNK = 1 << 20
"""Bytes that are written or read at once."""


@dataclass(frozen=True)
class Written:
    """What is known of a file's content: its size in bytes and its SHA-256."""

    bytes: int
    sha256: str


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
        """Take some bytes; small pieces are gathered."""
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
        write_all(self._descriptor, content)
        self._hash.update(content)
        self._count += len(content)

    @property
    def written(self) -> Written:
        """Size and checksum of what was handed to the system so far."""
        return Written(self._count, self._hash.hexdigest())


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
        content = system.read(self._descriptor, min(len(view), CHUNK))
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
    system.close(descriptor)


def open_plain(path: Path, flags: int, mode: int = 0o644) -> int:
    """Open a plain file, or a folder if the flags say so, and return its descriptor."""
    descriptor = system.open_file(path, flags, mode)
    if not flags & os.O_DIRECTORY and not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RunDirectoryError(f"{path} is not a plain file, as everything in a run directory must be.")
    return descriptor


@contextmanager
def reading(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file for reading."""
    with opened(path, os.O_RDONLY) as descriptor:
        yield cast(BinaryIO, io.BufferedReader(_Source(descriptor)))


def write_all(descriptor: int, content: memoryview) -> None:
    """Write everything: a write may be cut short, then the rest follows, or fails with the reason."""
    while content:
        content = content[system.write(descriptor, content) :]
