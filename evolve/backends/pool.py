"""Worker processes of this machine, each with a thread of this process that hands it one call after the other."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, ParamSpec, TypeVar

from hetevo.evolve import posix
from hetevo.evolve.backends.portable import call_pinned, is_pinned, is_possible
from hetevo.evolve.backends.process import NoWorkersError, WorkerProcess, describe_end, take_worker
from hetevo.evolve.data.sharing import travelling
from hetevo.evolve.machine import starting_thread
from hetevo.evolve.messages import log
from hetevo.populations.errors import MachineFailedError
from hetevo.populations.species import Species

PAUSES = (0.5, 2.0)
"""Seconds to wait before a worker that ended while it started is started once more."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class WorkerPool:
    """Worker processes, started when they are needed.

    Parameters
    ----------
    workers : int
        How many at most.
    portable : bool, optional
        Whether they compute portably, see `hetevo.evolve.backends.portable`.
    """

    def __init__(self, workers: int, *, portable: bool = False) -> None:
        self.workers, self.portable = workers, portable
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._hosts: list[_Host] = []

    def submit(
        self, function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> "Future[Result]":
        """Call a function in a worker.

        Returns
        -------
        Future
            Fails with `WorkerDiedError` if the worker dies (the others go on, and the next call gets a new one),
            `NotLoadableError` if function or arguments do not reach it, `NoWorkersError` if none can be started, and
            else with what the function raises.

        Raises
        ------
        NoWorkersError
            If the system has no thread that could wait for a worker.
        """
        future: Future[Result] = Future()
        # one more worker for each call until there are enough
        if len(self._hosts) < self.workers:
            self._hosts += self._start_host()
        self._calls.put((future, function, args, kwargs))
        return future

    def _start_host(self) -> "list[_Host]":
        """Return one more host; none if the system has no thread for it, and there are others."""
        try:
            with starting_thread():
                return [_Host(self._calls, portable=self.portable)]
        except MachineFailedError as error:
            if not self._hosts:
                raise NoWorkersError(str(error)) from None
            self.workers = len(self._hosts)
            log.warning("%s It goes on with %d.", error, self.workers)
            return []

    def signal(self, number: int) -> None:
        """Send a signal to the processes that there are."""
        for host in self._hosts:
            host.signal(number)

    def close(self) -> None:
        """Stop the processes at once; what they had to do fails. The next call starts new ones."""
        # a call that comes meanwhile gets fresh ones
        hosts, calls = self._hosts, self._calls
        self._hosts, self._calls = [], SimpleQueue()
        for host in hosts:
            host.stop()
            calls.put(None)
        for host in hosts:
            host.join()


@contextmanager
def calling(species: Species, *, portable: bool) -> Iterator[Callable[..., Any]]:
    """Hold a way to call functions of a species, portably if that is asked for and this machine can.

    Parameters
    ----------
    species : Species
        The first argument of each.
    portable : bool
        Whether to call them in a worker, unless this process computes portably itself.

    Yields
    ------
    callable
        Takes a function and its other arguments, and returns its result; MachineFailedError if the worker dies.
    """
    if not portable or is_pinned() or not is_possible():
        yield lambda function, *args, **kwargs: function(species, *args, **kwargs)
        return
    pool = WorkerPool(1, portable=True)
    try:
        with travelling(species) as sent:

            def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
                try:
                    return pool.submit(call_pinned, function, sent, *args, **kwargs).result()
                except BrokenExecutor as error:
                    raise MachineFailedError(f"It cannot live again: {error}.") from None

            yield call
    finally:
        pool.close()


_Call = tuple[Future[Any], Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class _Host(Thread):
    """Hands calls to one worker, and starts another when it dies."""

    def __init__(self, calls: "SimpleQueue[_Call | None]", *, portable: bool) -> None:
        super().__init__(name="worker", daemon=True)
        self._calls, self._portable = calls, portable
        self._lock, self._stopped = Lock(), False
        self._worker: WorkerProcess | None = None
        self.start()

    def run(self) -> None:
        # signals are for the main thread; and a worker inherits this mask, so that none reaches it while it starts
        posix.block_signals()
        while (call := self._calls.get()) is not None:
            future, function, args, kwargs = call
            try:
                future.set_result(self._take_worker().call((function, args, kwargs)))
            except BaseException as error:
                future.set_exception(error)
            del call, future, args, kwargs  # which may be large
        if self._worker:
            self._worker.end()

    def _take_worker(self) -> WorkerProcess:
        pauses = iter(PAUSES)
        while True:
            # a new worker, if there is none or it has ended
            if self._worker is None or not self._worker.is_alive():
                if self._worker:
                    self._worker.end()
                with self._lock:
                    if self._stopped:
                        raise BrokenExecutor("the workers were stopped")
                    self._worker = take_worker(portable=self._portable)
            if self._worker.is_ready():
                return self._worker
            pause = next(pauses, None)
            if pause is None:
                raise NoWorkersError(
                    f"A worker process was started {len(PAUSES) + 1} times, and each time it ended before it could do"
                    f" anything ({describe_end(self._worker.process.returncode)})."
                )
            time.sleep(pause)

    def signal(self, number: int) -> None:
        """Send a signal to the worker, if there is one."""
        with self._lock:
            if self._worker:
                self._worker.process.send_signal(number)

    def stop(self) -> None:
        """Kill the worker, and start none any more; the thread sees that, and tidies up."""
        with self._lock:
            self._stopped = True
            if self._worker:
                self._worker.process.kill()
