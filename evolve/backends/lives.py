"""What runs in a worker: some individuals of a generation, of whom one may fail."""

import pickle
import time
import traceback
from dataclasses import dataclass

from hetevo.evolve.backends.fingerprint import Fingerprint, fingerprint
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.portable import require_pins
from hetevo.populations.evaluation import Evaluation, Failure, evaluate
from hetevo.populations.experience import Experience, experience
from hetevo.populations.genome import Population
from hetevo.populations.isolation import isolated, one_thread
from hetevo.populations.species import Species
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
    if job.portable:
        require_pins()
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

    Raises
    ------
    PortableError
        If this process does not compute portably, and the job asks for that.
    """
    begin, processor = time.perf_counter(), time.process_time()
    if job.portable:
        require_pins()
    job.species.task.prepare()  # what cannot be loaded here is no individual's fault
    evaluation = _evaluate(job, population, individuals, generation)
    seconds, processor = time.perf_counter() - begin, time.process_time() - processor
    return Lived(evaluation, seconds, fingerprint(job), processor)


@dataclass(frozen=True)
class Drawn:
    """The samples of the last block: all blocks of a generation live through the same, and images take time to draw."""

    species: Species
    address: tuple[int, int, int]
    key: bytes
    experience: Experience

    def is_of(self, species: Species, key: bytes) -> bool:
        """Tell whether a species lives through them."""
        return self.species is species or bool(key and self.key == key)


_last: list[Drawn] = []


@isolated
def draw_once(job: Job, generation: int) -> Experience:
    """Return what a generation lives through, drawn for the first of its blocks in this process."""
    address = job.seed, generation, job.probe_samples if job.probe is not None else 0
    # the same species; or in a worker, where each block brings one of its own, one of the same bytes
    key = _bytes_of(job.species)
    kept = next((drawn for drawn in _last if drawn.address == address and drawn.is_of(job.species, key)), None)
    if kept is not None:
        return kept.experience
    _last.clear()  # first, so that there are never two in memory
    with one_thread():
        found = experience(job.species, *address)
    _last[:] = [Drawn(job.species, address, key, found)]
    return found


def _bytes_of(species: Species) -> bytes:
    try:
        return pickle.dumps(species)
    except Exception:  # what never leaves this process need not be able to
        return b""


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
            lived=draw_once(job, generation),
            changes=job.changes,
            injury=job.injury,
        )
    except MemoryError:
        if population.size == 1:
            raise  # says something about this machine, nothing about an individual
    except (Exception, SystemExit) as error:
        if population.size == 1:
            reason = f"{type(error).__name__}: {error}"
            failure = Failure(int(individuals[0]), reason, traceback.format_exc())
            return Evaluation.failed(failure, job.species.lifetime.loss_cap, job.species.lifetime.tasks)
    # who raised is found by halving, and half takes less memory; all others get the same bits as in any other block
    middle = population.size // 2
    halves = slice(middle), slice(middle, None)
    return Evaluation.join([_evaluate(job, population.take(h), individuals[h], generation) for h in halves])
