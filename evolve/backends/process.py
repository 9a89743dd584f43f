"""A worker process, seen from the process that started it, with which it ends, however that ends.

It is an interpreter of its own (`hetevo.evolve.backends.worker`), and gets calls through a socket. That takes no
semaphore, no shared memory and no copy of this process, so it works where ``/dev/shm`` is full, in processes that are
daemons, and in a script without ``if __name__ == "__main__"``.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from multiprocessing.spawn import get_executable
from pathlib import Path
from typing import Any

from hetevo.evolve import posix
from hetevo.evolve.backends.worker import NotLoadableError, pickle_copy, worker_environment
from hetevo.evolve.messages import log
from hetevo.populations.errors import MachineFailedError

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
        return self.status >= 0 or -self.status in posix.FAULTS


class NoWorkersError(MachineFailedError):
    """Worker processes cannot be started here."""


class WorkerProcess:
    """A worker process, seen from here.

    Parameters
    ----------
    portable : bool, optional
        Whether it is to compute portably, see `hetevo.evolve.backends.portable`.

    Raises
    ------
    NoWorkersError
        If the system starts no process.
    """

    def __init__(self, *, portable: bool = False) -> None:
        self._ready, self._begun_with = False, _describe_here(portable=portable)
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
                command, stdin=subprocess.DEVNULL, pass_fds=[there.fileno()], env=self._begun_with[-1]
            )
        except OSError as error:
            self._connection.close()
            raise NoWorkersError(f"Cannot start a worker process: {error.strerror or error}.") from None
        finally:
            there.close()
        # it loads what it needs from now on; if it has ended already, whoever waits for it finds out
        with suppress(OSError):
            self._connection.send(self._begun_with[:-1])

    def fits(self, *, portable: bool = False) -> bool:
        """Tell whether one that is started now would be the same."""
        return self._begun_with == _describe_here(portable=portable)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
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


def _describe_here(*, portable: bool) -> tuple[list[str], list[str], dict[str, str]]:
    """Return what a worker takes over from this process: where modules are found, arguments, environment."""
    # the folder that is only on the path because Python was started in it comes last
    chosen = [place for place in sys.path if place]
    path = chosen if len(chosen) == len(sys.path) else [*chosen, str(_STARTED_IN)]
    return path, [*sys.argv], worker_environment(portable=portable)


_spares: list[WorkerProcess] = []


@contextmanager
def spare_workers(number: int) -> Iterator[None]:
    """Start workers that pools may take inside the block: they load what they need while this process does so, too.

    Parameters
    ----------
    number : int
        How many. Where they cannot be started, whoever needs one says so.
    """
    # a worker inherits this mask, so that no signal reaches it while it starts
    before = posix.block_signals()
    try:
        with suppress(NoWorkersError):
            for _ in range(number):
                _spares.append(WorkerProcess())
    finally:
        posix.restore_signals(before)
    try:
        yield
    finally:
        end_spares()


def end_spares() -> None:
    """End the workers of `spare_workers` that nobody took."""
    while _spares:
        _spares.pop().end()


def take_worker(*, portable: bool = False) -> WorkerProcess:
    """Return a spare worker, or a new one; see `WorkerProcess`."""
    # several threads take some at once
    with suppress(IndexError):
        while True:
            spare = _spares.pop()
            if spare.fits(portable=portable):
                return spare
            spare.end()
    return WorkerProcess(portable=portable)
