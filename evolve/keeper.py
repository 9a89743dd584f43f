"""The keeper of a run: writes down what happened, and makes it durable when it is time."""

import time
from typing import Any

from evolve.cohort import Cohort
from evolve.config import Config
from evolve.recording import failure_rows, generation_row, individual_rows
from evolve.rundir import RunDirectory
from evolve.rundir import checkpoint as checkpoints
from evolve.state import State
from populations.evaluation import Evaluation

SHARE = 0.02
"""Share of a run's time that checkpoints may cost when ``checkpoint.every`` is ``"auto"``."""


class Keeper:
    """Buffers records and commits them together with a checkpoint.

    Parameters
    ----------
    directory : RunDirectory
        Where; the caller holds its lock.
    config : Config
        Says what to keep and how often.
    """

    def __init__(self, directory: RunDirectory, config: Config) -> None:
        self.directory, self.config = directory, config
        self.committed = -1
        self._cost = 0.0
        self._last = time.perf_counter()

    def record(self, cohort: Cohort, evaluation: Evaluation) -> dict[str, Any]:
        """Buffer the records of a generation and return its row."""
        row = generation_row(cohort, evaluation)
        self.directory.generations.add(row)
        every = self.config.records.individuals_every
        if every and cohort.generation % every == 0:
            self.directory.individuals.add(individual_rows(cohort, evaluation))
        if evaluation.failures:
            self.directory.failures.add(failure_rows(cohort, evaluation, self.config.seed))
        return {name: values[0].item() for name, values in row.items()}

    def is_due(self, generation: int) -> bool:
        """Tell whether a checkpoint should follow this generation."""
        every = self.config.checkpoint.every
        if every != "auto":
            return generation % every == 0
        return self._cost <= SHARE * (time.perf_counter() - self._last)

    def commit(self, state: State) -> None:
        """Make records and state durable: records first, so that a checkpoint never lacks the rows before it."""
        begin = time.perf_counter()
        self.directory.generations.commit()
        self.directory.individuals.commit()
        self.directory.failures.commit()
        folder, settings = self.directory.checkpoints, self.config.checkpoint
        checkpoints.write(folder, state.checkpoint(seed=self.config.seed, config=self.config.hash()))
        checkpoints.prune(folder, settings.keep, settings.keep_every)
        self.committed = state.cohort.generation
        self._last = time.perf_counter()
        self._cost = self._last - begin
