"""A generation cut into pieces: which have lived, which wait, and what becomes of those that were lost.

Shared by all backends, so that a fault has the same consequence everywhere.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from hetevo.evolve.backends.backend import Job, never
from hetevo.evolve.backends.failures import EvaluationError, explain, place
from hetevo.evolve.generation import Generation
from hetevo.evolve.news import news
from hetevo.populations.errors import MachineFailedError, spell
from hetevo.populations.genome import Population
from hetevo.populations.outcome import Evaluation, Failure

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
    """Return the seconds to wait after a number of losses in a row, at least 1."""
    return float(min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(losses - 1, 30)))


@dataclass(frozen=True)
class Piece:
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
        """Whether it has to show that the losses are not its own doing; see `hetevo.evolve.backends.trying`."""
        return self.size == 1 and self.suspect and self.losses >= HALVED


class Pieces:
    """The pieces of one generation.

    Parameters
    ----------
    job, generation
        Who lives.
    on_failure : str
        ``"stop"`` makes any failure an error; ``"quarantine"`` only that of everyone.
    limit : int, optional
        Losses in a row, none coming back in between, after which the machine has failed.

    Attributes
    ----------
    resent : int
        How often a piece was given back.
    """

    def __init__(self, job: Job, generation: Generation, on_failure: str, limit: int = LOSSES) -> None:
        self.job, self.generation, self.on_failure, self._limit = job, generation, on_failure, limit
        self.resent = 0
        self._fresh = 0  # everyone from here on was never sent
        self._back: deque[Piece] = deque()
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
        """Individuals that were never sent."""
        return self.generation.size - self._fresh

    @property
    def pause(self) -> float:
        """Seconds in which nothing should be sent, because what was sent last was lost."""
        return max(0.0, self._again_at - time.monotonic())

    @property
    def is_in_trouble(self) -> bool:
        """Whether nobody knows when the generation will have lived: losses in a row, or a block that hangs."""
        return self._in_a_row > 1 or self._is_late

    def next(self, size: int) -> Piece | None:
        """Return a piece to send: one that came back, or else up to ``size`` fresh individuals; None if none waits."""
        if self._back:
            return replace(self._back.popleft(), after=self._losses)
        piece = Piece(self._fresh, min(self._fresh + size, self.generation.size), after=self._losses)
        self._fresh = piece.stop
        return piece if piece.size else None

    def genes(self, piece: Piece) -> Population:
        """Return the genes of a piece."""
        return self.generation.population.take(slice(piece.start, piece.stop))

    def place(self, piece: Piece, evaluation: Evaluation) -> None:
        """Keep the results of a piece.

        Raises
        ------
        EvaluationError
            If someone failed and the policy is to stop, or everyone did so far, and so many that it is no accident.
        """
        self._in_a_row, self._is_late, self._again_at = 0, False, 0.0
        if evaluation.failures and self.on_failure == "stop":
            raise explain(evaluation.failures, self.job, self.generation)
        self._done[piece.start] = evaluation
        self._missing -= piece.size
        self._failures += evaluation.failures
        tried = self.generation.size - self._missing
        if piece.alone and ENOUGH <= tried == len(self._failures):
            raise explain(self._failures, self.job, self.generation, everyone=True)

    def lost(self, piece: Piece, reason: str, *, suspect: bool = False, counts: bool = True) -> None:
        """Take back a piece that was lost, whole or in halves.

        Parameters
        ----------
        piece : Piece
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
        who = f"individuals {piece.start} to {piece.stop - 1} were lost: {reason.rstrip('.')}"
        if counts and piece.after == self._losses:  # what was on its way together is lost together
            self._losses += 1
            self._in_a_row += 1
            if self._in_a_row >= self._limit:
                raise MachineFailedError(
                    f"{place(self.job, self.generation)}: blocks were lost {self._in_a_row} times in a row, and none"
                    f" came back in between; the last time {who}. If memory is short, make backend.workers, backend.block or"
                    " evolution.size smaller, or the networks; otherwise repair the machine or the cluster. What had"
                    f" lived is saved and goes on with '{spell('resume', 'RUN')}'."
                )
            pause = pause_after(self._in_a_row)
            self._again_at = time.monotonic() + pause
            news.warning("%s; sent again in %.3g s (loss %d of %d)", who, pause, self._in_a_row, self._limit)
        else:
            news.warning("%s; sent again", who)
        self._again(replace(piece, losses=piece.losses + 1, suspect=suspect))

    def late(self, piece: Piece, reason: str) -> None:
        """Take back a piece that was given up: that it takes long is nobody's fault, and never ends a run."""
        news.warning("individuals %d to %d: %s; sent again", piece.start, piece.stop - 1, reason)
        self._is_late = True
        self._again(replace(piece, late=piece.late + 1))

    def _again(self, piece: Piece) -> None:
        self.resent += 1
        middle = (piece.start + piece.stop) // 2
        if piece.size > 1 and piece.losses + piece.late >= HALVED:
            self._back += [replace(piece, stop=middle), replace(piece, start=middle)]
        else:
            self._back.append(piece)

    def wait(self, stopping: Callable[[], bool] = never) -> None:
        """Wait until pieces should be sent again; see `check`."""
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
                f"{place(self.job, self.generation)}: asked to stop while blocks are lost or hang, so that generation"
                f" is given up. What had lived before is saved and goes on with '{spell('resume', 'RUN')}'."
            )

    def join(self) -> Evaluation:
        """Return everyone's results, in order.

        Raises
        ------
        EvaluationError
            If everyone failed: that is no accident of an individual.
        """
        evaluation = Evaluation.join([self._done[start] for start in sorted(self._done)])
        if len(evaluation.failures) == self.generation.size:
            raise explain(evaluation.failures, self.job, self.generation, everyone=True)
        return evaluation


__all__ = ["EvaluationError", "Piece", "Pieces"]
