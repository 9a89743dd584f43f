"""One run of a sweep: running it in a worker, and where it stands."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from hetevo.evolve.backends.process import WorkerDiedError
from hetevo.evolve.config import ConfigError, differences, from_mapping
from hetevo.evolve.config.plugins import plugins_of
from hetevo.evolve.config.sources import HERE
from hetevo.evolve.experiment import MAY_DIFFER, Experiment
from hetevo.evolve.going_on import spell_resume
from hetevo.evolve.memory import explain_memory_error
from hetevo.evolve.plugins import hash_plugins
from hetevo.evolve.rundir import DamagedError, NothingIntactError, RunBusyError, RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.sources import name_runs
from hetevo.evolve.saved import read_saved_config
from hetevo.evolve.sweeps.extending import has_passed
from hetevo.evolve.sweeps.making import Member
from hetevo.populations.errors import HetevoError, MachineFailedError, spell

CHECKED = 1_000
"""Conditions that are compared with what was saved of them before a sweep goes on, in a few seconds."""

NOTED = ("genome.founders", "genome.founders_sha256", "task.options", "network.options")
"""What a run changes in its configuration as it begins: names of files, and their hashes."""

STATES = ("done", "running", "elsewhere", "waiting", "stopped", "interrupted", "failed")
"""Where a run can stand: ``running`` by this process, ``elsewhere`` by another one, ``interrupted`` by the machine."""


@dataclass(frozen=True)
class Outcome:
    """Where a run of a sweep stands.

    Parameters
    ----------
    run, condition, seed
        See `hetevo.evolve.rundir.sweep.Entry`.
    state : str
        One of `STATES`.
    generation, generations : int or None
        The last one that is saved, and the last one to come.
    digest : str or None
        Once it has ended.
    alignment_end, loss_best : float or None
        Of the last saved generation.
    error : str
        What made it fail, or interrupted it.
    signal : int
        Number of the signal by which its own process was asked to stop, and nobody else; 0: none.
    """

    run: str
    condition: str
    seed: int
    state: str = "waiting"
    generation: int | None = None
    generations: int | None = None
    digest: str | None = None
    alignment_end: float | None = None
    loss_best: float | None = None
    error: str = ""
    signal: int = 0


def run_member(member: Member, path: Path, stop_files: tuple[Path, ...]) -> Outcome:
    """Run one of them, in a worker."""
    outcome = Outcome(member.name, member.condition, member.seed)
    try:
        # what pilot runs chose follows from their records, whoever ran them
        config = member.matching.apply(member.config, path.parent) if member.matching else member.config
        alone = from_mapping(config.model_dump(), overrides=[*HERE, ("backend.workers", 1)])
        if has_passed(member, path):
            return replace(look_up(path.parent, outcome), state="done")
        # the same call begins a run, goes on with it, or sees that it is done
        extend = member.extended_to is not None
        ended = Experiment(alone, stop_files=stop_files, extend=extend).run(path, or_resume=True)
    except RunBusyError:
        return replace(outcome, state="elsewhere")
    except HetevoError as error:
        state = "interrupted" if isinstance(error, MachineFailedError) else "failed"
        return replace(look_up(path.parent, outcome), state=state, error=f"{error}{_repair(error, path)}")
    outcome = replace(look_up(path.parent, outcome), digest=ended.digest)
    # who stops the sweep says so by a file: a signal is that of a batch system, to this process alone
    if ended.signal:
        why = f"its process was stopped by {ended.stopped_by}"
        return replace(outcome, state="interrupted", signal=ended.signal, error=why)
    return replace(outcome, state="stopped" if ended.stopped_by else "done")


def check_saved(members: Sequence[Member], folder: Path) -> None:
    """Refuse to go on with runs that were begun with other settings: each of them could only fail.

    Looked at is one run a condition, since the others differ in their seeds alone. What a run notes for itself, such as
    hashes of files, each compares when its turn comes.

    Parameters
    ----------
    members : sequence of Member
        What is asked for.
    folder : Path
        The sweep's directory.

    Raises
    ------
    ConfigError
        Naming a run and what differs, and how many more conditions there are of that kind.
    """
    looked, changed = set[str](), list[tuple[str, list[str]]]()
    for member in members:
        directory = RunDirectory(folder / member.name)
        if member.condition in looked or member.matching or len(looked) >= CHECKED or not directory.is_begun():
            continue
        looked.add(member.condition)
        asked = member.config.model_dump()
        try:
            trust = {*plugins_of(directory.config())} <= {*plugins_of(asked)}
            saved = read_saved_config(directory, trust=trust).model_dump()
        except (HetevoError, OSError):
            continue  # what is wrong with it, it says itself, and the others go on
        end = () if member.extended_to is None else ("evolution.generations",)
        if found := differences(saved, asked, ignored=(*MAY_DIFFER, *NOTED, *end)):
            changed.append((member.name, found))
    if changed:
        name, found = changed[0]
        more = f" (and runs of {len(changed) - 1} further conditions)" if len(changed) > 1 else ""
        raise ConfigError(
            f"{folder}: {name}{more} was begun with other settings than the ones that are asked for now:"
            + "".join(f"\n  {change}" for change in found)
            + "\nNothing was started. Ask for the saved values, or for another directory with -o. As they are, the runs"
            f" there go on, also to a later end (--generations N), with: {spell('sweep', folder)}"
        )


def describe_other_sources(members: Sequence[Member], folder: Path) -> list[str]:
    """Say which plug-ins were changed since runs were lived that are done or have begun, a line each.

    Parameters
    ----------
    members : sequence of Member
        All runs of a sweep.
    folder : Path
        The sweep's directory.
    """
    # seeds of a condition use the same
    configs = {member.condition: member.config for member in members}
    here = hash_plugins(config.model_dump() for config in configs.values())
    if not here:
        return []
    changed: dict[str, list[str]] = {}
    for member in members:
        directory = RunDirectory(folder / member.name)
        lived = directory.provenance.plugin_sources() if directory.is_begun() else {}
        for package in here.keys() & lived.keys():
            if {*lived[package]} != {here[package]}:
                changed.setdefault(package, []).append(member.name)
    return [
        f"{folder}: {package} was changed since runs were lived with it: {name_runs(names)}. What is lived from now on"
        f" has its present source ({here[package]}) and may not be comparable. To compare them, stop, and take another"
        " directory (-o), or move those runs away to have them lived anew."
        for package, names in sorted(changed.items())
    ]


def _repair(error: HetevoError, path: Path) -> str:
    """Say what always repairs a run whose directory is broken; a repeat sees that before anything lives."""
    if isinstance(error, RunDirectoryError | DamagedError | NothingIntactError):
        return f"\nOr move {path} away: repeating the sweep runs it anew."
    return ""


def conclude(future: "Future[Outcome]", running: Outcome) -> Outcome:
    """Return what became of a run whose call has ended, whichever way.

    Parameters
    ----------
    future : Future
        Of the call of `run_member`.
    running : Outcome
        Where the run stood.
    """
    try:
        return future.result()
    except MemoryError as error:
        return replace(running, state="interrupted", error=str(explain_memory_error(error, spell_resume(running.run))))
    except MachineFailedError as error:
        return replace(running, state="interrupted", error=f"{type(error).__name__}: {error}")
    except Exception as error:  # a mistake in a task or a measure: the other runs go on
        killed = isinstance(error, WorkerDiedError) and not error.by_own_doing
        state = "interrupted" if killed else "failed"
        return replace(running, state=state, error=f"{type(error).__name__}: {error}")


def look_up(folder: Path, outcome: Outcome) -> Outcome:
    """Return where a run stands, as its directory says, whichever process writes it."""
    try:
        status = RunDirectory(folder / outcome.run).status()
    except (HetevoError, OSError):
        return outcome  # nothing there yet
    found = {name: status[name] for name in ("generation", "generations", "alignment_end", "loss_best")}
    return replace(outcome, **found)
