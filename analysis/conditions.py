"""Which runs are seeds of one condition, and what conditions are called."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hetevo.evolve.identity import condition_values, labels
from hetevo.evolve.rundir import RunDirectory
from hetevo.populations.errors import HetevoError

if TYPE_CHECKING:
    from hetevo.analysis.loading import LoadedRun


def condition_of(run: "LoadedRun") -> dict[str, Any]:
    """Return what the seeds of a condition share, by dotted key: configuration, where it branched off and looks."""
    try:
        origin = RunDirectory(run.path).provenance.read().get("origin")
    except HetevoError:  # nothing depends on that file
        origin = None
    start = f"{Path(origin['run']).name}@{origin['generation']}" if isinstance(origin, dict) else "founders"
    return {**condition_values(run.config), "from": start, "stage": run.stage}


def labelled(runs: Sequence["LoadedRun"], values: Sequence[dict[str, Any]]) -> list["LoadedRun"]:
    """Give runs of one condition one label, and runs of different ones different labels.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Those of sweeps have a label.
    values : sequence of dict
        For each run, what makes its condition.
    """
    keys = [json.dumps(one, sort_keys=True, default=str) for one in values]
    names: dict[str, str] = {}
    for run, key in sorted(zip(runs, keys, strict=True), key=lambda pair: not pair[0].config.get("preset")):
        if not run.label:  # named by its preset, if any run of the condition has one
            names.setdefault(key, run.condition)
    found = [run.label or names[key] for run, key in zip(runs, keys, strict=True)]
    kinds: dict[str, dict[str, dict[str, Any]]] = {}
    for label, key, one in zip(found, keys, values, strict=True):
        kinds.setdefault(label, {})[key] = one
    final = {}
    for label, different in kinds.items():
        telling = _telling(list(different.values()))
        for key, one in different.items():
            final[label, key] = ", ".join([label, *labels(one, telling)])
    return [replace(run, label=final[pair]) for run, pair in zip(runs, zip(found, keys, strict=True), strict=True)]


def without_copies(runs: Sequence["LoadedRun"], notice: Callable[[str], None]) -> list["LoadedRun"]:
    """Leave out runs that repeat another one: with its condition and seed they say the same again.

    Of each the one that measured, and has most generations, stays.
    """
    groups: dict[tuple[str, int], list[LoadedRun]] = {}
    for run in runs:
        groups.setdefault((run.condition, run.seed), []).append(run)
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
    return [run for run in runs if any(run is one for one in kept)]


def _telling(kinds: Sequence[dict[str, Any]]) -> list[str]:
    """Choose the keys, as few as will do, by whose values conditions can be told apart."""
    chosen: list[str] = []
    apart = 1
    for key in dict.fromkeys(key for one in kinds for key in one):
        parts = len({tuple(repr(one.get(name)) for name in (*chosen, key)) for one in kinds})
        if parts > apart:
            chosen.append(key)
            apart = parts
    return chosen
