"""Going on: from the newest checkpoint that can be trusted, with records that end where it does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli_w

from hetevo.evolve.config import (
    NOT_RESULTS,
    Config,
    ConfigError,
    config_hash,
    differences,
    from_mapping,
    without_address,
)
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.news import harmless
from hetevo.evolve.results import Notice, Progress, Run, logged
from hetevo.evolve.rundir import NothingIntactError, RunDirectory, SchemaError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir import owner as owners
from hetevo.evolve.rundir.checkpoint import Checkpoint
from hetevo.evolve.rundir.lock import Lock, is_held
from hetevo.evolve.rundir.parts import damaged_parts, last_generation, parts, read_part
from hetevo.evolve.rundir.reading import checked_manifest
from hetevo.evolve.species import species_of
from hetevo.evolve.state import State, load
from hetevo.populations.errors import HetevoError, spell
from hetevo.populations.evaluation import Probe
from hetevo.populations.species import Species


def resume(
    path: str | Path,
    generations: int | None = None,
    *,
    backend: str | None = None,
    address: str | None = None,
    workers: int | None = None,
    probe: Probe | None = None,
    force: bool = False,
    progress: Progress | None = None,
    notice: Notice = logged,
) -> Run:
    """Go on with a run where it was last saved, or extend one that is done.

    A run that is done, and whole, stays as it is: nothing is written then.

    Parameters
    ----------
    path : str or Path
        The run directory; nothing else is needed, wherever it was moved.
    generations : int, optional
        A new last generation. It is written into the run's configuration first.
    backend, address, workers : optional
        Where lives are computed this time; by default as the configuration says. See ``[backend]``. The address of a
        cluster must be named each time, or another backend: what is saved is never contacted by itself. With
        ``address="current"`` lives are computed in the Ray session of this process.
    probe : Probe, optional
        Measures to take; by default those that the configuration names.
    force : bool, optional
        Drop the records and begin with the founders again if no checkpoint can be trusted; and start any number of
        workers, of which otherwise more than four a core are refused.
    progress : callable, optional
        Is called with a `GenerationReport` after every generation. Its failure is logged and ends nothing.
    notice : callable, optional
        Is told which checkpoints were skipped and why, and the like; by default Python's logging is.

    Returns
    -------
    Run
        Where it ended: with the digest of a run that was never interrupted.

    Raises
    ------
    RunDirectoryError
        If it is no run, another process writes it (`RunBusyError`), or ``generations`` lies before where it stands.
    ConfigError
        If the run was computed on a cluster, and neither ``address`` nor ``backend="local"`` is given; if it needs
        more memory than there is, or more workers than are started without ``force``.
    SchemaError
        If another version of Hetevo is needed.
    NothingIntactError
        If no checkpoint can be trusted; the message says what is wrong with each.
    StorageError
        If it cannot be written.
    """
    progress, notice = progress and harmless(progress), harmless(notice)
    directory = RunDirectory.open(path)
    given = {"backend.name": backend, "backend.address": address, "backend.workers": workers}
    changes = [(key, value) for key, value in given.items() if value is not None]
    plain = generations is None and not changes
    if plain and (ended := done_already(directory, _changed_config(directory, changes))):
        return ended
    with directory.lock() as lock:
        evolution = Evolution(_changed_config(directory, changes), probe, force=force)
        with evolution.connected():
            return go_on(directory, lock, evolution, generations, progress, notice, force=force)


def _changed_config(directory: RunDirectory, changes: list[tuple[str, Any]]) -> Config:
    content = without_address(saved_config(directory).model_dump(), changes, str(directory.config_file))
    return from_mapping(content, overrides=changes, source="resume", saved=True)


def done_already(directory: RunDirectory, config: Config) -> Run | None:
    """Return where a run ended that is done and whole, or None. Nothing is written for that, not even the lock.

    Parameters
    ----------
    directory : RunDirectory
        The run.
    config : Config
        Its configuration.
    """
    if is_held(directory.lock_file) or directory.provenance.outcome() != "done":
        return None
    try:
        newest = newest_intact(directory, species_of(config), config.evolution.size, lambda message: None)
        if newest is None or newest[1].generation < config.evolution.generations:
            return None
        if any(records_beyond(directory, newest[1])):
            return None
    except HetevoError:
        return None  # the one who holds the lock can say for sure
    return _done(directory, *newest)


def _done(directory: RunDirectory, state: State, saved: Checkpoint) -> Run:
    return Run(directory.path, saved.generation, state.digest, state.probe_digest, saved="it was done already")


def records_beyond(directory: RunDirectory, saved: Checkpoint) -> Iterator[Path]:
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


def saved_config(directory: RunDirectory) -> Config:
    """Return the configuration of a run."""
    return from_mapping(directory.config(), source=str(directory.config_file), saved=True)


def go_on(
    directory: RunDirectory,
    lock: Lock,
    evolution: Evolution,
    generations: int | None,
    progress: Progress | None,
    notice: Notice,
    *,
    force: bool = False,
) -> Run:
    """Go on with a run whose lock is held; see `resume`."""
    if lock.taken_over:
        gone = "gives no sign of life any more" if owners.is_far(lock.taken_over) else "no longer runs"
        notice(f"{directory.path} was left by {owners.named(lock.taken_over)}, which {gone}: taken over")
    directory.sweep()
    newest = newest_intact(directory, evolution.species, evolution.config.evolution.size, notice, force=force)
    state, saved = newest or (None, Checkpoint(-1, {}, {}))
    if generations is not None:
        evolution = _extended(directory, evolution, generations, saved.generation)
    for path in checkpoints.listed(directory.checkpoints):
        if checkpoints.generation_of(path) > saved.generation:
            checkpoints.discard(path)  # what is wrong with it was said; it would be in the way of its successor
    for table in directory.tables:
        table.rewind(saved.generation, saved.records)
    done = saved.generation >= evolution.config.evolution.generations
    if state and done and directory.provenance.outcome() == "done" and not directory.generations.dirty:
        return _done(directory, state, saved)
    facts = {name: saved.facts.get(name) for name in ("origin", "records_from")}
    return evolution.go_on(directory, state, **facts, progress=progress, notice=notice)


def newest_intact(
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
        Is told which checkpoints were skipped, and why.
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
    known: set[Path] = set()  # a part that a newer checkpoint finds damaged is damaged for an older one too
    for path in reversed(checkpoints.listed(directory.checkpoints)):
        try:
            check_configuration(directory, path)
            state, saved = load(path, species, size)
            damage = list(damaged_parts(directory.place, saved.records, saved.generation, known, saved.rows))
            if damage:
                known |= {one.path for one in damage}
                raise damage[0]
        except (SchemaError, ConfigError):
            raise
        except HetevoError as error:
            problems.append(f"{path.name}: {error}")
            continue
        for problem in problems:
            notice(f"skipped {problem}")
        return state, saved
    branch = _is_branch(directory)
    if not problems and (branch or was_saved(directory)):
        problems.append("there is none any more, though it was saved")
    if problems and (branch or not force):
        raise _nothing_intact(directory, problems, branch=branch)
    for problem in problems:
        notice(f"skipped {problem}")
    how = "its records are dropped, and it begins anew" if problems else "it was never saved, and begins"
    notice(f"{directory.path}: {how} with its founders")
    return None


def was_saved(directory: RunDirectory) -> bool:
    """Tell whether a run had a checkpoint; where its provenance is lost, whether it has records."""
    try:
        return directory.provenance.was_saved()
    except HetevoError:
        return any(parts(table.folder) for table in directory.tables)


def _nothing_intact(directory: RunDirectory, problems: list[str], *, branch: bool) -> NothingIntactError:
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


def _extended(directory: RunDirectory, evolution: Evolution, generations: int, stands: int) -> Evolution:
    """Write a new last generation into the configuration, durably, before anything lives."""
    if generations < max(stands, 0):
        raise ConfigError(
            f"--generations: {directory.path} stands at generation {stands} already; expected at least that, got"
            f" {generations}. Start anew from an earlier generation: {spell('run', '--from', f'{directory.path}@G')}"
        )
    content = directory.config()
    if content.get("evolution", {}).get("generations") != generations:
        content.setdefault("evolution", {})["generations"] = generations
        from_mapping(content, source="--generations", saved=True)
        directory.begin(tomli_w.dumps(content))
    return evolution.until(generations)


def _is_branch(directory: RunDirectory) -> bool:
    try:
        return bool(directory.provenance.read().get("origin"))
    except HetevoError:
        return False
