"""How a run is asked to stop: signals and a file. The generation under way is always finished and saved first."""

import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Self

from hetevo.evolve.messages import Notice
from hetevo.evolve.posix import SIGNALS
from hetevo.evolve.rundir.files import is_folder, is_link, is_there, remove_tree

LOOP = "loop"
"""What `StopRequest.by` says where the program itself asked."""


class StopRequest:
    """Listens for requests to stop while its block runs.

    A second SIGINT raises KeyboardInterrupt at once: the run then ends at its last checkpoint. A signal that is ignored
    when the block begins stays ignored: so ``nohup`` keeps its meaning.

    Parameters
    ----------
    stop_file : Path
        A file whose appearance is a request.
    others : sequence of Path, optional
        Further files of that kind, which are somebody else's: they are never removed.

    Attributes
    ----------
    signal : int
        Number of the signal that was received; 0 if none was.
    """

    def __init__(self, stop_file: Path, others: Sequence[Path] = ()) -> None:
        self.stop_file, self._others = stop_file, others
        self.signal = 0
        self._asked = False
        self._aborted = False
        self._previous: dict[int, Any] = {}

    @property
    def received(self) -> bool:
        """Whether the run should stop after this generation."""
        return bool(self.by)

    @property
    def by(self) -> str:
        """Who asked: ``"signal N"``, ``"STOP"`` for a file, `LOOP` for the program; empty if nobody did."""
        if self.signal:
            return f"signal {self.signal}"
        if any(is_there(file) for file in (self.stop_file, *self._others)):
            return "STOP"
        return LOOP if self._asked else ""

    def ask(self) -> None:
        """Ask to stop, from within the program."""
        self._asked = True

    def withdraw(self) -> bool:
        """Remove the file, if it is there: the request was met, or is of an earlier time. Tell whether it was."""
        # a link is removed, a folder is not: somebody has put something into it
        found = is_link(self.stop_file) or (is_there(self.stop_file) and not is_folder(self.stop_file))
        if found:
            remove_tree(self.stop_file)
        return found

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        # the first asks, the second insists
        if number == signal.SIGINT and self.signal == signal.SIGINT and not self._aborted:
            self._aborted = True  # once: what is being written is finished
            raise KeyboardInterrupt
        self.signal = self.signal or number

    def __enter__(self) -> Self:
        # only the main thread may set handlers; elsewhere (a notebook's worker thread) the file still works
        if threading.current_thread() is threading.main_thread():
            # None: a handler that is not Python's and could not be put back
            heeded = [number for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
            self._previous = {number: signal.signal(number, self._handle) for number in heeded}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)


def withdraw_earlier(stop_file: Path, notice: Notice) -> None:
    """Remove a request to stop that was there before this process began; one that comes later is for this process."""
    if StopRequest(stop_file).withdraw():
        notice(f"the file {stop_file} was there already: it was removed, and the run goes on")
