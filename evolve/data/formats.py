"""What a CSV, TSV, Parquet or NPZ file holds, by column. Nothing is ever unpickled."""

import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as arrow_parquet
from numpy.typing import NDArray

from hetevo.evolve.data.places import DataError
from hetevo.evolve.machine import available_memory

SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
PARQUET, NPZ = (".parquet", ".pq"), (".npz",)
ENDINGS = (*SEPARATORS, *PARQUET, *NPZ)

LARGEST_TEXT = 1 << 30
"""Bytes of a text file at most: its columns are told from the whole of it."""

HEADER = 1 << 16
"""Bytes of the header of an array at most."""

Columns = Mapping[str, NDArray[Any]]
"""Values by the name of their column, all with n rows; of an NPZ file arrays, which may have columns of their own.

What is missing is NaN, or an empty text.
"""


def read_columns(source: BinaryIO, name: str) -> Columns:
    """Read a whole file.

    Parameters
    ----------
    source : binary file
        Stands at its beginning.
    name : str
        Of the file: its ending says what it is.

    Returns
    -------
    dict of str to ndarray
        See `Columns`.

    Raises
    ------
    DataError
        If it is not what its name says, or too large.
    """
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise DataError(
            f"{name}: expected a file that ends in one of {', '.join(ENDINGS)}, got {ending or 'no ending'!r}. Write"
            " the table in one of these formats, or give the file the ending of what it is."
        )
    # an empty file would be called broken by every reader, each in words of its own
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    if not size:
        raise DataError(f"{name} is empty; expected a table with at least two rows.")
    # arrays have columns of their own, and a reader of ours that unpickles nothing
    if ending in NPZ:
        return _read_npz(source, name)
    # tables, whose columns have names
    with _explained(name, ending):
        table = _read_text(source, size, name) if ending in SEPARATORS else _read_parquet(source, name)
        _check_names(table.column_names, name)
        return {label: _values(column, label, name) for label, column in zip(table.column_names, table, strict=True)}


@contextmanager
def _explained(name: str, ending: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        hint = " Text must be in UTF-8, with a first row of names and as many values in each row."
        raise DataError(
            f"{name} cannot be read as {ending.lstrip('.').upper()}: {reason}.{hint if ending in SEPARATORS else ''}"
        ) from None


def _read_text(source: BinaryIO, size: int, name: str) -> pa.Table:
    if size > LARGEST_TEXT:
        raise DataError(
            f"{name} has {size:,} bytes, and a file of text may have {LARGEST_TEXT:,}. Write the table as Parquet or"
            " NPZ, which are also read faster."
        )
    # one block: the type of a column follows from all of its values, and so does the number of a row
    return arrow_csv.read_csv(
        source,
        arrow_csv.ReadOptions(use_threads=False, block_size=size + 1),
        arrow_csv.ParseOptions(delimiter=SEPARATORS[Path(name).suffix.lower()]),
    )


def _read_parquet(source: BinaryIO, name: str) -> pa.Table:
    file = arrow_parquet.ParquetFile(source, pre_buffer=False)
    groups = range(file.metadata.num_row_groups)
    # twice, before anything is unpacked: what the file says of itself, and what the numbers take here
    _check_room(sum(file.metadata.row_group(group).total_byte_size for group in groups), name)
    _check_room(8 * file.metadata.num_rows * file.metadata.num_columns, name)
    return file.read(use_threads=False)


def _check_room(needed: int, name: str) -> None:
    memory = available_memory()
    if needed > memory.total // 2:
        raise DataError(
            f"{name} holds {needed:,} bytes of values; {memory.name} has {memory.total:,} bytes of memory, and expected"
            " is at most half of that. Keep fewer rows or columns in the file, or smaller numbers such as float32."
        )


def _check_names(names: list[str], name: str) -> None:
    if not names:
        raise DataError(f"{name} has no columns; expected those of the inputs and of the targets.")
    twice = next((column for column in names if names.count(column) > 1), None)
    if twice is not None:
        raise DataError(f"{name} has two columns {twice!r}; expected each name once. Rename one of them.")


def _values(column: pa.ChunkedArray, label: str, name: str) -> NDArray[Any]:
    """Return a column of a table: numbers, yes and no, or words."""
    kind = column.type
    # repeated words are stored once; here they stand in each row
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    # nothing was given in any row
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array([text or "" for text in column.to_pylist()], dtype=np.str_)
    if pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
    elif pa.types.is_boolean(kind):
        if not column.null_count:
            return np.asarray(column.to_numpy())
        column = column.cast(pa.int8())  # with NaN for what is missing
    elif pa.types.is_binary(kind):
        raise DataError(f"{name}: column {label!r} holds bytes that are no text in UTF-8. Save the file in UTF-8.")
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(
            f"{name}: column {label!r} is of the kind {kind}; expected numbers, words, or yes and no. Turn it into"
            " numbers, or leave it out of the file."
        )
    return np.asarray(column.to_numpy())


def _read_npz(source: BinaryIO, name: str) -> Columns:
    try:
        with zipfile.ZipFile(source) as archive:
            members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            _check_room(sum(info.file_size for info in members), name)
            labels = [info.filename.removesuffix(".npy") for info in members]
            _check_names(labels, name)
            return {label: _read_array(archive, info, name) for label, info in zip(labels, members, strict=True)}
    except DataError:
        raise
    except Exception as error:  # whatever a parser can stumble over in bytes that nobody should have written
        raise DataError(
            f"{name} cannot be read as NPZ: {type(error).__name__}: {error}. Write it with numpy.savez."
        ) from None


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> NDArray[Any]:
    label = info.filename.removesuffix(".npy")
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        if version not in ((1, 0), (2, 0)):
            raise DataError(f"{name}: array {label!r} has fields with names; expected plain numbers or words.")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, kind = read(member, max_header_size=HEADER)
        if kind.hasobject:
            raise DataError(
                f"{name}: array {label!r} holds Python objects, which only unpickling could read, and that runs what"
                " the file says: it is never done. Write numbers or words: array.astype(float) or array.astype(str)."
            )
        if kind.kind not in "biufUS":
            raise DataError(f"{name}: array {label!r} is of the kind {kind}; expected numbers, words, or yes and no.")
        # the header may claim anything; the archive says what there is
        size = prod(shape) * kind.itemsize
        if size > info.file_size or not shape:
            raise DataError(f"{name}: array {label!r} of shape {shape} does not hold a value for each row.")
        array = np.empty(prod(shape), kind)
        target, done = array.view(np.uint8).data.cast("B"), 0
        while done < size and (content := member.read(min(size - done, 1 << 20))):
            target[done : done + len(content)] = content
            done += len(content)
    if done < size:
        raise DataError(f"{name}: array {label!r} ends after {done:,} of {size:,} bytes. Write the file again.")
    if kind.kind == "b" and size and array.view(np.uint8).max() > 1:
        raise DataError(f"{name}: array {label!r} holds values that are neither yes nor no.")
    array = array.reshape(shape[::-1]).T if fortran else array.reshape(shape)
    if kind.kind in "US":
        return array.astype(np.str_)
    return array.astype(kind.newbyteorder("="), copy=False)


def find_word(values: NDArray[Any]) -> int:
    """Return the first row of a column of texts that holds no number."""

    def is_number(text: str) -> bool:
        try:
            float(text)
        except ValueError:
            return False
        return True

    return next((row for row, value in enumerate(values) if not is_number(str(value))), 0)
