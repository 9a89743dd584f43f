"""Checkpoints: the whole state of a run after one generation, that can be trusted or refused.

``checkpoints/gen-000120/state.npz`` holds arrays, ``manifest.json`` what they are and the SHA-256 of the file. A
checkpoint is written under a temporary name, made durable, and renamed: under its final name it is complete.
`hetevo.evolve.rundir.reading` reads it.
"""

import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.rundir.errors import RunDirectoryError
from hetevo.evolve.rundir.files import make_folder, names, remove_tree, rename_folder, sync_folder, write_new
from hetevo.evolve.rundir.manifest import Array, File, Manifest, file_of
from hetevo.evolve.rundir.streams import Sink

STATE, MANIFEST = "state.npz", "manifest.json"

_NAME = re.compile(r"gen-(\d{6,18})")
_REMAINS = re.compile(r"gen-\d{6,18}\.tmp-\d+|trash-gen-\d{6,18}-\d+")


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
        """By table, the hash of the rows in its last part (`rows_hash`); empty in checkpoints of the first versions."""
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
    final = folder / f"gen-{checkpoint.generation:06d}"
    partial = folder / f"{final.name}.tmp-{os.getpid()}"
    make_folder(partial)
    size = sum(array.nbytes for array in checkpoint.arrays.values())
    state = write_new(partial / STATE, lambda sink: _write_arrays(sink, checkpoint.arrays), size)
    manifest = Manifest(
        generation=checkpoint.generation,
        arrays={
            name: Array(shape=list(array.shape), dtype=array.dtype.str) for name, array in checkpoint.arrays.items()
        },
        files={STATE: file_of(state)},
        records=checkpoint.records,
        facts=checkpoint.facts,
    )
    content = manifest.encoded()
    write_new(partial / MANIFEST, lambda sink: sink.write(content), len(content))
    sync_folder(partial)
    if final.name in names(folder):  # left by a life of this run that went on from an earlier checkpoint
        discard(final)
    rename_folder(partial, final)
    return final


def listed(folder: Path) -> list[Path]:
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


def prune(folder: Path, keep: int, keep_every: int) -> None:
    """Keep the last ``keep`` checkpoints and every one of a generation divisible by ``keep_every`` (0: none)."""
    for path in listed(folder)[:-keep]:
        if not keep_every or generation_of(path) % keep_every:
            discard(path)


def sweep(folder: Path) -> None:
    """Remove what an interrupted writer or pruner left."""
    for name in names(folder):
        if _REMAINS.fullmatch(name):
            remove_tree(folder / name)


def is_ours(name: str) -> bool:
    """Tell whether something in the folder of checkpoints is a checkpoint, whole or half written or deleted."""
    return bool(_NAME.fullmatch(name) or _REMAINS.fullmatch(name))


def _write_arrays(sink: Sink, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write what `numpy.load` reads: stored, not compressed, for genes are noise; and never a pickle."""
    with zipfile.ZipFile(cast(Any, sink), "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
