"""What became of individuals, as the records say: whether that gives the digest of their run, and their generations."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hetevo.evolve.generation import OBJECTIVE, TASK, Operator, generation_row
from hetevo.evolve.rundir.checkpoint import Checkpoint
from hetevo.evolve.rundir.columns import COLUMNS
from hetevo.evolve.state import START, extend_chain
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.types import Floats, Indices

Losses = tuple[int, Floats, Indices]
"""Generation, losses and statuses, each of shape (P,)."""

Life = tuple[int, Evaluation]
"""Generation, and what became of its individuals."""

CLOSE, NOTHING = 1e-9, 1e-12
"""Relative and absolute error of a mean: its last bits depend on the processor."""


def is_chained(rows: pa.Table, newest: Checkpoint, size: int) -> bool:
    """Compute the digest of all generations again from the records, and tell whether it is that of a checkpoint.

    Parameters
    ----------
    rows : pyarrow.Table
        Of all individuals of all generations from 0 on.
    newest : Checkpoint
        Says what the digest covers, and what it is.
    size : int
        Individuals P.
    """
    # the same arrays, names and dtypes as when the run computed its digest
    codes = {operator.name.lower(): int(operator) for operator in Operator}
    columns: dict[str, NDArray[Any]] = {
        name: rows[name].to_numpy() for name in ("loss", "status", "parent_a", "parent_b", "island")
    }
    columns["operator"] = np.array([codes.get(name, -1) for name in rows["operator"].to_pylist()], np.int64)
    # what selection looks at besides the loss, where the checkpoint holds it
    if "cases" in newest.arrays:
        columns["cases"] = _stack([rows[name].to_numpy() for name in names_of_tasks(rows.column_names)], rows.num_rows)
    if "objectives" in newest.arrays:
        # they stand before what a probe recorded, whatever that is called
        named = [name for name in rows.column_names if name.startswith(OBJECTIVE)]
        named = named[: newest.arrays["objectives"].shape[1]]
        columns["objectives"] = _stack([rows[name].to_numpy() for name in named], rows.num_rows)
    chain = START
    for start in range(0, rows.num_rows, size):
        chain = extend_chain(chain, {name: column[start : start + size] for name, column in columns.items()})
    return bool(chain == newest.facts["chain"])


def names_of_tasks(columns: Iterable[str]) -> list[str]:
    """Return the columns that hold the losses in single tasks, in the order of the tasks."""
    numbers = [name.removeprefix(TASK) for name in columns if name.startswith(TASK)]
    return [f"{TASK}{number}" for number in sorted((n for n in numbers if n.isdecimal()), key=int)]


def _stack(columns: list[NDArray[Any]], size: int) -> Floats:
    return np.stack(columns, axis=1).astype(np.float64) if columns else np.empty((size, 0))


def take_lives(saved: Iterable[Losses]) -> Iterator[Life]:
    """Take the evaluation of generations from their checkpoints."""
    for generation, loss, status in saved:
        yield generation, Evaluation(loss, status, np.full(loss.size, np.nan), {})


def read_lives(rows: pa.Table, kept: list[int], size: int) -> Iterator[Life]:
    """Take the evaluation of every generation from the table of individuals."""
    # all that a probe recorded of individuals, and that a generation's row sums up
    types = {name: rows.schema.field(name).type for name in rows.column_names}
    tasks = names_of_tasks(types)
    others = {name for name in types if name not in COLUMNS["individuals"] and pa.types.is_floating(types[name])}
    aims = [name for name in types if name in others and name.startswith(OBJECTIVE)]
    taken = [name for name in types if name in others.difference(tasks, aims)]
    wanted = ("loss", "status", "accuracy", *aims, *taken)
    columns = {name: rows[name].to_numpy() for name in wanted if name in types}
    unknown = np.full(size, np.nan)
    for place, generation in enumerate(kept):
        part = {name: column[place * size : (place + 1) * size] for name, column in columns.items()}
        observed = {name: part[name] for name in taken if not np.isnan(part[name]).all()}
        objectives = {name.removeprefix(OBJECTIVE): part[name] for name in aims if not np.isnan(part[name]).any()}
        accuracy = part.get("accuracy", unknown)
        yield generation, Evaluation(part["loss"], part["status"], accuracy, observed, objectives=objectives)


def find_wrong_losses(rows: pa.Table) -> list[int]:
    """List the generations in which the loss of an individual is not the mean over its tasks."""
    tasks = names_of_tasks(rows.column_names)
    if not tasks:
        return []
    mean = _stack([rows[name].to_numpy() for name in tasks], rows.num_rows).mean(axis=1)
    # a run that began with an earlier version has none at first
    wrong = ~np.isnan(mean) & ~np.isclose(mean, rows["loss"].to_numpy(), rtol=CLOSE, atol=NOTHING)
    return [int(generation) for generation in np.unique(rows["generation"].to_numpy()[wrong])]


def compare_sums(generations: pa.Table, lives: Iterable[Life], probed: float) -> tuple[int, list[tuple[int, str]]]:
    """Compute rows of generations again from their individuals; where none was recorded, nothing is compared.

    Parameters
    ----------
    generations : pyarrow.Table
        Their rows.
    lives : iterable of (int, Evaluation)
        What became of the individuals of some of them.
    probed : float
        Share of the individuals that was measured.

    Returns
    -------
    int, list of (int, str)
        How many were compared; generation and column of each value that differs, in order.
    """
    places = {generation: place for place, generation in enumerate(generations["generation"].to_pylist())}
    columns: Mapping[str, NDArray[Any]] = {
        name: generations[name].to_numpy()
        for name in generations.column_names
        if pa.types.is_floating(generations.schema.field(name).type)
        or pa.types.is_integer(generations.schema.field(name).type)
    }
    wrong: set[tuple[int, str]] = set()
    compared: set[int] = set()
    for generation, evaluation in lives:
        if generation not in places:
            continue  # the checkpoint from which a branch went on
        compared.add(generation)
        for name, (value,) in generation_row(generation, evaluation, probed).items():
            if name not in columns or np.isnan(value):
                continue
            if not np.isclose(columns[name][places[generation]], value, rtol=CLOSE, atol=NOTHING):
                wrong.add((generation, name))
    return len(compared), sorted(wrong)
