"""A generation cut into pieces: which have lived, which wait, and what becomes of those whose worker died.

Shared by all backends, so that a fault has the same consequence everywhere.
"""

from collections import deque
from dataclasses import dataclass, replace

from evolve.backends.backend import Job
from evolve.backends.failures import EvaluationError, explain, place
from evolve.cohort import Cohort
from populations.errors import RunFailedError, spell
from populations.genome import Population
from populations.outcome import Evaluation, Failure

BLOCK_CRASHES = 2
"""Deaths of workers after which a block is halved: the first may be anybody's fault."""

LAST_CRASHES = 4
"""Deaths after which an individual is given up, at least two of them while it lived alone."""

RETURNS = 20
"""Times that a block may come back through no fault of its own (its node died, it hung) before the run fails."""


@dataclass(frozen=True)
class Piece:
    """Consecutive individuals that are sent out together.

    Parameters
    ----------
    start, stop : int
        Positions of the first, and after the last one.
    crashes : int
        Workers that died with it or with the block that it is a part of.
    returns : int
        Times that it came back for other reasons.
    """

    start: int
    stop: int
    crashes: int = 0
    returns: int = 0

    @property
    def size(self) -> int:
        """Individuals."""
        return self.stop - self.start


class Pieces:
    """The pieces of one generation.

    Parameters
    ----------
    job, cohort
        Who lives.
    on_failure : str
        ``"stop"`` makes any failure an error; ``"quarantine"`` only that of everyone.

    Attributes
    ----------
    resent : int
        How often a piece was given back.
    """

    def __init__(self, job: Job, cohort: Cohort, on_failure: str) -> None:
        self.job, self.cohort, self.on_failure = job, cohort, on_failure
        self.resent = 0
        self._fresh = 0  # everyone from here on was never sent
        self._back: deque[Piece] = deque()
        self._done: dict[int, Evaluation] = {}
        self._missing = cohort.size

    @property
    def finished(self) -> bool:
        """Whether everyone has lived."""
        return self._missing == 0

    @property
    def fresh(self) -> int:
        """Individuals that were never sent."""
        return self.cohort.size - self._fresh

    def next(self, size: int) -> Piece | None:
        """Return a piece to send: one that came back, or else up to ``size`` fresh individuals; None if none waits."""
        if self._back:
            return self._back.popleft()
        piece = Piece(self._fresh, min(self._fresh + size, self.cohort.size))
        self._fresh = piece.stop
        return piece if piece.size else None

    def genes(self, piece: Piece) -> Population:
        """Return the genes of a piece."""
        return self.cohort.population.take(slice(piece.start, piece.stop))

    def place(self, piece: Piece, evaluation: Evaluation) -> None:
        """Keep the results of a piece.

        Raises
        ------
        EvaluationError
            If someone failed and the policy is to stop, or everyone did.
        """
        if evaluation.failures and self.on_failure == "stop":
            raise explain(evaluation.failures, self.job, self.cohort)
        self._done[piece.start] = evaluation
        self._missing -= piece.size

    def crashed(self, piece: Piece) -> None:
        """Take back a piece whose worker died: send it again, halve it, or give its only individual up."""
        piece = replace(piece, crashes=piece.crashes + 1)
        if piece.size == 1 and piece.crashes >= LAST_CRASHES:
            reason = f"its worker process died, {piece.crashes} times in a row"
            cap = self.job.species.life.loss_cap
            self.place(piece, Evaluation.failed(Failure(piece.start, reason), cap))
        elif piece.size > 1 and piece.crashes >= BLOCK_CRASHES:
            middle = (piece.start + piece.stop) // 2
            self._again(replace(piece, stop=middle))
            self._again(replace(piece, start=middle))
        else:
            self._again(piece)

    def returned(self, piece: Piece, reason: str) -> None:
        """Take back a piece that was lost through no fault of its own.

        Raises
        ------
        RunFailedError
            If that happens again and again.
        """
        if piece.returns >= RETURNS:
            raise RunFailedError(
                f"{place(self.job, self.cohort)}: individuals {piece.start} to {piece.stop - 1} were sent"
                f" {piece.returns + 1} times and never came back; the last time: {reason}. Repair the cause and go on"
                f" from the last checkpoint with '{spell('resume')}'."
            )
        self._again(replace(piece, returns=piece.returns + 1))

    def _again(self, piece: Piece) -> None:
        self.resent += 1
        self._back.append(piece)

    def join(self) -> Evaluation:
        """Return everyone's results, in order.

        Raises
        ------
        EvaluationError
            If everyone failed: that is no accident of an individual.
        """
        evaluation = Evaluation.join([self._done[start] for start in sorted(self._done)])
        if len(evaluation.failures) == self.cohort.size:
            raise explain(evaluation.failures, self.job, self.cohort)
        return evaluation


__all__ = ["EvaluationError", "Piece", "Pieces"]
