"""A probe that goes wrong with marked individuals, wherever it runs. Workers load it: it imports little."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
