"""What an error says of individuals that could not be evaluated."""

from hetevo.evolve.backends.job import Job
from hetevo.evolve.generation import Generation
from hetevo.populations.errors import RunFailedError, spell
from hetevo.populations.evaluation import Failure

SHOWN = 5
"""Failures that an error message lists."""


class EvaluationError(RunFailedError):
    """Individuals could not be evaluated, and the run does not go on without them."""


def name_generation(job: Job, generation: Generation) -> str:
    """Name the generation and the seed, and the family of tasks where they are held out."""
    held_out = f", held-out tasks of the family {job.species.held_out!r}" if job.species.held_out else ""
    return f"Generation {generation.number}, seed {job.seed}{held_out}"


def explain_failures(
    failures: tuple[Failure, ...], job: Job, generation: Generation, *, everyone: bool = False
) -> EvaluationError:
    """Return the error that names who failed, where and why.

    Parameters
    ----------
    failures : tuple of Failure
        At least one.
    job, generation
        Who lived.
    everyone : bool, optional
        Whether nobody is known to have lived without a failure.
    """
    first, more = failures[0], len(failures) - SHOWN
    before = generation.number * generation.size
    who = ", ".join(f"{f.individual} (id {before + f.individual})" for f in failures[:SHOWN])
    advice = (
        "Everyone failed, so the task, rule or probe is to be repaired"
        if everyone or len(failures) == generation.size
        else 'Repair the task, rule or probe, or give the worst fitness to who fails: backend.on_failure = "quarantine"'
    )
    return EvaluationError(
        f"{name_generation(job, generation)}: expected a fitness of every individual, but it"
        f" failed for individual {who}{f' and {more} more' if more > 0 else ''}: {first.reason}\n"
        f"{first.traceback}{advice}; '{spell('resume')}' goes on from the last checkpoint."
    )
