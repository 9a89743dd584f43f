"""What figures need of their runs, with errors that say how to get it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hetevo.analysis.conditions import group_by_condition
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.populations.errors import spell

Runs = LoadedRun | Sequence[LoadedRun]

MOST_ROWS = 1_000_000
"""Individuals that a figure reads at most, about five seconds' worth; more would show the same."""


@dataclass(frozen=True)
class Needs:
    """What a figure needs of its runs.

    Parameters
    ----------
    columns : tuple of str, optional
        Columns of the table of generations, besides alignment. They may be undefined.
    probe : str or None, optional
        The probe that measures them; None if no measure is needed.
    single : bool, optional
        Whether there must be one run alone.
    individuals : int or "every", optional
        How many generations of individuals it reads at most; ``"every"``: all without gaps, with their measures, to
        follow descent. Default: none.
    measures : tuple of str, optional
        Measures that only runs take that name them in ``probe.measures``, by which the columns are recorded.
    sweep : str, optional
        A sweep whose runs it compares: a single run is refused.
    usual : callable, optional
        Raises a `HetevoError` if these runs cannot have the figure as it is drawn without options, see `check_usual`.
    """

    columns: tuple[str, ...] = ()
    probe: str | None = "alignment"
    single: bool = False
    individuals: int | Literal["every"] | None = None
    measures: tuple[str, ...] = ()
    sweep: str = ""
    usual: Callable[[Sequence[LoadedRun]], object] | None = None


PRUNED = " in another directory, and prune none of its individuals"
"""What has to be done otherwise, in the place of a setting, where `hetevo prune` removed what a figure needs."""


def check_needs(runs: Runs, needs: Needs) -> list[LoadedRun]:
    """Return one run or several as a list, all of which recorded what a figure needs.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Any number.
    needs : Needs
        Of the figure.

    Raises
    ------
    RunDirectoryError
        If a run lacks something: the message says how to record all of it. Or if there are several.
    """
    runs = [runs] if isinstance(runs, LoadedRun) else list(runs)
    if needs.single and len(runs) != 1:
        raise RunDirectoryError(
            f"This figure shows the neurons of one run, and {len(runs)} were given: neurons of different runs have"
            f" nothing to do with each other. Give one of them, such as {runs[0].path}."
        )
    if needs.sweep and len(runs) == 1 and runs[0].probed:
        raise RunDirectoryError(
            f"This figure compares the runs of a sweep, and {runs[0].path} is a single one. Name the directory of a"
            f" whole sweep, such as that of 'hetevo sweep {needs.sweep}'."
        )
    for run in runs:
        # everything that it lacks at once, with all settings that record it
        lacking = [*_unmeasured(run, needs), *_not_kept(run, needs)]
        if lacking:
            said = "; it ".join(dict.fromkeys(what for what, _ in lacking))
            # what was pruned no setting brings back
            settings = " and ".join(dict.fromkeys(setting for _, setting in lacking if setting != PRUNED))
            again = f" with {settings}" if settings else ""
            again += PRUNED if any(setting == PRUNED for _, setting in lacking) else ""
            raise RunDirectoryError(f"{run.path} {said}. Run it again{again}; the evolution is the same, bit for bit.")
        if needs.individuals and not run.has_individuals:
            raise RunDirectoryError(
                f"{run.path} has no records of individuals, which this figure needs and its configuration says that it"
                f" kept. What else is missing: {spell('verify', run.path)}"
            )
    return runs


def check_usual(runs: Runs, needs: Needs) -> list[LoadedRun]:
    """Return runs as `check_needs` does, all of which can have a figure without options, as far as is known undrawn.

    What only the drawing itself can tell, such as whether anything is defined, is not looked at: it reads individuals
    or computes statistics.

    Parameters
    ----------
    runs : LoadedRun or sequence of LoadedRun
        Any number.
    needs : Needs
        Of the figure.

    Raises
    ------
    HetevoError
        As the figure would.
    """
    checked = check_needs(runs, needs)
    if needs.usual:
        needs.usual(checked)
    return checked


def _unmeasured(run: LoadedRun, needs: Needs) -> Iterator[tuple[str, str]]:
    """Say which measures a run lacks, and with which settings they are recorded."""
    if not needs.probe:
        return
    # measures may be undefined anywhere, but they must have been taken
    if not run.probed:
        why = "was recorded without measuring alignment (probe.every = 0), so there is nothing to draw"
        yield why, "probe.every = 1"
        if needs.probe != "alignment" and run.setting("probe.name") != needs.probe:
            yield why, f'probe.name = "{needs.probe}"'
        return
    missing = [column for column in needs.columns if column not in run.generations]
    # where the networks cannot have a column, another probe is no help
    if missing and run.single_layer:
        raise RunDirectoryError(
            f"{run.path} has no column {missing[0]!r}: its networks have a single layer, but this figure is"
            " about hidden neurons. Name runs of networks with hidden levels, or another figure (--kind list)."
        )
    if missing:
        why = f"has no column {missing[0]!r}: its probe ({run.setting('probe.name') or '?'}) does not measure that"
        named = ", ".join(f'"{name}"' for name in needs.measures)
        yield why, f'probe.name = "{needs.probe}"' + (f" and probe.measures = [{named}]" if named else "")
    if needs.individuals == "every" and run.probe_every != 1:
        every = run.probe_every
        why = f"measured every {every}th generation (probe.every = {every}), but this figure compares children with"
        yield f"{why} their parents", "probe.every = 1"
    if needs.individuals == "every" and run.probe_share != 1:
        why = f"measured a share of its individuals (probe.share = {run.probe_share:g}), but this figure compares"
        yield f"{why} children with their parents", "probe.share = 1"


def _not_kept(run: LoadedRun, needs: Needs) -> Iterator[tuple[str, str]]:
    """Say which individuals a run lacks. Descent is followed without gaps; a few generations need only be there."""
    kept, descent = run.individuals_every, needs.individuals == "every"
    if needs.individuals and (kept == 0 or (descent and kept != 1)):
        what = "no individuals" if kept == 0 else f"the individuals of every {kept}th generation"
        why = "those of every generation, to follow descent" if descent else "them"
        setting, recorded = "records.individuals_every", int(run.number("records.individuals_every", 1))
        cause = "'hetevo prune' removed others" if run.pruned_every > 1 else f"{setting} = {kept}"
        yield f"kept {what} ({cause}), but this figure needs {why}", PRUNED if recorded == 1 else f"{setting} = 1"
    if descent and run.individuals_share != 1:
        why = f"kept a share of its individuals (records.share = {run.individuals_share:g}), but this figure follows"
        yield f"{why} descent, for which all are needed", "records.share = 1"


def choose_runs(runs: Sequence[LoadedRun], individuals: int | Literal["every"]) -> list[LoadedRun]:
    """Choose those runs whose individuals a figure may read: all, or so many of each condition as `MOST_ROWS` allows.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Any number, checked.
    individuals : int or "every"
        See `Needs`.
    """
    groups = group_by_condition(runs)
    largest = max(run.size * min(run.last + 1 if individuals == "every" else individuals, run.last + 1) for run in runs)
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


def document_runs(doc: str, single: bool) -> str:
    """Add what all figures have in common: the runs, before the first section, and the errors, at the end."""
    # numpydoc's sections stand in this order: Parameters, Returns, Other Parameters, Raises
    prose, section, rest = doc.partition("\n\nReturns\n")
    kind = "One run." if single else "Finished or not."
    runs = f"Parameters\n----------\nruns : LoadedRun or sequence of LoadedRun\n    {kind}"
    errors = "RunDirectoryError\n    If a run has not recorded what this figure needs: the message says how to get it."
    raises = "" if "\nRaises\n" in rest else "\n\nRaises\n------"
    return f"{prose}\n\n{runs}{section}{rest}{raises}\n{errors}"
