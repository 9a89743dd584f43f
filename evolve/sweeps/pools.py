"""Where the runs of a sweep go on: processes of this machine, or tasks of a Ray cluster."""

import itertools
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol

from hetevo.evolve.backends.pool import WorkerPool
from hetevo.evolve.backends.process import NoWorkersError
from hetevo.evolve.backends.ray import RayBackend
from hetevo.evolve.backends.ray.tasks import Call, exchange
from hetevo.evolve.config import BackendTable
from hetevo.evolve.machine import starting_thread
from hetevo.evolve.messages import log

NODE_LOSSES = 100
"""Times that a run may be sent again because its node was lost; it goes on where it was saved."""

WAIT_SECONDS = 0.5
"""Longest time in which a new run is not sent to a cluster, because others are waited for."""


class Pool(Protocol):
    """Takes calls, and makes as many at a time as it has workers."""

    workers: int

    def submit(self, function: Callable[..., Any], *args: Any) -> "Future[Any]":
        """Call a function somewhere."""
        ...

    def check(self) -> None:
        """Raise an error if what is under way can never come back."""
        ...

    def close(self) -> None:
        """Stop what is under way, and give everything back."""
        ...


class LocalPool(WorkerPool):
    """Processes of this machine; one that dies fails its own run alone."""

    def check(self) -> None:
        """Do nothing: a process that dies is noticed by its future."""


class ThreadPool:
    """One thread of this process, where worker processes cannot be started; it does not see signals, as they do not."""

    workers = 1

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        with starting_thread():
            self._thread.submit(int).result()

    def submit(self, function: Callable[..., Any], *args: Any) -> "Future[Any]":
        """Call a function in the thread."""
        return self._thread.submit(function, *args)

    def check(self) -> None:
        """Do nothing: nothing can be lost."""

    def close(self) -> None:
        """Wait for what is under way."""
        self._thread.shutdown(cancel_futures=True)


class RayPool:
    """Tasks of a Ray cluster, one a CPU; all nodes must see the sweep's directory under the same path.

    Parameters
    ----------
    settings : BackendTable
        As for a run: without an address Ray is started on this machine.
    """

    def __init__(self, settings: BackendTable) -> None:
        # a run is computed on one node as a whole, which notes its processor in the run's provenance
        self._cluster = RayBackend(settings.model_copy(update={"mixed": True}))
        self.workers = self._cluster.workers
        self._numbers = itertools.count()
        self._fresh: SimpleQueue[Call] = SimpleQueue()
        self._futures: dict[int, Future[Any]] = {}
        self._lost: Exception | None = None
        self._closing = False
        # a daemon: a sweep that was interrupted does not wait for it
        self._thread = Thread(target=self._exchange, name="sweep", daemon=True)
        try:
            with starting_thread():
                self._thread.start()
        # without its thread nobody would give the cluster back
        except BaseException:
            self._cluster.close()
            raise

    def submit(self, function: Callable[..., Any], *args: Any) -> "Future[Any]":
        """Call a function on the cluster."""
        number, future = next(self._numbers), Future[Any]()
        self._futures[number] = future
        self._fresh.put((number, function, args))
        return future

    def _exchange(self) -> None:
        """Send new calls and take results, until the pool is closed or the cluster is lost."""
        try:
            while not self._closing:
                # all that came since the last time, in one question to the other process
                calls = [self._fresh.get() for _ in range(self._fresh.qsize())]
                if not calls and not self._futures:
                    time.sleep(WAIT_SECONDS / 10)
                    continue
                for number, result, error in self._cluster.ask(exchange, calls, NODE_LOSSES, WAIT_SECONDS):
                    future = self._futures.pop(number)
                    future.set_exception(error) if error else future.set_result(result)
        except Exception as error:
            self._lost = error

    def check(self) -> None:
        """Raise what ended the connection to the cluster, if anything did."""
        if self._lost:
            raise self._lost

    def close(self) -> None:
        """Leave the cluster; what is under way ends."""
        self._closing = True
        self._thread.join()
        self._cluster.close()


def choose_pool(settings: BackendTable) -> Pool:
    """Choose where runs go on, as many side by side as there are ``workers``; ``auto`` takes a cluster by its address.

    ``settings`` are those of `hetevo.evolve.backends.backend.bound_workers`.
    """
    if settings.name == "ray" or settings.address:
        return RayPool(settings)
    pool = LocalPool(settings.workers, portable=settings.portable)
    try:
        pool.submit(int).result()
    except NoWorkersError as error:
        pool.close()
        if settings.portable:
            raise
        log.warning("%s The runs go on in this one process instead, one after the other.", error)
        return ThreadPool()
    return pool
