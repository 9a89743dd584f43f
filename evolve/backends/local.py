"""All cores of this machine, in processes of their own."""

import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import Self

import numpy as np

from evolve.backends.backend import Job, idle
from evolve.backends.pool import WorkerPool
from evolve.cohort import Cohort
from populations.blocks import block_size
from populations.evaluation import Evaluation, evaluate
from populations.genome import Population
from populations.types import Indices

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
    workers : int, optional
        Processes; 0: one a core. With 1 everything happens in this process.
    """

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers or available_cores()
        self._pool = WorkerPool(self.workers)

    @property
    def description(self) -> str:
        """What it is, for the log."""
        return f"local, {self.workers} process{'es' if self.workers > 1 else ''}"

    def evaluate(self, job: Job, cohort: Cohort, meanwhile: Callable[[], None] = idle) -> Evaluation:
        """Evaluate all individuals of a cohort, in order; call ``meanwhile`` once, as soon as workers are busy."""
        everyone = np.arange(cohort.size, dtype=np.int64)
        if self.workers == 1:
            meanwhile()
            return evaluate_shard(job, cohort.population, everyone, cohort.generation)
        shards = np.array_split(everyone, self._shards(job, cohort.size))
        futures: list[Future[Evaluation]] = [
            self._pool.submit(evaluate_shard, job, cohort.population.take(shard), shard, cohort.generation)
            for shard in shards
        ]
        meanwhile()
        return Evaluation.join([future.result() for future in futures])

    def _shards(self, job: Job, size: int) -> int:
        blocks = -(-size // (job.block or block_size(job.species)))
        whole_rounds = -(-blocks // self.workers) * self.workers
        return int(min(size, max(self.workers, min(whole_rounds, self.workers * SHARDS_PER_WORKER))))

    def close(self) -> None:
        """Stop the worker processes."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def evaluate_shard(job: Job, population: Population, individuals: Indices, generation: int) -> Evaluation:
    """Evaluate some individuals of a generation; runs in a worker."""
    return evaluate(
        job.species,
        population,
        individuals,
        seed=job.seed,
        generation=generation,
        block=job.block,
        probe=job.probe,
        probe_samples=job.probe_samples,
    )
