"""All cores of this machine, in processes of their own."""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Self

from hetevo.evolve.backends.backend import Job, Telemetry, idle, never
from hetevo.evolve.backends.fingerprint import check_result, check_unchanged, fingerprint
from hetevo.evolve.backends.pieces import Piece, Pieces
from hetevo.evolve.backends.pool import PAUSES, NotLoadableError, NoWorkersError, WorkerDiedError, WorkerPool
from hetevo.evolve.backends.shards import Lived, live_shard, load
from hetevo.evolve.backends.timing import Clock
from hetevo.evolve.backends.trying import live_alone
from hetevo.evolve.config import BackendTable
from hetevo.evolve.generation import Generation
from hetevo.evolve.news import news
from hetevo.populations.circuits import block_size
from hetevo.populations.errors import MachineFailedError
from hetevo.populations.genome import Population
from hetevo.populations.outcome import Evaluation

SHARDS_PER_WORKER = 4
"""Shards a worker gets in a generation: enough to even out their times, few enough not to split blocks."""


def available_cores() -> int:
    """Return the cores that this process may run on (a batch system may grant fewer than the machine has)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalBackend:
    """Evaluates shards of a population in worker processes.

    Processes, not threads: a lifetime of small networks spends much of its time inside the interpreter, where two
    threads were measured to be no faster than one.

    Parameters
    ----------
    settings : BackendTable, optional
        ``workers`` is the number of processes. With 1 everything happens in this process, which therefore does not
        survive an individual that kills it.
    """

    def __init__(self, settings: BackendTable | None = None) -> None:
        self.settings = settings or BackendTable()
        self.workers = self.settings.workers or available_cores()
        self.telemetry: Telemetry = {}
        self._pool = WorkerPool(self.workers)

    def prepare(self, job: Job) -> None:
        """Start the workers, and let them load what every block needs; without them all is computed in this process."""
        fingerprint(job)  # as it is now
        if self.workers == 1:
            return
        try:
            self._load(job)
        except NoWorkersError as error:
            self.close()
            self.workers = 1
            news.warning("%s Everything is computed in this one process instead.", error)

    def _load(self, job: Job) -> None:
        for pause in (*PAUSES, 0.0):
            try:
                for loading in [self._pool.submit(load, job) for _ in range(self.workers)]:
                    loading.result()
            except WorkerDiedError as error:
                last = error
                time.sleep(pause)
            else:
                return
        if last.by_own_doing:
            raise NotLoadableError(f"{last}, {len(PAUSES) + 1} times in a row, while it loaded them")
        raise NoWorkersError(f"Worker processes do not live here: {last}, {len(PAUSES) + 1} times in a row.")

    @property
    def description(self) -> str:
        """What it is, for the log."""
        return f"local, {self.workers} process{'es' if self.workers > 1 else ''}"

    def evaluate(
        self,
        job: Job,
        generation: Generation,
        meanwhile: Callable[[], None] = idle,
        stopping: Callable[[], bool] = never,
    ) -> Evaluation:
        """Evaluate all individuals of a generation, in order."""
        pieces, clock = Pieces(job, generation, self.settings.on_failure, self.settings.losses), Clock()
        if self.workers == 1:
            meanwhile()
            while piece := pieces.next(generation.size):
                self._land(pieces, piece, partial(live_shard, *self._call(pieces, piece)), clock)
                pieces.wait(stopping)
        while not pieces.finished:
            with clock.part("serialise"):
                sent = list(self._sent(pieces))
            meanwhile()
            meanwhile = idle
            with clock.part("wait"):
                for piece, result in sent:
                    self._land(pieces, piece, result, clock)
                pieces.wait(stopping)
        self.telemetry = clock.telemetry(self.workers, pieces.resent)
        return pieces.join()

    def _sent(self, pieces: Pieces) -> "Iterator[tuple[Piece, Callable[[], Lived]]]":
        """Send all that waits; who has to live alone does so when all others are back."""
        alone: list[Piece] = []
        left = self._shards(pieces.job, pieces.generation.size)
        while piece := pieces.next(-(-pieces.fresh // max(left, 1))):
            left -= 1
            if piece.alone:
                alone.append(piece)
            else:
                yield piece, self._pool.submit(live_shard, *self._call(pieces, piece)).result
        yield from ((piece, partial(live_alone, *self._call(pieces, piece))) for piece in alone)

    def _land(self, pieces: Pieces, piece: Piece, result: Callable[[], Lived], clock: Clock) -> None:
        try:
            lived = result()
        except WorkerDiedError as error:
            pieces.lost(piece, str(error), suspect=error.by_own_doing, counts=not error.by_own_doing)
        except MemoryError as error:
            pieces.lost(piece, f"memory ran out ({error})")
        except MachineFailedError as error:
            pieces.lost(piece, str(error), suspect=piece.suspect)
        except Exception:
            check_unchanged(pieces.job)  # a worker that was started with other code may raise whatever it likes
            raise
        else:
            check_result(lived.worker, fingerprint(pieces.job))
            clock.busy += lived.seconds
            pieces.place(piece, lived.evaluation)

    def seconds_for_one(self, job: Job, generation: Generation) -> float:
        """Measure a block in a worker, per individual; infinite if this machine cannot do that."""
        pieces = Pieces(job, generation, self.settings.on_failure)
        piece = pieces.next(job.block or block_size(job.species))
        assert piece is not None
        try:
            lived = self._pool.submit(live_shard, *self._call(pieces, piece)).result()
        except (WorkerDiedError, NoWorkersError, MemoryError):
            return float("inf")
        return lived.seconds / piece.size

    def _call(self, pieces: Pieces, piece: Piece) -> tuple[Job, Population, int, int]:
        return pieces.job, pieces.genes(piece), piece.start, pieces.generation.number

    def _shards(self, job: Job, size: int) -> int:
        blocks = -(-size // (job.block or block_size(job.species)))
        whole_rounds = -(-blocks // self.workers) * self.workers
        return int(min(size, max(self.workers, min(whole_rounds, self.workers * SHARDS_PER_WORKER))))

    def close(self) -> None:
        """Stop the worker processes; the next generation starts new ones."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
