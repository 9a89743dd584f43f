"""The run's side of trackers: a callback that passes its numbers on, and never waits for anybody while it lives.

Each tracker works in a process of its own (`hetevo.evolve.tracking.process`), to which nothing is written that would
have to wait. What fails, hangs or falls behind is left alone after one warning.
"""

import contextlib
import json
import math
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from multiprocessing.spawn import get_executable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hetevo.evolve.backends.process import describe_end
from hetevo.evolve.callbacks import Callback
from hetevo.evolve.config import Config
from hetevo.evolve.config.naming import changes_of
from hetevo.evolve.config.tables import TrackTable
from hetevo.evolve.identity import format_value
from hetevo.evolve.messages import Notice, log
from hetevo.evolve.rundir.sweep import is_sweep, read_entries
from hetevo.evolve.tracking import TRACKERS
from hetevo.evolve.tracking.tracker import LONGEST
from hetevo.populations.errors import HetevoError, SettingError
from hetevo.populations.text import for_file, for_terminal, without_places

if TYPE_CHECKING:  # it is told of these
    from hetevo.evolve.loop import LivedGeneration
    from hetevo.evolve.own_loop import OpenRun

PATIENCE = 30.0
"""Seconds without any progress after which a tracker is given up at the end of a run."""

MOST_BYTES = 1 << 22
"""Bytes that may wait for a tracker: it has fallen behind for good if there are more."""

_BEGIN = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from hetevo.evolve.tracking.process import serve
serve()
"""


def check_trackers(track: TrackTable) -> None:
    """Check that what trackers need is installed; nothing is imported.

    Parameters
    ----------
    track : TrackTable
        Names them.

    Raises
    ------
    SettingError
        Naming the command that installs it.
    """
    for name in track.to:
        if missing := _find_missing(name):
            raise SettingError(
                f"track.to: {name!r} needs {missing}, which is not installed. Install it: pip install 'hetevo[{name}]'"
                " (or leave it out)"
            )


def _find_missing(name: str) -> str:
    package = TRACKERS[name].package
    return package if package and find_spec(package) is None else ""


class Tracking(Callback):
    """Passes the numbers of a run on to its trackers.

    Parameters
    ----------
    config : Config
        What is tracked, and where to.
    notice : callable
        Is called, once for each tracker, with why it is told no more.
    """

    def __init__(self, config: Config, notice: Notice) -> None:
        self._config, self._notice = config, notice
        self._links: list[Link] = []

    def on_start(self, run: "OpenRun") -> None:
        """Start the trackers; one whose package is missing is left out: a run may come to another machine."""
        about = describe(self._config, run.path)
        for name in self._config.track.to:
            if missing := _find_missing(name):
                log.warning("%s", f"track.to: {name} is left out: {missing} is not installed")
                continue
            link = Link(name)
            link.start({"tracker": name, "folder": for_file(name), "path": str(run.path), "about": about})
            self._links.append(link)

    def on_generation(self, run: "OpenRun", generation: "LivedGeneration") -> None:
        """Pass on what is recorded of a generation, and the mean size of its gains; what is undefined is left out."""
        numbers = {**generation.row, **_measure_gains(generation)}
        del numbers["generation"]
        defined = {_name(key): float(value) for key, value in numbers.items() if _is_defined(value)}
        for link in self._links:
            link.send({"generation": generation.number, "numbers": defined})
        self._warn(log.warning)

    def on_end(self, run: "OpenRun") -> None:
        """Let the trackers end, as long as they get on with it."""
        try:
            for link in self._links:
                if self._config.track.figures and run.outcome != "failed" and run.number >= 0:
                    link.send({"figures": True})
                link.send({"end": run.outcome})
            for link in self._links:
                link.finish(PATIENCE)
            # the session is over, and nobody listens to what is logged
            self._warn(lambda form, text: self._notice(text))
        finally:
            for link in self._links:
                link.kill()

    def _warn(self, warn: Any) -> None:
        for link in self._links:
            if link.problem:
                warn("%s", f"{link.name} is told no more, and the run goes on: {link.problem}")
        self._links = [link for link in self._links if not link.problem]


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
                status = self._process.wait(patience)
                self.problem = self.problem or (f"its process has ended ({describe_end(status)})" if status else "")
                return
            last = time.monotonic() if heard else last
            if time.monotonic() - last > patience:
                self.problem = f"it did nothing for {patience:g} seconds"

    def kill(self) -> None:
        """End the process if it has not ended, and give everything back."""
        process, self._process = self._process, None
        if process:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, 9)  # what it started ends, too: it has a session of its own
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream:
                    with contextlib.suppress(OSError):
                        stream.close()

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


def describe(config: Config, path: Path) -> dict[str, Any]:
    """Return what trackers are told of a run: group, name, tags, settings, and whether the network may be used.

    Parameters
    ----------
    config : Config
        Of the run.
    path : Path
        Its directory.
    """
    preset = config.preset.partition(",")[0] or "hetevo"
    group, name = preset, path.name
    # in a sweep the runs belong together, and are called by what they are
    with contextlib.suppress(HetevoError):
        if is_sweep(path.parent):
            found = [entry for entry in read_entries(path.parent) if entry.run == path.name]
            group, name = path.parent.name, f"{found[0].condition}-seed{found[0].seed}" if found else name
    values, changed = changes_of(config)
    uri = config.track.uri
    if uri and "://" not in uri:
        uri = str(path.absolute().parent / uri)
    return {
        "group": _clean(group),
        "name": _clean(name),
        "tags": {key: _write(values.get(key)) for key in changed},
        "settings": {"seed": str(config.seed), **{key: _write(value) for key, value in values.items()}},
        "online": config.track.online,
        "uri": uri,
    }


def _write(value: Any) -> str:
    return _clean(format_value(value))


def _clean(text: str) -> str:
    return for_terminal(without_places(text))[:LONGEST] or "none"


def _name(column: str) -> str:
    """Return a column's name as all trackers take it."""
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "_-. /") else "_" for char in column)
    return kept.strip(" ./")[:LONGEST] or "unnamed"


def _is_defined(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _measure_gains(generation: "LivedGeneration") -> dict[str, float]:
    """Return the mean size of each kind of gains, over individuals and neurons."""
    gains = {name: values for name, values in generation.genes.items() if name.startswith("gain") and values.size}
    return {f"{name}_size": float(np.abs(values).mean()) for name, values in gains.items()}
