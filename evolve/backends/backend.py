"""What a backend is, a place where individuals live; how many workers it has, and where its time goes."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, Self

from hetevo.evolve.backends.job import Job
from hetevo.evolve.config import BackendTable, ConfigError
from hetevo.evolve.generation import Generation
from hetevo.evolve.machine import available_cores
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.types import Indices

A_CORE = 4
"""Processes for each core that are started without being asked twice: more only wait for each other."""


BLOCK_BYTES = 8 << 20
"""Genes in a block, at most: some blocks are on their way at a time, each in several copies."""


def do_nothing() -> None:
    """Do nothing while a generation lives."""


def never() -> bool:
    """Tell that nobody asks to stop."""
    return False


Telemetry = dict[str, float]
"""Of the generation just evaluated: seconds spent on ``serialise`` (sending) and ``wait``, the number of ``workers``,
seconds that these spent on lives, added up (``busy``), their ``utilisation`` (share of their time spent on lives), the
share of that in which they had a ``processor`` (the rest went to other programs), and how many blocks were
``resent``."""


@dataclass(frozen=True)
class Piece:
    """Some individuals that have lived.

    Parameters
    ----------
    generation : int
        Theirs.
    positions : ndarray of int64, shape (n,)
        Which of its individuals, in order.
    evaluation : Evaluation
        What became of each, in the same order.
    """

    generation: int
    positions: Indices
    evaluation: Evaluation


class Stream(Protocol):
    """Individuals that live as soon as they are there: nobody waits until others of a generation have lived."""

    def begin(self, job: Job, generation: Generation, ready: int = 0) -> None:
        """Begin a generation whose individuals come one after another.

        Parameters
        ----------
        job, generation
            Who lives. Genes of those that come later are written into the generation's arrays before `feed`.
        ready : int, optional
            The first so many are there already.
        """
        ...

    def feed(self, generation: int, ready: int) -> None:
        """Say that the first ``ready`` individuals of a generation are there."""
        ...

    def take(self, meanwhile: Callable[[], None] = do_nothing, stopping: Callable[[], bool] = never) -> Sequence[Piece]:
        """Send what is there, and return whoever has lived since: at least one individual.

        Parameters
        ----------
        meanwhile : callable, optional
            Is called once, as soon as workers are busy.
        stopping : callable, optional
            Tells whether the run should stop: what nobody knows the end of is then given up.

        Raises
        ------
        EvaluationError
            If individuals fail, and the run should not go on without them.
        MachineFailedError
            If the machine or the cluster fails, or a generation is given up.
        """
        ...

    def lap(self) -> "Telemetry":
        """Return what there is to say of the time since this was last asked."""
        ...


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
        meanwhile: Callable[[], None] = do_nothing,
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

    def stream(self, job: Job, generation: Generation, ready: int) -> Stream:
        """Return a stream that begins with a generation, of which the first ``ready`` individuals are there.

        A backend has one stream at a time; `close` gives up what is in flight. `evaluate` may be called meanwhile.
        """
        ...

    def close(self) -> None:
        """Give back processes and memory."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


class Clock:
    """Adds up seconds while a generation lives.

    Attributes
    ----------
    busy : float
        Seconds that workers spent on lives, summed over them.
    processor : float
        Seconds of these in which they had a processor.
    """

    def __init__(self) -> None:
        self.busy = self.processor = 0.0
        self._begin = time.perf_counter()
        self._parts: dict[str, float] = {"serialise": 0.0, "wait": 0.0}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time of a ``with`` block as ``"serialise"`` or ``"wait"``."""
        begin = time.perf_counter()
        yield
        self._parts[name] += time.perf_counter() - begin

    def telemetry(self, workers: int, resent: int) -> Telemetry:
        """Return what goes into the telemetry of the generation.

        Parameters
        ----------
        workers : int
            How many there were.
        resent : int
            Blocks that were sent again.
        """
        available = workers * (time.perf_counter() - self._begin)
        return {
            **{name: round(seconds, 6) for name, seconds in self._parts.items()},
            "workers": workers,
            "busy": round(self.busy, 6),
            "utilisation": round(self.busy / available, 4) if available else 0.0,
            "processor": round(self.processor / self.busy, 4) if self.busy else 0.0,
            "resent": resent,
        }


def bound_workers(settings: BackendTable, most: int, *, oversubscribe: bool = False) -> BackendTable:
    """Return the settings with as many workers as there will be: at least 1.

    Parameters
    ----------
    settings : BackendTable
        What is asked for; 0: one a core. A cluster's address leaves it as it is: the cluster says how many it has.
    most : int
        Blocks, or runs, that there can be at once.
    oversubscribe : bool, optional
        Start any number of them.

    Raises
    ------
    ConfigError
        If that is more than `A_CORE` for each core, and not ``oversubscribe``.
    """
    # a cluster says how many it has
    if settings.address:
        return settings
    cores = available_cores()
    # more workers than individuals would have nothing to do
    workers = min(settings.workers or cores, most)
    if workers > A_CORE * cores and not oversubscribe:
        raise ConfigError(
            f"backend.workers: expected at most {A_CORE * cores}, which is {A_CORE} for each core that this process may"
            f" run on, got {settings.workers}: all would be started at once. Give --workers {cores} or leave it out;"
            " to start them all the same, add --oversubscribe (in Python oversubscribe=True)."
        )
    return settings.model_copy(update={"workers": workers})
