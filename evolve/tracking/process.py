"""The process in which a tracker works: it reads messages, one JSON object a line, until there are no more.

It remembers in the run's directory, ``tracking/NAME.jsonl``, what the tracker calls the run and which generation it was
given last, before it gives it: a run that was interrupted lives some generations again, and none is logged twice.
"""

import json
import os
import re
import select
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from hetevo.evolve.posix import block_signals, kill_session, lock_within, take_signals, watch
from hetevo.evolve.rundir.files import append_line, make_folder, read_bounded
from hetevo.evolve.tracking import TRACKERS
from hetevo.evolve.tracking.tracker import About, without_secrets
from hetevo.populations.text import without_places

LIMIT = 1 << 26
"""Bytes of what is remembered beyond which it is not read."""

ORPHAN_SECONDS = 10.0
"""Seconds that a tracker has to end when the run's process was killed, whatever it is doing; none if it is told to."""

LOCK_SECONDS = 20.0
"""Seconds that another process may still have what is remembered: longer than `ORPHAN_SECONDS`."""

_RUN = re.compile(r"[\w. ,=@+-]{1,250}")


class Journal:
    """What a tracker was given, in a file that one process has at a time.

    Parameters
    ----------
    path : Path
        The file, made if it is not there; whoever else has it is waited for, `LOCK_SECONDS` at most.

    Attributes
    ----------
    run : str
        What the tracker calls the run; empty if it never began.
    last : int
        The generation that it was given last; -1: none.

    Raises
    ------
    TimeoutError
        If another process still has the file.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.run, self.last = path, "", -1
        append_line(path, "{}")
        # the tracker of a process that was killed may still be writing; the system gives this back at the end
        self._file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        if not lock_within(self._file, LOCK_SECONDS):
            raise TimeoutError(
                f"an earlier tracker of this run still works and has tracking/{path.name} after {LOCK_SECONDS:g}"
                " seconds; end its process, and the run is tracked when it is resumed"
            )
        for line in read_bounded(path, LIMIT).splitlines():
            self._read(line)

    def _read(self, line: bytes) -> None:
        try:
            noted = json.loads(line)
            run, last = noted.get("run", self.run), noted.get("generation", self.last)
        except (ValueError, AttributeError, RecursionError):
            return  # torn, or somebody else's
        if isinstance(run, str) and _RUN.fullmatch(run):
            self.run = run
        if type(last) is int:
            self.last = max(self.last, last)

    def note(self, **facts: Any) -> None:
        """Add what is known now."""
        append_line(self.path, json.dumps(facts))
        self._read(json.dumps(facts).encode())


def serve(parent: int) -> None:
    """Work until there are no more messages; the first one says what for. ``parent`` is the run's process."""
    # the run hears signals, saves, and says when it ends: here they wait, also in what trackers start
    block_signals()
    threading.Thread(target=_end_with_run, args=(parent, sys.stdin.fileno()), daemon=True).start()
    answers = _take_streams()
    try:
        _work(_messages(sys.stdin.buffer), answers)
    except BaseException as error:
        # one line, in which no secret and no place of a person's machine stands
        text = f"{type(error).__name__}: {error}".strip().splitlines()[0][:500]
        answers.write(f"!{without_places(without_secrets(text))}\n")
        answers.flush()
        os._exit(1)  # whatever the tracker's threads wait for
    answers.close()
    os._exit(0)


def _end_with_run(parent: int, source: int) -> None:
    """Wait until the run's process has ended; then end this one, which may hang in its tracker, after a while."""
    poller = select.poll()
    poller.register(source, 0)  # no more than whether the other end is closed: messages are left to who reads them
    try:
        if (ended := watch(parent)) is not None:
            poller.register(ended, select.POLLIN)
        # workers of a run that was killed may still have the other end, but nobody takes a parent's place unseen
        while os.getppid() == parent and not poller.poll(1000):
            take_signals()  # meant for the run, whoever else got them
    except ProcessLookupError:
        pass  # it had ended before
    # nobody else says when to end any more, so that a signal counts from here on
    take_signals()
    deadline = time.monotonic() + ORPHAN_SECONDS
    while time.monotonic() < deadline and not take_signals():
        time.sleep(0.05)
    kill_session(os.getpid())  # with what the tracker started
    os._exit(1)


def _take_streams() -> IO[str]:
    """Keep the output for answers, and let what trackers print go nowhere."""
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _messages(source: IO[bytes]) -> Iterator[dict[str, Any]]:
    for line in source:
        if line.endswith(b"\n"):  # otherwise the run was killed while it wrote
            yield json.loads(line)


def _work(messages: Iterator[dict[str, Any]], answers: IO[str]) -> None:
    first = next(messages)
    run, kind = Path(first["path"]), TRACKERS[first["tracker"]]
    for name, value in kind.environment.items():
        os.environ.setdefault(name, value)
    # 1. begin, or go on
    folder = run / "tracking" / first["folder"]
    for made in (folder.parent, folder):
        make_folder(made)
    journal, tracker = Journal(folder.with_suffix(".jsonl")), kind()
    name = tracker.start(About(run=journal.run, folder=folder, **first["about"]))
    if name != journal.run:
        journal.note(run=name)
    _answer(answers)
    # 2. one message after the other, each answered when it is done
    outcome = ""
    for message in messages:
        if "numbers" in message and message["generation"] > journal.last:
            journal.note(generation=message["generation"])
            tracker.log(message["generation"], message["numbers"])
        elif "figure" in message:
            tracker.attach(Path(message["figure"]), message["generation"])
        elif "end" in message:
            outcome = message["end"]
            break
        _answer(answers)
    # 3. end, also if nobody is there any more who waits for it
    tracker.end(outcome or "stopped")


def _answer(answers: IO[str]) -> None:
    try:
        answers.write(".\n")
        answers.flush()
    except BrokenPipeError:
        pass  # the run's process was killed: what it sent is still logged
