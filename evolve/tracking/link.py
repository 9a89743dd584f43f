"""A tracker's process, as the run sees it: it is spoken to without ever waiting, but for a while at the end."""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
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
serve()
"""


class Link:
    """A tracker's process, seen from here; no method but `finish` ever waits.

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

    def start(self, first: Mapping[str, Any]) -> None:
        """Start the process, and send the first message."""
        command = [get_executable(), "-P", "-c", _BEGIN, json.dumps([*sys.path])]
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
            ended = self._listen() is None
            self._push()
            if ended and not self.problem:
                self.problem = "its process has ended"
            elif len(self._waiting) > MOST_BYTES:
                self.problem = "it does not take what it is sent"
            if self.problem:
                self.kill()

    def finish(self, patience: float) -> None:
        """Wait until it has ended, or did nothing for so many seconds."""
        last = time.monotonic()
        while self._process and not self.problem and self._process.stdout:
            self._push()
            select.select([self._process.stdout.fileno()], [], [], 0.2)
            heard = self._listen()
            if heard is None:
                self._take_end(patience)
                return
            last = time.monotonic() if heard else last
            if time.monotonic() - last > patience:
                self.problem = f"it did nothing for {patience:g} seconds"

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
            status = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.problem = self.problem or "its process does not end"
            return
        self.problem = self.problem or (f"its process has ended with status {status}" if status else "")

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
        failures = [line[1:].decode("utf-8", "replace") for line in lines if line.startswith(b"!")]
        if failures:
            self.problem = for_terminal(failures[0])
        return True if got else None
