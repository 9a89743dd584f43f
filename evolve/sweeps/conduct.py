"""Running all runs of a sweep, side by side, each in one process; what is done already stays done.

Several processes may run one sweep, on one machine or on several that share its directory. The lock of each run says
who writes it: the others take what nobody has, then wait, and take over what its process has left.
"""

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from pathlib import Path

from hetevo.evolve.backends.backend import bound_workers
from hetevo.evolve.config import BackendTable
from hetevo.evolve.data.keeping import keep_for_sweep
from hetevo.evolve.machine import available_memory
from hetevo.evolve.memory import check_needs, count_needs
from hetevo.evolve.messages import Notice, log_notice
from hetevo.evolve.plugins import check_packages
from hetevo.evolve.rundir import (
    RunDirectory,
    StorageError,
)
from hetevo.evolve.rundir.files import is_there, names, touch
from hetevo.evolve.rundir.owner import is_held
from hetevo.evolve.rundir.places import Place, inside
from hetevo.evolve.rundir.sweep import STOP, write_entries
from hetevo.evolve.species import build_species, load_probe
from hetevo.evolve.stopping import StopRequest
from hetevo.evolve.sweeps.extending import list_extensible
from hetevo.evolve.sweeps.making import Member
from hetevo.evolve.sweeps.outcomes import Outcome, check_saved, conclude, describe_other_sources, look_up, run_member
from hetevo.evolve.sweeps.plan import Plan, with_portable
from hetevo.evolve.sweeps.pools import Pool, choose_pool
from hetevo.evolve.sweeps.sharing import deal, taking_part
from hetevo.evolve.tracked import check_trackers

POLL_SECONDS = 1.0
"""Seconds between two looks at the runs under way, here and elsewhere."""

LOOK_SECONDS = 0.5
"""Longest look at runs that wait, whether other processes have them under way."""

CHECKED = 1_000
"""Conditions whose memory is counted before a sweep begins, in about a second."""

Watch = Callable[[list[Outcome]], None]
"""Is called again and again with where all runs stand."""


def conduct(
    plan: Plan,
    folder: str | Path,
    *,
    backend: BackendTable | None = None,
    oversubscribe: bool = False,
    watch: Watch | None = None,
    share: tuple[int, int] = (1, 1),
    make_pool: Callable[[Place], Pool] | None = None,
    notice: Notice = log_notice,
) -> tuple[list[Outcome], int]:
    """Run a sweep, or go on with it.

    Each run evaluates in one process, as many side by side as there are processes; one that fails disturbs no other.
    Runs that another process has under way are waited for, and taken over if it leaves them.

    Parameters
    ----------
    plan : Plan
        The runs.
    folder : str or Path
        The sweep's directory; a run directory for each run is made in it.
    backend : BackendTable, optional
        Where runs go on: in processes of this machine, ``workers`` side by side (0: one a core); with the name ``ray``
        or an address as tasks of a Ray cluster whose nodes all see ``folder``. If it is ``portable``, so are all runs.
    oversubscribe : bool, optional
        Start any number of processes; otherwise more than four a core are refused.
    watch : callable, optional
        Is called with where all runs stand.
    share : tuple of int, optional
        ``(2, 10)``: only the second of ten shares of the runs, see `hetevo.evolve.sweeps.sharing.deal`.
    make_pool : callable, optional
        Makes what runs go on in, given the sweep's directory, such as `hetevo.evolve.sweeps.slurm.SlurmPool`;
        instead of what ``backend`` says of that.
    notice : callable, optional
        Is told, before anything starts, if plug-ins were changed since some of the runs were lived.

    Returns
    -------
    list of Outcome
        In the order of the plan; those of the share.
    int
        Signal that stopped it; 0 if none did.

    Raises
    ------
    RunDirectoryError, StorageError
        If the directory holds something else or cannot be written.
    SettingError, ClusterError, ClusterLostError
        If a cluster cannot be had, or was lost.
    ConfigError, MachineFailedError
        If too many processes are asked for, runs side by side need more memory than is free, or runs were begun with
        other settings.
    """
    # 1. whether it can work at all
    for track in {member.config.track for member in plan.members}:
        check_trackers(track)
    check_packages(member.config for member in plan.members)
    probes = (member.config.probe for member in plan.members if member.config.probe.every)
    for name, measures in {(probe.name, tuple(probe.measures)) for probe in probes}:
        load_probe(name, measures)
    folder = inside(Path(folder).absolute())
    whole, plan = plan, replace(plan, members=deal(plan.members, *share))
    if not plan.members:
        return [], 0  # more shares than runs
    settings, here = backend or BackendTable(), make_pool is None
    if here:
        settings = bound_workers(settings, len(plan.members), oversubscribe=oversubscribe)
    plan, settings = with_portable(plan, settings)
    if here and settings.name != "ray" and not settings.address:
        _check_memory(plan, settings.workers)
    check_saved(plan.members, folder)
    for message in describe_other_sources(whole.members, folder):
        notice(message)
    # 2. where runs go on, before anything is written
    pool = make_pool(folder) if make_pool else choose_pool(settings)
    try:
        was_asked = is_there(folder / STOP)
        write_entries(folder, whole.name, whole.entries, whole.drawn, whole.settings, whole.ends)
        keep_for_sweep(folder, (build_species(member.config).task for member in plan.members))
        with taking_part(folder, was_asked=was_asked) as (stop, mine):
            conductor = _Conductor(plan, folder, pool)
            outcomes = conductor.run(stop, mine, watch)
            if plan.ends:
                conductor.extend()
                outcomes = conductor.run(stop, mine, watch)
            return outcomes, stop.signal
    finally:
        pool.close()


def _check_memory(plan: Plan, workers: int) -> None:
    """Check that the runs that need most fit beside each other; each checks for itself that it fits at all."""
    # one run of each condition, for seeds change no size
    conditions = {member.condition: member.config for member in plan.members[::-1]}
    memory = available_memory()
    needs = [count_needs(config, build_species(config), 1) for config in [*conditions.values()][:CHECKED]]
    for need in needs:
        check_needs(need, 1, memory, beside=workers)


class _Conductor:
    """Runs what is waiting, and looks at what other processes run."""

    def __init__(self, plan: Plan, folder: Place, pool: Pool) -> None:
        self.folder, self.pool, self._members = folder, pool, plan.members
        self.outcomes = {member.name: Outcome(member.name, member.condition, member.seed) for member in plan.members}
        self.waiting = list(plan.members)
        self.under_way: dict[Future[Outcome], Member] = {}
        self._seen_last = ""

    def run(self, stop: StopRequest, mine: Path, watch: Watch | None) -> list[Outcome]:
        """Go on until all runs have ended, or those under way after a request to stop; ``mine`` passes that on."""
        # a run stops for everybody's STOP, or for the file by which this process passes its signals on
        stop_files = (stop.stop_file, mine)
        while self.under_way or (self.waiting and not stop.received):
            self.pool.check()
            # begin what can begin
            while len(self.under_way) < self.pool.workers and not stop.received:
                member = self._next()
                if member is None:
                    break
                self.outcomes[member.name] = replace(self.outcomes[member.name], state="running")
                self.under_way[self.pool.submit(run_member, member, self.folder / member.name, stop_files)] = member
            # wait for what is under way, here and elsewhere
            self._wait()
            self._look()
            # pass a signal on: the runs are in other processes
            if stop.signal:
                with contextlib.suppress(StorageError):  # tried again in a moment
                    touch(mine)
            if watch:
                watch(list(self.outcomes.values()))
        return list(self.outcomes.values())

    def extend(self) -> None:
        """Let the runs of an extended sweep wait again that are done, and those go on from which nobody takes more."""
        done = {name for name, outcome in self.outcomes.items() if outcome.state == "done"}
        self.waiting = list_extensible(self._members, done)
        for member in self._members:
            if member.extended_to is not None and member.name in done:
                self.outcomes[member.name] = replace(self.outcomes[member.name], state="waiting", digest=None)

    def _next(self) -> Member | None:
        """Take the next run that can begin; one whose predecessor has not come to its end never can."""
        for member in list(self.waiting):
            # a transplant needs its donor's last generation, a matched condition those of all its pilots
            before = {name: self.outcomes[name].state for name in member.after}
            if failed := [name for name, state in before.items() if state == "failed"]:
                error = f"it needs the run {failed[0]}, which has failed"
                self.outcomes[member.name] = replace(self.outcomes[member.name], state="failed", error=error)
            if not {"failed", "stopped", "interrupted"}.isdisjoint(before.values()):
                self.waiting.remove(member)
            elif {*before.values()} <= {"done"} and not self._is_elsewhere(member):
                self.waiting.remove(member)
                return member
        return None

    def _is_elsewhere(self, member: Member) -> bool:
        return is_held(RunDirectory(self.folder / member.name).lock_file)

    def _wait(self) -> None:
        """Wait a moment, or until a run has ended; one that another process was faster to begin waits again."""
        if not self.under_way and self.waiting:
            time.sleep(POLL_SECONDS)
        for future in wait(self.under_way, POLL_SECONDS, FIRST_COMPLETED).done:
            member = self.under_way.pop(future)
            outcome = self.outcomes[member.name] = conclude(future, self.outcomes[member.name])
            if outcome.state == "elsewhere":
                self.waiting.append(member)

    def _look(self) -> None:
        for member in self.under_way.values():
            self.outcomes[member.name] = look_up(self.folder, self.outcomes[member.name])
        # runs of other processes, as many as can be looked at in a moment
        there, begin = set(names(self.folder)), time.monotonic()
        # one pass over very many takes minutes: each look goes on where the last one stopped
        for member in self._list_waiting():
            outcome = replace(self.outcomes[member.name], state="waiting")
            if member.name in there and self._is_elsewhere(member):
                outcome = replace(look_up(self.folder, outcome), state="elsewhere")
            self.outcomes[member.name] = outcome
            self._seen_last = member.name
            if time.monotonic() - begin > LOOK_SECONDS:
                break

    def _list_waiting(self) -> list[Member]:
        """List the runs that wait, beginning after the one that was looked at last."""
        last = next((place for place, member in enumerate(self.waiting) if member.name == self._seen_last), -1)
        return self.waiting[last + 1 :] + self.waiting[: last + 1]
