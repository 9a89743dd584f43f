"""Where the runs of a sweep go on: processes of this machine, or tasks of a Ray cluster."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from typing import Any, Protocol

from evolve.backends.auto import ray_backend
from evolve.backends.local import available_cores
from evolve.backends.pool import WorkerPool
from evolve.config import BackendTable

NODE_LOSSES = 100
"""Times that a run may be sent again because its node was lost; it goes on where it was saved."""


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


class LocalPool:
    """Processes of this machine; if one of them dies, what was under way has failed, and others are started.

    Parameters
    ----------
    workers : int
        How many.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool = WorkerPool(workers)

    def submit(self, function: Callable[..., Any], *args: Any) -> "Future[Any]":
        """Call a function in one of the processes."""
        try:
            return self._pool.submit(function, *args)
        except BrokenExecutor:
            self._pool.close()
            return self._pool.submit(function, *args)

    def check(self) -> None:
        """Do nothing: a process that dies is noticed by its future."""

    def close(self) -> None:
        """Stop the processes."""
        self._pool.close()


class RayPool:
    """Tasks of a Ray cluster, one a CPU; all nodes must see the sweep's directory under the same path.

    Parameters
    ----------
    settings : BackendTable
        As for a run: without an address Ray is started on this machine; with ``"current"`` the session of this process
        is used, and left as it is.
    """

    def __init__(self, settings: BackendTable) -> None:
        self._cluster = ray_backend(settings)
        self._tasks: dict[Future[Any], Any] = {}
        self.workers = self._cluster.workers

    def submit(self, function: Callable[..., Any], *args: Any) -> "Future[Any]":
        """Call a function on the cluster."""
        import ray

        from evolve.backends.ray.connection import never_started

        with never_started():
            self.check()
            task = ray.remote(num_cpus=1, max_retries=NODE_LOSSES, scheduling_strategy="SPREAD")(function)
            reference = task.remote(*args)
            future: Future[Any] = reference.future()
        self._tasks[future] = reference
        return future

    def check(self) -> None:
        """Check that this process is connected still."""
        self._cluster.check_connected()

    def close(self) -> None:
        """Leave the cluster; what is under way ends."""
        from evolve.backends.ray.connection import cancel

        if self._cluster.borrowed:  # other sessions end, and their tasks with them
            cancel([reference for future, reference in self._tasks.items() if not future.done()])
        self._cluster.close()


def pool_of(settings: BackendTable, runs: int) -> Pool:
    """Choose where runs go on; ``auto`` takes a cluster if it has an address.

    Parameters
    ----------
    settings : BackendTable
        Names the backend, and how many runs side by side (0: one a core).
    runs : int
        How many there are in all.
    """
    if settings.name == "ray" or settings.address:
        return RayPool(settings)
    return LocalPool(min(settings.workers or available_cores(), runs))
