"""What runs in a worker: some individuals of a generation, of whom one may fail."""

import time
import traceback
from dataclasses import dataclass

from hetevo.evolve.backends.fingerprint import Fingerprint, fingerprint
from hetevo.evolve.backends.job import Job
from hetevo.populations.evaluation import Evaluation, Failure, evaluate
from hetevo.populations.genome import Population
from hetevo.populations.types import Indices


@dataclass(frozen=True)
class Lived:
    """What a worker sends back.

    Parameters
    ----------
    evaluation : Evaluation
        Of the individuals it got, in order.
    seconds : float
        Time that it took in the worker.
    worker : Fingerprint
        What it was computed with; the driver compares that with its own before the results count.
    processor : float
        Seconds of that in which the worker had a processor.
    """

    evaluation: Evaluation
    seconds: float
    worker: Fingerprint = Fingerprint()
    processor: float = 0.0


def load(job: Job) -> None:
    """Load what a job is made of, and note what this worker computes with."""
    job.species.task.prepare()
    fingerprint(job)


def live_block(job: Job, population: Population, individuals: Indices, generation: int) -> Lived:
    """Evaluate individuals of a generation.

    Parameters
    ----------
    job : Job
        What all individuals have in common.
    population : Population
        Their genes only.
    individuals : ndarray of int64, shape (n,)
        Their positions in the whole population.
    generation : int
        Counted from 0.
    """
    begin, processor = time.perf_counter(), time.process_time()
    job.species.task.prepare()  # what cannot be loaded here is no individual's fault
    evaluation = _evaluate(job, population, individuals, generation)
    seconds, processor = time.perf_counter() - begin, time.process_time() - processor
    return Lived(evaluation, seconds, fingerprint(job), processor)


def _evaluate(job: Job, population: Population, individuals: Indices, generation: int) -> Evaluation:
    try:
        return evaluate(
            job.species,
            population,
            individuals,
            seed=job.seed,
            generation=generation,
            block=job.block,
            probe=job.probe,
            probe_samples=job.probe_samples,
            moments=job.moments,
            probe_share=job.probe_share,
        )
    except MemoryError:
        if population.size == 1:
            raise  # says something about this machine, nothing about an individual
    except (Exception, SystemExit) as error:
        if population.size == 1:
            reason = f"{type(error).__name__}: {error}"
            failure = Failure(int(individuals[0]), reason, traceback.format_exc())
            return Evaluation.failed(failure, job.species.lifetime.loss_cap)
    # who raised is found by halving, and half takes less memory; all others get the same bits as in any other block
    middle = population.size // 2
    halves = slice(middle), slice(middle, None)
    return Evaluation.join([_evaluate(job, population.take(h), individuals[h], generation) for h in halves])
