"""The choice between this machine and a cluster."""

from collections.abc import Callable
from typing import Self

from hetevo.evolve.backends.backend import Backend, Stream, Telemetry, do_nothing, never
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.local import LocalBackend
from hetevo.evolve.backends.ray import RayBackend
from hetevo.evolve.backends.ray.session import check_session
from hetevo.evolve.config import BackendTable
from hetevo.evolve.generation import Generation
from hetevo.evolve.machine import available_cores
from hetevo.evolve.messages import log
from hetevo.populations.evaluation import Evaluation

CLUSTER_SECONDS = 5.0
"""A generation that takes less than this on this machine stays there: what joining a cluster takes."""


class AutoBackend:
    """Measures the first block, then takes this machine or the cluster, and says why.

    A second Ray on one machine gains nothing over processes, so without an address it is always this machine.

    Parameters
    ----------
    settings : BackendTable
        See `CLUSTER_SECONDS` for what decides when there is an address.

    Raises
    ------
    SettingError
        If there is an address, and this process is connected to Ray otherwise.
    """

    def __init__(self, settings: BackendTable) -> None:
        if settings.address:
            check_session(settings.address)  # not only when the first generation has lived
        self.settings = settings
        self._chosen: Backend | None = None if settings.address else LocalBackend(settings)
        self._logged = False

    @property
    def workers(self) -> int:
        """Processes that evaluate."""
        return self._chosen.workers if self._chosen else available_cores()

    @property
    def telemetry(self) -> Telemetry:
        """Of the generation just evaluated."""
        return self._chosen.telemetry if self._chosen else {}

    @property
    def description(self) -> str:
        """What it is, for the log."""
        return f"auto: {self._chosen.description if self._chosen else 'not chosen yet'}"

    def prepare(self, job: Job) -> None:
        """Make ready for what every generation of a run needs, if it is clear already where that will be."""
        if self._chosen:
            self._chosen.prepare(job)

    def evaluate(
        self,
        job: Job,
        generation: Generation,
        meanwhile: Callable[[], None] = do_nothing,
        stopping: Callable[[], bool] = never,
    ) -> Evaluation:
        """Evaluate all individuals of a generation, in order."""
        return self._choose(job, generation).evaluate(job, generation, meanwhile, stopping)

    def stream(self, job: Job, generation: Generation, ready: int) -> Stream:
        """Return a stream that begins with a generation, of which the first ``ready`` individuals are there."""
        return self._choose(job, generation, ready).stream(job, generation, ready)

    def _choose(self, job: Job, generation: Generation, ready: int | None = None) -> Backend:
        """Return the backend that was chosen; the first time, choose it by how long a block takes."""
        reason = "no address of a cluster was given"
        if self._chosen is None:
            cores = available_cores()
            # --workers means the cluster's; this machine has no more than its cores
            self._chosen = local = LocalBackend(self.settings.model_copy(update={"workers": cores, "address": ""}))
            # a block, measured here, tells how long a generation would take
            seconds = local.seconds_for_one(job, generation, ready) * generation.size / cores
            if seconds > CLUSTER_SECONDS:
                local.close()
                self._chosen = RayBackend(self.settings)
            self._chosen.prepare(job)
            reason = (
                f"a generation takes about {seconds:.3g} s on {cores} cores, a cluster pays from {CLUSTER_SECONDS:g} s"
            )
        if not self._logged:
            log.info("backend auto: %s, because %s", self._chosen.description, reason)
            self._logged = True
        return self._chosen

    def close(self) -> None:
        """Give back processes and memory."""
        if self._chosen:
            self._chosen.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


BACKENDS: dict[str, Callable[[BackendTable], Backend]] = {
    "local": LocalBackend,
    "ray": RayBackend,
    "auto": AutoBackend,
}
"""Backends by the name used in ``[backend] name``."""
