"""What figures need of their runs, with errors that say how to get it."""

from collections.abc import Sequence

import numpy as np

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.populations.errors import spell

Runs = LoadedRun | Sequence[LoadedRun]

MOST_ROWS = 1_000_000
"""Individuals that a figure reads at most, about five seconds' worth; more would show the same."""


def check_needs(
    runs: Runs, columns: Sequence[str] = (), probe: str | None = "alignment", single: bool = False
) -> list[LoadedRun]:
    """Return one run or several as a list, all of which measured what a figure needs.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Any number.
    columns : sequence of str, optional
        Columns of the table of generations that are needed besides alignment. They may be undefined.
    probe : str or None, optional
        The probe that measures them; None if no measure is needed.
    single : bool, optional
        Whether there must be one run alone.

    Raises
    ------
    RunDirectoryError
        If a run was recorded without the probe, or without one of the columns; or there are several.
    """
    runs = [runs] if isinstance(runs, LoadedRun) else list(runs)
    if single and len(runs) != 1:
        raise RunDirectoryError(
            f"This figure shows the neurons of one run, and {len(runs)} were given: neurons of different runs have"
            f" nothing to do with each other. Give one of them, such as {runs[0].path}."
        )
    # measures may be undefined anywhere, but they must have been taken
    for run in runs if probe else ():
        if not run.probed:
            raise RunDirectoryError(
                f"{run.path} was recorded without measuring alignment (probe.every = 0), so there is nothing to draw."
                " Run it again with probe.every = 1; the evolution is the same, bit for bit."
            )
        # where the networks cannot have a column, another probe is no help
        missing = [column for column in columns if column not in run.generations]
        if missing and run.single_layer:
            raise RunDirectoryError(
                f"{run.path} has no column {missing[0]!r}: its networks have a single layer, but this figure is"
                " about hidden neurons. Name runs of networks with hidden levels, or another figure (--kind list)."
            )
        if missing:
            raise RunDirectoryError(
                f"{run.path} has no column {missing[0]!r}: its probe ({run.setting('probe.name') or '?'}) does not"
                f' measure that. Run it again with probe.name = "{probe}"; the evolution is the same, bit for bit.'
            )
    return runs


def with_individuals(runs: Sequence[LoadedRun], generations: int | None = None) -> list[LoadedRun]:
    """Return those runs whose individuals a figure may read: all, or so many of each condition as `MOST_ROWS` allows.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Any number.
    generations : int, optional
        How many generations the figure reads. Default: all, with measures in every one, to follow descent.

    Raises
    ------
    RunDirectoryError
        If a run kept no individuals, or not those of every generation, or did not measure in every generation.
    """
    # descent is followed without gaps; a few generations need only be there
    for run in runs:
        kept, every = run.individuals_every, run.probe_every
        if kept == 0 or (generations is None and kept != 1):
            raise RunDirectoryError(
                f"{run.path} kept {'no individuals' if kept == 0 else f'the individuals of every {kept}th generation'}"
                f" (records.individuals_every = {kept}), but this figure needs"
                f" {'those of every generation, to follow descent' if generations is None else 'them'}. Run it again"
                " with records.individuals_every = 1; the evolution is the same, bit for bit."
            )
        if not run.has_individuals:
            raise RunDirectoryError(
                f"{run.path} has no records of individuals, which this figure needs and its configuration says that it"
                f" kept. What else is missing: {spell('verify', run.path)}"
            )
        if generations is None and every != 1:
            raise RunDirectoryError(
                f"{run.path} measured every {every}th generation (probe.every = {every}), but this figure compares"
                " children with their parents. Run it again with probe.every = 1; the evolution is the same, bit for"
                " bit."
            )
    # as many of each condition as may be read, evenly chosen
    groups = group_by_condition(runs)
    largest = max(run.size * min(generations or run.last + 1, run.last + 1) for run in runs)
    each = max(1, MOST_ROWS // (largest * len(groups)))
    return [
        group[place]
        for group in groups.values()
        for place in np.unique(np.linspace(0, len(group) - 1, min(each, len(group))).round().astype(int))
    ]


def kept_generations(run: LoadedRun) -> list[int]:
    """Return the generations that were measured and whose individuals were kept."""
    generations = run.measured["generation"]
    return [int(generation) for generation in generations[generations % run.individuals_every == 0]]


def write_share(chosen: Sequence[LoadedRun], runs: Sequence[LoadedRun]) -> str:
    """Say how many runs were chosen, and of how many if these are not all."""
    return f"{len(chosen)}" if len(chosen) == len(runs) else f"{len(chosen)} of {len(runs)}"
