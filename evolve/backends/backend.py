"""What a backend is: a place where individuals live."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

from hetevo.evolve.generation import Generation
from hetevo.populations.evaluation import Probe
from hetevo.populations.outcome import Evaluation
from hetevo.populations.species import Species


@dataclass(frozen=True)
class Job:
    """What stays the same in every generation; it travels to workers once a block.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    seed : int
        Seed of the experiment.
    block : int
        Individuals that live side by side; 0: chosen from sizes and cache.
    probe : Probe or None
        Measures to take.
    probe_samples : int
        Size of the probe batch.
    moments : tuple of int
        Further moments of life at which to measure, in percent.
    """

    species: Species
    seed: int
    block: int = 0
    probe: Probe | None = None
    probe_samples: int = 128
    moments: tuple[int, ...] = ()


def idle() -> None:
    """Do nothing while a generation lives."""


def never() -> bool:
    """Tell that nobody asks to stop."""
    return False


Telemetry = dict[str, float]
"""Of the generation just evaluated: seconds spent on ``serialise`` (sending) and ``wait``, the number of ``workers``,
their ``utilisation`` (share of their time spent on lives) and how many blocks were ``resent``."""


class Backend(Protocol):
    """A place where a generation lives. Results never depend on which one it is."""

    @property
    def workers(self) -> int:
        """Processes that evaluate."""
        ...

    @property
    def telemetry(self) -> Telemetry:
        """See `Telemetry`; empty before the first generation."""
        ...

    @property
    def description(self) -> str:
        """What it is, for the log: for example ``"local, 2 processes"``."""
        ...

    def prepare(self, job: Job) -> None:
        """Make ready for what every generation of a run needs.

        Raises
        ------
        NotLoadableError
            If workers cannot load it.
        """
        ...

    def evaluate(
        self,
        job: Job,
        generation: Generation,
        meanwhile: Callable[[], None] = idle,
        stopping: Callable[[], bool] = never,
    ) -> Evaluation:
        """Evaluate all individuals of a generation, in order.

        Parameters
        ----------
        job, generation
            Who lives.
        meanwhile : callable, optional
            Is called once, as soon as workers are busy.
        stopping : callable, optional
            Tells whether the run should stop: a generation of which nobody knows when it ends is then given up.

        Raises
        ------
        EvaluationError
            If individuals fail, and the run should not go on without them.
        MachineFailedError
            If the machine or the cluster fails, or the generation is given up.
        """
        ...

    def close(self) -> None:
        """Give back processes and memory."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...
