"""A generation cut into blocks: which have lived, which wait, and what becomes of those that were lost.

Shared by all backends, so that a fault has the same consequence everywhere.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from hetevo.evolve.backends.backend import never
from hetevo.evolve.backends.failures import explain_failures, name_generation
from hetevo.evolve.backends.job import Job
from hetevo.evolve.generation import Generation
from hetevo.evolve.messages import log
from hetevo.populations.errors import MachineFailedError, spell
from hetevo.populations.evaluation import Evaluation, Failure
from hetevo.populations.genome import Population
from hetevo.populations.types import Indices

HALVED = 2
"""Times that a block comes back until it is sent again in halves: the first may be chance."""

ENOUGH = 5
"""Individuals that end their processes, nobody having lived, after which others need not be tried: that takes long."""

LOSSES = 20
"""Losses in a row after which a machine has failed, where no configuration says otherwise."""

FIRST_SECONDS, LONGEST_SECONDS = 0.5, 5.0
"""What is waited after one loss, and at most after many in a row: each time twice as long."""

LOOK_SECONDS = 0.1
"""Longest time without a look at whether the run should stop."""


def pause_after(losses: int) -> float:
    """Return the seconds to wait after a number of losses in a row, at least 1.

    Examples
    --------
    >>> [pause_after(losses) for losses in (1, 2, 3, 9)]
    [0.5, 1.0, 2.0, 5.0]
    """
    return float(min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(losses - 1, 30)))


@dataclass(frozen=True)
class Block:
    """Consecutive individuals that are sent out together.

    Parameters
    ----------
    start, stop : int
        Positions of the first, and after the last one.
    losses : int
        Times that it, or the block that it is a part of, was lost.
    late : int
        Times that it was given up because it took too long.
    suspect : bool
        Whether the last loss may have been its own doing.
    after : int
        Losses of the generation that had been counted when it was sent.
    """

    start: int
    stop: int
    losses: int = 0
    late: int = 0
    suspect: bool = False
    after: int = 0

    @property
    def size(self) -> int:
        """Individuals."""
        return self.stop - self.start

    @property
    def alone(self) -> bool:
        """Whether it has to show that the losses are not its own doing; see `hetevo.evolve.backends.lives`."""
        return self.size == 1 and self.suspect and self.losses >= HALVED


class BlockQueue:
    """The blocks of one generation.

    Parameters
    ----------
    job, generation
        Who lives.
    on_failure : str
        ``"stop"`` makes any failure an error; ``"quarantine"`` only that of everyone.
    limit : int, optional
        Losses in a row, none coming back in between, after which the machine has failed.
    ready : int, optional
        The first so many individuals are there, and can be sent; by default all are.

    Attributes
    ----------
    resent : int
        How often a block was given back.
    ready : int
        The same, and it grows where individuals are bred while others of their generation live.
    """

    def __init__(
        self, job: Job, generation: Generation, on_failure: str, limit: int = LOSSES, *, ready: int | None = None
    ) -> None:
        self.job, self.generation, self.on_failure, self._limit = job, generation, on_failure, limit
        self.ready = generation.size if ready is None else ready
        self.resent = 0
        self._fresh = 0  # everyone from here on was never sent
        self._back: deque[Block] = deque()
        self._done: dict[int, Evaluation] = {}
        self._missing = generation.size
        self._losses = self._in_a_row = 0
        self._failures: tuple[Failure, ...] = ()
        self._is_late = False
        self._again_at = 0.0

    @property
    def finished(self) -> bool:
        """Whether everyone has lived."""
        return self._missing == 0

    @property
    def fresh(self) -> int:
        """Individuals that are there and were never sent."""
        return self.ready - self._fresh

    @property
    def pause(self) -> float:
        """Seconds in which nothing should be sent, because what was sent last was lost."""
        return max(0.0, self._again_at - time.monotonic())

    @property
    def is_in_trouble(self) -> bool:
        """Whether nobody knows when the generation will have lived: losses in a row, or a block that hangs."""
        return self._in_a_row > 1 or self._is_late

    def next(self, size: int) -> Block | None:
        """Return a block to send: one that came back, or else up to ``size`` fresh individuals; None if none waits."""
        # what came back goes first: it may have to be tried again in halves
        if self._back:
            return replace(self._back.popleft(), after=self._losses)
        block = Block(self._fresh, min(self._fresh + size, self.ready), after=self._losses)
        self._fresh = block.stop
        return block if block.size else None

    def individuals(self, block: Block) -> Indices:
        """Return what addresses the random streams of a block's individuals."""
        return self.generation.addresses(block.start, block.stop)

    def genes(self, block: Block) -> Population:
        """Return the genes of a block."""
        return self.generation.population.take(slice(block.start, block.stop))

    def keep(self, block: Block, evaluation: Evaluation) -> None:
        """Keep the results of a block.

        Raises
        ------
        EvaluationError
            If someone failed and the policy is to stop, or everyone did so far, and so many that it is no accident.
        """
        # something came back: the machine works
        self._in_a_row, self._is_late, self._again_at = 0, False, 0.0
        if evaluation.failures and self.on_failure == "stop":
            raise explain_failures(evaluation.failures, self.job, self.generation)
        self._done[block.start] = evaluation
        self._missing -= block.size
        self._failures += evaluation.failures
        # each that fails alone takes long: many without any success are no accident
        tried = self.generation.size - self._missing
        if block.alone and ENOUGH <= tried == len(self._failures):
            raise explain_failures(self._failures, self.job, self.generation, everyone=True)

    def take_back(self, block: Block, reason: str, *, suspect: bool = False, counts: bool = True) -> None:
        """Take back a block that was lost, whole or in halves.

        Parameters
        ----------
        block : Block
            What was lost.
        reason : str
            How.
        suspect : bool, optional
            Whether that may have been its own doing.
        counts : bool, optional
            Whether it may have been the machine's: nothing should be sent for a while then.

        Raises
        ------
        MachineFailedError
            If nothing but losses has come back for long.
        """
        # blocks that were on their way together are lost together: one loss, not many
        who = f"individuals {block.start} to {block.stop - 1} were lost: {reason.rstrip('.')}"
        if counts and block.after == self._losses:
            self._losses += 1
            self._in_a_row += 1
            if self._in_a_row >= self._limit:
                raise MachineFailedError(
                    f"{name_generation(self.job, self.generation)}: blocks were lost {self._in_a_row} times in a row,"
                    f" and none came back in between; the last time {who}. If memory is short, make backend.workers,"
                    " backend.block or evolution.size smaller, or the networks; otherwise repair the machine or"
                    f" the cluster. What had lived is saved and goes on with '{spell('resume', 'RUN')}'."
                )
            pause = pause_after(self._in_a_row)
            self._again_at = time.monotonic() + pause
            log.warning("%s; sent again in %.3g s (loss %d of %d)", who, pause, self._in_a_row, self._limit)
        else:
            log.warning("%s; sent again", who)
        self._put_back(replace(block, losses=block.losses + 1, suspect=suspect))

    def take_back_late(self, block: Block, reason: str) -> None:
        """Take back a block that was given up: that it takes long is nobody's fault, and never ends a run."""
        log.warning("individuals %d to %d: %s; sent again", block.start, block.stop - 1, reason)
        self._is_late = True
        self._put_back(replace(block, late=block.late + 1))

    def _put_back(self, block: Block) -> None:
        self.resent += 1
        # halves find the one that kills its worker in as many steps as the size has bits
        middle = (block.start + block.stop) // 2
        if block.size > 1 and block.losses + block.late >= HALVED:
            self._back += [replace(block, stop=middle), replace(block, start=middle)]
        else:
            self._back.append(block)

    def wait(self, stopping: Callable[[], bool] = never) -> None:
        """Wait until blocks should be sent again; see `check`."""
        self.check(stopping)
        while pause := self.pause:
            time.sleep(min(pause, LOOK_SECONDS))
            self.check(stopping)

    def check(self, stopping: Callable[[], bool], *, is_in_trouble: bool = False) -> None:
        """Give the generation up if the run should stop and nobody knows when this one will have lived.

        Raises
        ------
        MachineFailedError
            If that is so.
        """
        if (is_in_trouble or self.is_in_trouble) and stopping():
            raise MachineFailedError(
                f"{name_generation(self.job, self.generation)}: asked to stop while blocks are lost or hang, so that"
                f" generation is given up. What had lived before is saved and goes on with '{spell('resume', 'RUN')}'."
            )

    def join(self) -> Evaluation:
        """Return everyone's results, in order.

        Raises
        ------
        EvaluationError
            If everyone failed: that is no accident of an individual.
        """
        # in the order of individuals, not in that in which they came back
        evaluation = Evaluation.join([self._done[start] for start in sorted(self._done)])
        if len(evaluation.failures) == self.generation.size:
            raise explain_failures(evaluation.failures, self.job, self.generation, everyone=True)
        return evaluation
