"""Individuals that live one after another, as soon as they are there: see `hetevo.evolve.backends.backend.Stream`.

What a generation is to `BlockQueue`, a stream is to several of them: each generation has a queue of its own, so that
whatever is lost is sent again, halved, or found out, as in a generation that lives alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from hetevo.evolve.backends.backend import BLOCK_BYTES, Clock, Piece, Telemetry, do_nothing, never
from hetevo.evolve.backends.block_queue import Block, BlockQueue
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.lives import Lived
from hetevo.evolve.config import BackendTable
from hetevo.evolve.generation import Generation
from hetevo.populations.circuits import block_size, genome
from hetevo.populations.evaluation import Evaluation

ROUNDS = 4
"""Blocks into which a worker's share of the individuals that are out is cut, at least: none of them is long."""


class Carrier(Protocol):
    """What brings blocks to the workers of a backend, and their results back."""

    @property
    def workers(self) -> int:
        """Processes that evaluate."""
        ...

    @property
    def free(self) -> int:
        """Blocks that can be sent now."""
        ...

    def send(self, queue: BlockQueue, block: Block) -> None:
        """Send a block."""
        ...

    def collect(self) -> Sequence[tuple[BlockQueue, Block, Lived]]:
        """Wait a moment, return the blocks that have lived, and give those that were lost back to their queues."""
        ...

    def watch(self) -> bool:
        """Look after what is in flight; tell whether nobody knows when it will have lived."""
        ...


class QueueStream:
    """A stream that keeps the individuals of each generation in a queue.

    Parameters
    ----------
    settings : BackendTable
        What to do about individuals that fail and blocks that are lost.
    carrier : Carrier
        Brings blocks to workers.

    Attributes
    ----------
    largest : int or None
        Individuals of a block, at most; None: as many as live side by side.
    """

    def __init__(self, settings: BackendTable, carrier: Carrier) -> None:
        self._settings, self._carrier = settings, carrier
        self.largest: int | None = None
        self._queues: dict[int, BlockQueue] = {}
        self._out = 0
        self._resent = 0
        self._clock = Clock()

    def begin(self, job: Job, generation: Generation, ready: int = 0) -> None:
        """Begin a generation, of which the first ``ready`` individuals are there."""
        settings = self._settings
        self._queues[generation.number] = BlockQueue(job, generation, settings.on_failure, settings.losses, ready=ready)
        self._out += ready

    def feed(self, generation: int, ready: int) -> None:
        """Say that the first ``ready`` individuals of a generation are there."""
        queue = self._queues[generation]
        self._out += ready - queue.ready
        queue.ready = ready

    def take(self, meanwhile: Callable[[], None] = do_nothing, stopping: Callable[[], bool] = never) -> Sequence[Piece]:
        """Send what is there, and return whoever has lived since: at least one individual."""
        pieces: list[Piece] = []
        while not pieces:
            with self._clock.part("serialise"):
                self._send()
            meanwhile()
            meanwhile = do_nothing
            with self._clock.part("wait"):
                came = self._carrier.collect()
            pieces = [self._keep(*lived) for lived in came]
            in_trouble = self._carrier.watch()
            for queue in self._queues.values():
                queue.check(stopping, is_in_trouble=in_trouble)
            self._end_finished()
        return pieces

    def _send(self) -> None:
        """Send blocks of those who wait longest, as long as there is a place for one."""
        for queue in self._queues.values():
            while not queue.pause and (free := self._carrier.free) > 0:
                block = queue.next(self._choose_size(queue, free))
                if block is None:
                    break
                self._carrier.send(queue, block)

    def _choose_size(self, queue: BlockQueue, free: int) -> int:
        """Return the size of the next block: what waits is spread over the places that are free."""
        unit = queue.job.block or block_size(queue.job.species)
        # its copies on the way take memory
        each = sum(gene.nbytes for gene in genome(queue.job.species))
        most = [unit, max(1, BLOCK_BYTES // max(each, 1)), -(-queue.fresh // free)]
        # others wait for those in a block that takes long, and there are never more out than may be ahead of them
        if self._carrier.workers > 1:
            most.append(self._out // (ROUNDS * self._carrier.workers))
        if self.largest:
            most.append(self.largest)
        return max(1, min(most))

    def _keep(self, queue: BlockQueue, block: Block, lived: Lived) -> Piece:
        """Keep the results of a block."""
        self._clock.busy += lived.seconds
        self._clock.processor += lived.processor
        queue.keep(block, lived.evaluation)
        self._out -= block.size
        return Piece(queue.generation.number, np.arange(block.start, block.stop), lived.evaluation)

    def _end_finished(self) -> None:
        """Let go of generations that have lived; EvaluationError if everyone in one has failed."""
        for number in [number for number, queue in self._queues.items() if queue.finished]:
            self._queues[number].join()
            self._resent += self._queues.pop(number).resent

    def lap(self) -> Telemetry:
        """Return what there is to say of the time since this was last asked."""
        telemetry = self._clock.telemetry(self._carrier.workers, self._resent)
        self._clock, self._resent = Clock(), 0
        return telemetry


def join_pieces(pieces: Sequence[Piece]) -> Evaluation:
    """Return what became of everyone in a generation, in order, whatever the order in which they came back."""
    whole = Evaluation.join([piece.evaluation for piece in pieces])
    order = np.argsort(np.concatenate([piece.positions for piece in pieces]))
    failures = tuple(sorted(whole.failures, key=lambda failure: failure.individual))
    return replace(whole.take(order), failures=failures)
