"""Where a generation's evaluation spends its time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from hetevo.evolve.backends.backend import Telemetry


class Clock:
    """Adds up seconds while a generation lives.

    Attributes
    ----------
    busy : float
        Seconds that workers spent on lives, summed over them.
    """

    def __init__(self) -> None:
        self.busy = 0.0
        self._begin = time.perf_counter()
        self._parts: dict[str, float] = {"serialise": 0.0, "wait": 0.0}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time of a ``with`` block as ``"serialise"`` or ``"wait"``."""
        begin = time.perf_counter()
        yield
        self._parts[name] += time.perf_counter() - begin

    def telemetry(self, workers: int, resent: int) -> Telemetry:
        """Return what is told about the generation.

        Parameters
        ----------
        workers : int
            How many there were.
        resent : int
            Pieces that were sent again.
        """
        available = workers * (time.perf_counter() - self._begin)
        return {
            **{name: round(seconds, 6) for name, seconds in self._parts.items()},
            "workers": workers,
            "utilisation": round(self.busy / available, 4) if available else 0.0,
            "resent": resent,
        }
