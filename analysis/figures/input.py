"""What figures ask of their runs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from hetevo.analysis.conditions import by_condition
from hetevo.analysis.runs import LoadedRun, tidy
from hetevo.evolve.rundir import RunDirectoryError

MOST_ROWS = 1_000_000
"""Individuals that a figure reads at most, about five seconds' worth; more would show the same."""


def listed(runs: LoadedRun | Sequence[LoadedRun]) -> list[LoadedRun]:
    """Return one run or several as a list."""
    return [runs] if isinstance(runs, LoadedRun) else list(runs)


def probed(runs: LoadedRun | Sequence[LoadedRun], *columns: str, probe: str = "alignment") -> list[LoadedRun]:
    """Return the runs as a list, all of which measured alignment, and have the given columns.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Any number.
    *columns : str
        Further columns of the table of generations that are needed. They may be undefined.
    probe : str, optional
        The probe that measures them.

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
            if run.single_layer:
                raise RunDirectoryError(
                    f"{run.path} has no column {missing[0]!r}: its networks have a single layer, but this figure is"
                    " about hidden neurons. Name runs of networks with hidden levels, or another figure (--kind list)."
                )
            used = run.config.get("probe", {}).get("name", "?")
            raise RunDirectoryError(
                f"{run.path} has no column {missing[0]!r}: its probe ({used}) does not measure that. Run it again with"
                f' probe.name = "{probe}"; the evolution is the same, bit for bit.'
            )
    return runs


def measured(runs: Sequence[LoadedRun]) -> pd.DataFrame:
    """Put the generations at which the probe looked under each other, see `hetevo.analysis.runs.tidy`."""
    return tidy([replace(run, generations=run.measured) for run in runs])


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
    for run in runs:
        kept = run.config.get("records", {}).get("individuals_every", 1)
        every = run.config.get("probe", {}).get("every", 1)
        if kept == 0 or (generations is None and kept != 1):
            raise RunDirectoryError(
                f"{run.path} kept {'no individuals' if kept == 0 else f'the individuals of every {kept}th generation'}"
                f" (records.individuals_every = {kept}), but this figure needs"
                f" {'those of every generation, to follow descent' if generations is None else 'them'}. Run it again"
                " with records.individuals_every = 1; the evolution is the same, bit for bit."
            )
        if generations is None and every != 1:
            raise RunDirectoryError(
                f"{run.path} measured every {every}th generation (probe.every = {every}), but this figure compares"
                " children with their parents. Run it again with probe.every = 1; the evolution is the same, bit for"
                " bit."
            )
    groups = by_condition(runs)
    largest = max(run.size * min(generations or run.last + 1, run.last + 1) for run in runs)
    each = max(1, MOST_ROWS // (largest * len(groups)))
    return [
        group[place]
        for group in groups.values()
        for place in np.unique(np.linspace(0, len(group) - 1, min(each, len(group))).round().astype(int))
    ]


def kept(run: LoadedRun) -> list[int]:
    """Return the generations that were measured and whose individuals were kept."""
    every = run.config.get("records", {}).get("individuals_every", 1)
    generations = run.measured["generation"]
    return [int(generation) for generation in generations[generations % every == 0]]


def of(chosen: Sequence[LoadedRun], runs: Sequence[LoadedRun]) -> str:
    """Say that only some runs were chosen, or nothing if all were."""
    return "" if len(chosen) == len(runs) else f" of {len(runs)}"


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
            f"This figure shows the neurons of one run, and {len(runs)} were given: neurons of different runs have"
            f" nothing to do with each other. Give one of them, such as {runs[0].path}."
        )
    return runs[0]
