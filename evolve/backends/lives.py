"""What runs in a worker: some individuals of a generation, of whom one may fail.

Or one alone, to see whose fault it is that workers die: its own, or that of the machine.
"""

import pickle
import time
import traceback
from concurrent.futures import wait
from dataclasses import dataclass, replace

from hetevo.evolve.backends.backend import Job
from hetevo.evolve.backends.fingerprint import Fingerprint, fingerprint
from hetevo.evolve.backends.pool import WorkerDiedError, WorkerPool
from hetevo.evolve.data.sharing import travelling
from hetevo.populations.errors import MachineFailedError
from hetevo.populations.evaluation import Evaluation, Failure, evaluate
from hetevo.populations.experience import Experience, experience
from hetevo.populations.genome import Population
from hetevo.populations.isolation import isolated, one_thread
from hetevo.populations.species import Species
from hetevo.populations.types import Indices

TRIES = 3
"""Deaths of fresh workers, alone, after which an individual is given up."""

TRY_SECONDS = 1.0
"""Time between two tries, in which a machine may recover or show that it kills others too."""

FOREVER = 1e8
"""Seconds that a process does nothing."""


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
    """

    evaluation: Evaluation
    seconds: float
    worker: Fingerprint = Fingerprint()


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
    begin = time.perf_counter()
    job.species.task.prepare()  # what cannot be loaded here is no individual's fault
    evaluation = _evaluate(job, population, individuals, generation)
    return Lived(evaluation, time.perf_counter() - begin, fingerprint(job))


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
            lived=draw_once(job, generation),
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


def live_alone(job: Job, population: Population, individuals: Indices, generation: int) -> Lived:
    """Let one individual live alone in fresh processes of this machine, until it lives or is to blame.

    Beside it is a process that does nothing. If that one ends too, the machine ends processes.

    Parameters
    ----------
    job, population, individuals, generation
        See `live_block`; the population is of one.

    Returns
    -------
    Lived
        The individual has failed if its worker died of its own doing again and again.

    Raises
    ------
    MachineFailedError
        If its worker was killed, or cannot be started, or the process beside it ended too.
    """
    # one worker lives it, the other only shows whether the machine ends processes
    begin, pool = time.perf_counter(), WorkerPool(2)
    try:
        # tried again only as long as the other one lives
        idle = pool.submit(time.sleep, FOREVER)
        with travelling(job.species) as species:
            job = replace(job, species=species)
            for _ in range(TRIES):
                try:
                    return pool.submit(live_block, job, population, individuals, generation).result()
                except WorkerDiedError as error:
                    reason = str(error)
                    if not error.by_own_doing:
                        raise MachineFailedError(reason) from None
                if wait([idle], TRY_SECONDS).done:
                    raise MachineFailedError(f"{reason}, and one beside it that did nothing ended too")
    finally:
        pool.close()
    failure = Failure(
        int(individuals[0]), f"its worker process died, {TRIES} times in a row, although it lived alone: {reason}"
    )
    evaluation = Evaluation.failed(failure, job.species.lifetime.loss_cap)
    return Lived(evaluation, time.perf_counter() - begin, fingerprint(job))
