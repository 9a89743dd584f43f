"""Reading a checkpoint that may be damaged, or made by an enemy.

Nothing in the file decides how much memory is taken or which code runs: names, shapes and dtypes are those that the
configuration of the run implies, and whatever differs is refused before anything is allocated.
"""

import os
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.rundir.checkpoint import MANIFEST, STATE, Checkpoint, generation_of
from hetevo.evolve.rundir.errors import DamagedError
from hetevo.evolve.rundir.files import explained, is_folder, is_link, is_there
from hetevo.evolve.rundir.manifest import File, Manifest, read_manifest
from hetevo.evolve.rundir.streams import CHUNK, reading

Expected = Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]
"""Shape and dtype of every array that a checkpoint must hold."""

OVERHEAD = 1024
"""Bytes that an array's headers may take in the file."""


def read(path: Path, expected: Expected) -> Checkpoint:
    """Read a checkpoint, or say why it cannot be trusted.

    Parameters
    ----------
    path : Path
        ``RUN/checkpoints/gen-N``.
    expected : mapping of str to (shape, dtype)
        Arrays that the configuration implies.

    Raises
    ------
    DamagedError
        If anything is missing, changed, or not as expected; the message names the file.
    SchemaError
        If this version cannot read it.
    StorageError, RunDirectoryError
        If a file cannot be read, or is a link or something else that has no place there.
    """
    manifest = checked_manifest(path)
    file = path / STATE
    if not is_there(file):
        raise DamagedError(file, "it is missing")
    with explained("read", file), reading(file) as source:
        _check_size(file, source, manifest.files[STATE], expected)
        if _hash(source) != manifest.files[STATE].sha256:
            raise DamagedError(file, "its content does not fit the checksum in its manifest")
        arrays = unpacked(file, source, expected)
    return Checkpoint(manifest.generation, arrays, manifest.facts, manifest.records)


def checked_manifest(path: Path) -> Manifest:
    """Read a checkpoint's manifest, and check that it belongs to this checkpoint."""
    if is_link(path) or not is_folder(path):
        raise DamagedError(path, "it is not a folder")
    file = path / MANIFEST
    if not is_there(file):
        raise DamagedError(file, "it is missing")
    manifest = read_manifest(file)
    if manifest.generation != generation_of(path):
        raise DamagedError(file, f"it belongs to generation {manifest.generation}")
    if set(manifest.files) != {STATE}:
        raise DamagedError(file, f"expected the file {STATE} and no other, got {', '.join(manifest.files)[:200]!r}")
    return manifest


def _check_size(file: Path, source: BinaryIO, entry: File, expected: Expected) -> None:
    size = source.seek(0, os.SEEK_END)
    if size != entry.bytes:
        raise DamagedError(file, f"it has {size:,} bytes; {entry.bytes:,} were written")
    content = sum(prod(shape) * dtype.itemsize for shape, dtype in expected.values())
    if not content <= size <= content + OVERHEAD * (len(expected) + 1):
        raise DamagedError(file, f"it has {size:,} bytes, but the configuration implies {content:,} and some headers")


def _hash(source: BinaryIO) -> str:
    state = sha256()
    source.seek(0)
    while chunk := source.read(CHUNK):
        state.update(chunk)
    return state.hexdigest()


def unpacked(file: Path, source: BinaryIO, expected: Expected) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz`` file, which takes no more memory than those that are expected.

    Parameters
    ----------
    file : Path
        What to call it in messages.
    source : binary file
        Where it is read from.
    expected : mapping of str to (shape, dtype)
        Its arrays: these and no others, not compressed.

    Raises
    ------
    DamagedError
        If it holds anything else.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
            if sorted(member.filename for member in members) != sorted(f"{name}.npy" for name in expected):
                raise DamagedError(file, f"expected the arrays {', '.join(sorted(expected))}; it holds others")
            return {name: _array(archive, f"{name}.npy", *expected[name]) for name in expected}
    except (DamagedError, OSError):
        raise
    except Exception as error:  # whatever a parser can stumble over in bytes that nobody should have written
        reason = f"{type(error).__name__}: {error}"
        raise DamagedError(file, f"it does not hold the arrays that the configuration implies ({reason})") from None


def _array(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > prod(shape) * dtype.itemsize + OVERHEAD:
        raise ValueError(f"{name} is compressed, or larger than the configuration implies")
    with archive.open(info) as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise ValueError(f"{name} has a header of another version")
        found, fortran, kind = np.lib.format.read_array_header_1_0(member, max_header_size=OVERHEAD)
        if (found, fortran, kind) != (shape, False, dtype):
            raise ValueError(f"{name}: expected shape {shape} and dtype {dtype}, got {found} and {kind}")
        array = np.empty(shape, dtype)
        target = array.reshape(-1).view(np.uint8).data
        done = 0
        while chunk := member.read(CHUNK):  # beyond the array there is no room, and the assignment fails
            target[done : done + len(chunk)] = chunk
            done += len(chunk)
    if done != len(target) or (dtype == np.bool_ and array.size and array.view(np.uint8).max() > 1):
        raise ValueError(f"{name} does not hold {shape} values of {dtype}")
    return array
