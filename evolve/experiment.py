"""An experiment: founders, then lives and reproduction, generation after generation."""

import contextlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from hetevo.evolve.beginning import transplant_genes
from hetevo.evolve.config import CURRENT, Config, ConfigError, check_new, dump_toml, from_mapping, with_data
from hetevo.evolve.config.plugins import plugins_of
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.founders import bring_founders, keep_copy
from hetevo.evolve.going_on import explain_resume
from hetevo.evolve.identity import differences
from hetevo.evolve.messages import Notice, Progress, Run, log_notice
from hetevo.evolve.origin import Origin
from hetevo.evolve.own_loop import OpenRun
from hetevo.evolve.resuming import continue_run, find_end
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError, RunExistsError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.errors import explain_deletion
from hetevo.evolve.rundir.files import is_there, make_folder
from hetevo.evolve.saved import read_saved_config
from hetevo.evolve.session import Listeners, Session, Start
from hetevo.evolve.state import checkpoint_facts
from hetevo.evolve.stopping import withdraw_earlier
from hetevo.evolve.tracked import check_trackers
from hetevo.populations.circuits import draw_founders
from hetevo.populations.evaluation import Probe

MAY_DIFFER = ("preset", "backend", "checkpoint", "track")
"""What ``or_resume`` may ask for otherwise than the saved run, but for `backend.portable`: it changes no result."""


class Experiment:
    """Evolves a population as a configuration says.

    Parameters
    ----------
    config : Config
        The whole experiment, see `hetevo.evolve.preset` and `hetevo.evolve.load_config`.
    founders : mapping of str to array_like, optional
        Genes of the founders in the place of drawn ones: all of them, each of shape (n, ...) for n individuals, which
        are repeated in turn if there are fewer than ``config.evolution.size``. The run keeps them. By default
        those of ``config.genome.founders``, a file; see `hetevo.save_genes`.
    probe : Probe, optional
        Measures to take on lifetimes; by default the one that ``config.probe.name`` names, or none if
        ``config.probe.every`` is 0. A probe can never change a result.
    callbacks : sequence, optional
        Objects like `hetevo.Callback`; their failures are logged and end nothing.
    stop_files : sequence of Path, optional
        Files whose appearance asks to stop, as ``STOP`` in the run directory does; unlike it they stay.
    oversubscribe : bool, optional
        Start any number of ``backend.workers``; otherwise more than four a core are refused.
    extend : bool, optional
        Where `run` goes on with a saved run (``or_resume``): move its last generation to that of ``config``.

    Raises
    ------
    ConfigError
        If it needs more memory than there is.
    GenesError
        If founders are none of this experiment.
    MachineFailedError
        If it needs more than is free now.

    Examples
    --------
    >>> import hetevo
    >>> run = hetevo.Experiment(hetevo.preset("smoke", seed=7)).run("runs/seven")
    >>> run.generation, run.path.name
    (3, 'seven')
    """

    def __init__(
        self,
        config: Config,
        *,
        founders: Mapping[str, ArrayLike] | None = None,
        probe: Probe | None = None,
        callbacks: Sequence[Any] = (),
        stop_files: Sequence[Path] = (),
        oversubscribe: bool = False,
        extend: bool = False,
    ) -> None:
        check_trackers((config := with_data(config)).track)
        self._callbacks, self._extend = callbacks, extend
        self._evolution = Evolution(config, probe, stop_files, oversubscribe=oversubscribe)
        self.config, self._founders = bring_founders(self._evolution.config, founders)
        self._evolution.config = self.config  # with the hash of the founders

    def run(
        self,
        path: str | Path,
        *,
        origin: str | None = None,
        or_resume: bool = False,
        progress: Progress | None = None,
        notice: Notice = log_notice,
        callbacks: Sequence[Any] = (),
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
        callbacks : sequence, optional
            Objects like `hetevo.Callback`, besides those of the experiment.

        Returns
        -------
        Run
            Where it ended. Ctrl-C and other signals stop and save it, and raise nothing: a script that is to end then
            says ``if run.signal: sys.exit(128 + run.signal)``.

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
        with self.open(
            path, origin=origin, or_resume=or_resume, progress=progress, notice=notice, callbacks=callbacks
        ) as run:
            return run.finish()

    @contextlib.contextmanager
    def open(
        self,
        path: str | Path,
        *,
        origin: str | None = None,
        or_resume: bool = False,
        progress: Progress | None = None,
        notice: Notice = log_notice,
        callbacks: Sequence[Any] = (),
    ) -> Iterator[OpenRun]:
        """Open a new run, to loop over its generations in a ``with`` block; leaving it gives back lock and workers.

        Parameters
        ----------
        path, origin, or_resume, progress, notice, callbacks
            See `run`.

        Yields
        ------
        OpenRun
            The run. Its results are those of `run`, bit for bit, whatever the loop's body does.

        Raises
        ------
        HetevoError
            As `run` does.
        """
        listeners = Listeners(progress, notice, [*self._callbacks, *callbacks])
        listeners.track(self.config)
        # what is held is given back in reverse, once the block is left
        with contextlib.ExitStack() as held:
            yield self._open(held, path, origin, listeners, or_resume=or_resume)

    def _open(
        self,
        held: contextlib.ExitStack,
        path: str | Path,
        origin: str | None,
        listeners: Listeners,
        *,
        or_resume: bool,
    ) -> OpenRun:
        try:
            if not (or_resume and RunDirectory(path).is_begun()):
                with contextlib.ExitStack() as begun:
                    run = self._begin(begun, path, origin, listeners, or_resume=or_resume)
                    held.enter_context(begun.pop_all())
                    return run
        except RunExistsError:
            if not (or_resume and RunDirectory(path).is_begun()):
                raise RunExistsError(Path(path), explain_resume(path)) from None
        try:  # it is a run already, unless it was deleted since that was seen
            directory = RunDirectory.open(path)
        except RunDirectoryError:
            if RunDirectory(path).is_begun():
                raise
            raise explain_deletion(Path(path)) from None
        return self._resume(held, directory, listeners)

    def _begin(
        self,
        held: contextlib.ExitStack,
        path: str | Path,
        origin: str | None,
        listeners: Listeners,
        *,
        or_resume: bool,
    ) -> OpenRun:
        # 1. whether the run can begin at all: nothing is written before that is known
        check_new(self.config)
        branch = Origin.find(origin) if origin else None
        state = branch.load(self.config, self._evolution.species) if branch else None
        facts = branch.facts(state, path) if branch and state else None
        if branch:
            branch.check_branch(self.config)
        else:
            self._check_founders(path)
        place = RunDirectory(path)
        place.check_free()
        was_asked = is_there(place.stop_file)  # a killed start may have been; from here on it is this one that is asked
        backend = held.enter_context(self._evolution.connected(place))
        directory = RunDirectory.new(path)
        lock = held.enter_context(directory.lock())
        if or_resume and directory.is_begun():  # another start was faster, and has ended since
            self._check_same(directory)
            return held.enter_context(continue_run(directory, lock, self._evolution, backend, listeners))
        # 2. what a start leaves, in an order in which a killed one can be repeated
        directory.clear()
        if was_asked:
            withdraw_earlier(directory.stop_file, listeners.notice)
        directory.provenance.create(facts)
        content = dump_toml(_without_session(self.config))
        if branch and state:
            # a branch begins with the checkpoint that it goes on from
            keep_copy(branch.directory, directory, self.config)
            kept = checkpoint_facts(tomllib.loads(content), facts, directory.provenance.mark())
            make_folder(directory.checkpoints)
            checkpoints.write(directory.checkpoints, state.checkpoint({}, **kept))
        elif self._founders:
            self._founders.keep(directory)
        if self._evolution.data:
            self._evolution.data.keep(directory)
        directory.keep_data(self._evolution.files)
        directory.begin(content)
        session = Session(self._evolution, backend, directory, Start(state, facts), listeners)
        return held.enter_context(OpenRun(self.config, directory.path, session, listeners.callbacks))

    def _check_founders(self, path: str | Path) -> None:
        """Find out what could be wrong with the founders, which are drawn when they live."""
        species = self._evolution.species
        if self._founders:
            self._founders.check()
        elif self.config.transplant.source:
            transplant_genes(self.config, species, Path(path).absolute().parent)
        else:
            draw_founders(species, self.config.seed, 1)

    def _resume(self, held: contextlib.ExitStack, directory: RunDirectory, listeners: Listeners) -> OpenRun:
        if not self._find_changes(directory) and (ended := find_end(directory, self.config)):
            return held.enter_context(OpenRun(self.config, directory.path, ended))
        # the lock first: it keeps to this directory, which may be moved while workers start
        lock = held.enter_context(directory.lock())
        self._check_same(directory, ignored=("evolution.generations",) if self._extend else ())
        withdraw_earlier(directory.stop_file, listeners.notice)
        backend = held.enter_context(self._evolution.connected(directory))
        end = {"generations": self.config.evolution.generations} if self._extend else None
        return held.enter_context(continue_run(directory, lock, self._evolution, backend, listeners, extension=end))

    def _find_changes(self, directory: RunDirectory, ignored: tuple[str, ...] = ()) -> list[str]:
        """Name what was asked for otherwise than a run has it, but for where it is computed and how often saved."""
        # by their hash, and by the name of their file if that is there no more
        by = "_sha256" if self._founders and self._founders.problem else ""
        asked = self.config.model_dump()
        trust = {*plugins_of(directory.config())} <= {*plugins_of(asked)}  # what is asked for may be imported
        saved = read_saved_config(directory, trust=trust).model_dump()
        return differences(saved, asked, ignored=(*MAY_DIFFER, *ignored, f"genome.founders{by}"))

    def _check_same(self, directory: RunDirectory, *, ignored: tuple[str, ...] = ()) -> None:
        if changes := self._find_changes(directory, ignored):
            raise ConfigError(
                f"{directory.path} is another experiment than the one that was asked for:"
                + "".join(f"\n  {change}" for change in changes)
                + "\nAsk for the saved values, or another directory (-o), or go on with it as it is (with"
                f" --generations N to extend it): {explain_resume(directory.path)}"
            )


def _without_session(config: Config) -> Config:
    """Return what to save of a configuration: the session of this process is none that another one could go on in."""
    current = config.backend.address == CURRENT
    return from_mapping(config.model_dump(), overrides=[("backend.address", "")]) if current else config
