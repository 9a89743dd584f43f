"""Rows that all processes of a machine map from one copy: files of arrays in a folder that nobody else can read."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve import posix
from hetevo.populations.errors import MachineFailedError
from hetevo.populations.species import Species
from hetevo.populations.tasks.table import Rows, Table

PREFIX = "hetevo-data-"
LOCK = "lock"
ARRAYS = ("inputs", "targets", "input_scale", "target_scale")
"""Fields of `Rows` that are arrays."""

MOST = 2
"""Tables that a process keeps open."""

CHUNK = 1 << 24

# names of arrays, each with its SHA-256
Hashes = tuple[tuple[str, str], ...]

_known: dict[Hashes, Rows] = {}


@dataclass(frozen=True)
class MappedRows:
    """Rows in files of this machine, mapped into memory by each process that reads them.

    Parameters
    ----------
    folder : str
        Where the files are.
    hashes : tuple of (str, str)
        Of their arrays.
    training : int
        Rows of the training part.
    files : tuple of tuple of int
        Which files they are, and when each was written: one that is still the same needs no hash.
    """

    folder: str
    hashes: Hashes
    training: int
    files: tuple[tuple[int, ...], ...] = ()

    def rows(self) -> Rows:
        """Return the rows; the files are opened once in each process, and checked if anybody has touched them.

        Raises
        ------
        MachineFailedError
            If they are not there, or were changed.
        """
        return open_once(self.hashes, self.training, self._map, trusted=self._are_untouched())

    def _are_untouched(self) -> bool:
        # nobody else can write into the folder, and a hash would bring all of a large table into every process
        try:
            return bool(self.files) and self.files == _identify(Path(self.folder))
        except OSError:
            return False

    def _map(self, name: str) -> NDArray[Any]:
        path = Path(self.folder, f"{name}.npy")
        try:
            mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise MachineFailedError(f"The rows of the table cannot be read from {path}: {error}.") from None
        return mapped


def _identify(folder: Path) -> tuple[tuple[int, ...], ...]:
    """Say which files hold the arrays, and when they were last changed, which nobody can set."""
    found = [(folder / f"{name}.npy").lstat() for name in ARRAYS]
    return tuple((file.st_dev, file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns) for file in found)


def open_once(hashes: Hashes, training: int, load: Callable[[str], NDArray[Any]], *, trusted: bool = False) -> Rows:
    """Return rows that this process knows, or load and check them.

    Parameters
    ----------
    hashes : tuple of (str, str)
        What they must be.
    training : int
        Rows of the training part.
    load : callable
        Returns the array of a name.
    trusted : bool, optional
        Whether they are known to be what they must be.

    Raises
    ------
    MachineFailedError
        If an array is another one.
    """
    known = _known.get(hashes)
    # loaded once a process, for all the blocks that it computes
    if known is None:
        arrays = {name: load(name) for name, _ in hashes}
        for name, wanted in hashes:
            # checked before use: memory of others is no place to trust
            if not trusted and hash_array(arrays[name]) != wanted:
                raise MachineFailedError(
                    f"The {name} of the table's rows were changed on their way to this process: expected the SHA-256"
                    f" {wanted[:16]}…, got {hash_array(arrays[name])[:16]}…. Nothing was computed with them."
                )
        known = Rows(**arrays, training=training)
        # the oldest go first; a process seldom sees more than one table
        while len(_known) >= MOST:
            _known.pop(next(iter(_known)), None)
        _known[hashes] = known
    return known


def hash_array(array: NDArray[Any]) -> str:
    """Return a SHA-256 of an array's type, shape and values."""
    found = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    for begin in range(0, len(content), CHUNK):
        found.update(content[begin : begin + CHUNK])
    return found.hexdigest()


def hash_rows(rows: Rows) -> Hashes:
    """Return the SHA-256 of each array of some rows."""
    return tuple((name, hash_array(getattr(rows, name))) for name in ARRAYS)


@contextmanager
def shared(rows: Rows) -> Iterator[MappedRows]:
    """Write rows into a folder of their own, which is removed when the block ends, and say how to read them.

    Raises
    ------
    StorageError
        If there is no room for them; ``TMPDIR`` names another place.
    """
    # only the process that evolves writes rows; workers, which read them, need not load what writes durably
    from hetevo.evolve.rundir.files import explained, write_new

    _remove_left()
    with explained("make a folder in", Path(tempfile.gettempdir())):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    hashes, lock = hash_rows(rows), -1
    try:
        # a lock says that its process lives, whatever becomes of it; nobody looks for it before it is taken
        with explained("lock", folder):
            lock = os.open(folder / "taken", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            posix.lock_shared(lock)
            (folder / "taken").rename(folder / LOCK)
        for name in ARRAYS:
            array = getattr(rows, name)
            write_new(folder / f"{name}.npy", partial(_write, array=array), array.nbytes)
        source = MappedRows(str(folder), hashes, rows.training, _identify(folder))
        del rows, array  # from here on this process maps them too
        yield source
    finally:
        _known.pop(hashes, None)
        shutil.rmtree(folder, ignore_errors=True)
        if lock >= 0:
            os.close(lock)


def _write(sink: Any, array: NDArray[Any]) -> None:
    np.lib.format.write_array(sink, array, allow_pickle=False)


def _remove_left() -> None:
    """Remove folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.lstat().st_uid != os.getuid() or folder.is_symlink():
                continue
            descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                posix.lock_alone(descriptor)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)


@contextmanager
def travelling(species: Species) -> Iterator[Species]:
    """Return a species that other processes of this machine can be sent, whatever holds the rows of its table here."""
    task = species.task
    if not isinstance(task, Table) or task.source is None or isinstance(task.source, MappedRows):
        yield species
        return
    with shared(task.source.rows()) as source:
        yield replace(species, task=task.reading(source))


@dataclass(frozen=True)
class HeldRows:
    """Rows in the memory of this process.

    Parameters
    ----------
    held : Rows
        The rows.
    """

    held: Rows

    def rows(self) -> Rows:
        """Return the rows."""
        return self.held
