"""Worker processes of this machine, which end with the process that started them, however that ends.

Each worker is an interpreter of its own (`hetevo.evolve.backends.worker`), and a thread of this process hands it one
call after the other through a socket. That takes no semaphore, no shared memory and no copy of this process, so it
works where ``/dev/shm`` is full, in processes that are daemons, and in a script without ``if __name__ == "__main__"``.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from multiprocessing.connection import Connection, Pipe
from multiprocessing.spawn import get_executable
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, ParamSpec, TypeVar

from hetevo.evolve.backends.backend import NotLoadableError
from hetevo.evolve.backends.worker import pickle_copy, worker_environment
from hetevo.evolve.machine import SIGNALS, starting_thread
from hetevo.evolve.messages import log
from hetevo.populations.errors import MachineFailedError

OWN_SIGNALS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}
"""Signals that a process brings on itself. Any other comes from outside: SIGKILL, where memory is short."""

PAUSES = (0.5, 2.0)
"""Seconds to wait before a worker that ended while it started is started once more."""

_STARTED_IN = Path.cwd()
"""What an empty entry of `sys.path` means, also after the working directory was changed."""

_BEGIN = """
import sys
from multiprocessing.connection import Connection
driver, parent = Connection(int(sys.argv[1])), int(sys.argv[2])
sys.path[:], sys.argv[:] = driver.recv()
try:
    import hetevo.evolve.backends.lives
    from hetevo.evolve.backends.worker import serve
except BaseException as error:
    driver.send(f"{type(error).__name__}: {error}")
    sys.exit(1)
serve(driver, parent)
"""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def describe_end(status: int) -> str:
    """Say how a process ended: its exit status is minus the number of the signal that ended it, if one did."""
    return signal.Signals(-status).name if -status in set(signal.Signals) else f"exit status {status}"


class WorkerDiedError(BrokenExecutor):
    """A worker process ended while it had something to do.

    Parameters
    ----------
    status : int
        Its exit status; minus the number of the signal that ended it.
    """

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"a worker process died ({describe_end(status)})")

    @property
    def by_own_doing(self) -> bool:
        """Whether it may have died of what it did: it left, or did what the system does not allow."""
        return self.status >= 0 or -self.status in OWN_SIGNALS


class NoWorkersError(MachineFailedError):
    """Worker processes cannot be started here."""


class WorkerPool:
    """Worker processes, started when they are needed.

    Parameters
    ----------
    workers : int
        How many at most.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
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
                return [_Host(self._calls)]
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


_Call = tuple[Future[Any], Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class _Host(Thread):
    """Hands calls to one worker, and starts another when it dies."""

    def __init__(self, calls: "SimpleQueue[_Call | None]") -> None:
        super().__init__(name="worker", daemon=True)
        self._calls = calls
        self._lock, self._stopped = Lock(), False
        self._worker: _Worker | None = None
        self.start()

    def run(self) -> None:
        # signals are for the main thread; and a worker inherits this mask, so that none reaches it while it starts
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        while (call := self._calls.get()) is not None:
            future, function, args, kwargs = call
            try:
                future.set_result(self._take_worker().call((function, args, kwargs)))
            except BaseException as error:
                future.set_exception(error)
            del call, future, args, kwargs  # which may be large
        if self._worker:
            self._worker.end()

    def _take_worker(self) -> "_Worker":
        pauses = iter(PAUSES)
        while True:
            # a new worker, if there is none or it has ended
            if self._worker is None or not self._worker.is_alive():
                if self._worker:
                    self._worker.end()
                with self._lock:
                    if self._stopped:
                        raise BrokenExecutor("the workers were stopped")
                    self._worker = _Worker()
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


class _Worker:
    """A worker process, seen from here."""

    def __init__(self) -> None:
        self._ready = False
        self._connection: Connection
        try:
            self._connection, there = Pipe()
        except OSError as error:
            raise NoWorkersError(
                f"Cannot speak to a worker process: {error.strerror or error}. Raise 'ulimit -n', or take fewer"
                " processes (--workers)."
            ) from None
        # -P: nothing is imported from beside a script; the driver sends the path itself
        command = [get_executable(), "-P", "-c", _BEGIN, str(there.fileno()), str(os.getpid())]
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, pass_fds=[there.fileno()], env=worker_environment()
            )
        except OSError as error:
            self._connection.close()
            raise NoWorkersError(f"Cannot start a worker process: {error.strerror or error}.") from None
        finally:
            there.close()

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def is_ready(self) -> bool:
        """Wait until it has started; false if it died on the way.

        Raises
        ------
        NoWorkersError
            If it cannot import what it needs, or says what else it lacks.
        """
        if self._ready:
            return True
        try:
            self._connection.send((_import_path(), sys.argv))
            problem: str = self._connection.recv()
        except (EOFError, OSError):
            self.end()
            return False
        if problem:
            self.end()
            raise NoWorkersError(f"A worker process cannot begin: {problem.rstrip('.')}.")
        self._ready = True
        return True

    def call(self, what: Any) -> Any:
        """Let it do something, and return the result."""
        try:
            content = pickle_copy(what)
        except MemoryError:
            raise  # says something about this machine
        except Exception as error:
            raise NotLoadableError(f"{type(error).__name__}: {error}") from None
        try:
            self._connection.send_bytes(content)
            # messages may come before the answer
            while (answer := self._connection.recv())[0] == "log":
                log.log(*answer[1])
        except (EOFError, OSError):
            self.end()
            raise WorkerDiedError(self.process.returncode) from None
        except BaseException:
            self.end()  # there may be half a message left
            raise
        kind, value = answer
        if kind == "unreadable":
            raise NotLoadableError(value)
        if kind == "raised":
            raise value
        return value

    def end(self) -> None:
        """Kill it, if it lives still, and wait until it is gone."""
        self.process.kill()
        self.process.wait()
        self._connection.close()


def _import_path() -> list[str]:
    """Return where modules are found here, the folder that is only there because Python was started in it last."""
    chosen = [place for place in sys.path if place]
    return chosen if len(chosen) == len(sys.path) else [*chosen, str(_STARTED_IN)]
