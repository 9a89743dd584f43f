"""How much of their time workers spend on lives that differ tenfold in length, with generations and without.

Lives sleep instead of computing, so that it is measured how work is handed out and not how fast cores are; there can be
more workers than cores.
"""

import json
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, cast

import numpy as np

from hetevo.evolve import Experiment, preset
from hetevo.evolve.algorithms.steady_state import Asynchronous
from hetevo.evolve.backends import Backend, Job
from hetevo.evolve.backends.backend import do_nothing, never
from hetevo.evolve.backends.block_queue import Block, BlockQueue
from hetevo.evolve.backends.lives import Lived
from hetevo.evolve.backends.local import PLACES
from hetevo.evolve.backends.stream import QueueStream
from hetevo.evolve.births import Births
from hetevo.evolve.config import BackendTable
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.generation import Generation, draw_generation_zero
from hetevo.populations.circuits import LayerSnapshot, Snapshot
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.sparse.life import SparseSnapshot
from hetevo.populations.types import Floats

SHORTEST, RATIO = 0.03, 10.0
"""Seconds of the shortest life, and how many times as long the longest one is; logarithms lie evenly in between."""

LAGS = (2, 4, 8)
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


class Virtual:
    """A backend without workers: blocks live in a time of their own, and nothing else takes any."""

    def __init__(self, workers: int) -> None:
        self.workers, self.now, self.busy = workers, 0.0, 0.0
        self._waiting: deque[tuple[BlockQueue, Block]] = deque()
        self._living: list[tuple[float, int, BlockQueue, Block]] = []
        self._sent = 0

    def stream(self, job: Job, generation: Generation, ready: int) -> QueueStream:
        """Return a stream as any backend's."""
        stream = QueueStream(BackendTable(), self)
        stream.begin(job, generation, ready)
        return stream

    @property
    def free(self) -> int:
        """Blocks that can be sent now."""
        return PLACES * self.workers - len(self._waiting) - len(self._living)

    def send(self, queue: BlockQueue, block: Block) -> None:
        """Send a block."""
        self._waiting.append((queue, block))

    def collect(self) -> list[tuple[BlockQueue, Block, Lived]]:
        """Let the time come when the next block has lived."""
        while self._waiting and len(self._living) < self.workers:
            queue, block = self._waiting.popleft()
            seconds = float(seconds_of(queue.genes(block).gains_ascending).sum())
            self._sent, self.busy = self._sent + 1, self.busy + seconds
            heappush(self._living, (self.now + seconds, self._sent, queue, block))
        self.now, _, queue, block = heappop(self._living)
        loss, status = seconds_of(queue.genes(block).gains_ascending), np.zeros(block.size, np.int64)
        return [(queue, block, Lived(Evaluation(loss, status, np.full(block.size, np.nan), {}), 0.0))]

    def watch(self) -> bool:
        """Nothing goes wrong."""
        return False


def schedule(workers: int, lag: int) -> float:
    """Return the share of all workers' time that is spent on lives if nothing but lives takes any."""
    generations, table = GENERATIONS * workers, {"name": "asynchronous", "lag": lag}
    changes = [f"evolution.size={SIZE}", f"evolution.generations={generations}", "backend.block=64"]
    evolution, backend = (
        Evolution(preset("smoke", overrides=[*changes, ("evolution.algorithm", table)])),
        Virtual(workers),
    )
    births = Births(Asynchronous(lag=lag), evolution.search, cast("Backend", backend), evolution.job, generations)
    births.begin(draw_generation_zero(evolution.species, 0, SIZE))
    for number in range(generations + 1):
        births.live(number, do_nothing, never)
    return backend.busy / (workers * backend.now)


def compare(workers: int) -> dict[str, dict[str, float]]:
    """Return `utilisation` with generations, and without for some lags, beside `schedule`."""
    found = {"generational": utilisation(workers, {"name": "generational"})}
    for births in LAGS:
        lag = births * workers
        measured = utilisation(workers, {"name": "asynchronous", "lag": lag})
        found[f"asynchronous, lag {lag}"] = {**measured, "schedule": schedule(workers, lag)}
    return found
