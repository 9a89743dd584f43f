"""Worker processes on this machine, deaf to the signals that their driver listens to."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from loky import ProcessPoolExecutor

from evolve.stopping import SIGNALS

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class WorkerPool:
    """Worker processes, started with the first call.

    Parameters
    ----------
    workers : int
        How many.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def submit(
        self, function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> "Future[Result]":
        """Call a function in a worker.

        Raises
        ------
        concurrent.futures.BrokenExecutor
            If a worker has died; `close` and submit again.
        """
        with _postponed():
            if self._pool is None:
                self._pool = ProcessPoolExecutor(self.workers, initializer=_ignore_signals, env=ONE_THREAD)
            future: Future[Result] = self._pool.submit(function, *args, **kwargs)
            return future

    def close(self) -> None:
        """Stop the processes."""
        if self._pool is not None:
            self._pool.shutdown(kill_workers=True)
            self._pool = None


@contextmanager
def _postponed() -> Iterator[None]:
    """Let signals wait: processes that are started meanwhile never get them, this one gets them afterwards.

    Signals reach the whole process group, by Ctrl-C or from a batch system. A helper process of the pool would die of
    SIGUSR1 and complain.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_signals() -> None:
    # the driver alone decides what a signal means; a run inside a worker listens itself as long as it lasts
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
