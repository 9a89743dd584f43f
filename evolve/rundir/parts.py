"""Parts of records: parquet files that are checked before they are read.

A part is written again while it grows, so no list elsewhere can always know its checksum. It holds its own: in its
metadata, under the key ``hetevo``, stands the SHA-256 of the file with that hash itself as zeros.
"""

import io
import os
import re
from collections.abc import Collection, Iterator, Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hetevo.evolve import posix
from hetevo.evolve.rundir.arrays import from_arrow
from hetevo.evolve.rundir.columns import check_types, fit_columns
from hetevo.evolve.rundir.errors import DamagedError
from hetevo.evolve.rundir.files import explained, is_there, names
from hetevo.evolve.rundir.pruned import Pruned
from hetevo.evolve.rundir.schemas import File
from hetevo.evolve.rundir.system import CHUNK, reading

MEMORY_SHARE = 0.5
"""Share of the machine's memory that one part may take: a few crafted bytes can claim any number of rows."""

UNPACKED, RATIO = 512 << 20, 256
"""Bytes that one part may take in any case, and how many times its own size it may take beyond that."""

_ENCODINGS = frozenset({"PLAIN", "RLE", "BIT_PACKED"})
_PART = re.compile(r"part-(\d{6,18})\.parquet")
_METADATA = 16 << 20
_TEXTS = 1 << 14
_SEAL, _BLANK = b"sha256=", b"0" * 64


def parts(folder: Path) -> list[Path]:
    """List the parts of a table, first generations first."""
    return sorted((folder / name for name in names(folder) if _PART.fullmatch(name)), key=first_generation)


def first_generation(path: Path) -> int:
    """Return the generation that a part is named after."""
    match = _PART.fullmatch(path.name)
    assert match is not None
    return int(match.group(1))


def encode_part(table: pa.Table) -> bytes:
    """Return the content of a part."""
    sink = io.BytesIO()
    sealed = table.replace_schema_metadata({"hetevo": _SEAL + _BLANK})
    # noise neither needs nor rewards dictionaries and statistics, and they would double the time this takes
    pq.write_table(sealed, sink, use_dictionary=False, write_statistics=False)
    place = sink.getvalue().rindex(_SEAL + _BLANK) + len(_SEAL)
    # the hash of the file as it is with zeros in the hash's own place; written there without a copy of the rest
    with sink.getbuffer() as content:
        content[place : place + len(_BLANK)] = sha256(content).hexdigest().encode()
    return sink.getvalue()


def read_part(path: Path) -> pa.Table:
    """Read one part; its checksum, its columns and their values are what `hetevo.evolve.rundir.columns` says.

    Raises
    ------
    DamagedError
        If it is not what was written.
    StorageError, RunDirectoryError
        If it cannot be read, or is a link or something else that has no place there.
    """
    with explained("read", path), reading(path) as source:
        # the checksum before the parser: what comes from an enemy must not reach it by accident
        _check_seal(path, source)
        try:
            with pq.ParquetFile(
                source,
                thrift_string_size_limit=_METADATA,
                thrift_container_size_limit=_METADATA,
                pre_buffer=False,
            ) as file:
                check_types(path, file.schema_arrow)
                _check_size(path, file, source.seek(0, os.SEEK_END))
                table: pa.Table = file.read(use_threads=False)
        except OSError as error:
            if error.errno is not None:
                raise
            raise DamagedError(path, f"it is not the parquet file that was written ({_short(error)})") from None
        except (pa.ArrowException, ValueError, KeyError) as error:
            raise DamagedError(path, f"it is not the parquet file that was written ({_short(error)})") from None
    return fit_columns(path, table.replace_schema_metadata(None))


def count_rows(path: Path) -> int:
    """Count the rows of a part from its metadata; its checksum is what it says, its content is not looked at.

    Raises
    ------
    DamagedError
        If it is not what was written.
    StorageError, RunDirectoryError
        As for `read_part`.
    """
    with explained("read", path), reading(path) as source:
        _check_seal(path, source)
        try:
            limits = {"thrift_string_size_limit": _METADATA, "thrift_container_size_limit": _METADATA}
            with pq.ParquetFile(source, **limits) as file:
                return int(file.metadata.num_rows)
        except (OSError, pa.ArrowException, ValueError) as error:
            raise DamagedError(path, f"it is not the parquet file that was written ({_short(error)})") from None


def last_generation(table: pa.Table) -> int:
    """Return the newest generation in a table of records; -1 if it is empty."""
    newest = from_arrow(table["generation"])[0]
    return int(newest.max()) if newest.size else -1


def up_to(table: pa.Table, generation: int) -> pa.Table:
    """Return the rows of a generation and those before it."""
    import pyarrow.compute as pc  # nothing that a new run needs

    return table.filter(pc.less_equal(table["generation"], generation))


def hash_rows(table: pa.Table) -> str:
    """Return a SHA-256 over rows of records, whatever file they stand in.

    Columns without any value do not count: a part gets them when a later generation has more columns.

    Parameters
    ----------
    table : pyarrow.Table
        The rows, in order.
    """
    # values and types only, column by column: how they are cut and packed does not matter
    state = sha256(str(table.num_rows).encode())
    # neither the order of columns nor empty ones matter, so that added columns change no hash
    for name in sorted(table.column_names):
        column = table[name]
        if column.null_count == table.num_rows:
            continue
        # texts by their lengths, too: otherwise "ab" and "c" would be as good as "a" and "bc"
        if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
            state.update(f"{name}:{column.type};".encode())
            lengths = [-1 if text is None else len(text) for texts in _texts(column) for text in texts]
            valid = np.array(lengths, np.int64) >= 0
            state.update(np.array(lengths, np.int64)[valid].data)
            for texts in _texts(column):
                state.update(b"".join(text for text in texts if text is not None))
        else:
            array, valid = from_arrow(column)
            array = np.ascontiguousarray(array)
            state.update(f"{name}:{array.dtype.str};".encode())
            state.update(array.data)
        # where values are missing
        if column.null_count:
            state.update(np.ascontiguousarray(valid).data)
    return state.hexdigest()


def _texts(column: pa.ChunkedArray) -> Iterator[list[bytes | None]]:
    """Yield the texts of a column, some at a time, for each becomes an object; None where there is none."""
    for start in range(0, len(column), _TEXTS):
        texts = column.slice(start, _TEXTS).to_pylist()
        yield [text.encode() if isinstance(text, str) else text for text in texts]


def find_damaged_parts(
    run: Path,
    records: Mapping[str, File],
    generation: int,
    known: Collection[Path] = (),
    rows: Mapping[str, str] | None = None,
    pruned: Pruned | None = None,
) -> Iterator[DamagedError]:
    """Find parts that are not what a checkpoint says.

    Parameters
    ----------
    run : Path
        The run directory.
    records : mapping of str to File
        Parts that the checkpoint knows, by their paths in the run directory.
    generation : int
        Of the checkpoint. The last part of a table may have been written again since then, with later generations.
    known : collection of Path, optional
        Parts that are known to be damaged.
    rows : mapping of str to str, optional
        By table, `hash_rows` of its last part up to that generation. Without it (checkpoints of the first versions have
        none) only its own checksum vouches for a part that was written again.
    pruned : Pruned, optional
        What was removed since.
    """
    pruned = pruned or Pruned()
    # only the last part of a table may have grown since
    last = {Path(name).parent.name: name for name in sorted(records, key=lambda name: first_generation(Path(name)))}
    for name, entry in records.items():
        path = run / name
        try:
            if path in known:
                raise DamagedError(path, "it is damaged")
            # missing, changed, or grown
            if not is_there(path):
                if pruned.allows(name, None):
                    continue
                raise DamagedError(path, "it is missing")
            table, found = path.parent.name, hash_file(path)
            expected = [rows[table]] if rows and table in rows else []
            if table == "individuals":
                expected += pruned.rows.get(str(generation), [])
            if found == entry or pruned.allows(name, found):
                continue
            if last[table] != name or not _has_grown(path, generation, expected):
                raise DamagedError(
                    path, f"its content does not fit the checksum that the checkpoint of generation {generation} has"
                )
        except DamagedError as error:
            yield error


def _has_grown(path: Path, generation: int, expected: Collection[str]) -> bool:
    """Tell whether a part holds what it held up to a generation, by one of the hashes, and more."""
    table = read_part(path)
    if not expected:
        return last_generation(table) > generation
    return hash_rows(up_to(table, generation)) in expected


def hash_file(path: Path) -> File:
    """Return size and SHA-256 of a file."""
    with explained("read", path), reading(path) as source:
        digest = file_digest(source, "sha256").hexdigest()
        return File(bytes=source.tell(), sha256=digest)


def _check_seal(path: Path, source: BinaryIO) -> None:
    # where it stands: parquet ends with its metadata, their length and four letters
    size = source.seek(0, os.SEEK_END)
    source.seek(max(size - 8, 0))
    length = int.from_bytes(source.read(4), "little") + 8
    start = size - min(length, _METADATA, size)
    source.seek(start)
    place = source.read(size - start).rfind(_SEAL) + len(_SEAL)
    source.seek(start + place)
    found = source.read(len(_BLANK))
    # all that stands before it, then zeros in its place, then the rest
    state = sha256()
    source.seek(0)
    for chunk in _chunks(source, start + place):
        state.update(chunk)
    # the seal itself counts as zeros
    state.update(_BLANK)
    source.seek(len(_BLANK), os.SEEK_CUR)
    for chunk in _chunks(source, size):
        state.update(chunk)
    if state.hexdigest().encode() != found:
        raise DamagedError(path, "its content does not fit its own checksum")
    source.seek(0)


def _chunks(source: BinaryIO, end: int) -> Iterator[bytes]:
    """Read from where the file stands to a place in it."""
    left = end - source.tell()
    while left > 0 and (chunk := source.read(min(CHUNK, left))):
        left -= len(chunk)
        yield chunk


def _check_size(path: Path, file: pq.ParquetFile, size: int) -> None:
    """Check that what a part claims, and how it is packed, cannot take more memory than such a file may."""
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    rows = sum(group.num_rows for group in groups)
    needed = 8 * rows * max(file.metadata.num_columns, 1)
    memory = posix.physical_memory()
    if needed > MEMORY_SHARE * memory:
        raise DamagedError(path, f"it claims {rows:,} rows, {needed:,} bytes; this machine has {memory:,} in all")
    if needed > max(UNPACKED, RATIO * size):
        raise DamagedError(path, f"it claims {rows:,} rows, {needed:,} bytes, in a file of {size:,}")
    for group in groups:
        for number in range(group.num_columns):
            column = group.column(number)
            # as they are written: what repeats one long text a million times takes no room in the file
            if column.compression not in ("SNAPPY", "UNCOMPRESSED") or not _ENCODINGS.issuperset(column.encodings):
                found = f"{column.compression}, {', '.join(column.encodings)}"
                raise DamagedError(path, f"its column {column.path_in_schema[:80]!r} is packed as {found}")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
