"""What evolves a population: its species, measures and held-out tasks, and the backend where it lives."""

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hetevo.evolve.algorithms import Search, make_algorithm
from hetevo.evolve.backends import BACKENDS, Backend, Job
from hetevo.evolve.backends.backend import bound_workers
from hetevo.evolve.backends.portable import check_machine
from hetevo.evolve.backends.process import end_spares
from hetevo.evolve.config import Config, from_mapping
from hetevo.evolve.config.own_graph import held_files
from hetevo.evolve.data import OwnData, find_file, open_rows
from hetevo.evolve.data.places import locate_given
from hetevo.evolve.generation import Generation
from hetevo.evolve.heldout import HeldOut
from hetevo.evolve.memory import check_memory
from hetevo.evolve.messages import log
from hetevo.evolve.objectives import measure_objectives, needs_changes
from hetevo.evolve.plugins import VARIATION, check_packages, describe_plugins, rehearse, rehearse_variation
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.species import build_species, load_probe, second_lives
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation, Probe
from hetevo.populations.tasks import Table


class Evolution:
    """An experiment that is ready to live.

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
    ConfigError, MachineFailedError, PortableError
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
        if config.backend.portable:
            check_machine()
        self.place = bound_workers(config.backend, config.evolution.size, oversubscribe=oversubscribe)
        self.files = held_files(config.model_dump())
        self.species = build_species(config)
        self.algorithm = make_algorithm(config.evolution.algorithm)
        self.algorithm.check(self.search)
        check_memory(config, self.species, 0 if self.place.address else self.place.workers)
        # fails here, before anything is written, if a package is missing
        check_packages([config])
        self.species.task.prepare()
        self.held_out = HeldOut(config, self.species)
        self.probe = probe or (load_probe(config.probe.name, config.probe.measures) if config.probe.every else None)
        # a probe may know what it cannot measure
        if check := getattr(self.probe, "check", None):
            check(self.species)
        self.data: OwnData | None = None
        self.plugins = describe_plugins(config.model_dump())

    @property
    def search(self) -> Search:
        """What the algorithm searches in."""
        return Search(self.config, self.species)

    @contextlib.contextmanager
    def connected(self, directory: RunDirectory | None, data: str | Path | None = None) -> Iterator[Backend]:
        """Hold the backend while the block runs; what does not work with it is an error before anything is written.

        Parameters
        ----------
        directory : RunDirectory or None
            The run; it need not be there yet. None: there will be none.
        data : str or Path, optional
            The file of its data, if the task is a table and the run has no copy.
        """
        with self.opened(directory, data):
            if self.plugins:
                rehearse(self.config, self.species, self.probe)
                if any(plugin["key"] in VARIATION for plugin in self.plugins):
                    rehearse_variation(self.config, self.species)
            with BACKENDS[self.place.name](self.place) as backend:
                backend.prepare(self.job(0))
                end_spares()
                yield backend

    @contextlib.contextmanager
    def opened(self, directory: RunDirectory | None, data: str | Path | None = None) -> Iterator[None]:
        """Hold the rows of a table, if the task is one, while the block runs; as `connected`."""
        task = self.species.task
        if not isinstance(task, Table):
            # no silent neglect of what was asked for
            if data is not None:
                raise SettingError(
                    f"--data {data}: only the task table has a file of data, got task.name = {self.config.task.name!r}."
                    " Leave it out."
                )
            yield
            return
        # the run's own copy, a file that was named, or the one of the configuration
        file = find_file(task, directory, data) if directory else Path(data or locate_given(task.file).path)
        with open_rows(task, file) as self.data:
            self.data.check_name(self.files)
            # from here on the task has rows to draw from
            self.species = self.data.bind(self.species)
            self.held_out = HeldOut(self.config, self.species)
            yield

    def describe_wiring(self) -> None:
        """Log what the wiring left out of a file."""
        network, species = self.species.network, self.species
        density = network.density_ascending, network.density_descending
        for line in species.family.describe(species.layout, density):
            log.info(line)

    def extended(self, changes: Mapping[str, Any]) -> "Evolution":
        """Return the same with another end: other values of ``generations`` or ``until`` in its table ``evolution``."""
        # validated like any other configuration
        content = self.config.model_dump()
        content["evolution"].update(changes)
        other = copy.copy(self)  # the same species: nothing else depends on it
        other.config = from_mapping(content, saved=True)
        return other

    def job(self, generation: int) -> Job:
        """Return what workers need to know of a generation besides its genes."""
        config = self.config
        probed = self.probe is not None and config.probe.every and generation % config.probe.every == 0
        probe = self.probe if probed else None
        settings = config.probe
        packages = frozenset(plugin["package"] for plugin in self.plugins)
        return Job(
            self.species,
            config.seed,
            config.backend.block,
            probe,
            settings.samples,
            settings.moments,
            settings.share,
            packages,
            config.backend.portable,
            needs_changes(config.evolution.objectives),
            second_lives(config),
        )

    def compare(self, evaluation: Evaluation, generation: Generation) -> Evaluation:
        """Return the evaluation of a generation together with what selection looks at besides the loss."""
        names, genes = self.config.evolution.objectives, generation.population
        return replace(evaluation, objectives=measure_objectives(names, evaluation, genes, self.species))
