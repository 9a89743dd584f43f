"""A stream (`hetevo.evolve.backends.stream`) whose queues are in the process that speaks to Ray.

That process may end and be started once more: what it was given and has not answered stays here, and is given again.
Nothing in this file loads Ray.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hetevo.evolve.backends.backend import Piece, Telemetry, do_nothing, never
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.stream import QueueStream
from hetevo.evolve.generation import Generation, begin_with
from hetevo.populations.genome import Population
from hetevo.populations.types import Mask


@dataclass(frozen=True)
class Fed:
    """Individuals of a generation that go to the process that speaks to Ray.

    Parameters
    ----------
    generation, size : int
        Its number, and how many individuals it will have.
    start : int
        Position of the first of those that come now.
    population : Population
        Genes of those that come now; there may be none.
    job : Job or None
        What they have in common; None if it has come before.
    """

    generation: int
    size: int
    start: int
    population: Population
    job: Job | None


Exchange = Callable[
    [Callable[[int], list[Fed]], Callable[[], None], Callable[[], bool]],
    Sequence[Piece],
]


@dataclass
class _Open:
    """A generation of which not everyone has lived: what is there, what was given away, and who is back."""

    job: Job
    generation: Generation
    ready: int
    given: int = -1
    back: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.back = np.zeros(self.generation.size, np.bool_)

    def give(self) -> Fed:
        """Return whoever was not given away yet."""
        start, job = max(self.given, 0), self.job if self.given < 0 else None
        rows = self.generation.population.take(slice(start, self.ready))
        self.given = self.ready
        return Fed(self.generation.number, self.generation.size, start, rows, job)


class RayStream:
    """A stream in the process that evolves.

    Parameters
    ----------
    exchange : callable
        Speaks to the other process: takes a function that returns whom the process lacks that was started as the n-th,
        and ``meanwhile`` and ``stopping`` of `take`; returns whoever has lived since.
    lap : callable
        Asks the other process for its telemetry.
    """

    def __init__(self, exchange: Exchange, lap: Callable[[], Telemetry]) -> None:
        self._exchange, self.lap = exchange, lap
        self._open: dict[int, _Open] = {}
        self._given_to = 0  # which process: the first, or one that was started later

    def begin(self, job: Job, generation: Generation, ready: int = 0) -> None:
        """Begin a generation, of which the first ``ready`` individuals are there."""
        self._open[generation.number] = _Open(job, generation, ready)

    def feed(self, generation: int, ready: int) -> None:
        """Say that the first ``ready`` individuals of a generation are there."""
        self._open[generation].ready = ready

    def take(self, meanwhile: Callable[[], None] = do_nothing, stopping: Callable[[], bool] = never) -> Sequence[Piece]:
        """Send what is there, and return whoever has lived since: at least one individual."""
        while True:
            pieces = self._exchange(self._give, meanwhile, stopping)
            meanwhile = do_nothing
            if new := [piece for piece in map(self._only_new, pieces) if piece.positions.size]:
                return new

    def _give(self, process: int) -> list[Fed]:
        """Return what a process lacks: everything, if it is not the one before."""
        if process != self._given_to:
            self._given_to = process
            for opened in self._open.values():
                opened.given = -1
        return [opened.give() for opened in self._open.values() if opened.given < opened.ready]

    def _only_new(self, piece: Piece) -> Piece:
        """Leave out who came back before: all of a generation live again once the process was lost."""
        opened = self._open.get(piece.generation)
        if opened is None:
            return replace(piece, positions=piece.positions[:0])
        new = ~opened.back[piece.positions]
        opened.back[piece.positions] = True
        if opened.back.all():
            del self._open[piece.generation]
        if new.all():
            return piece
        positions = piece.positions[new]
        kept = piece.evaluation.take(np.flatnonzero(new))
        failures = tuple(failure for failure in kept.failures if failure.individual in positions)
        return Piece(piece.generation, positions, replace(kept, failures=failures))


class Mirror:
    """The same stream in the process that speaks to Ray, with generations of its own that grow as they are fed.

    Parameters
    ----------
    stream : QueueStream
        Lets them live.
    """

    def __init__(self, stream: QueueStream) -> None:
        self.stream = stream
        self._generations: dict[int, Generation] = {}

    def exchange(self, fed: Sequence[Fed], stopping: Callable[[], bool]) -> Sequence[Piece]:
        """Take individuals that are there now, and return whoever has lived since."""
        for new in fed:
            if new.job is not None:
                self._generations[new.generation] = generation = _make_room(new)
                self.stream.begin(new.job, generation)
            generation, stop = self._generations[new.generation], new.start + new.population.size
            for name, rows in new.population.items():
                generation.population[name][new.start : stop] = rows
            self.stream.feed(new.generation, stop)
            # of those before the last two everyone has lived
            for number in [number for number in self._generations if number < new.generation - 1]:
                del self._generations[number]
        return self.stream.take(stopping=stopping)


def _make_room(fed: Fed) -> Generation:
    """Return a generation without genes yet."""
    rows = fed.population.items()
    return begin_with(
        Population({name: np.empty((fed.size, *array.shape[1:]), array.dtype) for name, array in rows}),
        number=fed.generation,
    )
