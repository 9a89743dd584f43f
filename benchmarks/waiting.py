"""How much of their time workers spend on lives that differ tenfold in length, with generations and without.

Lives sleep instead of computing, so that it is measured how work is handed out and not how fast cores are; there can be
more workers than cores.
"""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hetevo.evolve import Experiment, preset
from hetevo.populations.circuits import LayerSnapshot, Snapshot
from hetevo.populations.sparse.life import SparseSnapshot
from hetevo.populations.types import Floats

SHORTEST, RATIO = 0.03, 10.0
"""Seconds of the shortest life, and how many times as long the longest one is; logarithms lie evenly in between."""

LAGS = (4, 8)
"""Individuals that may live at once, for each worker."""

SIZE, GENERATIONS = 64, 3
"""Individuals, and generations for each worker: so all runs take about as long."""


def seconds_of(gains: Floats) -> Floats:
    """Return how long lives last, (P,), by the gains of each individual: as good as by lot for every child."""
    return np.asarray(SHORTEST * RATIO ** (np.abs(gains.sum(axis=1, dtype=np.float64)) * 1e3 % 1))


@dataclass(frozen=True)
class Sleeper:
    """A probe that lets every life last as long as it is said to."""

    def measure(self, snapshot: Snapshot | SparseSnapshot | LayerSnapshot) -> dict[str, Floats]:
        """Sleep once a life; blocks sleep for all of their individuals."""
        if snapshot.stage == "birth" and isinstance(snapshot, Snapshot):
            time.sleep(float(seconds_of(snapshot.gains_ascending).sum()))
        return {}


class Watch:
    """Takes the time from when workers have started to the last generation."""

    def __init__(self) -> None:
        self.seconds = self._begin = 0.0

    def on_start(self, run: Any) -> None:
        """Start the clock."""
        del run
        self._begin = time.perf_counter()

    def on_generation(self, run: Any, generation: Any) -> None:
        """Take the time."""
        del run, generation
        self.seconds = time.perf_counter() - self._begin


def utilisation(workers: int, algorithm: dict[str, Any]) -> dict[str, float]:
    """Run an experiment, and return the share of all workers' time spent on lives, and lives a second."""
    generations = GENERATIONS * workers
    changes = [f"evolution.size={SIZE}", f"evolution.generations={generations}", "lifetime.presentations=1"]
    changes += ["evolution.elites=0", f"backend.workers={workers}", "lifetime.tasks=1"]
    config = preset("smoke", overrides=[*changes, ("evolution.algorithm", algorithm)])
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        Experiment(config, probe=Sleeper(), callbacks=[watch], oversubscribe=True).run(Path(folder, "run"))
        events = map(json.loads, Path(folder, "run", "events.jsonl").read_text().splitlines())
        busy = sum(event.get("busy", 0.0) for event in events)
    lives = SIZE * (generations + 1)
    return {"busy": busy / (workers * watch.seconds), "lives_a_second": lives / watch.seconds}


def compare(workers: int) -> dict[str, dict[str, float]]:
    """Return `utilisation` with generations, and without for some lags."""
    found = {"generational": utilisation(workers, {"name": "generational"})}
    for births in LAGS:
        lag = births * workers
        found[f"asynchronous, lag {lag}"] = utilisation(workers, {"name": "asynchronous", "lag": lag})
    return found
