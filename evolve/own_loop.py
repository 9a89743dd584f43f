"""A run that a program's own loop goes through, generation by generation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

from hetevo.evolve.callbacks import Callbacks
from hetevo.evolve.config import Config
from hetevo.evolve.loop import LivedGeneration
from hetevo.evolve.messages import Run
from hetevo.evolve.session import Session
from hetevo.populations.errors import RunFailedError
from hetevo.populations.text import without_places


class OpenRun:
    """A run whose generations live one after the other, each when it is asked for.

    `hetevo.Experiment.open` and `hetevo.open_run` make it, in a ``with`` block. When the body of the loop runs, the
    generation has lived and was recorded, and saved if that was due (``[checkpoint]``). However the block is left, by
    ``break``, an error or Ctrl-C, what lived is saved, and `hetevo.resume` goes on there.

    Parameters
    ----------
    config : Config
        The experiment.
    path : Path
        The run directory.
    work : Session or Run
        What lives the generations; or where a run ended that was done already.
    callbacks : Callbacks, optional
        Whom to tell.

    Attributes
    ----------
    config : Config
        The experiment.

    Examples
    --------
    >>> import hetevo
    >>> changes = ["evolution.size=8", "lifetime.presentations=20", "backend.workers=1"]
    >>> experiment = hetevo.Experiment(hetevo.preset("smoke", overrides=changes))
    >>> with experiment.open("runs/mine") as run:
    ...     for generation in run:
    ...         if generation.loss.min() < 2:
    ...             run.stop("good enough")
    >>> run.outcome, run.result.reason
    ('stopped', 'good enough')
    >>> with hetevo.open_run("runs/mine", generations=5) as run:  # goes on from there
    ...     last = [generation.number for generation in run][-1]
    >>> last
    5
    """

    def __init__(self, config: Config, path: Path, work: Session | Run, callbacks: Callbacks | None = None) -> None:
        self.config, self._path, self._callbacks = config, path, callbacks or Callbacks()
        # a session that works, or a run that had ended before
        self._session = work if isinstance(work, Session) else None
        self._result = work if isinstance(work, Run) else None
        self._ended = self._session is None
        self._reason = ""
        self._told = -1  # the newest checkpoint that callbacks know of

    @property
    def outcome(self) -> str:
        """How it ended: ``"done"``, ``"stopped"`` or ``"failed"``; until then ``"running"``."""
        # an error may end a session before anybody noted an end
        if self._session and self._session.failed:
            return "failed"
        if not self._ended:
            return "running"
        return "done" if self._result and not self._result.stopped_by else "stopped"

    @property
    def path(self) -> Path:
        """The run directory; once the run has ended, where it is by then."""
        return self._result.path if self._result else self._path

    @property
    def number(self) -> int:
        """The last generation that has lived; -1 if none has."""
        if self._session:
            return self._session.state.generation.number if self._session.state else -1
        return self.result.generation

    @property
    def digest(self) -> str:
        """Digest of everything that evolution did so far; empty if nothing has lived."""
        if self._session:
            return self._session.state.digest if self._session.state else ""
        return self.result.digest

    @property
    def result(self) -> Run:
        """Where the run ended.

        Raises
        ------
        RunFailedError
            If it has not ended yet, has failed, or nothing has lived.
        """
        if self._result is None:
            why = {"running": "goes on still", "failed": "has failed"}.get(self.outcome, "ended before anything lived")
            raise RunFailedError(f"{self._path} {why}, so there is no result.")
        return self._result

    def stop(self, reason: str = "") -> None:
        """Save the run now, and let no further generation live; `hetevo.resume` goes on there.

        Parameters
        ----------
        reason : str, optional
            Why, for provenance and ``hetevo status``.
        """
        if self._session and self.outcome == "running":
            # the first reason stays
            self._reason = self._reason or without_places(reason) or "its own loop stopped it"
            self._session.ask_to_stop()
            self._tell_saved(self._session)

    def finish(self) -> Run:
        """Go on to the end; unlike in a loop, the next generation lives while the last one is written."""
        while self._advance():
            pass
        return self.result

    def __iter__(self) -> Iterator[LivedGeneration]:
        return self

    def __next__(self) -> LivedGeneration:
        generation = self._advance(write=True)
        if generation is None:
            raise StopIteration
        return generation

    def _advance(self, *, write: bool = False) -> LivedGeneration | None:
        """Let the next generation live, and tell of it; at the end, end the session and return None."""
        session = self._session
        if session is None or self.outcome != "running":
            return None
        generation = session.advance(write=write)
        # checkpoints are written while the next generation lives, so that news of them come late
        self._tell_saved(session)
        if generation:
            self._callbacks.call("on_generation", self, generation)
        else:
            self._end(session)
        return generation

    def _end(self, session: Session) -> None:
        self._result = session.end(self._reason or "its own loop was left")
        self._ended = True
        self._tell_saved(session)

    def _tell_saved(self, session: Session) -> None:
        # each checkpoint is told of once
        if session.saved > self._told:
            self._told = session.saved
            self._callbacks.call("on_checkpoint", self, session.saved)

    def __enter__(self) -> Self:
        if self._session:
            try:
                self._callbacks.call("on_start", self)
            except BaseException:  # Ctrl-C
                self._end(self._session)
                raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if self._session is None:
            return
        try:
            # a loop that was left early still has everything saved
            if self.outcome == "running":
                self._reason = self._reason or (f"its own loop was left by {kind.__name__}" if kind else "")
                self._end(self._session)
        finally:
            self._callbacks.call("on_end", self)

    def __repr__(self) -> str:
        return f"<run {self.path}: generation {self.number} of {self.config.evolution.generations}, {self.outcome}>"
