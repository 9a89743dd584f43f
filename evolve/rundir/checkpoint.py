"""Checkpoints: the whole state of a run after one generation, that can be trusted or refused.

``checkpoints/gen-000120/state.npz`` holds arrays, ``manifest.json`` what they are and the SHA-256 of the file. A
checkpoint is written under a temporary name, made durable, and renamed: under its final name it is complete.
"""

import hashlib
import io
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evolve.rundir.errors import RunDirectoryError
from evolve.rundir.files import make_folder, remove_tree, rename_folder, write_durably

SCHEMA = 1
"""Version of the checkpoint format; see `read`."""

_NAME = re.compile(r"gen-(\d{6,})")


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
        What JSON can hold: seed, configuration hash, digests.
    """

    generation: int
    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]


def write(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint.

    Parameters
    ----------
    folder : Path
        ``RUN/checkpoints``.
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
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **checkpoint.arrays)
    state = buffer.getvalue()
    manifest = {
        "schema": SCHEMA,
        "generation": checkpoint.generation,
        "arrays": {
            name: {"shape": list(array.shape), "dtype": array.dtype.str} for name, array in checkpoint.arrays.items()
        },
        "files": {"state.npz": {"bytes": len(state), "sha256": hashlib.sha256(state).hexdigest()}},
        "facts": checkpoint.facts,
    }
    write_durably(partial / "state.npz", state)
    write_durably(partial / "manifest.json", json.dumps(manifest, indent=1).encode())
    if final.exists():  # left by a life of this run that went on from an earlier checkpoint
        discard(final)
    rename_folder(partial, final)
    return final


def listed(folder: Path) -> list[Path]:
    """List the checkpoints of a run, oldest first."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=generation_of)


def generation_of(path: Path) -> int:
    """Return the generation that a checkpoint's folder is named after."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise RunDirectoryError(f"{path} is not a checkpoint: expected a name like gen-000120.")
    return int(match.group(1))


def discard(path: Path) -> None:
    """Delete a checkpoint; what is half deleted no longer has its name."""
    trash = path.with_name(f"trash-{path.name}-{os.getpid()}")
    rename_folder(path, trash)
    remove_tree(trash)


def prune(folder: Path, keep: int, keep_every: int) -> None:
    """Keep the last ``keep`` checkpoints and every one of a generation divisible by ``keep_every`` (0: none)."""
    for path in listed(folder)[:-keep]:
        if not keep_every or generation_of(path) % keep_every:
            discard(path)


def sweep(folder: Path) -> None:
    """Remove what an interrupted writer or pruner left."""
    if folder.is_dir():
        for path in list(folder.iterdir()):
            if ".tmp-" in path.name or path.name.startswith("trash-"):
                remove_tree(path)
