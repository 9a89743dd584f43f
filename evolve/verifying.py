"""Whether what a run directory holds is what was lived: checksums, gaps, duplicates, digests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from evolve.cohort import Operator
from evolve.config import Config
from evolve.digest import START, chained
from evolve.replaying import replay as replayed
from evolve.resuming import check_configuration, saved_config
from evolve.rundir import DamagedError, RunDirectory, RunDirectoryError
from evolve.rundir import checkpoint as checkpoints
from evolve.rundir.checkpoint import Checkpoint
from evolve.rundir.columns import COLUMNS
from evolve.rundir.parts import damaged_parts, last_generation, parts, read_part, up_to
from evolve.species import species_of
from evolve.state import load
from populations.errors import HetevoError, spell


@dataclass
class Report:
    """What was looked at, and what was found.

    Parameters
    ----------
    checked : list of str
        What is as it should be.
    notes : list of str
        What a person may want to know; nothing is wrong.
    problems : list of str
        What is wrong, each with the file.
    """

    checked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(
    path: str | Path, *, replay: bool = False, generation: int | None = None, workers: int | None = None
) -> Report:
    """Check a run directory; nothing in it is changed.

    Parameters
    ----------
    path : str or Path
        The run directory.
    replay : bool, optional
        Whether to compute a generation again from its checkpoint and compare the bits.
    generation : int, optional
        Which one; by default the newest that was saved.
    workers : int, optional
        Processes of the replay; by default another number than the run's.

    Raises
    ------
    RunDirectoryError
        If it is no run, or it has no checkpoint of that generation.
    """
    directory, report = RunDirectory.open(path), Report()
    config = saved_config(directory)
    newest = _check_checkpoints(directory, config, report)
    _check_provenance(directory, report)
    if newest is None and report.ok:
        report.notes.append("the run was never saved, so that there is nothing to hold its records against")
    elif newest is not None:
        _check_records(directory, config, newest, report)
    if replay and newest is not None and report.ok:
        report.checked.append(replayed(directory, config, generation, workers, report.problems))
    elif replay:
        report.notes.append("nothing was replayed")
    return report


def _check_checkpoints(directory: RunDirectory, config: Config, report: Report) -> Checkpoint | None:
    newest, species, intact = None, species_of(config), 0
    for path in checkpoints.listed(directory.checkpoints):
        try:
            check_configuration(directory, path)
            newest = load(path, species, config.evolution.size)[1]
            intact += 1
        except HetevoError as error:
            report.problems.append(str(error))
    report.checked.append(f"{intact} checkpoint(s): checksums, shapes, configuration and digest")
    return newest


def _check_provenance(directory: RunDirectory, report: Report) -> None:
    try:
        directory.provenance.read()
    except HetevoError as error:
        report.problems.append(str(error))


def _check_records(directory: RunDirectory, config: Config, newest: Checkpoint, report: Report) -> None:
    report.problems += [str(problem) for problem in damaged_parts(directory.place, newest.records, newest.generation)]
    origin = newest.facts.get("origin")
    first = origin["generation"] + 1 if isinstance(origin, dict) else 0
    every = config.records.individuals_every
    size = config.evolution.size
    begins = {name: max(first, start) for name, start in _records_from(newest).items()}
    lived = range(begins.get("generations", first), newest.generation + 1)
    kept = [g for g in range(begins.get("individuals", first), newest.generation + 1) if every and g % every == 0]
    try:
        rows = _rows(directory.generations.folder, newest.generation, report)
        _check_order("generations", rows, np.array(lived), report)
        rows = _rows(directory.individuals.folder, newest.generation, report)
        _check_order("individuals", rows, np.repeat(kept, size), report)
        if rows is not None:
            expected = np.repeat(np.array(kept, np.int64), size) * size + np.tile(np.arange(size), len(kept))
            if not np.array_equal(rows["id"].to_numpy(), expected):
                report.problems.append(f"{directory.individuals.folder}: identifiers are not those of the generations")
            elif report.ok and every == 1 and kept[:1] == [0]:
                _check_chain(rows, newest, size, report)
    except (DamagedError, RunDirectoryError) as error:
        if str(error) not in report.problems:
            report.problems.append(str(error))


def _records_from(newest: Checkpoint) -> dict[str, int]:
    """Return where records begin, by table, if earlier ones were lost with the directory that they were in."""
    found = newest.facts.get("records_from")
    return {name: start for name, start in found.items() if type(start) is int} if isinstance(found, dict) else {}


def _rows(folder: Path, generation: int, report: Report) -> pa.Table | None:
    """Return the durable rows of a table."""
    tables = [_own(read_part(path), folder.name) for path in parts(folder)]
    if not tables:
        return None
    whole = pa.concat_tables(tables, promote_options="default")
    if last_generation(whole) > generation:
        report.notes.append(
            f"{folder.name} reach beyond the newest checkpoint: the run was killed (or is running);"
            f" '{spell('resume')}' drops those rows and lives them again"
        )
    return up_to(whole, generation)


def _own(rows: pa.Table, table: str) -> pa.Table:
    """Return the columns that Hetevo writes itself; those of a probe may be others from part to part."""
    return rows.select([name for name in COLUMNS[table] if name in rows.column_names])


def _check_order(name: str, rows: pa.Table | None, expected: np.ndarray, report: Report) -> None:
    found = np.empty(0, np.int64) if rows is None else rows["generation"].to_numpy()
    if np.array_equal(found, expected):
        report.checked.append(f"{name}: {len(found):,} rows, every generation exactly once")
        return
    report.problems += [f"{name}: {problem}" for problem in _differences(found, expected)]


def _differences(found: np.ndarray, expected: np.ndarray) -> Iterator[str]:
    for generation in sorted({*found.tolist(), *expected.tolist()}):
        there, wanted = int((found == generation).sum()), int((expected == generation).sum())
        if there != wanted:
            yield f"generation {generation} has {there} rows, expected {wanted}"
    if np.array_equal(np.sort(found), np.sort(expected)):
        yield "the rows are out of order"


def _check_chain(rows: pa.Table, newest: Checkpoint, size: int, report: Report) -> None:
    """Compute the digest of all generations again from the records."""
    codes = {operator.name.lower(): int(operator) for operator in Operator}
    columns = {name: rows[name].to_numpy() for name in ("loss", "status", "parent_a", "parent_b", "island")}
    columns["operator"] = np.array([codes.get(name, -1) for name in rows["operator"].to_pylist()], np.int64)
    chain = START
    for start in range(0, rows.num_rows, size):
        chain = chained(chain, {name: column[start : start + size] for name, column in columns.items()})
    if chain != newest.facts["chain"]:
        report.problems.append("individuals: losses, statuses and descent do not give the digest of the checkpoint")
    else:
        report.checked.append("individuals: losses, statuses and descent give the digest of the run")
