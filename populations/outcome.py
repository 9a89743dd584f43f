"""What became of individuals: their losses, and why some have none."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from hetevo.populations.types import Floats, Indices


class Status(IntEnum):
    """What became of an individual. The numbers stand in records: append, never renumber."""

    OK = 0
    DIVERGED = 1
    FAILED = 2


@dataclass(frozen=True)
class Failure:
    """Why an individual could not be evaluated.

    Parameters
    ----------
    individual : int
        Its position in the whole population.
    reason : str
        One line.
    traceback : str, optional
        Where it was raised; empty if the process died without a word.
    """

    individual: int
    reason: str
    traceback: str = ""


@dataclass(frozen=True)
class Evaluation:
    """What became of P individuals.

    Parameters
    ----------
    loss : ndarray of float64, shape (P,)
        Test loss, mean over the tasks, capped: mean squared error over the mean square of the target; of layers with
        inherited rules the mean absolute error over that of a silent layer. Never NaN. Fitness is minus this.
    status : ndarray of int64, shape (P,)
        `Status` values.
    accuracy : ndarray of float64, shape (P,)
        Share of test samples classified correctly; NaN unless the task is a classification.
    observed : dict of str to ndarray of float64, shape (P,)
        What the probe measured, mean over the tasks in which it was defined; NaN where it never was.
    failures : tuple of Failure
        One for each individual whose status is FAILED, in order.
    """

    loss: Floats
    status: Indices
    accuracy: Floats
    observed: dict[str, Floats]
    failures: tuple[Failure, ...] = ()

    @staticmethod
    def failed(failure: Failure, loss: float) -> "Evaluation":
        """Return the evaluation of one individual that could not be evaluated; ``loss`` is the worst there is."""
        status = np.array([Status.FAILED], np.int64)
        return Evaluation(np.array([loss]), status, np.array([np.nan]), {}, (failure,))

    @staticmethod
    def join(parts: Sequence["Evaluation"]) -> "Evaluation":
        """Concatenate evaluations of consecutive individuals."""
        names = max((part.observed for part in parts), key=len)  # an individual that failed was not observed
        return Evaluation(
            np.concatenate([part.loss for part in parts]),
            np.concatenate([part.status for part in parts]),
            np.concatenate([part.accuracy for part in parts]),
            {name: np.concatenate([_column(part, name) for part in parts]) for name in names},
            tuple(failure for part in parts for failure in part.failures),
        )


def _column(part: Evaluation, name: str) -> Floats:
    return part.observed[name] if part.observed else np.full(part.loss.size, np.nan)
