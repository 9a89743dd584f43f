"""Running all runs of a sweep, side by side, each in one process; what is done already stays done."""

import contextlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path

from evolve.config import BackendTable, Config, from_mapping
from evolve.experiment import Experiment
from evolve.rundir import RunDirectory
from evolve.rundir.sweep import Entry, write_entries
from evolve.stopping import StopRequest
from evolve.sweeps.plan import Member, Plan
from evolve.sweeps.pools import pool_of
from populations.errors import HetevoError

POLL_SECONDS = 1.0
"""Seconds between two looks at the runs under way."""


@dataclass(frozen=True)
class Outcome:
    """Where a run of a sweep stands.

    Parameters
    ----------
    run, condition, seed
        See `evolve.rundir.sweep.Entry`.
    state : str
        ``"waiting"``, ``"running"``, ``"done"``, ``"stopped"`` or ``"failed"``.
    generation, generations : int or None
        The last one that is saved, and the last one to come.
    digest : str or None
        Once it has ended.
    alignment_end, loss_best : float or None
        Of the last saved generation.
    error : str
        What made it fail.
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


Watch = Callable[[list[Outcome]], None]
"""Is told where all runs stand, again and again."""


def conduct(
    plan: Plan, folder: str | Path, *, backend: BackendTable | None = None, watch: Watch | None = None
) -> tuple[list[Outcome], int]:
    """Run a sweep, or go on with it.

    Each run evaluates in one process, so that as many runs as there are processes go on side by side. A run that fails
    does not disturb the others.

    Parameters
    ----------
    plan : Plan
        The runs.
    folder : str or Path
        The sweep's directory; a run directory for each run is made in it.
    backend : BackendTable, optional
        Where runs go on: by default in processes of this machine, ``workers`` of them side by side (0: one a core);
        with the name ``ray`` or an address as tasks of a Ray cluster whose nodes all see ``folder``.
    watch : callable, optional
        Is told where all runs stand.

    Returns
    -------
    list of Outcome
        In the order of the plan.
    int
        Number of the signal that stopped it; 0 if none did.

    Raises
    ------
    RunDirectoryError, StorageError
        If the directory holds something else or cannot be written.
    """
    folder = Path(folder).absolute()
    outcomes = {member.name: Outcome(member.name, member.condition, member.seed) for member in plan.members}
    pool = pool_of(backend or BackendTable(), len(plan.members))
    try:
        write_entries(folder, plan.name, _entries(plan))
        with StopRequest(folder / "STOP") as stop:
            stop.withdraw()
            waiting = list(plan.members)
            under_way: dict[Future[Outcome], Member] = {}
            while under_way or (waiting and not stop.received):
                while len(under_way) < pool.workers and not stop.received:
                    member = _next(waiting, outcomes)
                    if member is None:
                        break
                    outcomes[member.name] = replace(outcomes[member.name], state="running")
                    under_way[pool.submit(_run, member, folder / member.name)] = member
                done, _ = wait(under_way, POLL_SECONDS, FIRST_COMPLETED)
                for future in done:
                    member = under_way.pop(future)
                    outcomes[member.name] = _ended(future, outcomes[member.name])
                for member in under_way.values():
                    outcomes[member.name] = _looked_at(folder, outcomes[member.name])
                    if stop.received:
                        with contextlib.suppress(OSError):  # not made yet: asked again in a moment
                            (folder / member.name / "STOP").touch()
                if watch:
                    watch(list(outcomes.values()))
            stop.withdraw()
            return list(outcomes.values()), stop.signal
    finally:
        pool.close()


def _entries(plan: Plan) -> list[Entry]:
    own = [Entry(member.name, member.condition, member.seed) for member in plan.members]
    return own + [Entry(one.run, one.condition, one.seed, one.stage) for one in plan.derived]


def _next(waiting: list[Member], outcomes: dict[str, Outcome]) -> Member | None:
    """Take the next run that can begin; one whose predecessor has failed fails too."""
    for member in list(waiting):
        before = outcomes[member.after].state if member.after else "done"
        if before == "failed":
            waiting.remove(member)
            error = f"it needs the run {member.after}, which has failed"
            outcomes[member.name] = replace(outcomes[member.name], state="failed", error=error)
        elif before == "done":
            waiting.remove(member)
            return member
    return None


def _run(member: Member, path: Path) -> Outcome:
    """Run one of them, in a worker."""
    outcome = Outcome(member.name, member.condition, member.seed)
    try:
        ended = Experiment(_in_one_process(member.config)).run(path, or_resume=True)
    except HetevoError as error:
        return replace(_looked_at(path.parent, outcome), state="failed", error=str(error))
    state = "stopped" if ended.stopped_by else "done"
    return replace(_looked_at(path.parent, outcome), state=state, digest=ended.digest)


def _in_one_process(config: Config) -> Config:
    return from_mapping(
        config.model_dump(), overrides=[("backend.name", "local"), ("backend.address", ""), ("backend.workers", 1)]
    )


def _ended(future: "Future[Outcome]", running: Outcome) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # a mistake in a task or a measure: the other runs go on
        return replace(running, state="failed", error=f"{type(error).__name__}: {error}")


def _looked_at(folder: Path, outcome: Outcome) -> Outcome:
    """Return where a run stands, as its directory says."""
    try:
        status = RunDirectory(folder / outcome.run).status()
    except (HetevoError, OSError):
        return outcome  # nothing there yet
    found = {name: status[name] for name in ("generation", "generations", "alignment_end", "loss_best")}
    return replace(outcome, **found)
