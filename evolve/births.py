"""The births of a run without generations: children are bred, sent to live and admitted while others live."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hetevo.evolve.algorithms import Memory, Search
from hetevo.evolve.algorithms.steady_state import Adults, Nursery, SteadyState, make_room
from hetevo.evolve.backends import Backend, Job
from hetevo.evolve.backends.backend import Piece, Stream, Telemetry, do_nothing
from hetevo.evolve.backends.stream import join_pieces
from hetevo.evolve.generation import Generation
from hetevo.evolve.state import State
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.types import Floats, Mask


@dataclass
class Growing:
    """A generation whose individuals come and live one after another.

    Parameters
    ----------
    generation : Generation
        Those who are there; the places of the others are empty.
    loss : ndarray of float64, shape (P,)
        Of those who have lived.
    lived : ndarray of bool, shape (P,)
        Who has.
    pieces : list of Piece
        What became of them.
    fed : int
        How many of them the stream knows of.
    """

    generation: Generation
    loss: Floats
    lived: Mask
    pieces: list[Piece] = field(default_factory=list)
    fed: int = 0

    @staticmethod
    def of(generation: Generation) -> "Growing":
        """Return a generation of which nobody has lived."""
        return Growing(generation, np.empty(generation.size), np.zeros(generation.size, np.bool_))

    def keep(self, piece: Piece) -> None:
        """Keep what became of some."""
        self.loss[piece.positions], self.lived[piece.positions] = piece.evaluation.loss, True
        self.pieces.append(piece)


class Births:
    """Lets a run of a steady-state algorithm go on, generation by generation, while later ones live already.

    Parameters
    ----------
    algorithm : SteadyState
        How it is searched.
    search : Search
        What is searched in.
    backend : Backend
        Where individuals live.
    job : callable
        Returns what workers need to know of a generation besides its genes, by its number.
    last : int
        The generation after which nobody is bred.
    """

    def __init__(
        self, algorithm: SteadyState, search: Search, backend: Backend, job: Callable[[int], Job], last: int
    ) -> None:
        self._algorithm, self._search, self._backend, self._job, self._last = algorithm, search, backend, job, last
        self._growing: dict[int, Growing] = {}
        self._memories: dict[int, Memory] = {}
        self._nursery: Nursery | None = None
        self._stream: Stream | None = None
        self._spent = 0.0

    def begin(self, founders: Generation) -> None:
        """Begin with founders, who have not lived."""
        self._growing = {0: Growing.of(founders)}
        self._growing[0].fed = founders.size
        self._stream = self._backend.stream(self._job(0), founders, founders.size)

    def go_on(self, state: State) -> None:
        """Go on after a generation that has lived."""
        everyone = np.ones(state.generation.size, np.bool_)
        number, size = state.generation.number, state.generation.size
        self._growing = {number: Growing(state.generation, state.loss, everyone, fed=size)}
        self._nursery = self._algorithm.go_on(state, self._search)

    def live(
        self, number: int, meanwhile: Callable[[], None], stopping: Callable[[], bool]
    ) -> tuple[Generation, Evaluation, Memory]:
        """Return the next generation once all of it has lived, what became of it, and what to remember.

        Parameters
        ----------
        number : int
            Which one: the first after `begin` or `go_on`, or the one after that which was returned before.
        meanwhile, stopping : callable
            See `hetevo.evolve.backends.backend.Stream.take`.
        """
        self._move_on()
        while number not in self._growing or not self._growing[number].lived.all():
            assert self._stream is not None
            for piece in self._stream.take(meanwhile, stopping):
                self._growing[piece.generation].keep(piece)
            meanwhile = do_nothing
            self._move_on()
        # of the generation before everyone has been admitted
        self._growing.pop(number - 1, None)
        grown = self._growing[number]
        evaluation = join_pieces(grown.pieces)
        return grown.generation, evaluation, self._memories.pop(number)

    def _move_on(self) -> None:
        """Admit who has lived, in order of birth, and breed each child as soon as it can be: then, and not later."""
        begin = time.perf_counter()
        # once all founders have lived, they are the first adults
        if self._nursery is None:
            founders = self._growing[0]
            if not founders.lived.all():
                return
            adults, size = Adults.of_founders(founders.generation, founders.loss), founders.generation.size
            lag, replaced = self._algorithm.find_lag(size), self._algorithm.replace
            self._nursery = Nursery(adults, size, size, lag, replaced, self._search)
        nursery = self._nursery
        while True:
            while nursery.is_ready and self._breed(nursery):
                pass
            number, place = divmod(nursery.admitted, self._size)
            growing = self._growing.get(number)
            if nursery.is_ready or growing is None or not growing.lived[place]:
                break
            nursery.admit(growing.generation.population.take(np.array([place])), float(growing.loss[place]))
        self._spent += time.perf_counter() - begin
        self._feed(nursery)

    @property
    def _size(self) -> int:
        return next(iter(self._growing.values())).generation.size

    def _breed(self, nursery: Nursery) -> bool:
        """Breed the next child; tell whether there is one."""
        number, place = divmod(nursery.bred, self._size)
        if number > self._last and number - 1 in self._memories:
            return False
        # the adults as they are before the first child of a generation are what the one before it is resumed with
        if place == 0:
            self._memories[number - 1] = nursery.adults.memory()
            if number > self._last:
                return False
            self._growing[number] = Growing.of(make_room(number, self._growing[number - 1].generation))
        nursery.breed(self._growing[number].generation)
        return True

    def _feed(self, nursery: Nursery) -> None:
        """Send whoever was bred; the stream is told of each generation once, and then how many of it there are."""
        for number, growing in self._growing.items():
            ready = min(growing.generation.size, nursery.bred - number * self._size)
            if growing.fed == ready:
                continue
            if self._stream is None:
                self._stream = self._backend.stream(self._job(number), growing.generation, ready)
            elif growing.fed == 0:
                self._stream.begin(self._job(number), growing.generation, ready)
            else:
                self._stream.feed(number, ready)
            growing.fed = ready

    def lap(self) -> tuple[float, Telemetry]:
        """Return the seconds that breeding took since this was last asked, and what the stream says of that time."""
        spent, self._spent = self._spent, 0.0
        return spent, self._stream.lap() if self._stream else {}
