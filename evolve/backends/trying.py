"""Whose fault it is that a worker died: an individual's, or that of the machine."""

import time
from concurrent.futures import wait

from hetevo.evolve.backends.backend import Job
from hetevo.evolve.backends.fingerprint import fingerprint
from hetevo.evolve.backends.pool import WorkerDiedError, WorkerPool
from hetevo.evolve.backends.shards import Lived, live_shard
from hetevo.populations.errors import MachineFailedError
from hetevo.populations.evaluation import Evaluation, Failure
from hetevo.populations.genome import Population

TRIES = 3
"""Deaths of fresh workers, alone, after which an individual is given up."""

TRY_SECONDS = 1.0
"""Time between two tries, in which a machine may recover or show that it kills others too."""

FOREVER = 1e8
"""Seconds that a process does nothing."""


def live_alone(job: Job, population: Population, first: int, generation: int) -> Lived:
    """Let one individual live alone in fresh processes of this machine, until it lives or is to blame.

    Beside it is a process that does nothing. If that one ends too, the machine ends processes.

    Parameters
    ----------
    job, population, first, generation
        See `live_shard`; the population is of one.

    Returns
    -------
    Lived
        The individual has failed if its worker died of its own doing again and again.

    Raises
    ------
    MachineFailedError
        If its worker was killed, or cannot be started, or the process beside it ended too.
    """
    begin, pool = time.perf_counter(), WorkerPool(2)
    try:
        idle = pool.submit(time.sleep, FOREVER)
        for _ in range(TRIES):
            try:
                return pool.submit(live_shard, job, population, first, generation).result()
            except WorkerDiedError as error:
                reason = str(error)
                if not error.by_own_doing:
                    raise MachineFailedError(reason) from None
            if wait([idle], TRY_SECONDS).done:
                raise MachineFailedError(f"{reason}, and one beside it that did nothing ended too")
    finally:
        pool.close()
    failure = Failure(first, f"its worker process died, {TRIES} times in a row, although it lived alone: {reason}")
    evaluation = Evaluation.failed(failure, job.species.lifetime.loss_cap)
    return Lived(evaluation, time.perf_counter() - begin, fingerprint(job))
