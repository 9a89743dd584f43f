"""An individual that lives alone, to see whose fault it is that workers die: its own, or that of the machine."""

import time
from concurrent.futures import wait
from dataclasses import replace

from hetevo.evolve.backends.fingerprint import workers_fingerprint
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.lives import Lived, live_block
from hetevo.evolve.backends.pool import WorkerPool
from hetevo.evolve.backends.process import WorkerDiedError
from hetevo.evolve.data.sharing import travelling
from hetevo.populations.errors import MachineFailedError
from hetevo.populations.evaluation import Evaluation, Failure
from hetevo.populations.genome import Population
from hetevo.populations.types import Indices

TRIES = 3
"""Deaths of fresh workers, alone, after which an individual is given up."""

TRY_SECONDS = 1.0
"""Time between two tries, in which a machine may recover or show that it kills others too."""

FOREVER = 1e8
"""Seconds that a process does nothing."""


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
    begin, pool = time.perf_counter(), WorkerPool(2, portable=job.portable)
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
    evaluation = Evaluation.failed(failure, job.species.lifetime.loss_cap, job.species.lifetime.tasks)
    return Lived(evaluation, time.perf_counter() - begin, workers_fingerprint(job))
