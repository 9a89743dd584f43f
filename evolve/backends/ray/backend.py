"""Ray in a process of its own: the process that evolves never loads it.

Ray keeps threads that can abort a process when it ends, ends the process itself when the head of a cluster is gone,
sets handlers of signals and variables of the environment, and knows one session a process, which may be the caller's.
All that happens to a worker (`hetevo.evolve.backends.pool`) that can be replaced.
"""

import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, wait
from typing import TYPE_CHECKING, Any, Self, TypeVar

from hetevo.evolve.backends.backend import Piece, Telemetry, do_nothing, never
from hetevo.evolve.backends.block_queue import pause_after
from hetevo.evolve.backends.fingerprint import workers_fingerprint
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.pool import WorkerPool
from hetevo.evolve.backends.process import NoWorkersError
from hetevo.evolve.backends.ray import process
from hetevo.evolve.backends.ray.session import (
    ClusterError,
    ClusterLostError,
    check_session,
    how_to_go_on,
    is_connected,
    resolve_address,
)
from hetevo.evolve.backends.ray.stream import Fed, RayStream
from hetevo.evolve.config import CURRENT, BackendTable
from hetevo.evolve.generation import Generation
from hetevo.evolve.messages import log
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation

if TYPE_CHECKING:
    pass

WATCH_SECONDS = 1.0
"""Seconds between two looks at whether the caller's own session is still there."""

CLOSE_SECONDS = 60.0
"""Longest time to leave a cluster, and to end one that was started for a run."""

START_LOSSES = 5
"""Times that the process that speaks to Ray is started before anything lives."""

Result = TypeVar("Result")


class ProcessLostError(ClusterLostError):
    """The process that speaks to Ray has ended."""


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
        self._facts = process.Facts(0, "", {})
        self._begun, self._starts = False, 0
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

    def _begin(self) -> process.Facts:
        self._starts += 1
        try:
            return self.ask(process.start, self._settings, workers_fingerprint(portable=self._settings.portable))
        except ImportError as error:
            self.close()
            raise SettingError(
                f"backend.name: expected Ray to be installed for 'ray', but it cannot be imported ({error}). Install it"
                " by pip install ray, or compute on this machine: --backend local."
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
        self._insist(lambda: self.ask(process.prepare, job), START_LOSSES)

    def evaluate(
        self,
        job: Job,
        generation: Generation,
        meanwhile: Callable[[], None] = do_nothing,
        stopping: Callable[[], bool] = never,
    ) -> Evaluation:
        """Evaluate all individuals of a generation, in order."""
        once = iter([meanwhile])

        def call() -> tuple[Evaluation, process.Facts]:
            return self.ask(process.evaluate, job, generation, meanwhile=next(once, do_nothing), stopping=stopping)

        evaluation, self._facts = self._insist(call, self._settings.losses, stopping)
        return evaluation

    def stream(self, job: Job, generation: Generation, ready: int) -> RayStream:
        """Return a stream that begins with a generation, of which the first ``ready`` individuals are there."""
        stream = RayStream(self._exchange, self._lap)
        stream.begin(job, generation, ready)
        return stream

    def _exchange(
        self, give: Callable[[int], list[Fed]], meanwhile: Callable[[], None], stopping: Callable[[], bool]
    ) -> Sequence[Piece]:
        """Give individuals of a stream to the other process, and return whoever has lived since.

        Parameters
        ----------
        give : callable
            Returns whom the process lacks that was started as the n-th.
        meanwhile, stopping : callable
            See `hetevo.evolve.backends.backend.Stream.take`.
        """
        once = iter([meanwhile])

        def call() -> tuple[Sequence[Piece], process.Facts]:
            return self.ask(process.exchange, give(self._starts), meanwhile=next(once, do_nothing), stopping=stopping)

        pieces, self._facts = self._insist(call, self._settings.losses, stopping)
        return pieces

    def _lap(self) -> Telemetry:
        """Return what there is to say of a stream since this was last asked."""
        return self._insist(lambda: self.ask(process.lap), self._settings.losses)

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
            wait([self._pool.submit(process.close)], CLOSE_SECONDS)
        self._under_way = None
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
