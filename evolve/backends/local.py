"""All cores of this machine, in processes of their own."""

import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import Self

from evolve.backends.backend import Job, Telemetry, idle
from evolve.backends.fingerprint import check_result, fingerprint
from evolve.backends.pieces import Piece, Pieces
from evolve.backends.pool import NoWorkersError, WorkerDiedError, WorkerPool
from evolve.backends.shards import Lived, live_shard, load
from evolve.backends.timing import Clock
from evolve.cohort import Cohort
from evolve.config import BackendTable
from evolve.news import news
from populations.blocks import block_size
from populations.outcome import Evaluation

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
            for loading in [self._pool.submit(load, job) for _ in range(self.workers)]:
                loading.result()
        except NoWorkersError as error:
            self.close()
            self.workers = 1
            news.warning("%s Everything is computed in this one process instead.", error)

    @property
    def description(self) -> str:
        """What it is, for the log."""
        return f"local, {self.workers} process{'es' if self.workers > 1 else ''}"

    def evaluate(self, job: Job, cohort: Cohort, meanwhile: Callable[[], None] = idle) -> Evaluation:
        """Evaluate all individuals of a cohort, in order; call ``meanwhile`` once, as soon as workers are busy."""
        pieces, clock = Pieces(job, cohort, self.settings.on_failure), Clock()
        if self.workers == 1:
            meanwhile()
            while piece := pieces.next(cohort.size):
                self._keep(pieces, piece, live_shard(job, pieces.genes(piece), piece.start, cohort.generation), clock)
        else:
            self._evaluate_in_pool(pieces, clock, meanwhile)
        self.telemetry = clock.telemetry(self.workers, pieces.resent)
        return pieces.join()

    def _evaluate_in_pool(self, pieces: Pieces, clock: Clock, meanwhile: Callable[[], None]) -> None:
        sent: list[tuple[Piece, Future[Lived]]] = []
        with clock.part("serialise"):
            for left in range(self._shards(pieces.job, pieces.cohort.size), 0, -1):
                if piece := pieces.next(-(-pieces.fresh // left)):
                    sent.append((piece, self._send(pieces, piece)))
        meanwhile()
        with clock.part("wait"):
            for piece, future in sent:
                try:
                    self._keep(pieces, piece, future.result(), clock)
                except WorkerDiedError as error:
                    self._died(pieces, piece, error)
            # after a death: one piece at a time, so that there is no doubt whose fault it is
            while piece := pieces.next(pieces.fresh):
                try:
                    self._keep(pieces, piece, self._send(pieces, piece).result(), clock)
                except WorkerDiedError as error:
                    self._died(pieces, piece, error)

    def seconds_for_one(self, job: Job, cohort: Cohort) -> float:
        """Measure a block in a worker, per individual; infinite if the block killed the worker."""
        pieces = Pieces(job, cohort, self.settings.on_failure)
        piece = pieces.next(job.block or block_size(job.species))
        assert piece is not None
        try:
            return self._send(pieces, piece).result().seconds / piece.size
        except WorkerDiedError:
            return float("inf")

    def _died(self, pieces: Pieces, piece: Piece, error: WorkerDiedError) -> None:
        news.warning("%s with individuals %d to %d", error, piece.start, piece.stop - 1)
        pieces.crashed(piece)

    def _keep(self, pieces: Pieces, piece: Piece, lived: Lived, clock: Clock) -> None:
        check_result(lived.worker, fingerprint(pieces.job))
        clock.busy += lived.seconds
        pieces.place(piece, lived.evaluation)

    def _send(self, pieces: Pieces, piece: Piece) -> "Future[Lived]":
        return self._pool.submit(live_shard, pieces.job, pieces.genes(piece), piece.start, pieces.cohort.generation)

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
