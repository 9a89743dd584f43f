"""A sweep whose runs follow from its directory alone: no file is needed, nor the command that made it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hetevo.evolve.config import Config, ConfigError, from_mapping
from hetevo.evolve.config.plugins import check_trusted
from hetevo.evolve.config.reaching import check_reach, without_reach
from hetevo.evolve.data.keeping import with_kept_file
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.rundir.places import Place, inside
from hetevo.evolve.rundir.planned import Content
from hetevo.evolve.rundir.sweep import FILE, Entry, read_list
from hetevo.evolve.saved import read_saved_config
from hetevo.evolve.sweeps.making import Member, with_seed
from hetevo.evolve.sweeps.plan import Plan
from hetevo.populations.errors import spell

OWN_STAGES = ("end", "pilot")
"""Stages of runs that live; the others look at such a run."""

END = ("generations", "until")
"""Keys of ``[evolution]`` that a run may have otherwise by now, for it may have been extended."""


def plan_of_directory(folder: Path, *, trust: bool = False) -> Plan:
    """Plan the runs that a sweep's directory lists, as they were planned before.

    A condition of which a run was begun is configured as that is, and ends where the list says; another one as the list
    says, with the trackers of those that were begun.

    Parameters
    ----------
    folder : Path
        The sweep's directory.
    trust : bool, optional
        Whether modules may be imported that its files alone name, and trackers may reach beyond its runs.

    Raises
    ------
    ConfigError
        If the list does not say what a run is, or that takes more than the list.
    RunDirectoryError, SchemaError, StorageError
        If the list cannot be read.
    """
    there, folder = read_list(folder), inside(folder)
    own = [entry for entry in there.entries if entry.stage in OWN_STAGES]
    # 1. what pilot runs choose, and among what, only the file says
    if pilot := next((entry for entry in own if entry.stage == "pilot"), None):
        raise ConfigError(
            f"{folder}: {pilot.run} is a pilot run, and only the sweep's file says what it is for. {_ask()}"
        )
    known = there.settings.all()
    if unknown := next((entry for entry in own if not known.get(entry.condition)), None):
        raise ConfigError(
            f"{folder / FILE} does not say what the settings of {unknown.condition!r} are: an older version wrote it,"
            f" or it was changed. {_ask()}"
        )
    # 2. each condition once, for seeds change nothing else
    begun = [entry for entry in own if RunDirectory(folder / entry.run).is_begun()]
    saved = {entry.condition: _read_saved(folder, entry, trust=trust) for entry in reversed(begun)}
    beside = next(iter(saved.values()), {})
    configs = {
        condition: _configure(known[condition], saved.get(condition), beside, f"{folder}, {condition}", trust=trust)
        for condition in dict.fromkeys(entry.condition for entry in own)
    }
    # 3. their runs
    members = [_plan_run(entry, configs[entry.condition], own, folder) for entry in own]
    labels = {entry.condition: entry.shown_as for entry in there.entries if entry.shown_as}
    derived = [entry for entry in there.entries if entry.stage not in OWN_STAGES]
    return Plan(there.name or folder.name, members, derived, there.drawn, labels)


def _ask() -> str:
    return f"Go on with the command or the file that made it: {spell('sweep', 'FILE.toml', '-o', 'DIR')}"


def _read_saved(folder: Place, entry: Entry, *, trust: bool) -> Content:
    """Return the configuration of a run that was begun, as nested values, with its own copy of the data."""
    directory = RunDirectory(folder / entry.run)
    content = with_kept_file(read_saved_config(directory, trust=trust).model_dump(), directory)
    # a stranger's run takes nobody's numbers into the network
    return content if trust else without_reach(content)


def _configure(planned: Content, saved: Content | None, beside: Content, place: str, *, trust: bool) -> Config:
    """Validate what a condition is, but for its seeds."""
    if saved is not None:
        # end and donor are those of the plan: a run has its own
        end = {key: planned["evolution"][key] for key in END if key in planned.get("evolution", {})}
        content = {**saved, "evolution": {**saved["evolution"], **end}}
        if "{seed}" in str(planned.get("transplant", {}).get("source", "")):
            content["transplant"] = planned["transplant"]
    else:
        if not trust:
            check_trusted(planned, (), place)
            check_reach(planned, (), place)
        content = {**planned, **{key: beside[key] for key in ("track", "backend") if key in beside}}
    # where runs go on, only the command says
    place_of_runs: list[tuple[str, Any]] = [("backend.address", ""), ("seed", 0)]
    return from_mapping(content, overrides=place_of_runs, source=place, saved=True)


def _plan_run(entry: Entry, config: Config, own: Sequence[Entry], folder: Place) -> Member:
    run = with_seed(config, entry.seed, f"{folder}, {entry.run}")
    donor = run.transplant.source.partition("@")[0]
    after = (donor,) if any(other.run == donor for other in own) else ()
    return Member(entry.run, entry.condition, entry.seed, run, after, donor=config.transplant.source)
