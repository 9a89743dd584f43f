"""Whether records are those that a checkpoint knows, and say what its digests and losses say."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from hetevo.evolve.record_lives import Life, Losses, compare_sums, find_wrong_losses, is_chained, read_lives, take_lives
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.rundir.checkpoint import Checkpoint
from hetevo.evolve.rundir.files import names
from hetevo.evolve.rundir.parts import find_damaged_parts, first_generation, parts, read_part, up_to
from hetevo.evolve.rundir.pruned import Pruned
from hetevo.evolve.rundir.records import Records
from hetevo.populations.errors import HetevoError
from hetevo.populations.evaluation import Status, sample
from hetevo.populations.types import Indices

LISTED = 1_000
"""Missing generations that are listed one by one."""


@dataclass(frozen=True)
class Kept:
    """What a run keeps of its individuals, P in number, as its configuration says.

    Parameters
    ----------
    size : int
        Individuals P.
    every : int
        Generations between those whose individuals are recorded; 0: none.
    share, probed : float
        Share of the individuals that is recorded, and that is measured.
    pruned : Pruned
        What was removed since.
    """

    size: int
    every: int = 1
    share: float = 1.0
    probed: float = 1.0
    pruned: Pruned = Pruned()


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


def check_records(
    directory: RunDirectory, kept: Kept, newest: Checkpoint, saved: Iterable[Losses], report: Report
) -> None:
    """Check all records up to a checkpoint.

    Parameters
    ----------
    directory : RunDirectory
        The run.
    kept : Kept
        What there should be of individuals.
    newest : Checkpoint
        The newest that can be trusted.
    saved : iterable of Losses
        Of each checkpoint that can be trusted.
    report : Report
        Takes what is right, and what is wrong.
    """
    # files first: what is not what was written is not worth comparing
    known = newest.records, newest.generation
    damaged = list(find_damaged_parts(directory.place, *known, rows=newest.rows, pruned=kept.pruned))
    report.problems += map(str, damaged)
    report.problems += [problem for table in directory.tables for problem in _find_strangers(table, newest)]
    if damaged:
        return
    try:
        _check_tables(directory, kept, newest, saved, report)
    except HetevoError as error:
        report.problems.append(str(error))


def _find_strangers(table: Records, newest: Checkpoint) -> Iterator[str]:
    """Find what nobody should have put beside the parts of a table; readers would take it for records."""
    known = {table.folder / Path(name).name for name in newest.records if name.startswith(f"{table.folder.name}/")}
    files = parts(table.folder)
    for path in files:
        if path not in known and first_generation(path) <= newest.generation:
            yield f"{path}: the checkpoint of generation {newest.generation} does not know it"
    others = {table.folder / name for name in names(table.folder) if not name.startswith(".")} - set(files)
    yield from (f"{path}: it is no part of the records" for path in sorted(others))


def _check_tables(
    directory: RunDirectory, rule: Kept, newest: Checkpoint, saved: Iterable[Losses], report: Report
) -> None:
    size, every = rule.size, rule.every
    # 1. which generations each table should have
    origin = newest.facts.get("origin")
    first = origin["generation"] + 1 if origin else 0
    # earlier records may have been lost with the directory that they were in
    begins = {name: max(first, start) for name, start in (newest.facts.get("records_from") or {}).items()}
    lived = range(begins.get("generations", first), newest.generation + 1)
    generations, individuals, failures = (_read_rows(table, newest) for table in directory.tables)
    # a number that somebody made up is not counted to
    missing = len(lived) - (0 if generations is None else generations.num_rows)
    if missing > LISTED:
        report.problems.append(f"generations: {missing:,} of {len(lived):,} generations are missing")
        return
    there = set() if individuals is None else set(np.unique(individuals["generation"].to_numpy()).tolist())
    kept = [
        g
        for g in range(begins.get("individuals", first), newest.generation + 1)
        if every and g % every == 0 and (g in there or not rule.pruned.may_lack(g))
    ]
    # 2. whether it has those, each once and in order: without that nothing else can be compared
    before = len(report.problems)
    report.problems += _check_generations("generations", generations, np.array(lived, np.int64), report)
    if rule.share == 1:
        expected = np.repeat(np.array(kept, np.int64), size)
        left = "every generation that was left" if rule.pruned.every > 1 else "every generation"
        report.problems += _check_generations("individuals", individuals, expected, report, left)
    else:
        report.problems += _check_share(individuals, generations, kept, rule)
        report.checked.append(f"individuals: a share of {rule.share:g} of each generation, and its best one")
    if len(report.problems) > before:
        return
    # 3. whether the individuals are those of the digest, and the failures those of the individuals
    if individuals is not None and rule.share == 1:
        expected = np.repeat(np.array(kept, np.int64), size) * size + np.tile(np.arange(size), len(kept))
        if not np.array_equal(individuals["id"].to_numpy(), expected):
            report.problems.append(f"{directory.individuals.folder}: identifiers are not those of the generations")
            return
        if kept == [*range(newest.generation + 1)]:
            _check_chain(individuals, newest, size, report)
    if individuals is not None:
        report.problems += [
            f"individuals: losses of generation {generation} are not the means over their tasks"
            for generation in find_wrong_losses(individuals)[:20]
        ]
        report.problems += _check_failures(
            individuals, failures, max(kept[0], begins.get("failures", first)) if kept else 0
        )
    # 4. whether the rows of generations are the sums of their individuals
    if generations is not None:
        whole = individuals is not None and rule.share == 1  # sums are over everybody
        lives = [*take_lives(saved), *(read_lives(individuals, kept, size) if whole else ())]
        _check_sums(generations, lives, rule.probed, report)


def _read_rows(table: Records, newest: Checkpoint) -> pa.Table | None:
    """Return the rows of a table up to a checkpoint."""
    known = [path for path in parts(table.folder) if f"{table.folder.name}/{path.name}" in newest.records]
    tables = _drop_mixed_columns([read_part(path) for path in known])
    return up_to(pa.concat_tables(tables, promote_options="default"), newest.generation) if tables else None


def _drop_mixed_columns(tables: list[pa.Table]) -> list[pa.Table]:
    """Leave out columns of a probe that have another type from part to part."""
    types: dict[str, set[str]] = {}
    for table in tables:
        for column in table.schema:
            types.setdefault(column.name, set()).add(str(column.type))
    mixed = [name for name, kinds in types.items() if len(kinds) > 1]
    return [table.drop_columns([name for name in mixed if name in table.column_names]) for table in tables]


def _check_generations(
    name: str, rows: pa.Table | None, expected: Indices, report: Report, left: str = "every generation"
) -> list[str]:
    found = np.empty(0, np.int64) if rows is None else rows["generation"].to_numpy()
    if np.array_equal(found, expected):
        report.checked.append(f"{name}: {len(found):,} rows, {left} exactly once")
        return []
    return [f"{name}: {problem}" for problem in _find_differences(found, expected)]


def _check_share(rows: pa.Table | None, generations: pa.Table | None, kept: list[int], rule: Kept) -> list[str]:
    """Check the rows of a share of the individuals: everybody of the share, who failed, and the best, in order."""
    if rows is None or generations is None:
        return [f"individuals: expected rows of {len(kept):,} generations, got none"] if kept else []
    when, who, loss = (rows[name].to_numpy() for name in ("generation", "id", "loss"))
    if (np.diff(who) <= 0).any() or not np.array_equal(who // rule.size, when):
        return ["individuals: identifiers are not those of the generations, in order"]
    if not np.array_equal(np.unique(when), kept):
        return [f"individuals: expected those of {len(kept):,} generations, got those of {len(np.unique(when)):,}"]
    # everybody of the share, and one more at most who did not fail: the best
    places = np.arange(rule.size)
    share = [generation * rule.size + places[sample(places, rule.share, generation)] for generation in kept]
    if not np.isin(np.concatenate(share), who).all():
        return [f"individuals: somebody of the share of {rule.share:g} (records.share) is missing"]
    others = ~np.isin(who, np.concatenate(share)) & (rows["status"].to_numpy() != Status.FAILED)
    if np.unique(when[others], return_counts=True)[1].max(initial=0) > 1:
        return [f"individuals: there are more than the share of {rule.share:g} (records.share) and the best one"]
    best = dict(zip(generations["generation"].to_pylist(), generations["loss_best"].to_pylist(), strict=True))
    least = np.minimum.reduceat(loss, np.searchsorted(when, kept))
    wrong = [generation for generation, value in zip(kept, least, strict=True) if best.get(generation) != value]
    return [f"individuals: the best one of generation {generation} is missing" for generation in wrong[:20]]


def _find_differences(found: Indices, expected: Indices) -> Iterator[str]:
    there, wanted = Counter(found.tolist()), Counter(expected.tolist())
    for generation in sorted({*there, *wanted}):
        if there[generation] != wanted[generation]:
            yield f"generation {generation} has {there[generation]} rows, expected {wanted[generation]}"
    if np.array_equal(np.sort(found), np.sort(expected)):
        yield "the rows are out of order"


def _check_chain(rows: pa.Table, newest: Checkpoint, size: int, report: Report) -> None:
    """Compute the digest of all generations again from the records."""
    if is_chained(rows, newest, size):
        report.checked.append("individuals: losses, statuses and descent give the digest of the run")
    else:
        report.problems.append("individuals: losses, statuses and descent do not give the digest of the checkpoint")


def _check_failures(individuals: pa.Table, failures: pa.Table | None, first: int) -> list[str]:
    """Hold the table of failures against the statuses of individuals, from a generation on."""
    generations = individuals["generation"].to_numpy()
    expected = individuals["id"].to_numpy()[
        (individuals["status"].to_numpy() == Status.FAILED) & (generations >= first)
    ]
    found = np.empty(0, np.int64)
    if failures is not None:
        # failures of generations whose individuals were recorded
        among = np.isin(failures["generation"].to_numpy(), generations[generations >= first])
        found = failures["id"].to_numpy()[among]
    same = np.array_equal(found, expected)
    return [] if same else ["failures: they are not those of the individuals whose status is that of a failure"]


def _check_sums(generations: pa.Table, lives: Iterable[Life], probed: float, report: Report) -> None:
    """Compute rows of generations again from their individuals."""
    compared, wrong = compare_sums(generations, lives, probed)
    for generation, name in wrong[:20]:
        report.problems.append(f"generations: {name} of generation {generation} is not that of its individuals")
    if not wrong:
        report.checked.append(f"generations: {compared:,} rows are what their individuals give")
