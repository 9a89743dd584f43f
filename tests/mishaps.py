"""Marked individuals, and a probe that goes wrong with them, wherever it runs: here, in a worker, on a node."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from builders import make_species

from evolve.backends import Job
from evolve.cohort import founders
from populations.outcome import Status

MARK = np.float32(3.25)
"""First gain of the individuals that are hit."""


@dataclass(frozen=True)
class Fault:
    """Does nothing, kills its process, raises, hangs or waits, for the first ``times`` marked lives."""

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
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.kind == "raise":
            raise ValueError("this network is not to my taste")
        elif self.kind == "hang":
            time.sleep(3600)


SIZE, SEED, BAD = 14, 3, (5, 11)


def cohort_of(species, marked=BAD):
    cohort = founders(species, SEED, SIZE)
    cohort.population["gains_ascending"][list(marked), 0] = MARK
    return cohort


def evaluated(backend, probe, marked=BAD, block=4):
    species = make_species()
    with backend:
        return backend.evaluate(Job(species, SEED, block, probe), cohort_of(species, marked))


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
