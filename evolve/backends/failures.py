"""What is said and kept of individuals that could not be evaluated."""

from evolve.cohort import Cohort
from populations.errors import RunFailedError, spell
from populations.outcome import Failure

SHOWN = 5
"""Failures that an error message lists."""


class EvaluationError(RunFailedError):
    """Individuals could not be evaluated, and the run does not go on without them."""


def explain(failures: tuple[Failure, ...], seed: int, cohort: Cohort) -> EvaluationError:
    """Return the error that names who failed, where and why.

    Parameters
    ----------
    failures : tuple of Failure
        At least one.
    seed : int
        Seed of the experiment.
    cohort : Cohort
        The generation.
    """
    first, more = failures[0], len(failures) - SHOWN
    who = ", ".join(f"{f.individual} (id {cohort.identifiers[f.individual]})" for f in failures[:SHOWN])
    everyone = len(failures) == cohort.size
    advice = (
        "Everyone failed, so the task, rule or probe is to be repaired"
        if everyone
        else 'Repair the task, rule or probe, or give the worst fitness to who fails: backend.on_failure = "quarantine"'
    )
    return EvaluationError(
        f"Generation {cohort.generation}, seed {seed}: expected a fitness of every individual, but it"
        f" failed for individual {who}{f' and {more} more' if more > 0 else ''}: {first.reason}\n"
        f"{first.traceback}{advice}; '{spell('resume')}' goes on from the last checkpoint."
    )
