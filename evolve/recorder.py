"""The recorder of a run: writes down what happened, and makes it durable when it is time."""

import contextlib
import time
import traceback
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import numpy as np

from hetevo.evolve.config import Config
from hetevo.evolve.generation import Generation, count_parents, failure_rows, generation_row, individual_rows
from hetevo.evolve.machine import starting_thread
from hetevo.evolve.messages import Notice
from hetevo.evolve.needed import find_given_end
from hetevo.evolve.rundir import LostError, RunDirectory, StorageError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.files import make_folder, names
from hetevo.evolve.rundir.provenance import now
from hetevo.evolve.rundir.records import rows_of
from hetevo.evolve.schedule import Schedule
from hetevo.evolve.state import State, checkpoint_facts
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.text import without_places

LATE_LINES = 1_000
"""Lines of telemetry that wait for a disk that does not take them; older ones are dropped."""


class Recorder:
    """Buffers records and commits them together with a checkpoint, while the next generation lives already.

    One thread does all writing. The next generation is not recorded before it has finished with this one, so that at
    most one generation is on its way to the disk, and a failed write ends the run there.

    Parameters
    ----------
    directory : RunDirectory
        Where; the caller holds its lock.
    config : Config
        Says what to keep and how often.
    origin : mapping or None
        Run, generation and digest from which this run branched off.
    notice : callable
        Is called with what went wrong without doing harm.
    newest : State, optional
        The state from which the run goes on; afterwards that of the last generation that was recorded.
    records_from : mapping of str to int, optional
        See `checkpoint_facts`.
    seconds : float, optional
        Seconds that earlier sessions worked on the run.

    Attributes
    ----------
    saved : int
        The generation of the newest checkpoint that this session wrote; -1: none yet.
    """

    def __init__(
        self,
        directory: RunDirectory,
        config: Config,
        origin: Mapping[str, Any] | None,
        notice: Notice,
        newest: State | None = None,
        records_from: Mapping[str, int] | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.directory, self.config, self.notice, self.newest = directory, config, notice, newest
        self.toml = directory.config_toml()
        self._facts = checkpoint_facts(directory.config(), origin, directory.provenance.mark(), records_from)
        # the clock of this session, and what earlier ones took
        self._begin, self._earlier = time.perf_counter(), seconds
        self.saved = -1
        self._checkpoint: Path | None = None
        self._moved = False
        self._schedule = Schedule(config)
        # other runs of a sweep may begin with where this one stood before it was extended
        self._given = find_given_end(directory.path) if newest else None
        # lines that could not be written yet; a full disk must not end a run
        self._telemetry: deque[dict[str, Any]] = deque(maxlen=LATE_LINES)
        self._late = False
        # one thread, so that things are written in the order in which they happened
        self._thread = ThreadPoolExecutor(1, "recorder")
        self._planned: tuple[State | None, dict[str, Any]] | None = None
        self._unsaved: State | None = None
        self._writing: Future[float] | None = None

    @property
    def seconds(self) -> float:
        """Seconds that all sessions have worked on the run, up to now."""
        return self._earlier + time.perf_counter() - self._begin

    @property
    def facts(self) -> dict[str, Any]:
        """What a checkpoint remembers that is written now."""
        return {**self._facts, "seconds": round(self.seconds, 3)}

    @property
    def is_behind(self) -> bool:
        """Whether the files of the records differ from what they should hold."""
        return any(table.dirty for table in self.directory.tables)

    def record(
        self, generation: Generation, evaluation: Evaluation, measured: Mapping[str, float] | None = None
    ) -> dict[str, Any]:
        """Buffer the records of a generation and return its row; the one before is on the disk then, if it was due.

        Parameters
        ----------
        generation, evaluation
            Who lived, and what became of them.
        measured : mapping of str to float, optional
            Further columns of the generation's row.
        """
        self.flush()  # nothing of this generation may reach the disk together with the checkpoint of the last one
        row = generation_row(generation.number, evaluation, self.config.probe.share)
        row["parents"] = np.array([float(count_parents(generation))])  # unknown where an earlier version began
        row |= {name: np.array([value]) for name, value in (measured or {}).items()}
        rows, kept = [(self.directory.generations, row)], self.config.records
        if kept.individuals_every and generation.number % kept.individuals_every == 0:
            rows.append((self.directory.individuals, individual_rows(generation, evaluation, kept.share)))
        if evaluation.failures:
            rows.append((self.directory.failures, failure_rows(generation, evaluation, self.config.seed)))
        # all are made before the first is added: if memory runs out for one, none is there
        made = [(table, rows_of(columns)) for table, columns in rows]
        self._unsaved = None  # from here on the records hold more than it
        for table, added in made:
            table.append(added)
        self._schedule.lived += 1
        return {name: values[0].item() for name, values in row.items()}

    def is_due(self, generation: int) -> bool:
        """Tell whether a checkpoint should follow this generation."""
        return self._schedule.is_due(generation, sum(table.unsaved for table in self.directory.tables))

    def write(self, state: State, *, due: bool = True, **telemetry: Any) -> None:
        """Plan to write, once the next generation lives: records and state if it is due, and a line of telemetry.

        Parameters
        ----------
        state : State
            Of the generation that was recorded.
        due : bool, optional
            Whether to save it; if not, `save` does so should that be needed before the next one is due.
        **telemetry
            What telemetry says of the generation.
        """
        self.newest, self._unsaved = state, None if due else state
        self._planned = (state if due else None, {"time": now(), **telemetry})

    def save(self) -> None:
        """Make the newest generation durable now, if it was not due: the next one will not live; see `flush`."""
        self.flush()
        if self._unsaved is not None:
            self.write(self._unsaved)
            self.flush()

    def log(self, message: str) -> None:
        """Write a message into the telemetry at once, between other writing; any thread may call this."""
        line = {"time": now(), "message": without_places(message)}
        with contextlib.suppress(RuntimeError):  # the recorder has ended
            self._thread.submit(self._append_telemetry, line)

    def begin(self) -> None:
        """Begin to write what is planned."""
        if self._planned is not None:
            self._writing = self._thread.submit(self._write, *self._planned)
            self._planned = None

    def flush(self) -> None:
        """Wait until everything is written.

        Raises
        ------
        StorageError
            If it could not be.
        LostError
            If the directory was deleted, or another process has taken it over.
        """
        self.begin()
        if self._writing is None:
            return
        begin, writing = time.perf_counter(), self._writing
        self._writing = None
        try:
            cost = writing.result()
        except MemoryError:
            self._unsaved = self.newest  # the records hold no more than that yet: `save` can try once more
            raise
        if cost:
            # processor time, and time that the run waited until it was saved: not for what is written after that
            self._schedule.add_cost(cost + max(0.0, self._schedule.last - begin))

    @property
    def summary(self) -> str:
        """How often the run was saved, and what that cost."""
        return self._schedule.summary

    def _write(self, state: State | None, telemetry: dict[str, Any]) -> float:
        """Write, and return the processor time that saving took; 0 if nothing was saved."""
        self._check()
        cost = 0.0
        if state is not None:
            begin = time.thread_time()
            self._commit(state)
            cost = time.thread_time() - begin
            self._schedule.last = time.perf_counter()
            self._schedule.saved += 1
        self._append_telemetry(telemetry)
        return cost

    def _commit(self, state: State) -> None:
        """Make records and state durable: records first, so that a checkpoint never lacks the rows before it."""
        self._check_kept()
        # 1. the rows of all generations since the last checkpoint
        for table in self.directory.tables:
            table.commit()
        # 2. the state, with the checksums of the files that hold those rows
        written, rows = self.directory.describe_parts()
        kept = state.checkpoint(written, rows=rows, **self.facts)
        self._checkpoint = checkpoints.write(self.directory.checkpoints, kept)
        self.saved = state.generation.number
        # from now on the run is known to have some, so that it is noticed if they are gone
        if not self._schedule.saved:
            self.directory.provenance.note_saved(state.generation.number)
        # 3. older checkpoints go once the new one is there
        settings = self.config.checkpoint
        try:
            checkpoints.prune(self.directory.checkpoints, settings.keep, settings.keep_every, self._given)
        except StorageError as error:
            self.notice(f"an old checkpoint is still there, and will be removed later: {error}")

    def _check(self) -> None:
        """Check that the directory is still this run's; say so if it has another name now."""
        self.directory.check()
        if not self._moved and self.directory.root.is_moved():
            self._moved = True
            self.notice(f"{self.directory.path} was moved: the run goes on in {self.directory.root.find()}")

    def _check_kept(self) -> None:
        """Check that what was written before is there: otherwise somebody deletes the run, and is not done yet."""
        # a folder that somebody deletes name by name is not written into again
        missing = [name for table in self.directory.tables for name in table.missing()]
        if self._checkpoint and self._checkpoint.name not in names(self.directory.checkpoints):
            missing.append(f"checkpoints/{self._checkpoint.name}")
        if missing:
            raise LostError(f"{self.directory.path / missing[0]} was deleted while this run wrote there.", deleted=True)

    def _append_telemetry(self, telemetry: dict[str, Any]) -> None:
        """Append telemetry; lines that could not be written wait for the next one, for nothing depends on them."""
        self._telemetry.append(telemetry)
        try:
            while self._telemetry:
                self.directory.event(**self._telemetry[0])
                self._telemetry.popleft()
                self._late = False
        except StorageError as error:
            if not self._late:
                self._late = True
                self.notice(f"telemetry waits until it can be written: {error}")

    def __enter__(self) -> Self:
        make_folder(self.directory.checkpoints)
        with starting_thread():
            self._thread.submit(int).result()  # it is started now, when nothing can be lost
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, MemoryError):
            traceback.clear_frames(error.__traceback__)  # what it was about gives its memory back
        # what has lived is saved, whatever happens to the run now: it takes moments, and the lock is held still
        with contextlib.suppress(Exception):
            self.flush() if error is None or isinstance(error, StorageError) else self.save()
        self._thread.shutdown()
