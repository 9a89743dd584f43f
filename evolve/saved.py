"""What is saved of a run, and whether it can be trusted; and saving a run elsewhere whose directory was deleted."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hetevo.evolve.algorithms import Search, expect_memory
from hetevo.evolve.config import (
    NOT_RESULTS,
    Config,
    ConfigError,
    config_hash,
    differences,
    from_mapping,
)
from hetevo.evolve.config.own_graph import with_kept_graph
from hetevo.evolve.config.plugins import check_trusted, plugins_of
from hetevo.evolve.config.reaching import without_strangers
from hetevo.evolve.going_on import explain_resume
from hetevo.evolve.loading import load
from hetevo.evolve.messages import Notice
from hetevo.evolve.rundir import DamagedError, LostError, NothingIntactError, RunDirectory, SchemaError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.checkpoint import Checkpoint, load_manifest
from hetevo.evolve.rundir.directory import TABLES
from hetevo.evolve.rundir.files import make_folder
from hetevo.evolve.rundir.parts import find_damaged_parts, last_generation, parts, read_part
from hetevo.evolve.rundir.places import Place
from hetevo.evolve.rundir.pruned import Pruned
from hetevo.evolve.species import build_species
from hetevo.evolve.state import State
from hetevo.populations.errors import HetevoError, MachineFailedError, spell
from hetevo.populations.text import for_file


def read_saved_config(directory: RunDirectory, *, trust: bool = False) -> Config:
    """Return the configuration of a run.

    Parameters
    ----------
    directory : RunDirectory
        The run.
    trust : bool, optional
        Whether modules may be imported that it alone names.

    Raises
    ------
    ConfigError
        If it is wrong, or names something of another package that is not there, or may not be imported.
    """
    content, source = with_kept_graph(directory.config(), directory.data), str(directory.config_file)
    content = without_strangers(content, trust=trust)  # whoever is told of a run, it is the same run
    if not trust:
        check_trusted(content, (), source)
    try:
        return with_saved_storage(from_mapping(content, source=source, saved=True), content)
    except HetevoError as error:
        if lacking := _find_lacking(directory, content):
            raise ConfigError(f"{error}\n{lacking}") from None
        raise


def with_saved_storage(config: Config, content: Mapping[str, Any]) -> Config:
    """Return a configuration in which wirings are kept as the run has them.

    Parameters
    ----------
    config : Config
        As it was read.
    content : mapping
        The values that it was read from: runs of the first versions do not say how, and kept matrices.
    """
    if "storage" in content.get("network", {}) or build_species(config).storage == "dense":
        return config
    return from_mapping(config.model_dump(), overrides=[("network.storage", "dense")], saved=True)


def find_foreign(directory: RunDirectory) -> list[str]:
    """List the names of what other packages brought to a run, whether they are installed or not."""
    named = [plugin.name for plugin in plugins_of(directory.config())]
    return list(dict.fromkeys([*named, *(str(plugin.get("name")) for plugin in directory.provenance.last_plugins())]))


def _find_lacking(directory: RunDirectory, content: Mapping[str, Any]) -> str:
    """Say which packages a run was made with that are not there any more, as its provenance remembers them."""
    there = {plugin.key for plugin in plugins_of(content)}
    lines = [
        f"{plugin.get('key')} = {plugin.get('name')!r} came from {plugin.get('version') or plugin.get('package')}"
        for plugin in directory.provenance.last_plugins()
        if plugin.get("key") not in there
    ]
    return f"This run was made with what is not installed here: {'; '.join(lines)}. Install it." if lines else ""


def was_saved(directory: RunDirectory) -> bool:
    """Tell whether a run had a checkpoint; where its provenance is lost, whether it has records."""
    try:
        return directory.provenance.was_saved()
    except HetevoError:
        return any(parts(table.folder) for table in directory.tables)


def find_newest_intact(
    directory: RunDirectory, search: Search, notice: Notice, *, force: bool = False
) -> tuple[State, Checkpoint] | None:
    """Find the newest checkpoint that can be trusted, together with the records before it.

    Parameters
    ----------
    directory : RunDirectory
        The run.
    search : Search
        Its configuration, and what its individuals have in common.
    notice : callable
        Is called with which checkpoints were skipped, and why.
    force : bool, optional
        Whether a run without a checkpoint that can be trusted begins with its founders again.

    Returns
    -------
    State and Checkpoint, or None
        None if the run was never saved, or ``force``.

    Raises
    ------
    NothingIntactError
        If there was a checkpoint, but there is none now that can be trusted.
    SchemaError, RunDirectoryError
        If a checkpoint is intact, but of another format or configuration.
    """
    problems: list[str] = []
    try:
        pruned = directory.pruned()
    except DamagedError as error:  # then no part may be another than a checkpoint says
        pruned = Pruned()
        notice(f"skipped {error}")
    # newest first; the first one that is whole, with all records before it, is the one
    known: set[Path] = set()  # a part that a newer checkpoint finds damaged is damaged for an older one too
    for path in reversed(checkpoints.list_checkpoints(directory.checkpoints)):
        try:
            check_configuration(directory, path)
            state, saved = load(path, search.species, search.config.evolution.size, expect_memory(search))
            records = saved.records, saved.generation, known, saved.rows, pruned
            damage = list(find_damaged_parts(directory.place, *records))
            if damage:
                known |= {problem.path for problem in damage}
                raise damage[0]
        except (SchemaError, ConfigError):
            raise
        except HetevoError as error:
            problems.append(f"{path.name}: {error}")
            continue
        for problem in problems:
            notice(f"skipped {problem}")
        return state, replace(saved, records=pruned.without_removed(directory.place, saved.records))
    # none is left: founders are a way out only for a run that was never saved, or by force
    branch = _is_branch(directory)
    if not problems and (branch or was_saved(directory)):
        problems.append("there is none any more, though it was saved")
    if problems and (branch or not force):
        raise _explain_nothing_intact(directory, problems, branch=branch)
    for problem in problems:
        notice(f"skipped {problem}")
    how = "its records are dropped, and it begins anew" if problems else "it was never saved, and begins"
    notice(f"{directory.path}: {how} with its founders")
    return None


def _explain_nothing_intact(directory: RunDirectory, problems: list[str], *, branch: bool) -> NothingIntactError:
    again = explain_resume(directory.path, "force")
    anew = "" if branch else f"; or begin anew here, which drops its records: {again}"
    return NothingIntactError(
        f"No checkpoint of {directory.path} can be trusted, so it cannot go on. Its records are left as they are."
        + "".join(f"\n  {problem}" for problem in problems)
        + "\nPut a copy of what is damaged or missing in its place, or repeat the run:"
        f" {spell('run', directory.config_file, '-o', 'ANOTHER')}{anew}"
    )


def check_configuration(directory: RunDirectory, path: Path) -> None:
    """Check that a checkpoint was made with the configuration that the run has now.

    Raises
    ------
    ConfigError
        With the difference, key by key.
    """
    facts, now = load_manifest(path).facts, directory.config()
    before = facts.get("configuration") or {}
    # first versions kept neither preset nor what was recorded; of the backend, none keeps all; trackers may change
    ignored = ("backend", "track", *(key for key in NOT_RESULTS if key not in before))
    changes = differences(before, now, ignored=ignored) if before else []
    if facts["config"] == config_hash(now) and not changes:
        return
    raise ConfigError(
        f"{directory.config_file} was changed since {path.name} was saved, in more than [checkpoint], [track] and"
        " [backend] without its portable:"
        + "".join(f"\n  {change}" for change in changes[:20])
        + "\nPut the saved values back; for an experiment that goes on otherwise, branch:"
        f" {spell('run', '--from', directory.path, '-s', 'KEY=VALUE', '-o', 'ANOTHER')}"
    )


def find_records_beyond(directory: RunDirectory, saved: Checkpoint) -> Iterator[Path]:
    """Find parts of records that hold more than a checkpoint knows: generations after it, or none of its own.

    Parameters
    ----------
    directory : RunDirectory
        The run.
    saved : Checkpoint
        The checkpoint; what it knows is there.
    """
    for table in directory.tables:
        files = parts(table.folder)
        known = [path for path in files if f"{table.folder.name}/{path.name}" in saved.records]
        yield from (path for path in files if path not in known)
        if known and last_generation(read_part(known[-1])) > saved.generation:
            yield known[-1]


def _is_branch(directory: RunDirectory) -> bool:
    try:
        return bool(directory.provenance.read().get("origin"))
    except HetevoError:
        return False


def rescue(
    lost: LostError, directory: RunDirectory, config: str, state: State | None, facts: Mapping[str, Any]
) -> MachineFailedError:
    """Save a run elsewhere, and return an error that says where, and what is lost.

    Parameters
    ----------
    lost : LostError
        What happened. If another process goes on with the run, nothing needs saving.
    directory : RunDirectory
        The run; its tables hold rows in memory that reach to the state.
    config : str
        Its configuration, as TOML.
    state : State or None
        Of the last generation that was recorded; None if nothing has lived.
    facts : mapping
        What its checkpoints remember.
    """
    # the run goes on in another process, or had not begun: there is nothing to save
    if not lost.deleted:
        return MachineFailedError(str(lost))
    if state is None:
        return MachineFailedError(f"{lost} Nothing had lived yet: begin again with '{spell('run')}'.")
    # beside the old place; if that cannot be, in the folder for temporary files
    problems = []
    for path in _find_places(directory.path):
        try:
            first = _save(path, directory, config, state, facts)
        except (HetevoError, OSError) as error:
            problems.append(str(error))
            continue
        missing = ", ".join(f"{name} before generation {start}" for name, start in first.items() if start)
        return MachineFailedError(
            f"{lost} It was saved after generation {state.generation.number} in {path}, with the records that were in"
            f" memory. Lost are older checkpoints{f', and of the records {missing}' if missing else ''}; the evolution"
            f" is not. Go on there: {explain_resume(path)}"
        )
    return MachineFailedError("\n  ".join([f"{lost} It could not be saved elsewhere, and is lost:", *problems]))


def _find_places(path: Path) -> Iterator[Path]:
    """Name places that are not there yet: beside the run or its sweep, or above that if it is gone, or temporary."""
    # nearest first
    whole = path.within.path if isinstance(path, Place) and path.within else path  # a sweep may be deleted with it
    above = next(folder for folder in Path(whole).absolute().parents if folder.is_dir())
    for folder in (above, Path(tempfile.gettempdir())):
        place = folder / f"{for_file(path.name)}-rescued-{os.getpid()}"
        yield place.with_name(f"{place.name}-{secrets.token_hex(2)}") if os.path.lexists(place) else place


def _save(path: Path, directory: RunDirectory, config: str, state: State, facts: Mapping[str, Any]) -> dict[str, int]:
    """Make a run directory that goes on after a state; return the first generation in each of its tables."""
    # in the order of any start: what makes it a run, its configuration, comes last
    new, generation = RunDirectory.new(path), state.generation.number
    with new.lock():
        new.provenance.take_over(directory.provenance, rescued_from=directory.path.name)
        # the records as far as the checkpoint, which follows them
        tables = zip(TABLES, new.tables, directory.tables, strict=True)
        first = {name: table.take_over(old, generation) for name, table, old in tables}
        for table in new.tables:
            table.commit()
        # the checkpoint names the parts, so it is written after them
        written, rows = new.describe_parts()
        make_folder(new.checkpoints)
        checkpoints.write(new.checkpoints, state.checkpoint(written, **{**facts, "rows": rows, "records_from": first}))
        new.keep_data(directory.kept_data)
        new.begin(config)
    return {name: start for name, start in first.items() if name != "failures"}
