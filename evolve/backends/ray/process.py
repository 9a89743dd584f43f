"""What happens in the process that speaks to Ray, which alone loads it: the other end of `backend`."""

import os
import signal
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

from hetevo.evolve.backends.backend import Piece, Telemetry
from hetevo.evolve.backends.fingerprint import Fingerprint, check_same
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.ray.local import ONLY_HERE
from hetevo.evolve.backends.ray.stream import Fed
from hetevo.evolve.config import BackendTable
from hetevo.evolve.generation import Generation
from hetevo.populations.evaluation import Evaluation

if TYPE_CHECKING:
    from hetevo.evolve.backends.ray.driver import RayDriver


class Facts(NamedTuple):
    """What the process that evolves knows of the backend in this one."""

    workers: int
    description: str
    telemetry: Telemetry


_driver: "RayDriver | None" = None
_stopping = False


def start(settings: BackendTable, mine: Fingerprint) -> Facts:
    """Connect to a cluster, or start one; ``mine`` is what the process that evolves computes with."""
    global _driver
    check_same(mine)
    if not settings.address:  # must be there before Ray is imported
        os.environ.update(ONLY_HERE)
    from hetevo.evolve.backends.ray.driver import RayDriver

    _driver = RayDriver(settings)
    _listen()
    return _take_facts()


def _listen() -> None:
    """Take SIGTERM for a request to stop; it still ends this process when the one that evolves is gone."""
    before = signal.getsignal(signal.SIGTERM)

    def handle(number: int, frame: FrameType | None) -> None:
        global _stopping
        _stopping = True
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, handle)


def _take_facts() -> Facts:
    assert _driver is not None
    return Facts(_driver.workers, _driver.description, _driver.telemetry)


def prepare(job: Job) -> None:
    """Let a worker load what every block needs."""
    assert _driver is not None
    _driver.prepare(job)


def evaluate(job: Job, generation: Generation) -> tuple[Evaluation, Facts]:
    """Evaluate a generation, until SIGTERM asks to stop."""
    global _stopping
    assert _driver is not None
    _stopping = False
    return _driver.evaluate(job, generation, stopping=lambda: _stopping), _take_facts()


def exchange(fed: list[Fed]) -> tuple[Sequence[Piece], Facts]:
    """Let individuals of a stream live, until one of them has, or SIGTERM asks to stop."""
    global _stopping
    assert _driver is not None
    _stopping = False
    return _driver.exchange(fed, stopping=lambda: _stopping), _take_facts()


def lap() -> Telemetry:
    """Return what there is to say of the stream."""
    assert _driver is not None
    return _driver.mirror.stream.lap()


def close() -> None:
    """Leave the cluster."""
    if _driver is not None:
        _driver.close()
