"""Ray in a process of its own: the process that evolves never loads it.

Ray keeps threads that can abort a process when it ends, ends the process itself when the head of a cluster is gone,
sets handlers of signals and variables of the environment, and knows one session a process, which may be the caller's.
All that happens to a worker (`hetevo.evolve.backends.pool`) that can be replaced.
"""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, wait
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from hetevo.evolve.backends.backend import Telemetry, do_nothing, never
from hetevo.evolve.backends.block_queue import pause_after
from hetevo.evolve.backends.fingerprint import Fingerprint, check_same, workers_fingerprint
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.pool import WorkerPool
from hetevo.evolve.backends.process import NoWorkersError
from hetevo.evolve.backends.ray.local import ONLY_HERE
from hetevo.evolve.backends.ray.session import (
    ClusterError,
    ClusterLostError,
    check_session,
    how_to_go_on,
    is_connected,
    resolve_address,
)
from hetevo.evolve.config import CURRENT, BackendTable
from hetevo.evolve.generation import Generation
from hetevo.evolve.messages import log
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation

if TYPE_CHECKING:
    from hetevo.evolve.backends.ray.driver import RayDriver

WATCH_SECONDS = 1.0
"""Seconds between two looks at whether the caller's own session is still there."""

CLOSE_SECONDS = 60.0
"""Longest time to leave a cluster, and to end one that was started for a run."""

START_LOSSES = 5
"""Times that the process that speaks to Ray is started before anything lives."""

Result = TypeVar("Result")


class ProcessLostError(ClusterLostError):
    """The process that speaks to Ray has ended."""


class Facts(NamedTuple):
    """What the process that evolves knows of the backend in this one."""

    workers: int
    description: str
    telemetry: Telemetry


class RayBackend:
    """A backend like any other; see `hetevo.evolve.backends.ray.driver.RayDriver`, which does the work.

    Parameters
    ----------
    settings : BackendTable
        Without an address Ray is started on this machine, and ended by `close`. With the address ``"current"`` the
        cluster of the caller's own session is used, and that session is left as it is.

    Raises
    ------
    SettingError
        If Ray is not installed, or this process is connected to it otherwise than was asked for.
    ClusterError
        If the cluster is not there or not what was asked for.
    ClusterLostError
        If Ray does not start on this machine.
    """

    def __init__(self, settings: BackendTable) -> None:
        check_session(settings.address)
        self._borrowed = settings.address == CURRENT
        self._pool = WorkerPool(1, portable=settings.portable)
        self._under_way: Future[Any] | None = None
        self._settings = settings.model_copy(update={"address": resolve_address(settings.address)})
        self._facts = Facts(0, "", {})
        self._begun = False
        self._insist(do_nothing, START_LOSSES)

    def _insist(self, call: Callable[[], Result], limit: int, stopping: Callable[[], bool] = never) -> Result:
        """Call something that needs the other process, which is started once more if it ends: up to ``limit`` times."""
        # whatever is asked is asked again of a new process: it holds nothing that is not here
        losses, why = 0, ""
        while True:
            try:
                if not self._begun:
                    self._facts, self._begun = self._begin(), True
                return call()
            except (ProcessLostError, NoWorkersError) as error:
                losses, why, self._begun = losses + 1, str(error), False
                if losses >= limit or stopping():
                    raise ClusterLostError(f"{why} Losses in a row: {losses}. {how_to_go_on()}") from None
                # Ray ends its process for mistakes of its own too; a head that is gone is still gone the second time
                log.warning("%s It is started once more (loss %d of %d).", why, losses, limit)
                time.sleep(pause_after(losses))
            except ClusterError as error:
                if not losses:
                    raise
                raise ClusterLostError(f"{why} It cannot be started again: {error} {how_to_go_on()}") from None

    def _begin(self) -> Facts:
        try:
            return self.ask(_start, self._settings, workers_fingerprint(portable=self._settings.portable))
        except ImportError as error:
            self.close()
            raise SettingError(
                f"backend.name: expected Ray to be installed for 'ray', but it cannot be imported ({error}). Install it"
                " by pip install 'ray[default]', or compute on this machine: --backend local."
            ) from None
        except BaseException:
            self.close()
            raise

    @property
    def workers(self) -> int:
        """CPUs that evaluate."""
        return self._facts.workers

    @property
    def telemetry(self) -> Telemetry:
        """Of the generation just evaluated."""
        return self._facts.telemetry

    @property
    def description(self) -> str:
        """What it is, for the log."""
        return self._facts.description

    def prepare(self, job: Job) -> None:
        """Let a worker load what every block needs; NotLoadableError if it cannot."""
        self._insist(lambda: self.ask(_prepare, job), START_LOSSES)

    def evaluate(
        self,
        job: Job,
        generation: Generation,
        meanwhile: Callable[[], None] = do_nothing,
        stopping: Callable[[], bool] = never,
    ) -> Evaluation:
        """Evaluate all individuals of a generation, in order."""
        once = iter([meanwhile])

        def call() -> tuple[Evaluation, Facts]:
            return self.ask(_evaluate, job, generation, meanwhile=next(once, do_nothing), stopping=stopping)

        evaluation, self._facts = self._insist(call, self._settings.losses, stopping)
        return evaluation

    def ask(
        self,
        function: Callable[..., Result],
        *args: Any,
        meanwhile: Callable[[], None] = do_nothing,
        stopping: Callable[[], bool] = never,
    ) -> Result:
        """Call a function in the other process.

        Parameters
        ----------
        function, *args
            What to call.
        meanwhile : callable, optional
            Is called once, when that is under way.
        stopping : callable, optional
            Tells whether the run should stop; the request is passed on to the other process.

        Raises
        ------
        ProcessLostError
            If that process ends.
        ClusterLostError
            If the caller ends a session that is used.
        """
        # the other process works while this one writes
        self._under_way = future = self._pool.submit(function, *args)
        meanwhile()
        while not self._is_lost():
            if wait([future], WATCH_SECONDS).done:
                break
            if stopping():
                self._pool.signal(signal.SIGTERM)
        if self._is_lost():
            self._under_way = None  # what it does now may never end
            raise ClusterLostError(
                "Expected this process to stay connected to Ray until the run has ended, but ray.shutdown() was called"
                f" in it. {how_to_go_on()}"
            )
        try:
            return future.result()
        except BrokenExecutor as error:
            self._under_way = None
            raise ProcessLostError(
                f"The process that speaks to Ray has ended ({error}). Ray ends it when the head of the cluster is gone."
            ) from None

    def _is_lost(self) -> bool:
        return self._borrowed and not is_connected()

    def close(self) -> None:
        """Leave the cluster, and end it if it was started for this run."""
        if self._under_way is not None and self._under_way.done():
            # if it is gone, or hangs: a cluster that it started notices its end
            wait([self._pool.submit(_close)], CLOSE_SECONDS)
        self._under_way = None
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


# What follows happens in the process that speaks to Ray, which alone loads it.

_driver: "RayDriver | None" = None
_stopping = False


def _start(settings: BackendTable, mine: Fingerprint) -> Facts:
    """Connect to a cluster, or start one; ``mine`` is what the process that evolves computes with."""
    global _driver
    check_same(mine)
    if not settings.address:  # must be there before Ray is imported
        os.environ.update(ONLY_HERE)
    from hetevo.evolve.backends.ray.driver import RayDriver

    _driver = RayDriver(settings)
    _listen()
    return _take_facts()


def _listen() -> None:
    """Take SIGTERM for a request to stop; it still ends this process when the one that evolves is gone."""
    before = signal.getsignal(signal.SIGTERM)

    def handle(number: int, frame: FrameType | None) -> None:
        global _stopping
        _stopping = True
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, handle)


def _take_facts() -> Facts:
    assert _driver is not None
    return Facts(_driver.workers, _driver.description, _driver.telemetry)


def _prepare(job: Job) -> None:
    """Let a worker load what every block needs."""
    assert _driver is not None
    _driver.prepare(job)


def _evaluate(job: Job, generation: Generation) -> tuple[Evaluation, Facts]:
    """Evaluate a generation, until SIGTERM asks to stop."""
    global _stopping
    assert _driver is not None
    _stopping = False
    return _driver.evaluate(job, generation, stopping=lambda: _stopping), _take_facts()


def _close() -> None:
    """Leave the cluster."""
    if _driver is not None:
        _driver.close()
