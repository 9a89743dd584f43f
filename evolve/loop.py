"""The loop of generations: reproduce, live, record, save."""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.algorithms import Memory
from hetevo.evolve.algorithms.steady_state import SteadyState
from hetevo.evolve.backends import Backend
from hetevo.evolve.backends.backend import Telemetry
from hetevo.evolve.beginning import draw_first_generation
from hetevo.evolve.births import Births
from hetevo.evolve.config import is_casewise
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.generation import Generation
from hetevo.evolve.messages import GenerationReport, Progress
from hetevo.evolve.recorder import Recorder
from hetevo.evolve.state import State, advance
from hetevo.evolve.stopping import StopRequest
from hetevo.evolve.until import find_end_reason
from hetevo.populations.errors import MachineFailedError
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.types import Floats, Indices


class LivedGeneration:
    """A generation that has lived, P individuals: what a loop over a run sees.

    All arrays are copies that cannot be written to: nothing that is done with them changes a result.

    Parameters
    ----------
    generation : Generation
        Who lived.
    evaluation : Evaluation
        What became of them.
    row : mapping of str to number
        What is recorded of the generation as a whole.

    Attributes
    ----------
    number : int
        Which one, counted from 0.
    row : mapping of str to number
        Its row in the table of generations.

    Examples
    --------
    >>> import hetevo
    >>> small = ["evolution.size=4", "evolution.elites=1", "lifetime.presentations=10", "backend.workers=1"]
    >>> with hetevo.Experiment(hetevo.preset("smoke", overrides=small)).open("runs/small") as run:
    ...     for generation in run:
    ...         best = int(generation.loss.argmin())
    >>> generation.number, generation.genes["gains_ascending"][best].shape, bool(generation.identifiers[best] >= 12)
    (3, (18,), True)
    """

    def __init__(self, generation: Generation, evaluation: Evaluation, row: Mapping[str, Any]) -> None:
        self.number = generation.number
        self.row: Mapping[str, Any] = MappingProxyType(dict(row))
        self._generation, self._evaluation = generation, evaluation

    @cached_property
    def loss(self) -> Floats:
        """Test loss, shape (P,); see `hetevo.populations.Evaluation`."""
        return _seal(self._evaluation.loss)

    @cached_property
    def status(self) -> Indices:
        """What became of each, shape (P,): 0 lived, 1 diverged, 2 could not be evaluated."""
        return _seal(self._evaluation.status)

    @cached_property
    def accuracy(self) -> Floats:
        """Share of test samples that were classified correctly, shape (P,); NaN unless that is the task."""
        return _seal(self._evaluation.accuracy)

    @cached_property
    def cases(self) -> Floats:
        """Test loss in each of the T tasks, shape (P, T); ``loss`` is their mean."""
        assert self._evaluation.cases is not None
        return _seal(self._evaluation.cases)

    @cached_property
    def objectives(self) -> Mapping[str, Floats]:
        """What selection looks at besides the loss, each of shape (P,); see `hetevo.evolve.objectives`."""
        return MappingProxyType({name: _seal(values) for name, values in self._evaluation.objectives.items()})

    @cached_property
    def columns(self) -> Mapping[str, Floats]:
        """What the probe measured, each of shape (P,), NaN where undefined; empty if it did not measure."""
        return MappingProxyType({name: _seal(values) for name, values in self._evaluation.observed.items()})

    @cached_property
    def genes(self) -> Mapping[str, NDArray[Any]]:
        """The genes by name, each of shape (P, ...); see `hetevo.populations.genome`."""
        return MappingProxyType({name: _seal(values) for name, values in self._generation.population.items()})

    @cached_property
    def identifiers(self) -> Indices:
        """Identifier of each individual, unique in the run, shape (P,)."""
        return _seal(self._generation.identifiers)

    @cached_property
    def parents(self) -> Indices:
        """Identifiers of both parents, shape (P, 2); -1 where there is none."""
        return _seal(np.stack([self._generation.parent_a, self._generation.parent_b], axis=1))

    @cached_property
    def operator(self) -> Indices:
        """How each came to be, shape (P,); see `hetevo.evolve.generation.Operator`."""
        return _seal(self._generation.operator)

    @cached_property
    def island(self) -> Indices:
        """Island of each, shape (P,)."""
        return _seal(self._generation.island)

    def __repr__(self) -> str:
        best, median = self.row["loss_best"], self.row["loss_median"]
        size = self._generation.size
        return f"<generation {self.number}: {size} individuals, loss {median:.4g}, best {best:.4g}>"


def _seal(values: NDArray[Any]) -> NDArray[Any]:
    sealed = values.copy()
    sealed.flags.writeable = False
    return sealed


class Loop:
    """Generation after generation of one session, with what every step needs.

    Parameters
    ----------
    evolution : Evolution
        The experiment.
    backend : Backend
        Where lives are computed.
    recorder : Recorder
        Takes what happened.
    stop : StopRequest
        Tells whether somebody asked to stop.
    progress : callable or None
        Is called after each generation.
    state : State or None
        Where the run stands; None: before its founders.

    Attributes
    ----------
    state : State or None
        The same, moving on.
    """

    def __init__(
        self,
        evolution: Evolution,
        backend: Backend,
        recorder: Recorder,
        stop: StopRequest,
        progress: Progress | None,
        state: State | None,
    ) -> None:
        self.evolution, self.config, self.species = evolution, evolution.config, evolution.species
        self.backend, self.recorder, self.stop, self.progress = backend, recorder, stop, progress
        self.state = state
        self._begin, self._seconds = time.perf_counter(), recorder.seconds
        self._births: Births | None = None
        self._telemetry: Telemetry = {}

    @property
    def end_reason(self) -> str:
        """Which end of ``evolution.until`` the run has come to; empty if none."""
        return find_end_reason(self.config.evolution.until, self.state, self._seconds)

    @property
    def is_done(self) -> bool:
        """Whether the last generation has lived, or the run has come to another end."""
        if self.state is None:
            return False
        return self.state.generation.number >= self.config.evolution.generations or bool(self.end_reason)

    def generations(self) -> Iterator[LivedGeneration]:
        """Go on to the end, or until a request to stop; the caller lets the recorder `save` after that."""
        if self.state and self.recorder.is_behind:  # the records hold generations that nobody asks for any more
            self.recorder.write(self.state)
        while self._goes_on():
            clock = [time.perf_counter()]
            try:
                generation, evaluation, measured, memory = self._live(clock)
            except MachineFailedError as error:
                if self.state is None or not self.stop.received:
                    raise
                self.recorder.notice(str(error))  # it was asked to stop, and does
                return
            # lived: the state moves on, and its rows wait in memory until the next generation lives
            casewise = is_casewise(self.config)
            self.state = state = advance(generation, evaluation, self.state, memory, casewise=casewise)
            row = self.recorder.record(generation, evaluation, measured)
            self._seconds = self.recorder.seconds
            self._note(state, row, clock, last=not self._goes_on())
            yield LivedGeneration(generation, evaluation, row)

    def _goes_on(self) -> bool:
        # founders live whoever asks to stop: without them there is nothing that could go on later
        return self.state is None or not (self.is_done or self.stop.received)

    def _live(self, clock: list[float]) -> tuple[Generation, Evaluation, dict[str, float], Memory]:
        """Let the next generation live, and note when it was made and when it had lived."""
        algorithm, search = self.evolution.algorithm, self.evolution.search
        if isinstance(algorithm, SteadyState):
            return self._live_on(algorithm, clock)
        # 1. ask the algorithm for it, or for the first one
        if self.state:
            generation, asked = algorithm.ask(self.state, search)
        else:
            founders = draw_first_generation(self.config, self.species, self.recorder.directory)
            generation, asked = algorithm.begin(founders, search)
        clock.append(time.perf_counter())
        # 2. live; as soon as the workers are busy, this process has time to write the generation before
        job = self.evolution.job(generation.number)
        evaluation = self.backend.evaluate(job, generation, self.recorder.begin, self._is_stopping)
        evaluation = self.evolution.compare(evaluation, generation)
        clock.append(time.perf_counter())
        self._telemetry = self.backend.telemetry
        # 3. live through held-out tasks too, only to be measured
        measured = self._measure(generation, evaluation)
        # 4. tell the algorithm what became of them, and nothing that was measured
        memory = algorithm.tell(generation, replace(evaluation, observed={}), asked, search)
        return generation, evaluation, {**measured, **algorithm.report(memory, search)}, memory

    def _live_on(
        self, algorithm: SteadyState, clock: list[float]
    ) -> tuple[Generation, Evaluation, dict[str, float], Memory]:
        """Do the same where individuals are bred while others live: later ones may live when this returns."""
        evolution, number = self.evolution, self.state.generation.number + 1 if self.state else 0
        if self._births is None:
            last = self.config.evolution.generations
            self._births = Births(algorithm, evolution.search, self.backend, evolution.job, last)
            if self.state:
                self._births.go_on(self.state)
            else:
                self._births.begin(draw_first_generation(self.config, self.species, self.recorder.directory))
        generation, evaluation, memory = self._births.live(number, self.recorder.begin, self._is_stopping)
        evaluation = evolution.compare(evaluation, generation)
        spent, self._telemetry = self._births.lap()
        clock += [clock[0] + spent, time.perf_counter()]
        measured = {**self._measure(generation, evaluation), **algorithm.report(memory, evolution.search)}
        return generation, evaluation, measured, memory

    def _measure(self, generation: Generation, evaluation: Evaluation) -> dict[str, float]:
        """Let a generation live through held-out tasks too, if it is time."""
        job, held_out = self.evolution.job(generation.number), self.evolution.held_out
        return held_out.measure(self.backend, job, generation, evaluation.loss, self._is_stopping)

    def _is_stopping(self) -> bool:
        return self.stop.received

    def _note(self, state: State, row: dict[str, Any], clock: list[float], *, last: bool) -> None:
        """Plan to write the generation that has lived, and report it; ``clock`` says when what had been done."""
        number = state.generation.number
        due = last or self.recorder.is_due(number)
        clock.append(time.perf_counter())
        vary, evaluate, record = (round(after - before, 6) for before, after in pairwise(clock))
        spent = {"vary": vary, "evaluate": evaluate, "record": record, "saved": due, **self._telemetry}
        self.recorder.write(state, due=due, generation=number, **spent, **_shown(row))
        if self.progress:
            self.progress(self._report(number, row, clock))

    def _report(self, number: int, row: dict[str, Any], clock: list[float]) -> GenerationReport:
        mean, elite = (_defined(row.get(name)) for name in ("alignment_end", "alignment_end_elite"))
        last, best, median = self.config.evolution.generations, row["loss_best"], row["loss_median"]
        seconds, elapsed = clock[-1] - clock[0], clock[-1] - self._begin
        return GenerationReport(number, last, best, median, mean, elite, seconds, elapsed)


def _shown(row: dict[str, Any]) -> dict[str, float | None]:
    """Pick what a person following the telemetry wants to see; JSON has no NaN."""
    return {name: _defined(row[name]) for name in ("loss_best", "loss_median", "alignment_end") if name in row}


def _defined(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
