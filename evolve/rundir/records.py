"""Records: parquet files that anyone can read, in which every generation stands exactly once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hetevo.evolve.rundir.arrays import to_arrow
from hetevo.evolve.rundir.errors import DamagedError
from hetevo.evolve.rundir.files import make_folder, names, remove_leftovers, remove_tree, write_durably
from hetevo.evolve.rundir.parts import encode_part, first_generation, hash_rows, parts, read_part, up_to
from hetevo.evolve.rundir.schemas import File
from hetevo.populations.errors import RunFailedError

ROWS_IN_PART = 2_048
"""Rows after which a part is closed. An open part is written again at every commit, so it must stay small."""

TABLES_IN_PART = 16
"""Commits after which the tables of the open part are put together: many make writing slow, and so would each time."""


class Records:
    """One table of a run, cut into parts named after their first generation.

    Rows are buffered until `commit`; then the open part is replaced, in one step, by one that has them too.

    Parameters
    ----------
    folder : Path
        Where the parts are, e.g. ``RUN/generations``.

    Attributes
    ----------
    written : dict of str to File
        Size and checksum of every part, by its path in the run directory, as of the last commit.
    rows : str
        `hash_rows` of the last part, as of the last commit; empty if there is none.
    in_memory : list of pyarrow.Table
        Rows of the open part, and those that were not committed yet.
    dirty : bool
        Whether the files differ from what they should hold.
    unsaved : int
        Bytes of memory that rows take which were not committed yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: dict[str, File] = {}
        self.rows = ""
        self.dirty = False
        self.in_memory: list[pa.Table] = []
        self.unsaved = 0

    def files(self) -> list[Path]:
        """List the parts of the table, the first one first."""
        return parts(self.folder)

    def append(self, rows: pa.Table) -> None:
        """Buffer the rows of one generation, from `rows_of`."""
        self.in_memory.append(rows)
        self.unsaved += rows.nbytes
        self.dirty = True

    def commit(self) -> None:
        """Make all buffered rows durable."""
        if not self.dirty:
            return
        if not self.written:  # a folder that was there and is gone is not made anew
            make_folder(self.folder)
        # the open part is written anew as a whole, and replaces the one before in one step
        table = self._join_tables()
        if table.num_rows:
            name = f"part-{table['generation'][0].as_py():06d}.parquet"
            self.written[f"{self.folder.name}/{name}"] = write_durably(self.folder / name, encode_part(table))
            self.rows = hash_rows(table)
        # closed once it is large enough; the next rows begin another part
        if table.num_rows >= ROWS_IN_PART:
            self.in_memory = []
        elif len(self.in_memory) > TABLES_IN_PART:
            self.in_memory = [table.combine_chunks()]
        self.dirty, self.unsaved = False, 0

    def _join_tables(self) -> pa.Table:
        try:
            return pa.concat_tables(self.in_memory, promote_options="permissive")
        except pa.ArrowException as error:  # a probe that records something else by the name it used before
            reason = " ".join(str(error).split())[:200]
            raise RunFailedError(
                f"{self.folder}: new rows do not fit those that are recorded: {reason}. Go on with the probe that the"
                " run had before, or branch off to a new run."
            ) from None

    def missing(self) -> list[str]:
        """List the parts that were written and are not there any more, by their paths in the run directory."""
        there = {f"{self.folder.name}/{name}" for name in names(self.folder)} if self.written else set()
        return sorted(set(self.written) - there)

    def take_over(self, other: "Records", generation: int) -> int:
        """Buffer what another table still holds in memory, up to a generation; return the first one of that."""
        # rows after the state are of a generation that was not finished
        kept = (up_to(rows, generation) for rows in other.in_memory)
        self.in_memory = [rows for rows in kept if rows.num_rows]
        self.dirty = bool(self.in_memory)
        return self.in_memory[0]["generation"][0].as_py() if self.in_memory else generation + 1

    def rewind(self, generation: int, records: Mapping[str, File]) -> None:
        """Go on after a generation; rows beyond it disappear with the next commit, in the step that adds new ones.

        Parameters
        ----------
        generation : int
            Last generation to keep; -1 keeps none.
        records : mapping of str to File
            Parts that the checkpoint of that generation knows.

        Raises
        ------
        DamagedError
            If the last part cannot be read.
        """
        remove_leftovers(self.folder)
        self.in_memory, self.rows, self.dirty, self.unsaved = [], "", False, 0
        self.written = {name: file for name, file in records.items() if name.startswith(f"{self.folder.name}/")}
        # parts that begin later hold nothing that is kept
        files = parts(self.folder)
        while files and first_generation(files[-1]) > generation:
            remove_tree(files.pop())
        if not files:
            return
        # the last part may hold both: its rows go on in memory
        table = read_part(files[-1])
        kept = up_to(table, generation)
        self.rows = hash_rows(kept)
        if kept.num_rows < ROWS_IN_PART:
            self.in_memory, self.dirty = [kept], kept.num_rows < table.num_rows
        elif kept.num_rows < table.num_rows:
            raise DamagedError(files[-1], f"it holds generations beyond {generation}, although it was closed before")


def rows_of(columns: Mapping[str, Any]) -> pa.Table:
    """Make a table of the rows of one generation.

    Parameters
    ----------
    columns : mapping of str to array or list
        Must hold ``generation``. NaN in a float column is stored as null: undefined is not a number.
    """
    return pa.table({name: to_arrow(values) for name, values in columns.items()})
