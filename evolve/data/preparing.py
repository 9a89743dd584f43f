"""From columns to rows: which are inputs and which are targets, which rows are for the test, how each is scaled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from hetevo.evolve.data.formats import NPZ, Columns, find_word
from hetevo.evolve.data.places import DataError
from hetevo.populations.errors import nearest
from hetevo.populations.tasks.table import Rows, Table
from hetevo.populations.types import Floats, Indices

SPLIT_KEY = 2026
"""Of the permutation by which a share of the rows is taken for the test: the same for every seed and experiment."""

FEW = 20
"""Different whole numbers at most that are taken for classes, if each stands for five rows or more on average."""

CHUNK = 4096
"""Rows that are looked at together: the values of a large table are never copied as a whole."""

SHOWN = 8
"""Names at most that a message lists."""


@dataclass(frozen=True)
class Prepared:
    """A table, ready to draw samples from.

    Parameters
    ----------
    rows : Rows
        Its rows.
    inputs, outputs : int
        Columns of inputs; columns of targets, or classes.
    kind : str
        ``"classification"`` or ``"regression"``.
    """

    rows: Rows
    inputs: int
    outputs: int
    kind: str


def prepare_rows(columns: Columns, task: Table) -> Prepared:
    """Choose inputs and targets, split, and scale.

    Parameters
    ----------
    columns : dict of str to ndarray
        See `hetevo.evolve.data.formats.Columns`.
    task : Table
        Its options; its sizes do not matter.

    Raises
    ------
    DataError
        If a column is not there, has words or missing values, or never varies; or if there are too few rows.
    """
    name = task.file
    # 1. which columns are what
    targets, inputs = _choose_columns(columns, task)
    count = _count_rows(columns, [*targets, *inputs], name)
    # 2. numbers
    given = _join_inputs(columns, inputs, name)
    wanted, classes = _read_targets(columns, targets, task)
    # 3. the training part first, in an order that is always the same
    training, test = _split_rows(columns, count, task)
    order = np.concatenate([training, test])
    given, wanted = np.ascontiguousarray(given[order]), np.ascontiguousarray(wanted[order])
    # 4. scales, from the training part alone
    learned = len(training)
    labels = _label_inputs(columns, inputs)
    scale = _find_scale(given[:learned], labels, task)
    if classes:
        _check_classes(wanted[:learned], classes, name)
        rows = Rows(given, wanted, scale, np.zeros((2, 0)), learned)
    else:
        rows = Rows(given, wanted, scale, _find_scale(wanted[:learned], targets, task), learned)
    outputs = len(classes) or wanted.shape[1]
    return Prepared(rows, given.shape[1], outputs, "classification" if classes else "regression")


def _choose_columns(columns: Columns, task: Table) -> tuple[list[str], list[str]]:
    """Return the names of targets and inputs."""
    name, split = task.file, [task.split] if isinstance(task.split, str) else []
    targets = list(task.targets)
    if not targets and name.lower().endswith(NPZ):
        targets = ["targets"]
    if not targets:
        raise DataError(
            f'task.options.targets: expected the columns of the targets, such as ["{list(columns)[-1]}"], got none.'
            f" {name} has the columns {_list(columns)}."
        )
    # by default whatever is left is an input
    inputs = list(task.columns) or [one for one in columns if one not in targets and one not in split]
    for key, chosen in (("targets", targets), ("columns", list(task.columns)), ("split", split)):
        for column in chosen:
            if column not in columns:
                raise DataError(
                    f"task.options.{key}: {name} has no column {column!r}.{nearest(column, columns)} Columns:"
                    f" {_list(columns)}."
                )
    # a target among the inputs would be learnt at once
    named = [*targets, *inputs, *split]
    twice = next((column for column in named if named.count(column) > 1), None)
    if twice is not None:
        raise DataError(
            f"task.options: expected each column as an input, as a target, or as the split, and once; got {twice!r}"
            " again. Leave it out in one place."
        )
    if not inputs:
        raise DataError(
            f"task.options.columns: {name} has no columns but {_list(named)}, so that nothing is left as inputs. Name"
            " fewer targets."
        )
    return targets, inputs


def _count_rows(columns: Columns, names: Sequence[str], name: str) -> int:
    counts = {column: len(columns[column]) for column in names}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{column}: {count}" for column, count in counts.items())
        raise DataError(
            f"{name}: expected as many rows in each array, got {told}. Name the arrays of the inputs as"
            " task.options.columns."
        )
    count = next(iter(counts.values()))
    if count < 3:
        raise DataError(
            f"{name}: expected at least 3 rows, two for the training part and one for the test, got {count}."
        )
    return count


def _join_inputs(columns: Columns, names: Sequence[str], name: str) -> NDArray[Any]:
    """Return the inputs, shape (n, inputs), in the type of the file."""
    parts = []
    for column in names:
        values = columns[column].reshape(len(columns[column]), -1)
        if values.dtype.kind == "U":
            numbers = [other for other in names if columns[other].dtype.kind != "U"]
            only = f" such as task.options.columns = {_list(numbers, quoted=True)}," if numbers else ""
            row = find_word(values[:, 0])
            raise DataError(
                f"{name}: column {column!r} holds words ({str(values[row, 0])!r} in row {row + 1}); inputs are numbers."
                f" Name the columns of the inputs,{only} or write one column of 0 and 1 for each word."
            )
        _check_missing(values, column, name)
        parts.append(values)
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1, dtype=np.result_type(*parts))


def _label_inputs(columns: Columns, names: Sequence[str]) -> list[str]:
    """Name each column of the inputs; those inside an array have none."""
    return [one for name in names for one in ([name] if columns[name].ndim == 1 else [""] * columns[name][0].size)]


def _check_missing(values: NDArray[Any], column: str, name: str) -> None:
    for begin, part in _chunks(values):
        words = part.dtype.kind == "U"
        missing = part == "" if words else ~np.isfinite(part)
        if missing.any():
            row = begin + int(np.flatnonzero(missing.reshape(len(part), -1).any(axis=1))[0]) + 1
            raise DataError(
                f"{name}: column {column!r} has no {'' if words else 'finite '}value in row {row} (from 1, no names)."
                " A network needs all: leave such rows or the column out, or fill in what is missing."
            )


def _chunks(values: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    for begin in range(0, len(values), CHUNK):
        yield begin, values[begin : begin + CHUNK]


def _read_targets(columns: Columns, names: Sequence[str], task: Table) -> tuple[NDArray[Any], list[str]]:
    """Return targets, and the names of the classes that they are numbers of: none if they are values."""
    name, kind = task.file, task.kind
    parts = [columns[column].reshape(len(columns[column]), -1) for column in names]
    for column, part in zip(names, parts, strict=True):
        _check_missing(part, column, name)
    single = len(parts) == 1 and parts[0].shape[1] == 1
    words = next((column for column, part in zip(names, parts, strict=True) if part.dtype.kind == "U"), None)
    # the kind follows from the values, unless it was said
    if kind == "auto":
        kind = "classification" if single and _has_classes(parts[0][:, 0]) else "regression"
    if kind == "regression":
        if words is not None:
            which = "of a regression" if task.kind == "regression" else "in several columns"
            raise DataError(
                f"{name}: column {words!r} holds words, and targets {which} are numbers. Name one column of classes as"
                ' task.options.targets, with kind = "classification"; or numbers.'
            )
        return np.concatenate(parts, axis=1, dtype=np.float64), []
    if not single:
        raise DataError(
            f"{name}: the targets of a classification are one column of classes, which becomes one output for each;"
            f' got {sum(part.shape[1] for part in parts)} columns. Name one, or say kind = "regression".'
        )
    # sorted, so that numbers of classes do not depend on the order of rows
    found, labels = np.unique(parts[0][:, 0], return_inverse=True)
    if len(found) < 2:
        raise DataError(
            f"{name}: column {names[0]!r} holds nothing but {found[0]!s}; expected at least two classes in it."
        )
    return labels.reshape(-1).astype(np.int64), [str(one) for one in found]


def _has_classes(values: NDArray[Any]) -> bool:
    if values.dtype.kind in "Ub":
        return True
    different = np.unique(values)
    return len(different) <= min(FEW, len(values) // 5) and bool((different == np.round(different)).all())


def _split_rows(columns: Columns, count: int, task: Table) -> tuple[Indices, Indices]:
    """Return the rows of the training part and of the test part."""
    if isinstance(task.split, str):
        marked = _read_marks(columns[task.split], task)
        if len(marked) != count:
            raise DataError(f"{task.file}: {task.split!r} has {len(marked)} rows, the other columns have {count}.")
        training, test = np.flatnonzero(~marked), np.flatnonzero(marked)
    else:
        # a key of its own: all seeds share the split, so that runs can be compared
        order = Generator(Philox(SPLIT_KEY)).permutation(count)
        # at least one row for the test, and two to learn from
        kept = min(max(round(count * task.split), 1), count - 2)
        test, training = order[:kept], order[kept:]
    if len(training) < 2 or not len(test):
        raise DataError(
            f"{task.file}: expected at least two rows in the training part and one in the test part, got"
            f" {len(training)} and {len(test)}. Let task.options.split take a share, such as 0.2, or mark other rows."
        )
    return training, test


def _read_marks(values: NDArray[Any], task: Table) -> NDArray[np.bool_]:
    """Tell which rows are for the test: ``test`` or ``train``, yes or no, 1 or 0."""
    values = values.reshape(len(values), -1)[:, 0]
    if values.dtype.kind == "U":
        words = np.char.lower(values)
        yes, known = words == "test", np.isin(words, ["test", "train", "training"])
    else:
        yes, known = values == 1, np.isin(values, [0, 1])
    if not known.all():
        row = int(np.flatnonzero(~known)[0])
        raise DataError(
            f"task.options.split: column {task.split!r} of {task.file} says which rows are for the test; expected"
            f" test or train, true or false, or 1 or 0 in each, got {values[row]!s} in row {row + 1}."
        )
    return np.asarray(yes)


def _check_classes(labels: NDArray[Any], classes: Sequence[str], name: str) -> None:
    absent = sorted(set(range(len(classes))) - set(np.unique(labels).tolist()))
    if absent:
        raise DataError(
            f"{name}: no row of the training part is of the class {classes[absent[0]]!r} (of {len(classes)}), so that"
            " nobody could learn it. Take another column as targets, or more rows, or a smaller share for the test"
            ' (task.options.split). If these are values, not classes: task.options.kind = "regression".'
        )


def _find_scale(values: NDArray[Any], labels: Sequence[str], task: Table) -> Floats:
    """Return mean and deviation of each column; 0 and 1 where nothing is to be standardised."""
    columns = values.shape[1]
    if not task.standardise:
        return np.stack([np.zeros(columns), np.ones(columns)])
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        mean = sum(part.sum(axis=0, dtype=np.float64) for _, part in _chunks(values)) / len(values)
        squares = sum(((part.astype(np.float64) - mean) ** 2).sum(axis=0) for _, part in _chunks(values))
    varies = np.any([(part != values[0]).any(axis=0) for _, part in _chunks(values)], axis=0)
    still = np.flatnonzero(~varies).tolist()
    # in an array, such as of images, some places may never vary: they carry nothing, and are 0
    named = [labels[place] for place in still if len(labels) == columns and labels[place]]
    if named or len(still) == columns:
        which = f"column {named[0]!r}" if named else "no column of its arrays varies: each"
        raise DataError(
            f"{task.file}: {which} has the same value in all rows of the training part, which cannot be standardised"
            " and teaches nothing. Leave it out (task.options.columns), or set task.options.standardise = false."
        )
    scale = np.stack([mean, np.where(varies, np.sqrt(squares / len(values)), 1.0)])
    if not (np.isfinite(scale).all() and scale[1].all()):
        raise DataError(
            f"{task.file}: the values of a column ({', '.join(filter(None, labels[:SHOWN])) or 'of an array'}) are too"
            " large or too small for a mean and a deviation. Write them in another unit, or set"
            " task.options.standardise = false."
        )
    return scale


def _list(names: Sequence[str] | Columns, *, quoted: bool = False) -> str:
    shown = [f'"{name}"' if quoted else name for name in list(names)[:SHOWN]]
    more = f", … ({len(names)} in all)" if len(names) > SHOWN else ""
    return f"[{', '.join(shown)}{more}]" if quoted else f"{', '.join(shown)}{more}"
