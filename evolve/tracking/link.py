"""A tracker's process, as the run sees it: it is spoken to without ever waiting, but for a while at the end."""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing.spawn import get_executable
from typing import Any

from hetevo.evolve.posix import kill_session
from hetevo.populations.text import for_terminal

MOST_BYTES = 1 << 22
"""Bytes that may wait for a tracker: it has fallen behind for good if there are more."""

_BEGIN = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from hetevo.evolve.tracking.process import serve
serve(int(sys.argv[2]))
"""


class Link:
    """A tracker's process, seen from here; none of its methods waits.

    Parameters
    ----------
    name : str
        Of the tracker.

    Attributes
    ----------
    problem : str
        Why it is told no more; empty if all is well.
    """

    def __init__(self, name: str) -> None:
        self.name, self.problem = name, ""
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting, self._heard = bytearray(), b""
        self._generations = self._answers = 0
        self._progress = time.monotonic()

    def start(self, first: Mapping[str, Any]) -> None:
        """Start the process, and send the first message."""
        command = [get_executable(), "-P", "-c", _BEGIN, json.dumps([*sys.path]), str(os.getpid())]
        streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        try:
            # a session of its own, so that Ctrl-C reaches the run alone, which says when it ends
            self._process = subprocess.Popen(command, **streams, bufsize=0, start_new_session=True)
        except OSError as error:
            self.problem = f"its process cannot be started: {error.strerror}"
            return
        for stream in (self._process.stdin, self._process.stdout):
            assert stream
            os.set_blocking(stream.fileno(), False)
        self.send(first)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message, as far as it is taken now; the rest waits for the next call."""
        if not self.problem and self._process:
            self._waiting += json.dumps(message).encode() + b"\n"
            self._generations += "numbers" in message
            ended = self._listen() is None
            self._push()
            if ended and not self.problem:
                self.problem = "its process has ended"
            elif len(self._waiting) > MOST_BYTES:
                self.problem = "it does not take what it is sent"
            if self.problem:
                self.kill()

    def is_at_work(self, patience: float, deadline: float) -> bool:
        """Push what waits, and tell whether there is something to wait for; `problem` says why there is not.

        Parameters
        ----------
        patience : float
            Seconds since the last answer, or since it was first asked, after which it is given up.
        deadline : float
            When it is given up in any case, by the monotonic clock.
        """
        if self.problem or not self._process:
            return False
        self._push()
        heard, now = self._listen(), time.monotonic()
        if heard is None:
            self._take_end(min(patience, deadline - now))
            return False
        self._progress = now if heard else self._progress
        if now - self._progress > patience:
            self._give_up(f"it did nothing for {patience:g} seconds")
        elif now > deadline:
            self._give_up("it was not done in time when the run ended")
        return not self.problem

    def begin_waiting(self) -> None:
        """Count patience from now on."""
        self._progress = time.monotonic()

    def find_output(self) -> list[int]:
        """Return the descriptor that its answers come from, if there is one."""
        return [self._process.stdout.fileno()] if self._process and self._process.stdout else []

    def kill(self) -> None:
        """End the process if it has not ended, and give everything back."""
        process, self._process = self._process, None
        if process:
            if process.poll() is None:  # otherwise its number may be another's by now
                kill_session(process.pid)
                process.wait()
            for stream in (process.stdin, process.stdout):
                if stream:
                    with contextlib.suppress(OSError):
                        stream.close()

    def _take_end(self, patience: float) -> None:
        """Find out how the process ended, which says nothing any more."""
        assert self._process
        try:
            status = self._process.wait(max(patience, 0.1))
        except subprocess.TimeoutExpired:
            self.problem = self.problem or "its process does not end"
            return
        self.problem = self.problem or (f"its process has ended with status {status}" if status else "")

    def _give_up(self, why: str) -> None:
        """Say why, and how many generations it did not answer; the first answer is to its beginning."""
        missing = self._generations - max(self._answers - 1, 0)  # figures, and the end, come after all generations
        counted = f"{missing} generation{'s' if missing > 1 else ''} not delivered"
        self.problem = f"{why} ({counted})" if missing > 0 else why

    def _push(self) -> None:
        assert self._process
        assert self._process.stdin
        while self._waiting:
            try:
                sent = os.write(self._process.stdin.fileno(), self._waiting[:65536])
            except OSError:
                return  # it takes no more now; or has ended, which its answers tell
            del self._waiting[:sent]

    def _listen(self) -> bool | None:
        """Take its answers; return whether there were any, or None if it has ended."""
        assert self._process
        assert self._process.stdout
        try:
            got = os.read(self._process.stdout.fileno(), 65536)
        except BlockingIOError:
            return False
        self._heard += got
        *lines, self._heard = self._heard.split(b"\n")
        self._answers += lines.count(b".")
        failures = [line[1:].decode("utf-8", "replace") for line in lines if line.startswith(b"!")]
        if failures:
            self.problem = for_terminal(failures[0])
        return True if got else None


def finish(links: Sequence[Link], patience: float, deadline: float) -> None:
    """Wait until all trackers have ended, did nothing for too long, or there is no time left.

    Parameters
    ----------
    links : sequence of Link
        Their processes, which were sent everything.
    patience : float
        Seconds without any progress after which one is given up.
    deadline : float
        When all are, by the monotonic clock.
    """
    for link in links:
        link.begin_waiting()
    # side by side: a slow one takes no time from the others
    while at_work := [link for link in links if link.is_at_work(patience, deadline)]:
        select.select([output for link in at_work for output in link.find_output()], [], [], 0.2)
