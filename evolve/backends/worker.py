"""What a worker process does: it answers calls, one after the other, until its driver is gone."""

import contextlib
import io
import logging
import os
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from threading import Lock, Thread
from types import FrameType
from typing import Any

from hetevo.evolve import posix
from hetevo.evolve.backends.portable import pins
from hetevo.evolve.machine import keep_memory, starting_thread
from hetevo.evolve.messages import log, log_thread_failure
from hetevo.populations.errors import MachineFailedError, SettingError
from hetevo.populations.text import Messages, Terminal

LOOK_SECONDS = 1.0
"""Seconds between two looks at whether the driver is still there."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class NotLoadableError(SettingError):
    """Something cannot be sent to a worker process, or not be loaded there."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Expected a task, rule and probe that a worker process can load, but: {reason}. A class that is defined in"
            " the script that was started, in a notebook's cell or inside a function is known to this process alone:"
            " put it into a module of its own, a file beside the script, and import it from there. Or compute in this"
            " process alone: backend.workers = 1, without backend.portable."
        )


def serve(driver: Connection, parent: int) -> None:
    """Answer calls.

    Parameters
    ----------
    driver : Connection
        Where they come from: pickled function, arguments and keyword arguments. The first answer is an empty text:
        everything could be imported, and the process can work. Otherwise it says why not.
    parent : int
        Process id of the driver. This process ends with it, whatever it is doing then.
    """
    # 1. become a worker: signals are the driver's, it ends with the driver, and memory is for lives
    _listen(parent)
    keep_memory()
    threading.excepthook = log_thread_failure
    try:
        with starting_thread():
            Thread(target=_end_with, args=(parent,), daemon=True).start()
    except MachineFailedError as error:
        driver.send(str(error))
        os._exit(1)
    # 2. all that is said here goes to the driver, or to standard error
    log.addHandler(_Forward(driver, sending := Lock()))
    # what a task prints is a message, and no result of the driver's command
    with contextlib.suppress(OSError):
        os.dup2(2, 1)
    messages = Messages(2, "w", closefd=False)
    sys.stdout = sys.stderr = Terminal(io.BufferedWriter(messages), errors="backslashreplace", line_buffering=True)
    try:
        # 3. answer calls
        driver.send("")
        while True:
            answer = _answer(driver.recv_bytes())
            with sending:
                driver.send_bytes(answer)
    except (EOFError, OSError):
        os._exit(0)  # the driver is gone: nobody is left to tidy up for
    except MemoryError:
        posix.kill(os.getpid())  # as the system does: nothing that it was asked to do is to blame


def worker_environment(*, portable: bool = False) -> dict[str, str]:
    """Return the environment of this process with what workers need, and what they start, such as a local Ray."""
    return {**os.environ, **ONE_THREAD, **(pins() if portable else {})}


def pickle_copy(what: Any) -> bytes:
    """Return something as bytes that another process can load."""
    # a copy: the buffer behind the view, if both are garbage of one cycle, is cleared under it (a crash in Python 3.12)
    return ForkingPickler.dumps(what).tobytes()


class _Forward(logging.Handler):
    """Sends log messages to the driver at once, while a call is under way."""

    def __init__(self, driver: Connection, sending: Lock) -> None:
        super().__init__()
        self._driver, self._sending = driver, sending

    def emit(self, record: logging.LogRecord) -> None:
        with self._sending, contextlib.suppress(OSError):
            self._driver.send(("log", (record.levelno, record.getMessage())))


def _listen(parent: int) -> None:
    """Leave signals to the driver: it decides what they mean, and may be finishing a generation."""

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if os.getppid() != parent:
            os._exit(128 + number)

    # a run inside a worker has handlers of its own as long as it lasts, for signals that are not ignored here
    for number in posix.SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)
    posix.unblock_signals()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def _answer(content: bytes) -> Any:
    try:
        function, args, kwargs = ForkingPickler.loads(content)
    except MemoryError as error:
        return _pack_exception(error)
    except Exception as error:
        return pickle_copy(("unreadable", f"{type(error).__name__}: {error}"))
    try:
        return pickle_copy(("value", function(*args, **kwargs)))
    except BaseException as error:
        return _pack_exception(error)


def _pack_exception(error: BaseException) -> Any:
    trace = traceback.format_exc()
    try:
        # sent as it is if it comes back as it is: some exceptions cannot be copied
        content = pickle_copy(("raised", error))
        if isinstance(error, Exception) and type(ForkingPickler.loads(content)[1]) is type(error):
            return content
    except Exception:  # an exception that cannot be copied: its words can
        pass
    return pickle_copy(("raised", RuntimeError(f"{type(error).__name__} in a worker process: {error}\n{trace}")))
