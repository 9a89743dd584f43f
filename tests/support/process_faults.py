"""Marked individuals, and a probe that goes wrong with them, wherever it runs: here, in a worker, on a node."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from builders import make_species

from hetevo.evolve.backends import Job
from hetevo.evolve.backends.stream import join_pieces
from hetevo.evolve.generation import draw_generation_zero
from hetevo.populations.evaluation import Status

MARK = np.float32(3.25)
"""First gain of the individuals that are hit."""


@dataclass(frozen=True)
class Fault:
    """Does nothing, ends its process, takes memory, raises, hangs or waits, for the first ``times`` marked lives."""

    kind: str
    folder: str
    times: int = 1_000_000

    def measure(self, snapshot):
        gains = snapshot.gains_ascending[:, 0]
        if snapshot.stage == "birth":
            if self.kind == "slow":
                Path(self.folder, "started").touch()
                time.sleep(0.3)
            elif (gains == MARK).any() and self._counts():
                self._happen()
        return {"gain": gains.astype(np.float64)}

    def _counts(self):
        for number in range(self.times):
            try:
                os.close(os.open(f"{self.folder}/{number}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            return True
        return False

    def _happen(self):
        happen(self.kind)


def happen(kind):
    """Let something go wrong in this process."""
    if kind == "kill":  # what the system does when memory is short
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif kind == "leave":
        os._exit(7)
    elif kind == "memory":
        np.empty(1 << 50)
    elif kind == "exit":
        raise SystemExit("enough")
    elif kind == "raise":
        raise ValueError("this network is not to my taste")
    elif kind == "hang":
        time.sleep(3600)


@dataclass(frozen=True)
class Switch:
    """A probe with which everyone has a fault as long as a file is there."""

    kind: str
    file: str

    def measure(self, snapshot):
        if snapshot.stage == "birth" and self.file and Path(self.file).exists():
            happen(self.kind)
        return {"gain": snapshot.gains_ascending[:, 0].astype(np.float64)}


@contextlib.contextmanager
def killed(pid, file, number=signal.SIGKILL, *, seconds, name=b"hetevo.evolve.backends.worker"):
    """Send a signal to all workers of a process for some seconds, as soon as a file is there; yield the deaths."""
    deaths, over = [], threading.Event()

    def kill():
        while not file.exists() and not over.is_set():
            time.sleep(0.05)
        end = time.monotonic() + seconds
        while time.monotonic() < end and not over.is_set():
            found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
            for child in map(int, found.split()):
                with contextlib.suppress(OSError):
                    if name in Path(f"/proc/{child}/cmdline").read_bytes():
                        os.kill(child, number)
                        deaths.append(child)
            time.sleep(0.05)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield deaths
    finally:
        over.set()
        thread.join()


SIZE, SEED, BAD = 14, 3, (5, 11)


def marked_generation(species, marked=BAD):
    generation = draw_generation_zero(species, SEED, SIZE)
    generation.population["gains_ascending"][list(marked), 0] = MARK
    return generation


def evaluated(backend, probe, marked=BAD, block=4, number=0):
    species = make_species()
    with backend:
        generation = replace(marked_generation(species, marked), number=number)
        return backend.evaluate(Job(species, SEED, block, probe), generation)


def assert_quarantined(found, calm, bad=BAD):
    """The bad ones have the worst fitness, and nobody else noticed."""
    failed = np.isin(np.arange(SIZE), bad)
    np.testing.assert_array_equal(found.status == Status.FAILED, failed)
    assert (found.loss[failed] == 4.0).all()
    assert np.isnan(found.observed["gain_end"][failed]).all()
    for name in ("loss", "status", "accuracy"):
        np.testing.assert_array_equal(getattr(found, name)[~failed], getattr(calm, name)[~failed])
    np.testing.assert_array_equal(found.observed["gain_end"][~failed], calm.observed["gain_end"][~failed])
    assert [failure.individual for failure in found.failures] == list(bad)


def streamed(backend, probe, marked=BAD, block=4, generations=2, ahead=3):
    """Evaluate generations in one stream: never more than ``ahead`` individuals are there that have not lived."""
    species = make_species()
    made = [replace(marked_generation(species, marked), number=number) for number in range(generations)]
    given, back, pieces = ahead, 0, []
    with backend:
        stream = backend.stream(Job(species, SEED, block, probe), made[0], ahead)
        while back < generations * SIZE:
            came = stream.take()
            pieces += came
            for _ in range(sum(piece.positions.size for piece in came)):
                back += 1
                if given < generations * SIZE:
                    number, position = divmod(given, SIZE)
                    if position == 0:
                        stream.begin(Job(species, SEED, block, probe), made[number])
                    stream.feed(number, position + 1)
                    given += 1
    return [join_pieces([piece for piece in pieces if piece.generation == n]) for n in range(generations)]
