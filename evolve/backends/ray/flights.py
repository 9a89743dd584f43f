"""Blocks in flight: sent, waited for, given up when they are late, sorted by what became of them."""

import re
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

import ray

from hetevo.evolve.backends.backend import Job
from hetevo.evolve.backends.pieces import Piece, Pieces
from hetevo.evolve.backends.ray.errors import in_short
from hetevo.evolve.backends.ray.sizes import REMEMBERED
from hetevo.evolve.backends.ray.tasks import task
from hetevo.evolve.backends.shards import Lived, live_shard
from hetevo.evolve.backends.trying import live_alone
from hetevo.populations.errors import MachineFailedError

LATE = 10.0
"""A block hangs if it takes this many times as long as the median one, from sending to coming back."""

WAIT_SECONDS = 1.0
"""Longest time without a look at deadlines and workers."""


@dataclass
class Flight:
    """A block on its way."""

    piece: Piece
    since: float
    deadline_factor: float


class Flights:
    """All blocks on their way.

    Parameters
    ----------
    deadline : float
        Seconds that a block may always take.
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._flights: dict[Any, Flight] = {}
        self._turnarounds: list[float] = []

    def __len__(self) -> int:
        return len(self._flights)

    def send(self, job: Job, pieces: Pieces, piece: Piece) -> None:
        """Send a block: its own genes, and nobody else's."""
        # no retries by Ray: the driver counts what becomes of a block, and decides; with retries Ray would also repeat
        # a block without end that takes more memory than there is
        live = task(live_alone if piece.alone else live_shard)
        reference = live.remote(job, pieces.genes(piece), piece.start, pieces.generation.number)
        # a block that came back late gets twice the time, so that a slow machine is not taken for a hung one for ever
        self._flights[reference] = Flight(piece, time.monotonic(), 2.0**piece.late)

    def land(self, pieces: Pieces) -> list[tuple[Piece, Lived]]:
        """Wait a moment for blocks, return those that lived, and give the lost ones back to ``pieces``."""
        if not self._flights:  # all were lost, and are sent again after a pause
            time.sleep(min(WAIT_SECONDS, pieces.pause))
            return []
        # a tenth of them at a time: with thousands in flight, a call for each would keep the driver busy
        some = max(1, len(self._flights) // 10)
        ready, _ = ray.wait(list(self._flights), num_returns=some, timeout=WAIT_SECONDS)
        landed = []
        for reference in ready:
            flight = self._flights.pop(reference)
            lived = _result(reference, flight.piece, pieces)
            if lived is not None:
                self._turnarounds = [*self._turnarounds[-REMEMBERED:], time.monotonic() - flight.since]
                landed.append((flight.piece, lived))
        return landed

    def cancel_late(self, pieces: Pieces) -> None:
        """Cancel blocks that hang, and give them back to ``pieces``."""
        if not self._turnarounds:
            return  # nothing to compare with: long lives are not hung ones
        limit, now = max(self._deadline, LATE * median(self._turnarounds)), time.monotonic()
        for reference, flight in list(self._flights.items()):
            if now - flight.since > limit * flight.deadline_factor and not _has_ended(reference):
                del self._flights[reference]
                ray.cancel(reference, force=True)
                took = f"no answer in {now - flight.since:.0f} seconds, others take {median(self._turnarounds):.3g}"
                pieces.late(flight.piece, took)

    def start_clocks_anew(self) -> None:
        """Forget how long blocks have been on their way: the workers are not the same as before."""
        for flight in self._flights.values():
            flight.since = time.monotonic()

    def cancel_all(self) -> None:
        """Cancel everything, for an error or an interrupt."""
        for reference in self._flights:
            if not _has_ended(reference):
                ray.cancel(reference, force=True)
        self._flights.clear()


def _has_ended(reference: Any) -> bool:
    # cancelling a task that is just ending can end Ray's own process (2.60: "Tried to complete task that was not
    # pending"); this makes it rare, and `RayBackend` starts that process again
    return bool(ray.wait([reference], timeout=0)[0])


def _result(reference: Any, piece: Piece, pieces: Pieces) -> Lived | None:
    """Return what a block sent back; None if it was lost, and given back to ``pieces``."""
    errors = ray.exceptions
    try:
        lived: Lived = ray.get(reference)
    except errors.RayTaskError as error:
        if isinstance(error.cause, MemoryError):
            pieces.lost(piece, f"memory ran out ({error.cause})")
        elif isinstance(error.cause, MachineFailedError):
            pieces.lost(piece, str(error.cause), suspect=piece.suspect)
        else:
            # `live_shard` catches whatever an individual raises, so this worker has other code, or cannot load what it
            # was sent. It has not shown what it computes with, and its word does not end a run: others may do better
            pieces.lost(piece, f"a worker that shows no fingerprint could not compute them ({_where(error)})")
    except errors.WorkerCrashedError:  # of what, Ray does not tell
        pieces.lost(piece, "a worker process died", suspect=True)
    except errors.RayError as error:  # its node died, memory ran out, its result was lost
        pieces.lost(piece, in_short(error))
    else:
        return lived
    return None


def _where(error: ray.exceptions.RayTaskError) -> str:
    """Say which process raised what; Ray's own text is all that surely knows the process."""
    text = str(error).strip()
    place = re.search(r"pid=(\d+), ip=([^,)\s]+)", text)
    last = text.splitlines()[-1]
    return f"process {place[1]} on {place[2]}: {last}" if place else last
