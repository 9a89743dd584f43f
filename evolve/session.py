"""One process's work on a run: it begins, lives generations, and ends, with all that lived saved."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hetevo.evolve.backends import Backend
from hetevo.evolve.backends.portable import pinned_machine
from hetevo.evolve.callbacks import Callbacks
from hetevo.evolve.config import Config
from hetevo.evolve.config.own_graph import describe_files
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.going_on import spell_resume
from hetevo.evolve.loop import LivedGeneration, Loop
from hetevo.evolve.memory import explain_memory_error
from hetevo.evolve.messages import Notice, Progress, Run, guard, log, log_notice, log_to
from hetevo.evolve.plugins import find_changes
from hetevo.evolve.recorder import Recorder
from hetevo.evolve.rundir import LostError, RunDirectory
from hetevo.evolve.saved import rescue
from hetevo.evolve.state import State
from hetevo.evolve.stopping import LOOP, StopRequest
from hetevo.evolve.tracked import Tracking
from hetevo.populations.errors import HetevoError
from hetevo.populations.evaluation import Status

DIVERGED = (
    "all lives of the last generation diverged: weights or losses became infinite or NaN, so that every loss is the"
    " largest there is (lifetime.loss_cap). A rule of your own is tested by hetevo.testing.check; otherwise try smaller"
    " gains (genome.gain_scale)"
)
"""What is said at the end of a run in which nobody lives."""


@dataclass(frozen=True)
class Start:
    """Where a session begins.

    Parameters
    ----------
    state : State or None
        The records stand here; None: begin with founders.
    origin : mapping, optional
        What the run branched off from.
    records_from : mapping of str to int, optional
        First generation in each table of records, if earlier ones were lost.
    seconds : float, optional
        Seconds that earlier sessions worked on the run.
    """

    state: State | None = None
    origin: Mapping[str, Any] | None = None
    records_from: Mapping[str, int] | None = None
    seconds: float = 0.0


class Listeners:
    """Whom a run tells what happens; none of them can end it by failing.

    Parameters
    ----------
    progress : callable, optional
        Is called with a `GenerationReport` after every generation.
    notice : callable, optional
        Is called with what a person should know although the run goes on; by default Python's logging is.
    callbacks : sequence, optional
        See `hetevo.evolve.callbacks.Callback`.
    """

    def __init__(
        self, progress: Progress | None = None, notice: Notice = log_notice, callbacks: Sequence[Any] = ()
    ) -> None:
        self.progress, self.notice = progress and guard(progress), guard(notice)
        self.callbacks = Callbacks(callbacks)

    def track(self, config: Config) -> None:
        """Tell the trackers of a configuration, too."""
        if config.track.to:
            self.callbacks.add(Tracking(config, self.notice))


class Session:
    """Evolves a population in a run directory.

    Parameters
    ----------
    evolution : Evolution
        The experiment.
    backend : Backend
        Where lives are computed.
    directory : RunDirectory
        Where everything is written; the caller holds the lock.
    start : Start
        Where it begins.
    listeners : Listeners
        Whom to tell.

    Attributes
    ----------
    failed : bool
        Whether an error has ended it.
    saved : int
        The generation of the newest checkpoint that it wrote; -1: none yet.

    Raises
    ------
    MachineFailedError
        By any method, if the directory was deleted or taken over by another process meanwhile; the message says where
        the run was saved and how it goes on.
    """

    def __init__(
        self, evolution: Evolution, backend: Backend, directory: RunDirectory, start: Start, listeners: Listeners
    ) -> None:
        self.failed = False
        self._directory, self._config = directory, evolution.config
        # before the recorder, whose checkpoints name the sessions so far
        self._begin(evolution, start, listeners.notice)
        self._recorder = Recorder(
            directory, evolution.config, start.origin, listeners.notice, start.state, start.records_from, start.seconds
        )
        self._stop = StopRequest(directory.stop_file, evolution.stop_files)
        self._loop = Loop(evolution, backend, self._recorder, self._stop, listeners.progress, start.state)
        self._generations, self._diverged = self._loop.generations(), False
        # left in reverse: after the last message the recorder saves, and signals are heeded until it has
        self._held = contextlib.ExitStack()
        with self._noting_failure():
            for context in (self._stop, self._recorder, log_to(self._recorder.log, listeners.notice)):
                self._held.enter_context(context)
            if start.state is None:
                evolution.describe_wiring()

    def _begin(self, evolution: Evolution, start: Start, notice: Notice) -> None:
        """Note in the run's provenance that this process begins to work on it, and with what."""
        # another version of a plugin may compute something else
        if evolution.plugins:
            for change in find_changes(self._directory.provenance.last_plugins(), evolution.plugins):
                notice(change)
        # what a run needs besides the package
        brought: dict[str, Any] = {"plugins": evolution.plugins, "files": describe_files(evolution.files)}
        # lives are computed by other processes than this one, of which the rest of the provenance speaks
        if self._config.backend.portable:
            brought["portable"] = pinned_machine()
        if evolution.data:
            brought["data"] = evolution.data.facts()
        lost = self._directory.provenance.begin_session(
            seed=self._config.seed,
            after=start.state.generation.number if start.state else None,
            generations=self._config.evolution.generations,
            mixed=self._config.backend.mixed,
            **{name: facts for name, facts in brought.items() if facts},
        )
        # the notes are damaged, and the results are not
        if lost:
            notice(f"{lost}; what it says of earlier sessions cannot be trusted, the results can")

    @property
    def state(self) -> State | None:
        """Where the run stands; None: before its founders."""
        return self._loop.state

    @property
    def seconds(self) -> float:
        """Seconds that all sessions have worked on the run."""
        return self._recorder.seconds

    @property
    def saved(self) -> int:
        """The generation of the newest checkpoint that this session wrote; -1: none yet."""
        return self._recorder.saved

    def advance(self, *, write: bool = False) -> LivedGeneration | None:
        """Let the next generation live; return None at the end.

        Parameters
        ----------
        write : bool, optional
            Whether to write it at once, and not while the one after it lives.
        """
        with self._noting_failure():
            generation = next(self._generations, None)
            if generation:
                self._diverged = bool((generation.status == Status.DIVERGED).all())
            # a loop that looks at the files must find the generation there
            if write and generation:
                self._recorder.flush()
        return generation

    def ask_to_stop(self) -> None:
        """Save, and let no further generation live."""
        self._stop.ask()
        with self._noting_failure():
            self._recorder.save()

    def end(self, reason: str) -> Run | None:
        """Save and end; None if nothing has lived.

        Parameters
        ----------
        reason : str
            Why, if a program's own loop ended it before it was done and nobody else asked to stop.
        """
        with self._noting_failure():
            # whatever asked to stop is withdrawn once it is done
            with self._held:
                if self._diverged:
                    log.warning(DIVERGED)
                self._recorder.save()
                by = self._stop.by
                self._stop.withdraw()
            # why it ended: it was done, somebody asked, or the program's own loop was left
            done = self._loop.is_done
            by, reason = ("", self._loop.end_reason) if done else (by or LOOP, reason if by in ("", LOOP) else "")
            # the end is noted last, and then the directory must still be this run's
            state, saved = self.state, self._recorder.summary
            noted: dict[str, Any] = {"saved": saved} if state else {}  # or else there is no checkpoint
            if state and reason:
                noted |= {"reason": reason, "generation": state.generation.number}
            self._directory.provenance.end_session("done" if done else "stopped", **noted)
            self._directory.check()
        if state is None:
            return None
        where, signal = self._directory.root.find(), 0 if done else self._stop.signal
        return Run(where, state.generation.number, state.digest, state.probe_digest, by, signal, saved, reason)

    @contextlib.contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """Note an error of the block in the run's provenance, when everything is left and what lived is saved."""
        try:
            yield
        except BaseException as error:
            self.failed = True
            self._held.__exit__(type(error), error, error.__traceback__)
            _note_failure(error, self._directory, self._recorder)
            raise


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
        raise explain_memory_error(error, spell_resume(directory.root.find())) from None
