"""Records: parquet files that anyone can read, in which every generation stands exactly once."""

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evolve.rundir.errors import RunDirectoryError
from evolve.rundir.files import make_folder, remove_tree, write_durably

ROWS_IN_PART = 65_536
"""Rows after which a part is closed. An open part is written again at every commit, so it must stay small."""

_PART = re.compile(r"part-(\d{6,})\.parquet")


class Records:
    """One table of a run, cut into parts named after their first generation.

    Rows are buffered until `commit`; then the open part is replaced, in one step, by one that has them too.

    Parameters
    ----------
    folder : Path
        Where the parts are, e.g. ``RUN/generations``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: list[pa.Table] = []
        self._dirty = False

    def add(self, columns: Mapping[str, Any]) -> None:
        """Buffer the rows of one generation.

        Parameters
        ----------
        columns : mapping of str to array or list
            Must hold ``generation``. NaN in a float column is stored as null: undefined is not a number.
        """
        self._open.append(pa.table({name: _nullable(values) for name, values in columns.items()}))
        self._dirty = True

    def commit(self) -> None:
        """Make all buffered rows durable."""
        if not self._dirty:
            return
        make_folder(self.folder)
        table = pa.concat_tables(self._open, promote_options="default")
        first = table["generation"][0].as_py()
        sink = io.BytesIO()
        pq.write_table(table, sink)
        write_durably(self.folder / f"part-{first:06d}.parquet", sink.getvalue())
        self._dirty = False
        self._open = [] if table.num_rows >= ROWS_IN_PART else [table]

    def rewind(self, generation: int) -> None:
        """Drop every row beyond a generation, and go on after it.

        Parameters
        ----------
        generation : int
            Last generation to keep; -1 keeps none.
        """
        self._open, self._dirty = [], False
        files = parts(self.folder)
        while files and _first(files[-1]) > generation:
            remove_tree(files.pop())
        if files:
            table = read_part(files[-1])
            kept = table.filter(pa.compute.less_equal(table["generation"], generation))
            if kept.num_rows < ROWS_IN_PART:
                self._open, self._dirty = [kept], kept.num_rows < table.num_rows
                self.commit()
            elif kept.num_rows < table.num_rows:
                raise RunDirectoryError(f"{files[-1]} holds generations beyond {generation} in a part that was closed.")


def parts(folder: Path) -> list[Path]:
    """List the parts of a table, first generations first."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if _PART.fullmatch(path.name)), key=_first)


def read_part(path: Path) -> pa.Table:
    """Read one part.

    Raises
    ------
    RunDirectoryError
        If it is damaged.
    """
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise RunDirectoryError(f"The record {path} cannot be read: {error}. Check it with 'hetevo verify'.") from error


def _first(path: Path) -> int:
    match = _PART.fullmatch(path.name)
    assert match is not None
    return int(match.group(1))


def _nullable(values: Any) -> pa.Array:
    if isinstance(values, Sequence):
        return pa.array(values)
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return pa.array(array, mask=np.isnan(array))
    return pa.array(array)
