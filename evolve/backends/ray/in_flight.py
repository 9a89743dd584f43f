"""Blocks in flight: sent, waited for, given up when they are late, sorted by what became of them.

How many individuals the next block has follows measured times, so it differs from run to run; it never changes a bit of
the result.
"""

import math
import re
import time
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Any

import ray

from hetevo.evolve.backends.alone import live_alone
from hetevo.evolve.backends.block_queue import Block, BlockQueue
from hetevo.evolve.backends.lives import Lived, live_block
from hetevo.evolve.backends.ray.session import in_short
from hetevo.evolve.backends.ray.tasks import task
from hetevo.populations.errors import MachineFailedError

LATE = 10.0
"""A block hangs if it takes this many times as long as the median one, from sending to coming back."""

WAIT_SECONDS = 1.0
"""Longest time without a look at deadlines and workers."""

BLOCK_SECONDS = 0.25
"""Shortest time that a block should take, once it is known how long an individual takes."""

LAST_SECONDS = 0.1
"""Shortest time of the last blocks, which are smaller so that nobody waits for a long one."""

SECONDS_PER_WORKER = 2e-3
"""Longer blocks for many workers: a driver handles about a thousand blocks a second, and must not be the limit."""

REMEMBERED = 200
"""Blocks over which times are averaged."""


@dataclass
class SentBlock:
    """A block on its way, and the queue that it comes from."""

    queue: BlockQueue
    block: Block
    since: float


class InFlight:
    """All blocks on their way.

    Parameters
    ----------
    deadline : float
        Seconds that a block may always take.
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._sent_blocks: dict[Any, SentBlock] = {}
        self._turnarounds: deque[float] = deque(maxlen=REMEMBERED)

    def __len__(self) -> int:
        return len(self._sent_blocks)

    def send(self, queue: BlockQueue, block: Block) -> None:
        """Send a block: its own genes, and nobody else's."""
        # no retries by Ray: the driver counts what becomes of a block, and decides; with retries Ray would also repeat
        # a block without end that takes more memory than there is
        live = task(live_alone if block.alone else live_block)
        reference = live.remote(queue.job, queue.genes(block), queue.individuals(block), queue.generation.number)
        self._sent_blocks[reference] = SentBlock(queue, block, time.monotonic())

    def collect(self, pause: float = WAIT_SECONDS) -> list[tuple[BlockQueue, Block, Lived]]:
        """Wait a moment for blocks, return those that lived, and give the lost ones back to their queues.

        Parameters
        ----------
        pause : float, optional
            Seconds to wait if nothing is on its way: all were lost, and are sent again after a pause.
        """
        if not self._sent_blocks:
            time.sleep(min(WAIT_SECONDS, pause))
            return []
        # a tenth of them at a time: with thousands in flight, a call for each would keep the driver busy
        some = max(1, len(self._sent_blocks) // 10)
        ready, _ = ray.wait(list(self._sent_blocks), num_returns=some, timeout=WAIT_SECONDS)
        collected = []
        for reference in ready:
            sent = self._sent_blocks.pop(reference)
            lived = _result(reference, sent.block, sent.queue)
            if lived is not None:
                self._turnarounds.append(time.monotonic() - sent.since)
                collected.append((sent.queue, sent.block, lived))
        return collected

    def cancel_late(self) -> None:
        """Cancel blocks that hang, and give them back to their queues."""
        if not self._turnarounds:
            return  # nothing to compare with: long lives are not hung ones
        limit, now = max(self._deadline, LATE * median(self._turnarounds)), time.monotonic()
        for reference, sent in list(self._sent_blocks.items()):
            # one that came back late gets twice the time: a slow machine is not taken for a hung one for ever
            if now - sent.since > limit * 2.0**sent.block.late and not _has_ended(reference):
                del self._sent_blocks[reference]
                ray.cancel(reference, force=True)
                took = f"no answer in {now - sent.since:.0f} seconds, others take {median(self._turnarounds):.3g}"
                sent.queue.take_back_late(sent.block, took)

    def start_clocks_anew(self) -> None:
        """Forget how long blocks have been on their way: the workers are not the same as before."""
        for sent in self._sent_blocks.values():
            sent.since = time.monotonic()

    def cancel_all(self) -> None:
        """Cancel everything, for an error or an interrupt."""
        for reference in self._sent_blocks:
            if not _has_ended(reference):
                ray.cancel(reference, force=True)
        self._sent_blocks.clear()


def _has_ended(reference: Any) -> bool:
    # cancelling a task that is just ending can end Ray's own process (2.60: "Tried to complete task that was not
    # pending"); this makes it rare, and `RayBackend` starts that process again
    return bool(ray.wait([reference], timeout=0)[0])


def _result(reference: Any, block: Block, queue: BlockQueue) -> Lived | None:
    """Return what a block sent back; None if it was lost, and given back to ``queue``."""
    errors = ray.exceptions
    try:
        lived: Lived = ray.get(reference)
    except errors.RayTaskError as error:
        if isinstance(error.cause, MemoryError):
            queue.take_back(block, f"memory ran out ({error.cause})")
        elif isinstance(error.cause, MachineFailedError):
            queue.take_back(block, str(error.cause), suspect=block.suspect)
        else:
            # `live_block` catches whatever an individual raises, so this worker has other code, or cannot load what it
            # was sent. It has not shown what it computes with, and its word does not end a run: others may do better
            queue.take_back(block, f"a worker that shows no fingerprint could not compute them ({_where(error)})")
    except errors.WorkerCrashedError:  # of what, Ray does not tell
        queue.take_back(block, "a worker process died", suspect=True)
    except errors.RayError as error:  # its node died, memory ran out, its result was lost
        queue.take_back(block, in_short(error))
    else:
        return lived
    return None


def _where(error: ray.exceptions.RayTaskError) -> str:
    """Say which process raised what; Ray's own text is all that surely knows the process."""
    text = str(error).strip()
    place = re.search(r"pid=(\d+), ip=([^,)\s]+)", text)
    last = text.splitlines()[-1]
    return f"process {place[1]} on {place[2]}: {last}" if place else last


class Sizes:
    """Chooses sizes of blocks from the times of those that came back.

    Parameters
    ----------
    unit : int
        Individuals that live side by side; blocks are multiples of it, where they are larger.
    largest : int
        What fits into the object store.
    fixed : bool
        Every block is one unit: what a user who sets the size expects.
    """

    def __init__(self, unit: int, largest: int, *, fixed: bool) -> None:
        self._unit, self._largest, self._fixed = unit, largest, fixed
        self._each: deque[float] = deque(maxlen=REMEMBERED)

    def learn(self, individuals: int, seconds: float) -> None:
        """Take note of the time that a block took in its worker."""
        self._each.append(seconds / individuals)

    def next(self, left: int, total: int, workers: int) -> int:
        """Return the size of the next block.

        Parameters
        ----------
        left : int
            Individuals that were not sent yet.
        total : int
            Individuals of the generation.
        workers : int
            CPUs that evaluate.
        """
        # long enough to be worth sending, short enough that the last ones end together
        size = self._unit
        if not self._fixed:
            least = math.ceil(total / workers)  # a small population is shared by all, however short the blocks
            if self._each:
                each = median(self._each)
                size = self._whole_units(max(BLOCK_SECONDS, SECONDS_PER_WORKER * workers) / each)
                least = min(least, math.ceil(LAST_SECONDS / each))
            else:
                least = min(least, size // 4)
            size = min(size, max(least, math.ceil(left / (2 * workers))))
        return max(1, min(size, self._largest))

    def _whole_units(self, size: float) -> int:
        return int(size // self._unit) * self._unit if size > self._unit else max(1, int(size))
