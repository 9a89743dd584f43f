"""Marked individuals, evaluated here, in workers, on nodes, while something goes wrong with them."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from builders import make_species
from faulty_probes import MARK

from hetevo.evolve.backends import Job
from hetevo.evolve.backends.stream import join_pieces
from hetevo.evolve.generation import draw_generation_zero
from hetevo.populations.evaluation import Status


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
