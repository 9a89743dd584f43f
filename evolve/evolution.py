"""The loop of generations: reproduce, live, record, save."""

import contextlib
import copy
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from hetevo.evolve.backends import BACKENDS, Backend, Job
from hetevo.evolve.backends.backend import bound_workers
from hetevo.evolve.config import Config, from_mapping
from hetevo.evolve.config.own_graph import describe_files, held_files
from hetevo.evolve.data import OwnData, find_file, open_rows
from hetevo.evolve.generation import Generation
from hetevo.evolve.heldout import HeldOut
from hetevo.evolve.memory import check_memory, explain_memory_error
from hetevo.evolve.messages import GenerationReport, Notice, Progress, Run, log, log_to
from hetevo.evolve.origin import draw_first_generation
from hetevo.evolve.plugins import describe_plugins, find_changes, rehearse
from hetevo.evolve.recorder import Recorder
from hetevo.evolve.reproduction import reproduce
from hetevo.evolve.rundir import LostError, RunDirectory
from hetevo.evolve.saved import rescue
from hetevo.evolve.species import build_species, load_probe
from hetevo.evolve.state import State, advance
from hetevo.evolve.stopping import StopRequest
from hetevo.populations.errors import HetevoError, MachineFailedError, SettingError, spell
from hetevo.populations.evaluation import Evaluation, Probe
from hetevo.populations.tasks import Table


class Evolution:
    """Evolves a population in a run directory whose lock the caller holds.

    Parameters
    ----------
    config : Config
        The whole experiment.
    probe : Probe, optional
        Measures to take on lifetimes; by default what the configuration names.
    stop_files : sequence of Path, optional
        See `hetevo.evolve.Experiment`.
    oversubscribe : bool, optional
        Start any number of workers; see `hetevo.evolve.backends.backend`.

    Raises
    ------
    ConfigError, MachineFailedError
        If it cannot run on this machine, or not now; nothing was written then.
    """

    def __init__(
        self,
        config: Config,
        probe: Probe | None = None,
        stop_files: Sequence[Path] = (),
        *,
        oversubscribe: bool = False,
    ) -> None:
        self.config, self.stop_files = config, stop_files
        # what cannot work is refused here: first what costs nothing to check
        self.place = bound_workers(config.backend, config.evolution.size, oversubscribe=oversubscribe)
        self.files = held_files(config.model_dump())
        self.species = build_species(config)
        check_memory(config, self.species, 0 if self.place.address else self.place.workers)
        # fails here, before anything is written, if a data set's package is missing
        self.species.task.prepare()
        self.held_out = HeldOut(config, self.species)
        self.probe = probe or (load_probe(config.probe.name, config.probe.measures) if config.probe.every else None)
        self.data: OwnData | None = None
        self._backend: Backend | None = None
        self._plugins = describe_plugins(config.model_dump())

    @contextlib.contextmanager
    def connected(self, directory: RunDirectory, data: str | Path | None = None) -> Iterator[None]:
        """Hold the backend while the block runs; what does not work with it is an error before anything is written.

        Parameters
        ----------
        directory : RunDirectory
            The run; it need not be there yet.
        data : str or Path, optional
            The file of its data, if the task is a table and the run has no copy.
        """
        with self.opened(directory, data):
            if self._plugins:
                rehearse(self.species, self.probe, self.config.seed)
            with BACKENDS[self.place.name](self.place) as backend:
                backend.prepare(self.job(0))
                self._backend = backend
                yield

    @contextlib.contextmanager
    def opened(self, directory: RunDirectory, data: str | Path | None = None) -> Iterator[None]:
        """Hold the rows of a table, if the task is one, while the block runs; as `connected`."""
        task = self.species.task
        if not isinstance(task, Table):
            if data is not None:
                raise SettingError(
                    f"--data {data}: only the task table has a file of data, got task.name = {self.config.task.name!r}."
                    " Leave it out."
                )
            yield
            return
        with open_rows(task, find_file(task, directory, data)) as self.data:
            self.data.check_name(self.files)
            self.species = self.data.bind(self.species)
            self.held_out = HeldOut(self.config, self.species)
            yield

    def evolve(
        self,
        directory: RunDirectory,
        state: State | None,
        *,
        origin: Mapping[str, Any] | None = None,
        records_from: Mapping[str, int] | None = None,
        progress: Progress | None = None,
        notice: Notice,
    ) -> Run:
        """Evolve from a state, or from founders, to the last generation or a request to stop; must be `connected`.

        Parameters
        ----------
        directory : RunDirectory
            Its records stand at the state.
        state : State or None
            None: begin with founders.
        origin : mapping, optional
            What the run branched off from.
        records_from : mapping of str to int, optional
            First generation in each table of records, if earlier ones were lost.
        progress, notice : callable
            Called after each generation, and with a message that a person should read.

        Raises
        ------
        MachineFailedError
            If the directory was deleted or taken over by another process meanwhile; the message says where the run was
            saved and how it goes on.
        """
        assert self._backend is not None
        # before the recorder, whose checkpoints name the sessions so far
        self._begin_session(directory, state, notice)
        recorder = Recorder(directory, self.config, origin, notice, state, records_from)
        stop = StopRequest(directory.stop_file, self.stop_files)
        try:
            # left in reverse: after the last message the recorder saves, and signals are heeded until it has
            with stop, recorder, log_to(recorder.log, notice):
                if state is None:
                    self._describe_wiring()
                final = _Loop(self, self._backend, recorder, stop, progress).run(state)
                stop.withdraw()
            # the end is noted last, and then the directory must still be this run's
            finished = final.generation.number >= self.config.evolution.generations
            directory.provenance.end_session("done" if finished else "stopped", saved=recorder.summary)
            directory.check()
        except BaseException as error:
            _note_failure(error, directory, recorder)
            raise
        where, last = directory.root.find(), final.generation.number
        ended = Run(where, last, final.digest, final.probe_digest, saved=recorder.summary)
        if finished:
            return ended
        return replace(ended, stopped_by=f"signal {stop.signal}" if stop.signal else "STOP", signal=stop.signal)

    def _begin_session(self, directory: RunDirectory, state: State | None, notice: Notice) -> None:
        """Note in the run's provenance that this process begins to work on it."""
        for change in find_changes(directory.provenance.last_plugins(), self._plugins):
            notice(change)
        lost = directory.provenance.begin_session(
            seed=self.config.seed,
            after=state.generation.number if state else None,
            generations=self.config.evolution.generations,
            mixed=self.config.backend.mixed,
            **({"plugins": self._plugins} if self._plugins else {}),
            **({"data": self.data.facts()} if self.data else {}),
            **({"files": describe_files(self.files)} if self.files else {}),
        )
        if lost:
            notice(f"{lost}; what it says of earlier sessions cannot be trusted, the results can")

    def _describe_wiring(self) -> None:
        """Log what the wiring left out of a file."""
        network, species = self.species.network, self.species
        density = network.density_ascending, network.density_descending
        for line in species.family.describe(species.layout, density):
            log.info(line)

    def until(self, generations: int) -> "Evolution":
        """Return the same with another last generation."""
        # validated like any other configuration
        content = self.config.model_dump()
        content["evolution"]["generations"] = generations
        other = copy.copy(self)  # the same backend and species: nothing else depends on it
        other.config = from_mapping(content, saved=True)
        return other

    def job(self, generation: int) -> Job:
        """Return what workers need to know of a generation besides its genes."""
        config = self.config
        probed = self.probe is not None and config.probe.every and generation % config.probe.every == 0
        probe = self.probe if probed else None
        settings = config.probe
        packages = frozenset(plugin["package"] for plugin in self._plugins)
        return Job(self.species, config.seed, config.backend.block, probe, settings.samples, settings.moments, packages)


class _Loop:
    """Generation after generation of one session, with what every step needs."""

    def __init__(
        self, evolution: Evolution, backend: Backend, recorder: Recorder, stop: StopRequest, progress: Progress | None
    ) -> None:
        self.evolution, self.config, self.species = evolution, evolution.config, evolution.species
        self.backend, self.recorder, self.stop, self.progress = backend, recorder, stop, progress
        self._begin = time.perf_counter()

    def run(self, state: State | None) -> State:
        """Go on to the last generation, or until a request to stop; return the state there, which is saved."""
        if state and self.recorder.is_behind:  # the records hold generations that nobody asks for any more
            self.recorder.write(state)
        goes_on = state is None or state.generation.number < self.config.evolution.generations
        while goes_on:
            clock = [time.perf_counter()]
            try:
                generation, evaluation, measured = self._live(state, clock)
            except MachineFailedError as error:
                if state is None or not self.stop.received:
                    raise
                self.recorder.notice(str(error))  # it was asked to stop, and does
                self.recorder.save()
                break
            # lived: the state moves on, and its rows wait in memory until the next generation lives
            state = advance(generation, evaluation, state)
            row = self.recorder.record(generation, evaluation, measured)
            goes_on = generation.number < self.config.evolution.generations and not self.stop.received
            self._note(state, row, clock, last=not goes_on)
        self.recorder.flush()
        assert state is not None
        return state

    def _live(self, state: State | None, clock: list[float]) -> tuple[Generation, Evaluation, dict[str, float]]:
        """Let the next generation live, and note when it was made and when it had lived."""
        # 1. reproduce, or begin
        if state:
            generation = reproduce(state.generation, state.loss, self.config, self.species)
        else:
            generation = draw_first_generation(self.config, self.species, self.recorder.directory.path.parent)
        clock.append(time.perf_counter())
        # 2. live; as soon as the workers are busy, this process has time to write the generation before
        job = self.evolution.job(generation.number)
        evaluation = self.backend.evaluate(job, generation, self.recorder.begin, self._is_stopping)
        clock.append(time.perf_counter())
        # 3. live through held-out tasks too, only to be measured
        held_out = self.evolution.held_out
        measured = held_out.measure(self.backend, job, generation, evaluation.loss, self._is_stopping)
        return generation, evaluation, measured

    def _is_stopping(self) -> bool:
        return self.stop.received

    def _note(self, state: State, row: dict[str, Any], clock: list[float], *, last: bool) -> None:
        """Plan to write the generation that has lived, and report it; ``clock`` says when what had been done."""
        number = state.generation.number
        due = last or self.recorder.is_due(number)
        clock.append(time.perf_counter())
        vary, evaluate, record = (round(after - before, 6) for before, after in pairwise(clock))
        spent = {"vary": vary, "evaluate": evaluate, "record": record, "saved": due, **self.backend.telemetry}
        self.recorder.write(state, due=due, generation=number, **spent, **_shown(row))
        if self.progress:
            self.progress(self._report(number, row, clock))

    def _report(self, number: int, row: dict[str, Any], clock: list[float]) -> GenerationReport:
        mean, elite = (_defined(row.get(name)) for name in ("alignment_end", "alignment_end_elite"))
        last, best, median = self.config.evolution.generations, row["loss_best"], row["loss_median"]
        seconds, elapsed = clock[-1] - clock[0], clock[-1] - self._begin
        return GenerationReport(number, last, best, median, mean, elite, seconds, elapsed)


def _note_failure(error: BaseException, directory: RunDirectory, recorder: Recorder) -> None:
    """Note in the run's provenance that it was stopped or failed.

    Raises
    ------
    MachineFailedError
        In place of the error, if the directory was lost, or memory ran out.
    """
    # nothing can be noted in a directory that is gone: what is in memory is saved elsewhere
    if gone := error if isinstance(error, LostError) else directory.loss():
        raise rescue(gone, directory, recorder.toml, recorder.newest, recorder.facts) from error
    with contextlib.suppress(HetevoError):  # the error that ended it is the one to report
        directory.provenance.end_session("stopped" if isinstance(error, KeyboardInterrupt) else "failed")
    if isinstance(error, MemoryError):
        raise explain_memory_error(error, spell("resume", directory.root.find())) from None


def _shown(row: dict[str, Any]) -> dict[str, float | None]:
    """Pick what a person following the telemetry wants to see; JSON has no NaN."""
    return {name: _defined(row[name]) for name in ("loss_best", "loss_median", "alignment_end") if name in row}


def _defined(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
