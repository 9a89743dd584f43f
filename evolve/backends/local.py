"""All cores of this machine, in processes of their own."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from typing import Self

from hetevo.evolve.backends.alone import live_alone
from hetevo.evolve.backends.backend import BLOCK_BYTES, Clock, Telemetry, do_nothing, never
from hetevo.evolve.backends.block_queue import LOOK_SECONDS, Block, BlockQueue
from hetevo.evolve.backends.fingerprint import check_result, check_unchanged, fingerprint, workers_fingerprint
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.lives import Lived, live_block, load
from hetevo.evolve.backends.pool import PAUSES, WorkerPool
from hetevo.evolve.backends.portable import is_pinned
from hetevo.evolve.backends.process import NoWorkersError, WorkerDiedError
from hetevo.evolve.backends.stream import Carrier, QueueStream
from hetevo.evolve.backends.worker import NotLoadableError
from hetevo.evolve.config import BackendTable
from hetevo.evolve.generation import Generation
from hetevo.evolve.machine import available_cores
from hetevo.evolve.messages import log
from hetevo.populations.circuits import block_size
from hetevo.populations.errors import MachineFailedError
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.genome import Population
from hetevo.populations.types import Indices

BLOCKS_PER_WORKER = 4
"""Blocks a worker gets in a generation: enough to even out their times, few enough not to split blocks."""

PLACES = 4
"""Blocks of a stream for each worker: one lives, and others are there while this process writes or breeds."""


class LocalBackend:
    """Evaluates blocks of a population in worker processes.

    Processes, not threads: a lifetime of small networks spends much of its time inside the interpreter, where two
    threads were measured to be no faster than one.

    Parameters
    ----------
    settings : BackendTable, optional
        ``workers`` is the number of processes. With 1 everything happens in this process, which therefore does not
        survive an individual that kills it; unless it is ``portable`` and this process is not.
    """

    def __init__(self, settings: BackendTable | None = None) -> None:
        self.settings = settings or BackendTable()
        self.workers = self.settings.workers or available_cores()
        self.telemetry: Telemetry = {}
        # this process has chosen its routines already, when it loaded NumPy
        self._must_leave = self.settings.portable and not is_pinned()
        self._pool = WorkerPool(self.workers, portable=self.settings.portable)

    @property
    def _is_here(self) -> bool:
        """Whether everything happens in this process."""
        return self.workers == 1 and not self._must_leave

    def prepare(self, job: Job) -> None:
        """Start the workers, and let them load what every block needs; without them all is computed in this process.

        Raises
        ------
        NotLoadableError
            If workers cannot load it.
        NoWorkersError, PortableError
            If results are to be portable, and no worker can be started, or they compute otherwise.
        """
        fingerprint(job)  # as it is now
        if self._is_here:
            return
        try:
            self._load(job)
        except NoWorkersError as error:
            if self._must_leave:
                raise
            self.close()
            self.workers = 1
            log.warning("%s Everything is computed in this one process instead.", error)

    def _load(self, job: Job) -> None:
        """Let each worker load what a job is made of."""
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
        meanwhile: Callable[[], None] = do_nothing,
        stopping: Callable[[], bool] = never,
    ) -> Evaluation:
        """Evaluate all individuals of a generation, in order."""
        queue, clock = BlockQueue(job, generation, self.settings.on_failure, self.settings.losses), Clock()
        # 1. with one worker everything happens in this process
        if self._is_here:
            meanwhile()
            while block := queue.next(generation.size):
                self._collect(queue, block, partial(live_block, *_call(queue, block)), clock)
                queue.wait(stopping)
        # 2. otherwise rounds: all that waits is sent, and all of it comes back or is lost
        while not queue.finished:
            with clock.part("serialise"):
                sent = list(self._send_all(queue))
            meanwhile()
            meanwhile = do_nothing
            with clock.part("wait"):
                for block, result in sent:
                    self._collect(queue, block, result, clock)
                queue.wait(stopping)
        self.telemetry = clock.telemetry(self.workers, queue.resent)
        return queue.join()

    def _send_all(self, queue: BlockQueue) -> "Iterator[tuple[Block, Callable[[], Lived]]]":
        """Send all that waits; who has to live alone does so when all others are back."""
        alone: list[Block] = []
        left = self._count_blocks(queue.job, queue.generation)
        while block := queue.next(-(-queue.fresh // max(left, 1))):
            left -= 1
            if block.alone:
                alone.append(block)
            else:
                yield block, self._pool.submit(live_block, *_call(queue, block)).result
        yield from ((block, partial(live_alone, *_call(queue, block))) for block in alone)

    def _collect(self, queue: BlockQueue, block: Block, result: Callable[[], Lived], clock: Clock) -> None:
        lived = _take_result(queue, block, result)
        if lived is not None:
            clock.busy += lived.seconds
            clock.processor += lived.processor
            queue.keep(block, lived.evaluation)

    def seconds_for_one(self, job: Job, generation: Generation, ready: int | None = None) -> float:
        """Measure a block of the first ``ready`` in a worker, per individual; infinite if this machine cannot."""
        # lived for its time alone: its results are thrown away, and come again
        queue = BlockQueue(job, generation, self.settings.on_failure, ready=ready)
        block = queue.next(job.block or block_size(job.species))
        assert block is not None
        try:
            lived = self._pool.submit(live_block, *_call(queue, block)).result()
        except (WorkerDiedError, NoWorkersError, MemoryError):
            return float("inf")
        return lived.seconds / block.size

    def stream(self, job: Job, generation: Generation, ready: int) -> QueueStream:
        """Return a stream that begins with a generation, of which the first ``ready`` individuals are there."""
        stream = QueueStream(self.settings, self.carrier())
        stream.begin(job, generation, ready)
        return stream

    def carrier(self) -> Carrier:
        """Return what brings blocks of a stream to the workers."""
        return _Carrier(self.workers, None if self._is_here else self._pool)

    def _count_blocks(self, job: Job, generation: Generation) -> int:
        # as many blocks as workers can share evenly, and none so large that its copies on the way take much memory
        size, least = generation.size, -(-generation.population.nbytes // BLOCK_BYTES)
        blocks = -(-size // (job.block or block_size(job.species)))
        whole_rounds = -(-blocks // self.workers) * self.workers
        return int(min(size, max(self.workers, least, min(whole_rounds, self.workers * BLOCKS_PER_WORKER))))

    def close(self) -> None:
        """Stop the worker processes; the next generation starts new ones."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _call(queue: BlockQueue, block: Block) -> tuple[Job, Population, Indices, int]:
    return queue.job, queue.genes(block), queue.individuals(block), queue.generation.number


def _take_result(queue: BlockQueue, block: Block, result: Callable[[], Lived]) -> Lived | None:
    """Return what became of a block; None if it was lost, and given back to ``queue``."""
    try:
        lived = result()
    except WorkerDiedError as error:
        queue.take_back(block, str(error), suspect=error.by_own_doing, counts=not error.by_own_doing)
    except MemoryError as error:
        queue.take_back(block, f"memory ran out ({error})")
    except MachineFailedError as error:
        queue.take_back(block, str(error), suspect=block.suspect)
    except Exception:
        check_unchanged(queue.job)  # a worker that was started with other code may raise whatever it likes
        raise
    else:
        check_result(lived.worker, workers_fingerprint(queue.job))
        return lived
    return None


class _Carrier:
    """Brings the blocks of a stream to worker processes; without a pool they live in this process."""

    def __init__(self, workers: int, pool: WorkerPool | None) -> None:
        self.workers, self._pool = workers, pool
        self._here: list[tuple[BlockQueue, Block]] = []
        self._sent: dict[Future[Lived], tuple[BlockQueue, Block]] = {}

    @property
    def free(self) -> int:
        """Blocks that can be sent now."""
        places = PLACES * self.workers if self._pool else 1
        return places - len(self._sent) - len(self._here)

    def send(self, queue: BlockQueue, block: Block) -> None:
        """Send a block; who has to live alone is looked after by this process."""
        if self._pool and not block.alone:
            self._sent[self._pool.submit(live_block, *_call(queue, block))] = queue, block
        else:
            self._here.append((queue, block))

    def collect(self) -> list[tuple[BlockQueue, Block, Lived]]:
        """Wait a moment, return the blocks that have lived, and give those that were lost back to their queues."""
        came = []
        for queue, block in self._here:
            live = live_alone if self._pool and block.alone else live_block
            came.append((queue, block, _take_result(queue, block, partial(live, *_call(queue, block)))))
        self._here.clear()
        # no longer than until it is looked whether the run should stop, or a pause has ended
        for future in wait(self._sent, 0 if came else LOOK_SECONDS, FIRST_COMPLETED).done if self._sent else ():
            queue, block = self._sent.pop(future)
            came.append((queue, block, _take_result(queue, block, future.result)))
        if not came and not self._sent:
            time.sleep(LOOK_SECONDS)
        return [(queue, block, lived) for queue, block, lived in came if lived is not None]

    def watch(self) -> bool:
        """Nothing hangs here that does not end by itself."""
        return False
