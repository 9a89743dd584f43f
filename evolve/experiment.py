"""An experiment: founders, then lives and reproduction, generation after generation."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from hetevo.evolve.config import CURRENT, Config, ConfigError, check_new, differences, dump_toml, from_mapping
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.messages import Notice, Progress, Run, guard, log_notice
from hetevo.evolve.origin import Origin, transplant_genes
from hetevo.evolve.resuming import continue_run, find_end
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError, RunExistsError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.errors import explain_deletion
from hetevo.evolve.rundir.files import is_there, make_folder
from hetevo.evolve.saved import read_saved_config
from hetevo.evolve.state import checkpoint_facts
from hetevo.evolve.stopping import withdraw_earlier
from hetevo.populations.circuits import draw_founders
from hetevo.populations.errors import spell
from hetevo.populations.evaluation import Probe

MAY_DIFFER = ("preset", "backend", "checkpoint")
"""What a start with ``or_resume`` may ask for otherwise than the saved run: it changes no result and no record."""


class Experiment:
    """Evolves a population as a configuration says.

    Parameters
    ----------
    config : Config
        The whole experiment, see `hetevo.evolve.preset` and `hetevo.evolve.load_config`.
    probe : Probe, optional
        Measures to take on lifetimes; by default the one that ``config.probe.name`` names, or none if
        ``config.probe.every`` is 0. A probe can never change a result.
    stop_files : sequence of Path, optional
        Files whose appearance asks to stop, as that of ``STOP`` in the run directory does; unlike it they stay.
    oversubscribe : bool, optional
        Start any number of ``backend.workers``; otherwise more than four a core are refused.

    Raises
    ------
    ConfigError
        If it needs more memory than there is.
    MachineFailedError
        If it needs more than is free now.
    """

    def __init__(
        self,
        config: Config,
        *,
        probe: Probe | None = None,
        stop_files: Sequence[Path] = (),
        oversubscribe: bool = False,
    ) -> None:
        self.config = config
        self._evolution = Evolution(config, probe, stop_files, oversubscribe=oversubscribe)

    def run(
        self,
        path: str | Path,
        *,
        origin: str | None = None,
        or_resume: bool = False,
        progress: Progress | None = None,
        notice: Notice = log_notice,
    ) -> Run:
        """Run in a new directory, from founders or from a checkpoint of another run.

        Parameters
        ----------
        path : str or Path
            The run directory to make.
        origin : str, optional
            ``"RUN@G"``: begin with generation G of the run in directory RUN, instead of founders; without ``@G`` with
            its newest one.
        or_resume : bool, optional
            If the directory is a run already, go on with it where it stands, provided that it is the same experiment.
        progress : callable, optional
            Is called with a `GenerationReport` after every generation. Its failure is logged and ends nothing.
        notice : callable, optional
            Is called with what a person should know although the run goes on; by default Python's logging is.

        Returns
        -------
        Run
            Where it ended; see ``stopped_by``.

        Raises
        ------
        RunExistsError
            If the directory exists already, and not ``or_resume``.
        RunBusyError
            If another process writes it.
        ConfigError
            If a new run is refused its operators (`hetevo.evolve.config.check_new`), or its number of workers; with
            ``or_resume``, if the saved configuration is another one; with ``origin``, if the sizes do not fit.
        RunDirectoryError, DamagedError, StorageError
            If the directory cannot be written, or the origin cannot be read.
        """
        progress, notice = progress and guard(progress), guard(notice)
        try:
            if not (or_resume and RunDirectory(path).is_begun()):
                return self._begin(path, origin, or_resume, progress, notice)
        except RunExistsError:
            if not (or_resume and RunDirectory(path).is_begun()):
                raise
        try:
            # it is a run already, unless it was deleted since that was seen
            directory = RunDirectory.open(path)
        except RunDirectoryError:
            if RunDirectory(path).is_begun():
                raise
            raise explain_deletion(Path(path)) from None
        return self._resume(directory, progress, notice)

    def _begin(
        self, path: str | Path, origin: str | None, or_resume: bool, progress: Progress | None, notice: Notice
    ) -> Run:
        # 1. whether the run can begin at all: nothing is written before that is known
        check_new(self.config)
        branch = Origin.find(origin) if origin else None
        state = branch.load(self.config, self._evolution.species) if branch else None
        facts = branch.facts(state, path) if branch and state else None
        # founders are drawn when they live; here, what could be wrong with them
        if not state and self.config.transplant.source:
            transplant_genes(self.config, self._evolution.species, Path(path).absolute().parent)
        elif not state:
            draw_founders(self._evolution.species, self.config.seed, 1)
        place = RunDirectory(path)
        place.check_free()
        was_asked = is_there(place.stop_file)  # a killed start may have been; from here on it is this one that is asked
        with self._evolution.connected(), (directory := RunDirectory.new(path)).lock() as lock:
            if or_resume and directory.is_begun():  # another start was faster, and has ended since
                self._check_same(directory)
                return continue_run(directory, lock, self._evolution, progress, notice)
            # 2. what a start leaves, in an order in which a killed one can be repeated
            directory.clear()
            if was_asked:
                withdraw_earlier(directory.stop_file, notice)
            directory.provenance.create(facts)
            content = dump_toml(_without_session(self.config))
            if state:
                # a branch begins with the checkpoint that it goes on from
                kept = checkpoint_facts(tomllib.loads(content), facts, directory.provenance.mark())
                make_folder(directory.checkpoints)
                checkpoints.write(directory.checkpoints, state.checkpoint({}, **kept))
            directory.begin(content)
            return self._evolution.evolve(directory, state, origin=facts, progress=progress, notice=notice)

    def _resume(self, directory: RunDirectory, progress: Progress | None, notice: Notice) -> Run:
        if not self._find_changes(directory) and (ended := find_end(directory, self.config)):
            return ended
        # the lock first: it keeps to this directory, which may be moved while workers start
        with directory.lock() as lock:
            self._check_same(directory)
            withdraw_earlier(directory.stop_file, notice)
            with self._evolution.connected():
                return continue_run(directory, lock, self._evolution, progress, notice)

    def _find_changes(self, directory: RunDirectory) -> list[str]:
        """Name what was asked for otherwise than a run has it, but for where it is computed and how often saved."""
        return differences(read_saved_config(directory).model_dump(), self.config.model_dump(), ignored=MAY_DIFFER)

    def _check_same(self, directory: RunDirectory) -> None:
        if changes := self._find_changes(directory):
            raise ConfigError(
                f"{directory.path} is another experiment than the one that was asked for:"
                + "".join(f"\n  {change}" for change in changes)
                + "\nAsk for the saved values, or choose another directory with -o, or go on with it as it is (with"
                f" --generations N to extend it): {spell('resume', directory.path)}"
            )


def _without_session(config: Config) -> Config:
    """Return what to save of a configuration: the session of this process is none that another one could go on in."""
    if config.backend.address != CURRENT:
        return config
    return from_mapping(config.model_dump(), overrides=[("backend.address", "")])
