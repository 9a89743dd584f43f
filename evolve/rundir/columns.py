"""What the tables of a run must be: whoever reads one can rely on its columns, their types, and the order of its rows.

A probe may record columns of its own: numbers, truth values or text. Those named like Hetevo's measures are numbers.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from hetevo.evolve.rundir.errors import DamagedError
from hetevo.populations.errors import spell

LONGEST = 1_000
"""Characters of a column's name."""


@dataclass(frozen=True)
class Column:
    """What a column must be.

    Parameters
    ----------
    type : pyarrow.DataType
        Exactly.
    least : int, optional
        The smallest value that makes sense.
    nullable : bool, optional
        Whether values may be missing.
    needed : bool, optional
        Whether every table must have it.
    """

    type: pa.DataType
    least: int | None = None
    nullable: bool = False
    needed: bool = True


_COUNT, _PARENT = Column(pa.int64(), 0), Column(pa.int64(), -1)
_LOSS = Column(pa.float64(), nullable=True)
_ACCURACY = Column(pa.float64(), nullable=True, needed=False)
_TEXT = Column(pa.string())

COLUMNS: dict[str, dict[str, Column]] = {
    "generations": {
        "generation": _COUNT,
        "evaluations": Column(pa.int64(), 1),
        "loss_best": _LOSS,
        "loss_median": _LOSS,
        "loss_mean": _LOSS,
        "failures": Column(pa.int64(), 0, needed=False),
        "accuracy_best": _ACCURACY,
        "accuracy_median": _ACCURACY,
        "parents": Column(pa.float64(), 0, nullable=True, needed=False),
    },
    "individuals": {
        "generation": _COUNT,
        "id": _COUNT,
        "parent_a": _PARENT,
        "parent_b": _PARENT,
        "operator": _TEXT,
        "island": _COUNT,
        "loss": _LOSS,
        "status": _COUNT,
        "accuracy": _ACCURACY,
    },
    "failures": {
        "generation": _COUNT,
        "individual": _COUNT,
        "id": _COUNT,
        "seed": _COUNT,
        "reason": _TEXT,
        "traceback": _TEXT,
        "genes": Column(pa.binary()),
    },
}
"""Columns that Hetevo itself writes, by table."""

_MEASURE = re.compile(r".*_(birth|mid|end|elite|share|loss)|loss_task_\d+|objective_.+")
"""Names of what is measured on lives, and of what selection looks at: numbers, which may be undefined."""


def check_types(path: Path, schema: pa.Schema) -> None:
    """Check the columns of a part before any of them is read.

    Raises
    ------
    DamagedError
        Naming the file and the column, what was expected, and what is there.
    """
    # 1. as many columns as make sense, each once
    names = schema.names
    name, times = Counter(names).most_common(1)[0] if names else ("", 0)
    if times > 1:
        raise _error(path, f"expected each column once, got {_shown(name)} {times} times")
    # 2. those that every such table has
    known = COLUMNS.get(path.parent.name, {"generation": _COUNT})
    for needed in (name for name, column in known.items() if column.needed):
        if needed not in names:
            raise _error(path, f"expected the column {needed!r}, got {', '.join(map(_shown, names[:12])) or 'none'}")
    # 3. each of the type that readers rely on
    for field in schema:
        if not field.name or len(field.name) > LONGEST:
            raise _error(path, f"expected a name for each column, got {_shown(field.name)}")
        column = known.get(field.name)
        if column and column.type != field.type and not (column.nullable and pa.types.is_null(field.type)):
            raise _error(path, f"its column {field.name!r} has the type {str(field.type)[:80]}, not {column.type}")
        if not column and not _is_plain(field):
            wanted = "a number" if _MEASURE.fullmatch(field.name) else "a number, a truth value or text"
            raise _error(path, f"its column {_shown(field.name)} has the type {str(field.type)[:80]}, not {wanted}")


def fit_columns(path: Path, table: pa.Table) -> pa.Table:
    """Check the values of a part, and return it with all measures as numbers of one type.

    Raises
    ------
    DamagedError
        Naming the file and the column, what was expected, and what is there.
    """
    # a table that Hetevo does not know is nobody's promise
    known = COLUMNS.get(path.parent.name)
    if known is None:
        return table
    if not table.num_rows:
        raise _error(path, "expected at least one row, got none")
    for name in table.column_names:
        column = known.get(name)
        if column:
            _check_values(path, name, column, table[name])
        # what is undefined everywhere has no type of its own, and is a number for readers
        if (column.nullable if column else _MEASURE.fullmatch(name)) and table[name].type != pa.float64():
            place = table.column_names.index(name)
            table = table.set_column(place, name, table[name].cast(pa.float64(), safe=False))
    _check_order(path, table["generation"], strictly=path.parent.name == "generations")
    return table


def _check_values(path: Path, name: str, column: Column, values: pa.ChunkedArray) -> None:
    import pyarrow.compute as pc  # nothing that a new run needs

    if values.null_count and not column.nullable:
        raise _error(path, f"expected a value in every row of {name!r}, got {values.null_count:,} without one")
    if column.least is not None and (least := pc.min(values).as_py()) < column.least:
        raise _error(path, f"expected at least {column.least} in its column {name!r}, got {least}")
    if column.nullable and pa.types.is_floating(values.type) and pc.any(pc.is_inf(values)).as_py():
        raise _error(path, f"expected finite numbers in its column {name!r}, got an infinite one")


def _check_order(path: Path, generations: pa.ChunkedArray, *, strictly: bool) -> None:
    import pyarrow.compute as pc  # nothing that a new run needs

    # readers find a generation by the names of files
    first, named = generations[0].as_py(), int(path.stem.removeprefix("part-"))
    if first != named:
        raise _error(path, f"expected rows from generation {named} on, as its name says, got {first}")
    later, earlier = generations.slice(1), generations.slice(0, len(generations) - 1)
    rises = pc.greater(later, earlier) if strictly else pc.greater_equal(later, earlier)
    if pc.all(rises).as_py() is False:
        raise _error(path, f"expected generations in order{', each once' if strictly else ''}, got others")


def _is_plain(field: pa.Field) -> bool:
    types = pa.types
    plain = [types.is_integer, types.is_floating, types.is_null]
    if not _MEASURE.fullmatch(field.name):
        plain += [types.is_boolean, types.is_string]
    return any(test(field.type) for test in plain)


def _error(path: Path, reason: str) -> DamagedError:
    run = Path(path.parent.parent)
    return DamagedError(path, f"{reason}. Put a copy of it in its place; what else is wrong: {spell('verify', run)}")


def _shown(name: str) -> str:
    return repr(name[:40])
