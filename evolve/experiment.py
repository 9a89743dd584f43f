"""An experiment: founders, then lives and reproduction, generation after generation."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from evolve.backends import BACKENDS, Backend, Job
from evolve.cohort import founders
from evolve.config import Config, dump_toml
from evolve.keeper import Keeper
from evolve.memory import check_memory
from evolve.news import kept
from evolve.probes import probe_named
from evolve.reproduction import reproduce
from evolve.rundir import RunDirectory
from evolve.species import species_of
from evolve.state import State, after
from evolve.stopping import StopRequest
from populations.evaluation import Probe


@dataclass(frozen=True)
class GenerationReport:
    """What a progress display is told after each generation.

    Parameters
    ----------
    generation, generations : int
        Just done, and the last one to come.
    loss_best, loss_median : float
        Normalised test loss.
    alignment_end, alignment_end_elite : float or None
        Mean gradient alignment at the end of life; None where it was not measured.
    seconds, elapsed : float
        Seconds that this generation took, and since the start.
    """

    generation: int
    generations: int
    loss_best: float
    loss_median: float
    alignment_end: float | None
    alignment_end_elite: float | None
    seconds: float
    elapsed: float


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Parameters
    ----------
    path : Path
        Its directory.
    generation : int
        The last one that lived.
    digest : str
        Digest of everything that evolution did.
    probe_digest : str or None
        Digest of what the probe recorded.
    stopped_by : str
        ``""`` if it is done; ``"STOP"`` for the file.
    signal : int
        Number of the signal that stopped it; 0 if none did.
    """

    path: Path
    generation: int
    digest: str
    probe_digest: str | None
    stopped_by: str = ""
    signal: int = 0


Progress = Callable[[GenerationReport], None]


class Experiment:
    """Evolves a population as a configuration says.

    Parameters
    ----------
    config : Config
        The whole experiment, see `evolve.preset` and `evolve.load_config`.
    probe : Probe, optional
        Measures to take on lifetimes; by default the one that ``config.probe.name`` names, or none if
        ``config.probe.every`` is 0. A probe can never change a result.
    """

    def __init__(self, config: Config, *, probe: Probe | None = None) -> None:
        check_memory(config)
        self.config = config
        self.species = species_of(config)
        # fails here, before anything is written, if a data set's package is missing
        self.species.task.prepare()
        self.probe = probe or (probe_named(config.probe.name) if config.probe.every else None)

    def run(self, path: str | Path, *, progress: Progress | None = None) -> Run:
        """Run from generation 0 in a new directory.

        Parameters
        ----------
        path : str or Path
            The run directory to make.
        progress : callable, optional
            Is called with a `GenerationReport` after every generation.

        Returns
        -------
        Run
            Where it ended; see ``stopped_by``.

        Raises
        ------
        RunExistsError
            If the directory exists already.
        RunDirectoryError, StorageError
            If it cannot be written.
        """
        # a cluster that is not there is an error before anything is written
        with BACKENDS[self.config.backend.name](self.config.backend) as backend:
            directory = RunDirectory.create(path, dump_toml(self.config))
            with directory.lock(), kept(directory):
                return self._evolve(directory, backend, None, progress)

    def _evolve(self, directory: RunDirectory, backend: Backend, state: State | None, progress: Progress | None) -> Run:
        config = self.config
        directory.begin_session(seed=config.seed, generation=state.cohort.generation if state else None)
        try:
            with StopRequest(directory.stop_file) as stop:
                final = self._generations(directory, backend, stop, state, progress)
        except BaseException:
            directory.end_session("failed")
            raise
        finished = final.cohort.generation >= config.evolution.generations
        directory.end_session("done" if finished else "stopped")
        reason = "" if finished else f"signal {stop.signal}" if stop.signal else "STOP"
        return Run(
            directory.path,
            final.cohort.generation,
            final.digest,
            final.probe_digest,
            reason,
            0 if finished else stop.signal,
        )

    def _generations(
        self,
        directory: RunDirectory,
        backend: Backend,
        stop: StopRequest,
        state: State | None,
        progress: Progress | None,
    ) -> State:
        config, keeper = self.config, Keeper(directory, self.config)
        begin = time.perf_counter()
        while state is None or state.cohort.generation < config.evolution.generations:
            clock = [time.perf_counter()]
            cohort = (
                reproduce(state.cohort, state.loss, config, self.species)
                if state
                else founders(self.species, config.seed, config.evolution.size)
            )
            clock.append(time.perf_counter())
            evaluation = backend.evaluate(self._job(cohort.generation), cohort)
            clock.append(time.perf_counter())
            state = after(cohort, evaluation, state)
            row = keeper.record(cohort, evaluation)
            last = cohort.generation >= config.evolution.generations or stop.received
            if last or keeper.is_due(cohort.generation):
                keeper.commit(state)
            clock.append(time.perf_counter())
            vary, evaluate, record = (round(after - before, 6) for before, after in pairwise(clock))
            times = {"vary": vary, "evaluate": evaluate, "record": record, **backend.telemetry}
            directory.event(generation=cohort.generation, **times, **_shown(row))
            if progress:
                progress(self._report(cohort.generation, row, clock[-1] - clock[0], clock[-1] - begin))
            if last:
                break
        assert state is not None
        return state

    def _report(self, generation: int, row: dict[str, Any], seconds: float, elapsed: float) -> GenerationReport:
        mean, elite = (_defined(row.get(name)) for name in ("alignment_end", "alignment_end_elite"))
        last, best, median = self.config.evolution.generations, row["loss_best"], row["loss_median"]
        return GenerationReport(generation, last, best, median, mean, elite, seconds, elapsed)

    def _job(self, generation: int) -> Job:
        config = self.config
        probed = self.probe is not None and config.probe.every and generation % config.probe.every == 0
        return Job(
            self.species, config.seed, config.backend.block, self.probe if probed else None, config.probe.samples
        )


def _shown(row: dict[str, Any]) -> dict[str, float | None]:
    """Pick what a person following the telemetry wants to see; JSON has no NaN."""
    return {name: _defined(row[name]) for name in ("loss_best", "loss_median", "alignment_end") if name in row}


def _defined(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
