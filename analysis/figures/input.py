"""What figures ask of their runs."""

from collections.abc import Sequence

from analysis.emergence.table import by_condition
from analysis.loading import LoadedRun
from evolve.rundir import RunDirectoryError

MOST_RUNS = 24
"""Runs whose individuals a figure reads at most; more would take minutes and show the same."""


def listed(runs: LoadedRun | Sequence[LoadedRun]) -> list[LoadedRun]:
    """Return one run or several as a list."""
    return [runs] if isinstance(runs, LoadedRun) else list(runs)


def probed(runs: LoadedRun | Sequence[LoadedRun], *columns: str) -> list[LoadedRun]:
    """Return the runs as a list, all of which measured alignment, and have the given columns.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe, or without one of the columns.
    """
    runs = listed(runs)
    for run in runs:
        if not run.probed:
            raise RunDirectoryError(
                f"{run.path} was recorded without measuring alignment (probe.every = 0), so there is nothing to draw."
                " Run it again with probe.every = 1; the evolution is the same, bit for bit."
            )
        missing = [column for column in columns if column not in run.generations]
        if missing:
            raise RunDirectoryError(
                f"{run.path} has no column {missing[0]!r}: its probe ({run.config.get('probe', {}).get('name', '?')})"
                ' does not measure that. Run it again with probe.name = "alignment".'
            )
    return runs


def with_individuals(runs: Sequence[LoadedRun], *, every: bool = False) -> list[LoadedRun]:
    """Return those runs whose individuals a figure may read: at most `MOST_RUNS`, evenly from each condition.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Any number.
    every : bool, optional
        Whether the individuals of every generation are needed, as to follow descent.

    Raises
    ------
    RunDirectoryError
        If a run kept no individuals, or not those of every generation.
    """
    groups = by_condition(runs)
    each = max(1, MOST_RUNS // len(groups))
    chosen = []
    for group in groups.values():
        step = max(1, -(-len(group) // each))
        chosen += group[::step]
    for run in chosen:
        kept = run.config.get("records", {}).get("individuals_every", 1)
        if kept == 0 or (every and kept != 1):
            raise RunDirectoryError(
                f"{run.path} kept {'no individuals' if kept == 0 else f'the individuals of every {kept}th generation'}"
                f" (records.individuals_every = {kept}), but this figure needs"
                f" {'those of every generation, to follow descent' if every else 'them'}. Run it again with"
                " records.individuals_every = 1; the evolution is the same, bit for bit."
            )
    return chosen


def one(runs: LoadedRun | Sequence[LoadedRun]) -> LoadedRun:
    """Return the only run.

    Raises
    ------
    RunDirectoryError
        If there are several.
    """
    runs = listed(runs)
    if len(runs) != 1:
        raise RunDirectoryError(
            f"This figure shows the genes of one run, and {len(runs)} were given: neurons of different runs have"
            f" nothing to do with each other. Give one of them, such as {runs[0].path}."
        )
    return runs[0]
