"""Which runs are seeds of one condition, what conditions are called, and which of them are neutral."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from hetevo.analysis.runs import LoadedRun, load_run, tidy
from hetevo.analysis.tables import at_stage
from hetevo.evolve.identity import condition_values, labels
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.places import inside
from hetevo.evolve.rundir.sources import describe_mixed
from hetevo.evolve.rundir.sweep import Entry, is_sweep, read_entries
from hetevo.populations.errors import HetevoError, SettingError, nearest, spell

_LOG = logging.getLogger("hetevo")

LOT = "selRandom"
"""DEAP's selection by lot."""

WITHOUT_LOT = ("evolution-strategy", "random", "cma", "openai-es", "map-elites")
"""Algorithms for which ``evolution.select`` has no use."""

BIRTH_BY_BIRTH = ("steady-state", "asynchronous")
"""Algorithms in which a child takes the place of an adult."""

POSITIVE = "positive"
"""Of ``genome.output_gains``: what selection would keep first is kept without it."""


def load_all(paths: Sequence[str | Path], *, notice: Callable[[str], None] = _LOG.warning) -> list[LoadedRun]:
    """Read run directories, and all runs of sweeps' directories that have begun, each with its condition as label.

    Runs of one condition have one configuration, apart from what `hetevo.evolve.identity.NOT_CONDITIONS` lists. A run
    of a sweep, also one that is named by itself, has its condition there as label, another one the preset's name with
    what was changed, or else the name of its directory; where that is the same for different configurations, what
    differs between them is added.

    Parameters
    ----------
    paths : sequence of str or Path
        Run directories or sweeps.
    notice : callable, optional
        Is told what is left out, all but the longest of runs with the same condition and seed, and which plug-ins were
        changed between these runs. Default: Python's log.

    Raises
    ------
    RunDirectoryError
        If one of them is neither, or nothing has been recorded in it yet.

    Examples
    --------
    >>> runs = load_all(["runs/emergence-and-neutral"])  # of hetevo sweep emergence-and-neutral
    >>> runs[0].condition, runs[0].seed, runs[-1].condition
    ('emergence', 0, 'neutral')
    """
    runs: list[LoadedRun] = []
    lists: dict[Path, list[Entry]] = {}
    for path in map(Path, paths):
        if not is_sweep(path):
            run = load_run(path)
            entry = _find_entry(run, lists)
            runs.append(as_entry(run, entry) if entry else run)
            continue
        # of a sweep, all runs that have begun; they keep the names that it gives to its conditions
        sweep = inside(path)
        entries = [entry for entry in read_entries(path) if entry.stage != "pilot"]
        begun = [entry for entry in entries if RunDirectory(sweep / entry.run).generations.files()]
        if not begun:
            raise RunDirectoryError(f"No run of the sweep {path} holds records yet. Go on with '{spell('sweep')}'.")
        runs += [as_entry(load_run(sweep / entry.run), entry) for entry in begun]
    return name_conditions(runs, notice=notice)


def _find_entry(run: LoadedRun, lists: dict[Path, list[Entry]]) -> Entry | None:
    """Find what the sweep in whose directory a run lies says of it at the end of life; None without such a sweep.

    Nothing but a name depends on it, so that a list which is damaged, or of a newer version, is as none.

    Parameters
    ----------
    run : LoadedRun
        Named by itself.
    lists : dict of Path to list of Entry
        Lists that were read before, by directory; this one is added.
    """
    place = run.path.resolve()
    folder = place.parent
    if folder not in lists:
        try:
            lists[folder] = read_entries(folder) if is_sweep(folder) else []
        except (HetevoError, OSError):
            lists[folder] = []
    own = [entry for entry in lists[folder] if (entry.run, entry.seed, entry.stage) == (place.name, run.seed, "end")]
    return own[0] if own else None


def as_entry(run: LoadedRun, entry: Entry) -> LoadedRun:
    """Return a run of a sweep as one of its entries: with its condition as label, at its stage of life."""
    generations = at_stage(run.generations, entry.stage)
    named = replace(run, label=entry.condition, shown_as=entry.shown_as)
    return replace(named, generations=generations, stage=entry.stage)


def name_conditions(runs: Sequence[LoadedRun], *, notice: Callable[[str], None] = _LOG.warning) -> list[LoadedRun]:
    """Give runs that were read their conditions as labels, and leave out copies, see `load_all`.

    Parameters
    ----------
    runs : sequence of LoadedRun
        One that has a label has it from its sweep, see `as_entry`.
    notice : callable, optional
        Is told what is left out, and which plug-ins were changed.
    """
    values = []
    firsts: dict[tuple[str, str], dict[str, object]] = {}
    for run in runs:
        shared = _collect_shared(run)
        # a sweep may have been continued by a version that knows more keys
        values.append(firsts.setdefault((str(run.path.parent), run.label), shared) if run.label else shared)
    kept = _drop_copies(_add_labels(runs, values), notice)
    lived = {run.path: RunDirectory(run.path).provenance.plugin_sources() for run in kept}
    for message in describe_mixed([(path.name, sources) for path, sources in lived.items()]):
        notice(message)
    return kept


def load_runs(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read several runs into one tidy frame.

    Parameters
    ----------
    paths : sequence of str or Path
        Run directories or sweeps.

    Returns
    -------
    pandas.DataFrame
        The generations of all runs, with the columns ``condition``, ``seed`` and ``run`` in front.

    Examples
    --------
    >>> table = load_runs(["runs/emergence-and-neutral"])  # of hetevo sweep emergence-and-neutral
    >>> list(table.columns[:4]), table["condition"].unique().tolist()
    (['condition', 'seed', 'run', 'generation'], ['emergence', 'neutral'])
    """
    return tidy(load_all(paths))


def group_by_condition(runs: Sequence[LoadedRun]) -> dict[str, list[LoadedRun]]:
    """Group runs by their condition, in the order in which the conditions come."""
    groups: dict[str, list[LoadedRun]] = {}
    for run in runs:
        groups.setdefault(run.condition, []).append(run)
    return groups


def is_by_lot(run: LoadedRun) -> bool:
    """Tell whether the parents and elites of a run were drawn by lot, and nothing else selected."""
    algorithm = run.setting("evolution.algorithm.name")
    # these never ask the operators of selection, or besides let the worst leave
    oldest = run.setting("evolution.algorithm.replace") == "oldest"
    if algorithm in WITHOUT_LOT or (algorithm in BIRTH_BY_BIRTH and not oldest):
        return False
    if algorithm in BIRTH_BY_BIRTH:
        return _name_of(run.setting("evolution.select")) == LOT  # there are no elites
    return all(_name_of(run.setting(f"evolution.{key}")) == LOT for key in ("select", "select_elites"))


def _name_of(operator: object) -> object:
    # an operator is written with its options, or as its name alone
    return operator.get("name") if isinstance(operator, dict) else operator


def find_neutral_condition(groups: Mapping[str, Sequence[LoadedRun]], wanted: str | None = None) -> str:
    """Name the neutral condition.

    Parameters
    ----------
    groups : mapping of str to sequence of LoadedRun
        Runs by condition.
    wanted : str, optional
        A condition chosen by the user. Default: the only one in which parents are drawn by lot; of several, the only
        one that does not keep output gains positive.

    Raises
    ------
    SettingError
        If there is none, or more than one. Up to five conditions are named, more are counted.
    """
    names = ", ".join(groups)
    if wanted is not None:
        if wanted not in groups:
            raise SettingError(f"neutral: expected one of {names}, got {wanted!r}.{nearest(wanted, groups)}")
        return wanted
    # without a choice there must be exactly one; drift that keeps outputs alive is a control beside it
    found = [name for name, group in groups.items() if all(map(is_by_lot, group))]
    free = [name for name in found if not all(run.setting("genome.output_gains") == POSITIVE for run in groups[name])]
    found = free or found
    if len(found) == 1:
        return found[0]
    if not found:
        which = f"conditions ({names})" if len(groups) <= 5 else f"{len(groups)} conditions"
        raise SettingError(
            f"None of the {which} is neutral: in a neutral run parents and elites are drawn by lot."
            " Add runs of the preset 'neutral' (or of your configuration with evolution.select.name ="
            f' "{LOT}" and evolution.select_elites.name = "{LOT}"): without them, nothing says what drift alone does.'
        )
    raise SettingError(
        f"Several conditions are neutral: {', '.join(found)}. Choose one to compare with: hetevo report … --neutral"
        f" '{found[0]}', hetevo plot … --conditions with one of them and those that it is for, in Python neutral=."
    )


def _collect_shared(run: LoadedRun) -> dict[str, object]:
    """Return what the seeds of a condition share, by dotted key: configuration, where it branched off and looks."""
    try:
        origin = RunDirectory(run.path).provenance.read().get("origin")
    except HetevoError:  # nothing depends on that file
        origin = None
    start = f"{Path(origin['run']).name}@{origin['generation']}" if isinstance(origin, dict) else "founders"
    return {**condition_values(run.config), "from": start, "stage": run.stage}


def _add_labels(runs: Sequence[LoadedRun], values: Sequence[dict[str, object]]) -> list[LoadedRun]:
    """Give runs of one condition one label, and runs of different ones different labels.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Those of sweeps have a label.
    values : sequence of dict
        For each run, what makes its condition.
    """
    # runs with the same values are of one condition, named by a sweep, or by its preset if any of them has one
    keys = [json.dumps(shared, sort_keys=True, default=str) for shared in values]
    names = {key: run.label for run, key in reversed([*zip(runs, keys, strict=True)]) if run.label}
    for run, key in sorted(zip(runs, keys, strict=True), key=lambda pair: not pair[0].setting("preset")):
        if not run.label:
            names.setdefault(key, run.condition)
    given = [run.label or names[key] for run, key in zip(runs, keys, strict=True)]
    # different conditions of one name get what tells them apart added
    kinds: dict[str, dict[str, dict[str, object]]] = {}
    for label, key, shared in zip(given, keys, values, strict=True):
        kinds.setdefault(label, {})[key] = shared
    final = {}
    for label, different in kinds.items():
        telling = _choose_telling(list(different.values()))
        for key, shared in different.items():
            final[label, key] = ", ".join([label, *labels(shared, telling)])
    return [replace(run, label=final[pair]) for run, pair in zip(runs, zip(given, keys, strict=True), strict=True)]


def _drop_copies(runs: Sequence[LoadedRun], notice: Callable[[str], None]) -> list[LoadedRun]:
    """Leave out runs that repeat another one: with its condition and seed they say the same again.

    Of each the one that measured, and has most generations, stays.
    """
    groups: dict[tuple[str, int], list[LoadedRun]] = {}
    for run in runs:
        groups.setdefault((run.condition, run.seed), []).append(run)
    # the longest of each stays, at its place
    kept = []
    for (condition, seed), group in groups.items():
        best = max(group, key=lambda run: (run.probed, run.last))
        kept.append(best)
        others = [str(run.path) for run in group if run is not best]
        if others:
            notice(
                f"{', '.join(others)}: the same configuration and seed as {best.path} ({condition}, seed {seed}), so no"
                f" further seed. Only {best.path}, which has {best.last + 1} generations, is counted."
            )
    return [run for run in runs if any(run is best for best in kept)]


def _choose_telling(kinds: Sequence[dict[str, object]]) -> list[str]:
    """Choose the keys, as few as will do, by whose values conditions can be told apart."""
    chosen: list[str] = []
    apart = 1
    # a key is worth its place if it parts what the ones before left together
    for key in dict.fromkeys(key for values in kinds for key in values):
        parts = len({tuple(repr(values.get(name)) for name in (*chosen, key)) for values in kinds})
        if parts > apart:
            chosen.append(key)
            apart = parts
    return chosen
