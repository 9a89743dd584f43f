"""What is saved of a run, and whether it can be trusted: its configuration, checkpoints, and records."""

from collections.abc import Iterator
from pathlib import Path

from hetevo.evolve.config import (
    NOT_RESULTS,
    Config,
    ConfigError,
    config_hash,
    differences,
    from_mapping,
)
from hetevo.evolve.config.own_graph import with_kept_graph
from hetevo.evolve.messages import Notice
from hetevo.evolve.rundir import NothingIntactError, RunDirectory, SchemaError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.checkpoint import Checkpoint, checked_manifest
from hetevo.evolve.rundir.parts import find_damaged_parts, last_generation, parts, read_part
from hetevo.evolve.state import State, load
from hetevo.populations.errors import HetevoError, spell
from hetevo.populations.species import Species


def read_saved_config(directory: RunDirectory) -> Config:
    """Return the configuration of a run."""
    content = with_kept_graph(directory.config(), directory.data)
    return from_mapping(content, source=str(directory.config_file), saved=True)


def was_saved(directory: RunDirectory) -> bool:
    """Tell whether a run had a checkpoint; where its provenance is lost, whether it has records."""
    try:
        return directory.provenance.was_saved()
    except HetevoError:
        return any(parts(table.folder) for table in directory.tables)


def find_newest_intact(
    directory: RunDirectory, species: Species, size: int, notice: Notice, *, force: bool = False
) -> tuple[State, Checkpoint] | None:
    """Find the newest checkpoint that can be trusted, together with the records before it.

    Parameters
    ----------
    directory : RunDirectory
        The run.
    species : Species
        What its individuals have in common.
    size : int
        Individuals P.
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
    # newest first; the first one that is whole, with all records before it, is the one
    known: set[Path] = set()  # a part that a newer checkpoint finds damaged is damaged for an older one too
    for path in reversed(checkpoints.listed(directory.checkpoints)):
        try:
            check_configuration(directory, path)
            state, saved = load(path, species, size)
            damage = list(find_damaged_parts(directory.place, saved.records, saved.generation, known, saved.rows))
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
        return state, saved
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
    anew = (
        "" if branch else f"; or begin anew here, which drops its records: {spell('resume', directory.path, '--force')}"
    )
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
    # hash and values: the hash says whether they differ, the values say where
    facts, now = checked_manifest(path).facts, directory.config()
    found = facts.get("configuration")
    before = found if isinstance(found, dict) else {}
    # the first versions kept neither the preset nor what was recorded
    ignored = tuple(key for key in NOT_RESULTS if key not in before)
    changes = differences(before, now, ignored=ignored) if before else []
    if facts.get("config") == config_hash(now) and not changes:
        return
    raise ConfigError(
        f"{directory.config_file} was changed since {path.name} was saved, in more than [backend] and [checkpoint]:"
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
