"""Going on: from the newest checkpoint that can be trusted, with records that end where it does."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from hetevo.evolve.algorithms import Search
from hetevo.evolve.backends import Backend
from hetevo.evolve.config import Config, ConfigError, from_mapping, without_address
from hetevo.evolve.config.own_graph import with_kept_graph
from hetevo.evolve.config.reaching import find_left_out, without_reach, without_strangers
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.messages import Notice, Progress, Run, log_notice
from hetevo.evolve.own_loop import OpenRun
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir import owner as owners
from hetevo.evolve.rundir.checkpoint import Checkpoint
from hetevo.evolve.rundir.lock import Lock
from hetevo.evolve.rundir.owner import is_held
from hetevo.evolve.saved import find_newest_intact, find_records_beyond, read_saved_config
from hetevo.evolve.session import Listeners, Session, Start
from hetevo.evolve.species import build_species
from hetevo.evolve.state import State
from hetevo.evolve.stopping import withdraw_earlier
from hetevo.evolve.until import find_end_reason
from hetevo.populations.errors import HetevoError, spell
from hetevo.populations.evaluation import Probe


def resume(
    path: str | Path,
    generations: int | None = None,
    *,
    until: Mapping[str, float] | None = None,
    backend: str | None = None,
    address: str | None = None,
    workers: int | None = None,
    data: str | Path | None = None,
    probe: Probe | None = None,
    trust: bool = False,
    force: bool = False,
    oversubscribe: bool = False,
    progress: Progress | None = None,
    notice: Notice = log_notice,
    callbacks: Sequence[Any] = (),
) -> Run:
    """Go on with a run where it was last saved, or extend one that is done.

    A run that is done and whole stays as it is.

    Parameters
    ----------
    path : str or Path
        The run directory; nothing else is needed, wherever it was moved.
    generations : int, optional
        A new last generation.
    until : mapping of str to float, optional
        Other ends before that, in the place of those in ``evolution.until``; empty: none.
    backend, address, workers : optional
        Where lives are computed this time, see ``[backend]``; by default as the configuration says. The address of a
        cluster must be named each time, or another backend; ``"current"`` is the Ray session of this process.
    data : str or Path, optional
        The file of a task ``table``, if it was too large to be copied into the run, and is not where it can be found.
    probe : Probe, optional
        Measures to take; by default those that the configuration names.
    force : bool, optional
        Drop the records and begin anew with the founders if no checkpoint can be trusted.
    oversubscribe : bool, optional
        Start any number of workers; otherwise more than four a core are refused.
    trust : bool, optional
        Whether modules may be imported that the run's configuration alone names; what an installed package announces
        needs none.
    progress : callable, optional
        Is called with a `GenerationReport` after every generation. Its failure is logged and ends nothing.
    notice : callable, optional
        Is called with which checkpoints were skipped and why, and the like; by default Python's logging is.
    callbacks : sequence, optional
        Objects like `hetevo.Callback`; their failures are logged and end nothing.

    Returns
    -------
    Run
        Where it ended: with the digest of a run that was never interrupted.

    Raises
    ------
    RunDirectoryError
        If it is no run, or another process writes it (`RunBusyError`).
    ConfigError
        If the run was computed on a cluster, and neither ``address`` nor ``backend="local"`` is given; if it needs
        more memory than there is, or more workers than are started without ``oversubscribe``.
    SchemaError, NothingIntactError, StorageError
        If another version of Hetevo is needed, no checkpoint can be trusted (the message says what is wrong with each),
        or the run cannot be written.

    Examples
    --------
    >>> import hetevo
    >>> path = hetevo.Experiment(hetevo.preset("smoke", seed=7)).run("runs/seven").path
    >>> resume(path, generations=5).generation
    5
    """
    with open_run(
        path,
        generations,
        until=until,
        backend=backend,
        address=address,
        workers=workers,
        data=data,
        trust=trust,
        probe=probe,
        force=force,
        oversubscribe=oversubscribe,
        progress=progress,
        notice=notice,
        callbacks=callbacks,
    ) as run:
        return run.finish()


@contextlib.contextmanager
def open_run(
    path: str | Path,
    generations: int | None = None,
    *,
    until: Mapping[str, float] | None = None,
    backend: str | None = None,
    address: str | None = None,
    workers: int | None = None,
    data: str | Path | None = None,
    trust: bool = False,
    probe: Probe | None = None,
    force: bool = False,
    oversubscribe: bool = False,
    progress: Progress | None = None,
    notice: Notice = log_notice,
    callbacks: Sequence[Any] = (),
) -> Iterator[OpenRun]:
    """Open a run to go on with it generation by generation, in a ``with`` block.

    Parameters
    ----------
    path, generations, until, backend, address, workers, data, trust, probe
        See `resume`.
    force, oversubscribe, progress, notice, callbacks
        See `resume`.

    Yields
    ------
    OpenRun
        The run; a loop over one that is done and whole is over at once.

    Raises
    ------
    HetevoError
        As `resume` does.
    """
    listeners = Listeners(progress, notice, callbacks)
    directory = RunDirectory.open(path)
    # what concerns the machine alone, and what moves the end
    given = {"backend.name": backend, "backend.address": address, "backend.workers": workers}
    changes = [(key, value) for key, value in given.items() if value is not None]
    end = {"generations": generations, "until": None if until is None else dict(until)}
    extension = {key: value for key, value in end.items() if value is not None}
    # a run that has ended is only shown: no lock, no workers
    if not extension and not changes:
        config = _change_config(directory, changes, trust=trust)
        if done := find_end(directory, config):
            yield OpenRun(config, directory.path, done)
            return
    # from here on nobody else may write
    with contextlib.ExitStack() as held:
        lock = held.enter_context(directory.lock())
        withdraw_earlier(directory.stop_file, listeners.notice)
        # the configuration is read again, since another process may have moved its end
        evolution = Evolution(_change_config(directory, changes, trust=trust), probe, oversubscribe=oversubscribe)
        listeners.track(evolution.config)
        if left_out := find_left_out(directory.config(), evolution.config):
            listeners.notice(f"not tracked as {directory.config_file} says, without {left_out}: see --trust")
        place = held.enter_context(evolution.connected(directory, data))
        yield held.enter_context(
            continue_run(directory, lock, evolution, place, listeners, extension=extension, force=force)
        )


def _change_config(directory: RunDirectory, changes: list[tuple[str, Any]], *, trust: bool) -> Config:
    saved = read_saved_config(directory, trust=trust).model_dump()
    content = without_address(saved, changes, str(directory.config_file))
    # a stranger's run takes nobody's numbers into the network
    content = content if trust else without_reach(content)
    return from_mapping(content, overrides=changes, source="resume", saved=True)


def find_end(directory: RunDirectory, config: Config) -> Run | None:
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
        newest = find_newest_intact(directory, Search(config, build_species(config)), lambda message: None)
        if newest is None or not _is_done(config, *newest) or any(find_records_beyond(directory, newest[1])):
            return None
    except HetevoError:
        return None  # the one who holds the lock can say for sure
    return _report_end(directory, config, *newest)


def _is_done(config: Config, state: State | None, saved: Checkpoint) -> bool:
    return saved.generation >= config.evolution.generations or bool(_end_reason(config, state, saved))


def _end_reason(config: Config, state: State | None, saved: Checkpoint) -> str:
    return find_end_reason(config.evolution.until, state, saved.facts.get("seconds", 0.0))


def _report_end(directory: RunDirectory, config: Config, state: State, saved: Checkpoint) -> Run:
    reason = _end_reason(config, state, saved)
    found = state.digest, state.probe_digest
    return Run(directory.path, saved.generation, *found, saved="it was done already", reason=reason)


def continue_run(
    directory: RunDirectory,
    lock: Lock,
    evolution: Evolution,
    backend: Backend,
    listeners: Listeners,
    *,
    extension: Mapping[str, Any] | None = None,
    force: bool = False,
) -> OpenRun:
    """Open a run whose lock is held to go on with it; see `resume`. ``extension``: another end of it."""
    notice = listeners.notice
    # 1. tidy up behind a process that was killed
    if lock.taken_over:
        gone = "gives no sign of life any more" if owners.is_far(lock.taken_over) else "no longer runs"
        notice(f"{directory.path} was left by {owners.describe(lock.taken_over)}, which {gone}: taken over")
    directory.sweep()
    if evolution.data:
        evolution.data.keep(directory)
    directory.keep_data(evolution.files)
    # 2. find where to go on
    newest = find_newest_intact(directory, evolution.search, notice, force=force)
    state, saved = newest or (None, Checkpoint(-1, {}, {}))
    if extension:
        evolution = _extend(directory, evolution, extension, saved.generation)
    # 3. let the directory end there: without checkpoints, and then without rows, beyond that
    for path in checkpoints.list_checkpoints(directory.checkpoints):
        if checkpoints.generation_of(path) > saved.generation:
            checkpoints.discard(path)  # what is wrong with it was said; it would be in the way of its successor
    for table in directory.tables:
        table.rewind(saved.generation, saved.records)
    # 4. go on, if there is anything left to do
    config = evolution.config
    if extension and (reason := _end_reason(config, state, saved)):
        notice(f"{reason}: there is nothing left to do. Name another end to go on: --until NAME=NUMBER or --until none")
    done = state is not None and _is_done(config, state, saved)
    if state and done and directory.provenance.outcome() == "done" and not directory.generations.dirty:
        return OpenRun(config, directory.path, _report_end(directory, config, state, saved))
    facts = {name: saved.facts.get(name) for name in ("origin", "records_from")}
    start = Start(state, **facts, seconds=saved.facts.get("seconds", 0.0))
    session = Session(evolution, backend, directory, start, listeners)
    return OpenRun(config, directory.path, session, listeners.callbacks)


def _extend(directory: RunDirectory, evolution: Evolution, extension: Mapping[str, Any], stands: int) -> Evolution:
    """Write another end into the configuration, durably, before anything lives."""
    generations = extension.get("generations")
    # what has lived stays
    if generations is not None and generations < max(stands, 0):
        raise ConfigError(
            f"--generations: {directory.path} stands at generation {stands} already; expected at least that, got"
            f" {generations}. Start anew from an earlier generation: {spell('run', '--from', f'{directory.path}@G')}"
        )
    # the file as it stands, with the new end
    content = directory.config()
    before = dict(content.get("evolution", {}))
    content["evolution"] = {**before, **extension}
    # checked as a whole before it is written
    if content["evolution"] != before:
        from_mapping(
            without_strangers(with_kept_graph(content, directory.data), trust=False),
            source=" and ".join(f"--{name}" for name in extension),
            saved=True,
        )
        directory.begin(tomli_w.dumps(content))
    return evolution.extended(extension)
