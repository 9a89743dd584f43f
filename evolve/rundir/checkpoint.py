"""Checkpoints: the whole state of a run after one generation, that can be trusted or refused.

``checkpoints/gen-000120/state.npz`` holds arrays, ``manifest.json`` what they are and the SHA-256 of the file. A
checkpoint is written under a temporary name, made durable, and renamed: under its final name it is complete.
`read` reads it, or says why it cannot be trusted.
"""

import io
import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.rundir.errors import DamagedError, RunDirectoryError
from hetevo.evolve.rundir.files import (
    explained,
    is_folder,
    is_link,
    is_there,
    make_folder,
    names,
    remove_tree,
    rename_folder,
    sync_folder,
    write_new,
)
from hetevo.evolve.rundir.manifest import Array, Manifest, read_manifest
from hetevo.evolve.rundir.schemas import File
from hetevo.evolve.rundir.system import CHUNK, Sink, reading

STATE, MANIFEST = "state.npz", "manifest.json"

_NAME = re.compile(r"gen-(\d{6,18})")
_REMAINS = re.compile(r"gen-\d{6,18}\.tmp-\d+|trash-gen-\d{6,18}-\d+")

ANY = (-1,)
"""Shape of an array with one axis of any length."""

OVERHEAD = 1024
"""Bytes that an array's headers may take in the file."""


@dataclass(frozen=True)
class Checkpoint:
    """State after a generation has lived and was recorded.

    Parameters
    ----------
    generation : int
        Which one.
    arrays : dict of str to ndarray
        Genes, descent, losses and statuses.
    facts : dict
        What JSON can hold: seed, configuration hash, digests, origin.
    records : dict of str to File, optional
        Size and checksum of every part of the records up to this generation.
    """

    generation: int
    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]
    records: dict[str, File] = field(default_factory=dict)

    @property
    def rows(self) -> dict[str, str]:
        """By table, the hash of the rows in its last part (`hash_rows`); empty in checkpoints of the first versions."""
        found = self.facts.get("rows")
        return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def write(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint.

    Parameters
    ----------
    folder : Path
        ``RUN/checkpoints``; it exists, for one that is gone must not be made anew.
    checkpoint : Checkpoint
        What to save.

    Returns
    -------
    Path
        Its folder.
    """
    # written under a name that nobody reads; only the last rename makes it a checkpoint
    final = folder / f"gen-{checkpoint.generation:06d}"
    partial = folder / f"{final.name}.tmp-{os.getpid()}"
    make_folder(partial)
    size = sum(array.nbytes for array in checkpoint.arrays.values())
    state = write_new(partial / STATE, lambda sink: write_arrays(sink, checkpoint.arrays), size)
    manifest = Manifest(
        generation=checkpoint.generation,
        arrays={
            name: Array(shape=list(array.shape), dtype=array.dtype.str) for name, array in checkpoint.arrays.items()
        },
        files={STATE: state},
        records=checkpoint.records,
        facts=checkpoint.facts,
    )
    content = manifest.encode()
    write_new(partial / MANIFEST, lambda sink: sink.write(content), len(content))
    # files and names must be on the disk before the rename is
    sync_folder(partial)
    if final.name in names(folder):  # left by a life of this run that went on from an earlier checkpoint
        discard(final)
    rename_folder(partial, final)
    return final


def list_checkpoints(folder: Path) -> list[Path]:
    """List the checkpoints of a run, oldest first."""
    return sorted((folder / name for name in names(folder) if _NAME.fullmatch(name)), key=generation_of)


def generation_of(path: Path) -> int:
    """Return the generation that a checkpoint's folder is named after."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise RunDirectoryError(f"{path} is not a checkpoint: expected a name like gen-000120.")
    return int(match.group(1))


def discard(path: Path) -> None:
    """Delete a checkpoint; what is half deleted no longer has its name."""
    trash = path.with_name(f"trash-{path.name}-{os.getpid()}")
    rename_folder(path, trash, durably=False)
    remove_tree(trash)


def prune(folder: Path, keep: int, keep_every: int, given: int | None = None) -> None:
    """Keep the last ``keep`` checkpoints, those of generations divisible by ``keep_every`` (0: none), and ``given``."""
    for path in list_checkpoints(folder)[:-keep]:
        if generation_of(path) != given and (not keep_every or generation_of(path) % keep_every):
            discard(path)


def sweep(folder: Path) -> None:
    """Remove what an interrupted writer or pruner left."""
    for name in names(folder):
        if _REMAINS.fullmatch(name):
            remove_tree(folder / name)


def is_ours(name: str) -> bool:
    """Tell whether something in the folder of checkpoints is a checkpoint, whole or half written or deleted."""
    return bool(_NAME.fullmatch(name) or _REMAINS.fullmatch(name))


def write_arrays(sink: Sink | io.BytesIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write what `numpy.load` reads: stored, not compressed, for genes are noise; and never a pickle."""
    with zipfile.ZipFile(cast(Any, sink), "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)


Expected = Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]
"""Shape and dtype of every array that a checkpoint must hold; shape (-1,): one axis, as long as the file has it."""


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
    # 1. the manifest, which has a checksum of its own
    manifest = load_manifest(path)
    file = path / STATE
    if not is_there(file):
        raise DamagedError(file, "it is missing")
    with explained("read", file), reading(file) as source:
        # 2. size, then checksum, then content: each check makes the next one safe
        _check_size(file, source, manifest.files[STATE], expected)
        source.seek(0)
        if file_digest(source, "sha256").hexdigest() != manifest.files[STATE].sha256:
            raise DamagedError(file, "its content does not fit the checksum in its manifest")
        arrays = unpack_arrays(file, source, expected)
    return Checkpoint(manifest.generation, arrays, manifest.facts, manifest.records)


def load_manifest(path: Path) -> Manifest:
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
    # of an array of any length nothing is known but that it is in the file
    content = sum(prod(shape) * dtype.itemsize for shape, dtype in expected.values() if shape != ANY)
    most = size if any(shape == ANY for shape, _ in expected.values()) else content + OVERHEAD * (len(expected) + 1)
    if not content <= size <= most:
        raise DamagedError(file, f"it has {size:,} bytes, but the configuration implies {content:,} and some headers")


def unpack_arrays(file: Path, source: BinaryIO, expected: Expected) -> dict[str, NDArray[Any]]:
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
        there = source.seek(0, os.SEEK_END)
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
            if sorted(member.filename for member in members) != sorted(f"{name}.npy" for name in expected):
                raise DamagedError(file, f"expected the arrays {', '.join(sorted(expected))}; it holds others")
            return {name: _array(archive, f"{name}.npy", *expected[name], there) for name in expected}
    except (DamagedError, OSError):
        raise
    except Exception as error:  # whatever a parser can stumble over in bytes that nobody should have written
        reason = f"{type(error).__name__}: {error}"
        raise DamagedError(file, f"it does not hold the arrays that the configuration implies ({reason})") from None


def _array(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], there: int
) -> NDArray[Any]:
    # nothing is taken from the file that the configuration does not imply
    info = archive.getinfo(name)
    if shape == ANY:
        shape = _length(archive, info, dtype, there)
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


def _length(archive: zipfile.ZipFile, info: zipfile.ZipInfo, dtype: np.dtype[Any], there: int) -> tuple[int, ...]:
    """Return the shape of an array with one axis, as its header says: no more than a file of ``there`` bytes holds."""
    with archive.open(info) as member:
        np.lib.format.read_magic(member)
        found, _, _ = np.lib.format.read_array_header_1_0(member, max_header_size=OVERHEAD)
    if len(found) != 1 or not 0 <= found[0] * dtype.itemsize <= there:
        raise ValueError(f"{info.filename} has the shape {found}, which is none of a list in a file of {there} bytes")
    return found
