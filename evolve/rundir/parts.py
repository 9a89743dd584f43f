"""Parts of records: parquet files that are checked before and while they are read."""

import os
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evolve.rundir.errors import DamagedError
from evolve.rundir.files import explained, names
from evolve.rundir.manifest import File
from evolve.rundir.streams import CHUNK, reading

MEMORY_SHARE = 0.5
"""Share of the machine's memory that one part may take: a few crafted bytes can claim any number of rows."""

_PART = re.compile(r"part-(\d{6,18})\.parquet")
_METADATA = 16 << 20


def parts(folder: Path) -> list[Path]:
    """List the parts of a table, first generations first."""
    return sorted((folder / name for name in names(folder) if _PART.fullmatch(name)), key=first_generation)


def first_generation(path: Path) -> int:
    """Return the generation that a part is named after."""
    match = _PART.fullmatch(path.name)
    assert match is not None
    return int(match.group(1))


def read_part(path: Path) -> pa.Table:
    """Read one part; the checksum of every page is verified.

    Raises
    ------
    DamagedError
        If it is not what was written.
    StorageError, RunDirectoryError
        If it cannot be read, or is a link or something else that has no place there.
    """
    with explained("read", path), reading(path) as source:
        try:
            with pq.ParquetFile(
                source,
                page_checksum_verification=True,
                thrift_string_size_limit=_METADATA,
                thrift_container_size_limit=_METADATA,
            ) as file:
                _check_size(path, file)
                table: pa.Table = file.read(use_threads=False)
        except OSError as error:
            if error.errno is not None:
                raise
            raise DamagedError(path, f"it is not the parquet file that was written ({_short(error)})") from None
        except (pa.ArrowException, ValueError, KeyError) as error:
            raise DamagedError(path, f"it is not the parquet file that was written ({_short(error)})") from None
    if "generation" not in table.column_names or table["generation"].type != pa.int64():
        raise DamagedError(path, "it has no column 'generation' of integers")
    return table


def last_generation(table: pa.Table) -> int:
    """Return the newest generation in a table of records; -1 if it is empty."""
    newest = pc.max(table["generation"]).as_py()
    return -1 if newest is None else int(newest)


def up_to(table: pa.Table, generation: int) -> pa.Table:
    """Return the rows of a generation and those before it."""
    return table.filter(pc.less_equal(table["generation"], generation))


def damaged_parts(run: Path, records: Mapping[str, File], generation: int) -> Iterator[DamagedError]:
    """Find parts that are not what a checkpoint says.

    Parameters
    ----------
    run : Path
        The run directory.
    records : mapping of str to File
        Parts that the checkpoint knows, by their paths in the run directory.
    generation : int
        Of the checkpoint. A part that was written again since then holds later generations; its own page checksums
        vouch for it.
    """
    for name, entry in records.items():
        path = run / name
        try:
            if not path.exists():
                raise DamagedError(path, "it is missing")
            if content_of(path) != entry and last_generation(read_part(path)) <= generation:
                raise DamagedError(
                    path, f"its content does not fit the checksum that the checkpoint of generation {generation} has"
                )
        except DamagedError as error:
            yield error


def content_of(path: Path) -> File:
    """Return size and SHA-256 of a file, read piece by piece."""
    state, size = sha256(), 0
    with explained("read", path), reading(path) as source:
        while chunk := source.read(CHUNK):
            state.update(chunk)
            size += len(chunk)
    return File(bytes=size, sha256=state.hexdigest())


def _check_size(path: Path, file: pq.ParquetFile) -> None:
    needed = 8 * file.metadata.num_rows * max(file.metadata.num_columns, 1)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > MEMORY_SHARE * memory:
        raise DamagedError(
            path, f"it claims {file.metadata.num_rows:,} rows, {needed:,} bytes; this machine has {memory:,} in all"
        )
    for field in file.schema_arrow:
        plain = pa.types.is_integer, pa.types.is_floating, pa.types.is_string, pa.types.is_null, pa.types.is_boolean
        if not any(test(field.type) for test in plain):
            raise DamagedError(path, f"its column {field.name[:80]!r} has the type {str(field.type)[:80]}")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
