"""Blocks of individuals as tasks of a Ray cluster; lives in a process of its own, see `backend`."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import ray

from hetevo.evolve.backends.backend import Clock, Piece, Telemetry
from hetevo.evolve.backends.block_queue import LOOK_SECONDS, Block, BlockQueue
from hetevo.evolve.backends.fingerprint import fingerprint
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.lives import Lived, load
from hetevo.evolve.backends.ray.connection import (
    check,
    check_cpus,
    check_software,
    connect,
    cpus,
    largest_block,
    refuse_unpinned,
    store_bytes,
)
from hetevo.evolve.backends.ray.in_flight import InFlight, Sizes
from hetevo.evolve.backends.ray.local import LocalCluster
from hetevo.evolve.backends.ray.objects import Store
from hetevo.evolve.backends.ray.session import ClusterLostError, how_to_go_on, in_short
from hetevo.evolve.backends.ray.stream import Fed, Mirror
from hetevo.evolve.backends.ray.tasks import task
from hetevo.evolve.backends.stream import QueueStream
from hetevo.evolve.backends.worker import NotLoadableError
from hetevo.evolve.config import BackendTable
from hetevo.evolve.generation import Generation
from hetevo.evolve.machine import available_cores
from hetevo.evolve.messages import log
from hetevo.populations.circuits import block_size, genome
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.species import Species

IN_FLIGHT = 3
"""Blocks sent for each CPU: one lives, and the next ones are there when it ends."""

LOAD_RETRIES = 3
"""Times that a worker may die before it has loaded what a block needs."""

WATCH_SECONDS = 2.0
"""Seconds between two counts of the workers."""


class RayDriver:
    """Evaluates blocks as stateless tasks; the driver's checkpoint is all that lasts.

    Parameters
    ----------
    settings : BackendTable
        Without an address Ray is started on this machine, and ended by `close`.

    Raises
    ------
    ClusterError
        If the cluster is not there or not what was asked for.
    ClusterLostError
        If Ray does not start on this machine.
    """

    def __init__(self, settings: BackendTable) -> None:
        self.settings = settings
        self.telemetry: Telemetry = {}
        self._local: LocalCluster | None = None
        self._sizes: Sizes | None = None
        self._known: tuple[Species, int, int] | None = None
        self._strangers: dict[str, str] = {}
        self._store = Store()
        self.mirror = Mirror(QueueStream(settings, _Carrier(self, settings.deadline)))
        try:
            # 1. the cluster: one of this run's own, or that of the address
            if not settings.address:
                self._local = LocalCluster(settings.workers or available_cores())
            self._address = self._local.address if self._local else settings.address
            if not self._local:
                check(self._address)
            connect(self._address, sys.path if self._local else None, portable=settings.portable)
            # 2. whether it can do what is asked of it
            check_cpus(settings.workers, self._address)
            if not self._local:
                check_software(mixed=settings.mixed, portable=settings.portable)
            self._cpus = cpus()
        except BaseException:
            self.close()
            raise
        self._counted = self._seen = time.monotonic()
        self.workers = self._limit_workers()
        log.info("backend: %s", self.description)

    @property
    def description(self) -> str:
        """What it is, for the log."""
        where = "on this machine" if self._local else f"at {self._address}"
        return f"Ray {where}, {self.workers} worker{'s' if self.workers > 1 else ''}"

    def prepare(self, job: Job) -> None:
        """Let a worker load what every block needs.

        Raises
        ------
        NotLoadableError
            If it cannot.
        ClusterError
            If a node lacks a package that the job needs.
        ClusterLostError
            If no worker lives long enough.
        PortableError
            If it does not compute portably, and the job asks for that.
        """
        # packages of others may be on some nodes only
        if job.packages and not self._local:
            check_software(job, mixed=self.settings.mixed, portable=job.portable)
        try:
            ray.get(task(load, LOAD_RETRIES).remote(self._sendable(job)))
        except (ray.exceptions.RayTaskError, ray.exceptions.RaySystemError) as error:
            refuse_unpinned(error)
            raise NotLoadableError(str(error).strip().splitlines()[-1]) from None
        except ray.exceptions.RayError as error:
            raise _explain_loss(error) from None

    def evaluate(self, job: Job, generation: Generation, stopping: Callable[[], bool]) -> Evaluation:
        """Evaluate all individuals of a generation, in order."""
        try:
            return self._evaluate(self._sendable(job), generation, stopping)
        except ray.exceptions.RayError as error:
            raise _explain_loss(error) from None

    def _evaluate(self, job: Job, generation: Generation, stopping: Callable[[], bool]) -> Evaluation:
        queue, clock = BlockQueue(job, generation, self.settings.on_failure, self.settings.losses), Clock()
        in_flight, sizes = InFlight(self.settings.deadline), self._sizes_for(job, generation)
        try:
            # sent, collected and watched in turn, until everyone has lived
            while not queue.finished:
                with clock.part("serialise"):
                    self._send(queue, in_flight, sizes)
                with clock.part("wait"):
                    collected = self.trusted(in_flight.collect(queue.pause))
                for _, block, lived in collected:
                    clock.busy += lived.seconds
                    clock.processor += lived.processor
                    sizes.learn(block.size, lived.seconds)
                    queue.keep(block, lived.evaluation)
                self.watch(in_flight)
                in_flight.cancel_late()
                queue.check(stopping, is_in_trouble=not self._cpus)
        finally:
            in_flight.cancel_all()
        self.telemetry = clock.telemetry(self.workers, queue.resent)
        return queue.join()

    def _sendable(self, job: Job) -> Job:
        """Return a job that workers can load; those of this machine map the rows of a table from its files."""
        return job if self._local else self._store.sendable(job)

    def exchange(self, fed: Sequence[Fed], stopping: Callable[[], bool]) -> Sequence[Piece]:
        """Take individuals of a stream, and return whoever has lived since; they live beside what is evaluated."""
        try:
            sendable = [replace(new, job=new.job and self._sendable(new.job)) for new in fed]
            for job in [new.job for new in sendable if new.job]:
                each = sum(gene.nbytes for gene in genome(job.species))
                self.mirror.stream.largest = largest_block(store_bytes(), IN_FLIGHT * max(self.workers, 1), each)
            return self.mirror.exchange(sendable, stopping)
        except ray.exceptions.RayError as error:
            raise _explain_loss(error) from None

    def trusted(self, collected: list[tuple[BlockQueue, Block, Lived]]) -> list[tuple[BlockQueue, Block, Lived]]:
        """Return the results that were computed as here: no others count, and their blocks go back to their queues."""
        trusted = []
        for queue, block, lived in collected:
            if self._is_strange(queue.job, lived):
                queue.take_back(block, self._strangers[lived.worker.host])
            else:
                trusted.append((queue, block, lived))
        return trusted

    def _is_strange(self, job: Job, lived: Lived) -> bool:
        """Tell whether results are those of a worker that computes otherwise, also of one that has joined later."""
        problem = lived.worker.problem(fingerprint(job), mixed=self.settings.mixed)
        if problem and self._strangers.get(lived.worker.host) != problem:
            self._strangers[lived.worker.host] = problem
            log.warning(
                "%s: its results are not used, and their blocks are sent again. Take the node out of the cluster, or"
                " install the same environment there and start it anew",
                problem,
            )
        return bool(problem)

    def _sizes_for(self, job: Job, generation: Generation) -> Sizes:
        if self._sizes and self._known == (job.species, job.block, self.workers):
            return self._sizes  # it has learned from earlier generations
        self._known = (job.species, job.block, self.workers)
        # all blocks in flight together must fit into the object store
        bytes_each = -(-generation.population.nbytes // generation.size)
        largest = largest_block(store_bytes(), IN_FLIGHT * max(self.workers, 1), bytes_each)
        self._sizes = Sizes(job.block or block_size(job.species), largest, fixed=job.block > 0)
        return self._sizes

    def _send(self, queue: BlockQueue, in_flight: InFlight, sizes: Sizes) -> None:
        while len(in_flight) < self.places and not queue.pause:
            block = queue.next(sizes.next(queue.fresh, queue.generation.size, max(self.workers, 1)))
            if block is None:
                return
            in_flight.send(queue, block)

    @property
    def places(self) -> int:
        """Blocks that may be in flight."""
        # fewer workers than CPUs can only be had by not sending more than that many blocks
        return self.workers if self.workers < self._cpus else IN_FLIGHT * max(self.workers, 1)

    @property
    def is_deserted(self) -> bool:
        """Whether there is no worker now."""
        return not self._cpus

    def _limit_workers(self) -> int:
        return min(self.settings.workers, self._cpus) if self.settings.workers else self._cpus

    def watch(self, in_flight: InFlight) -> None:
        """Notice workers that join or leave, and give up when all have been gone for long.

        Raises
        ------
        ClusterLostError
            If none has come back.
        """
        now = time.monotonic()
        if now - self._counted < WATCH_SECONDS:
            return
        # nodes come and go while a generation lives
        self._counted, before, self._cpus = now, self._cpus, cpus()
        if self._cpus:
            self._seen = now
        if self._cpus != before:
            verb = "joined" if self._cpus > before else "left"
            waits = "" if self._cpus else f"; waiting {self.settings.patience:.0f} seconds for others"
            log.warning("workers %s: %d before, %d now%s", verb, before, self._cpus, waits)
            self.workers = self._limit_workers()
        if self._cpus != before or not self._cpus:
            in_flight.start_clocks_anew()
        if now - self._seen > self.settings.patience:
            raise ClusterLostError(
                f"All workers of the cluster at {self._address} have been gone for {now - self._seen:.0f} seconds."
                f" {how_to_go_on()}"
            )

    def close(self) -> None:
        """Leave the cluster, and end it if it was started for this run."""
        ray.shutdown()
        if self._local:
            self._local.close()
            self._local = None


class _Carrier:
    """Brings the blocks of a stream to a cluster's workers."""

    def __init__(self, driver: RayDriver, deadline: float) -> None:
        self._driver, self._in_flight = driver, InFlight(deadline)

    @property
    def workers(self) -> int:
        """CPUs that evaluate."""
        return max(self._driver.workers, 1)

    @property
    def free(self) -> int:
        """Blocks that can be sent now."""
        return self._driver.places - len(self._in_flight)

    def send(self, queue: BlockQueue, block: Block) -> None:
        """Send a block."""
        self._in_flight.send(queue, block)

    def collect(self) -> list[tuple[BlockQueue, Block, Lived]]:
        """Wait a moment, return the blocks that have lived, and give those that were lost back to their queues."""
        return self._driver.trusted(self._in_flight.collect(LOOK_SECONDS))

    def watch(self) -> bool:
        """Look after what is in flight; tell whether there is no worker now."""
        self._driver.watch(self._in_flight)
        self._in_flight.cancel_late()
        return self._driver.is_deserted


def _explain_loss(error: Exception) -> ClusterLostError:
    """Say what Ray said, without an error of its own: the process that evolves does not know them."""
    return ClusterLostError(f"Ray failed: {in_short(error)}. {how_to_go_on()}")
