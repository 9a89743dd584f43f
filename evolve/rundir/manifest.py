"""The manifest of a checkpoint: what belongs to it, by size and SHA-256, and in which format.

In every schema, past and to come, a manifest is one line of JSON with sorted keys, and holds ``schema``, ``written_by``
and ``sha256``, the hash of the same text without that key. So every version can tell a manifest that it is too old to
read from a damaged one. ``python -m json.tool manifest.json`` shows it to people.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from hetevo.evolve.rundir.errors import DamagedError, SchemaError
from hetevo.evolve.rundir.files import read_bounded
from hetevo.evolve.rundir.schemas import Count, Facts, File, Strict, parse_json, validate
from hetevo.evolve.software import installed_version

SCHEMA = 1
"""Version of the checkpoint format that is written, and the only one so far."""

READERS: dict[int, str] = {1: "0.1"}
"""For each schema that this version no longer migrates or still reads, the release of Hetevo that reads it."""

LIMIT = 64 << 20
"""Bytes beyond which a manifest is refused unread: a million parts of records would need more."""


class Array(Strict):
    """Shape and dtype of an array, for people and other tools: a reader trusts its configuration instead."""

    shape: list[Count]
    dtype: str


class Manifest(Strict, ser_json_inf_nan="constants"):  # a configuration may hold infinite bounds
    """What a checkpoint consists of.

    Parameters
    ----------
    generation : int
        Which one.
    arrays : dict of str to Array
        What ``state.npz`` holds.
    files : dict of str to File
        Files of the checkpoint besides this one.
    records : dict of str to File
        Every part of the records up to this generation, by its path in the run directory.
    facts : dict
        What JSON can hold: seed, configuration hash, digests, origin.
    """

    generation: Count
    arrays: dict[str, Array]
    files: dict[str, File]
    records: dict[Annotated[str, Field(pattern=r"^[a-z]+/part-[0-9]{6,18}\.parquet$")], File]
    facts: dict[str, Any]

    def encode(self) -> bytes:
        """Return the content of ``manifest.json``."""
        return seal(
            {
                "schema": SCHEMA,
                "written_by": f"hetevo {_version()}",
                **self.model_dump(mode="json"),
            }
        )


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Parameters
    ----------
    path : Path
        ``RUN/checkpoints/gen-N/manifest.json``.

    Raises
    ------
    DamagedError
        If a single byte of it is not what was written.
    SchemaError
        If it is intact, but in a format that this version does not read.
    StorageError, RunDirectoryError
        If it cannot be read, or should not be.
    """
    # whole to the byte, whatever version wrote it; only then is its format looked at
    fields = read_sealed(path, LIMIT)
    # whole, but perhaps of another version
    _check_schema(path, fields.pop("schema", None), fields.pop("written_by", None))
    # a seal is no proof of who wrote it: every field is checked
    manifest = validate(fields, Manifest, path)
    validate(manifest.facts, Facts, path)
    return manifest


def _check_schema(path: Path, schema: object, written_by: object) -> None:
    if schema == SCHEMA and type(schema) is int:
        return
    if type(schema) is int and schema in READERS:
        advice = f"hetevo {READERS[schema]} reads it"
    else:
        advice = f"it was written by {str(written_by)[:80]!r}, which reads it"
    raise SchemaError(
        f"{path} has the checkpoint format {str(schema)[:20]}; hetevo {_version()} reads format {SCHEMA}."
        f" Nothing was changed: {advice}."
    )


def seal(content: dict[str, Any]) -> bytes:
    """Return a file of one line of JSON that holds the SHA-256 of itself without that hash."""
    digest = hashlib.sha256(_text(content)).hexdigest()
    return _text({**content, "sha256": digest})


def read_sealed(path: Path, limit: int) -> dict[str, Any]:
    """Return what a file from `seal` holds, without its hash; no more than ``limit`` bytes are read.

    Raises
    ------
    DamagedError
        If a single byte of it is not what was written.
    StorageError, RunDirectoryError
        If it cannot be read, or should not be.
    """
    content = read_bounded(path, limit)
    # sealed again, it must be the very same bytes
    try:
        fields = parse_json(content)
        plain = {key: value for key, value in fields.items() if key != "sha256"} if isinstance(fields, dict) else {}
        intact = bool(plain) and content == seal(plain)
    except ValueError:
        intact = False
    if not intact:
        raise DamagedError(path, "its content does not fit its checksum")
    return plain


def _text(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True).encode()


def _version() -> str:
    return installed_version("hetevo") or "(not installed)"
