"""Individuals of a run: their genes from its checkpoints, their lives again, and fresh lives that no run has lived.

The one module of evolution that `hetevo.analysis` may ask (see `pyproject.toml`): it turns a run directory and a number
into what `hetevo.populations` lives with.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from hetevo.evolve.backends.pool import calling
from hetevo.evolve.beginning import draw_first_generation, fit_gene
from hetevo.evolve.config import Config, ConfigError
from hetevo.evolve.config.sources import HERE
from hetevo.evolve.data.keeping import with_rows
from hetevo.evolve.generation import Operator
from hetevo.evolve.origin import Origin
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.saved import read_saved_config
from hetevo.evolve.species import build_species, second_lives
from hetevo.evolve.state import State
from hetevo.populations.circuits import circuit_of, draw_founders, genome, receiving_layout
from hetevo.populations.evaluation import Evaluation, Status, evaluate
from hetevo.populations.genome import Population
from hetevo.populations.random_streams import Purpose
from hetevo.populations.relive import Life, relive
from hetevo.populations.species import Species
from hetevo.populations.text import write_ranges

WIRED = ("wiring", "options", "density_ascending", "density_descending", "feedback", "circuit")
"""Settings of a network that decide which synapses there are: where one is changed, wirings are drawn anew."""

WIRED_BESIDE = ("density_sensing", "density_teaching")
"""The same of separate error neurons."""


@dataclass(frozen=True)
class SavedIndividual:
    """An individual of a generation whose checkpoint was kept.

    Parameters
    ----------
    origin : Origin
        Its run and its generation.
    state : State
        All of its generation.
    position : int
        Its place there.
    """

    origin: Origin
    state: State
    position: int

    @cached_property
    def species(self) -> Species:
        """What it has in common with the others, with the data that its task needs."""
        species = with_rows(build_species(self.config), self.origin.directory)
        species.task.prepare()
        return species

    @property
    def config(self) -> Config:
        """Configuration of its run."""
        return self.origin.config

    @property
    def seed(self) -> int:
        """Seed of its run."""
        return self.config.seed

    @property
    def generation(self) -> int:
        """Number of its generation."""
        return self.state.generation.number

    @property
    def identifier(self) -> int:
        """Its identifier."""
        return int(self.state.generation.identifiers[self.position])

    @property
    def genes(self) -> Population:
        """Its genome, as a population of one."""
        return self.state.generation.population.take(slice(self.position, self.position + 1))

    @property
    def loss(self) -> float:
        """Its loss as it was recorded."""
        return float(self.state.loss[self.position])

    @property
    def status(self) -> Status:
        """What became of it."""
        return Status(int(self.state.status[self.position]))

    @property
    def parents(self) -> tuple[int, ...]:
        """Identifiers of its parents: none, one or two."""
        both = self.state.generation.parent_a[self.position], self.state.generation.parent_b[self.position]
        return tuple(int(parent) for parent in both if parent >= 0)

    @property
    def operator(self) -> str:
        """How it came to be: ``founder``, ``elite``, ``mutation`` or ``crossover``."""
        return Operator(int(self.state.generation.operator[self.position])).name.lower()

    def live_again(self, every: int | None = None) -> Life:
        """Let it live as it did; see `hetevo.populations.relive.relive`.

        Raises
        ------
        RunDirectoryError
            If it could not be evaluated then.
        """
        if self.status == Status.FAILED:
            raise RunDirectoryError(
                f"Individual {self.identifier} of {self.origin.directory.path} could not be evaluated, so that it has"
                " no life to show; why is in the table failures. Name another one."
            )
        # the probe's own batch, so that what is shown is what the run measured
        samples = self.config.probe.samples
        where = {"seed": self.seed, "generation": self.generation}
        with calling(self.species, portable=self.config.backend.portable) as call:
            life: Life = call(relive, self.genes, self.position, **where, samples=samples, every=every)
        return life


def read_individual(path: str | Path, identifier: int | None = None, *, trust: bool = False) -> SavedIndividual:
    """Find an individual of a run in its checkpoints.

    Parameters
    ----------
    path : str or Path
        The run directory; nothing in it is changed.
    identifier : int, optional
        As in the records. Default: the one with the lowest loss in the newest generation that was kept.
    trust : bool, optional
        Whether modules may be imported that the run's configuration alone names.

    Raises
    ------
    RunDirectoryError
        If no checkpoint has it; the message lists those that are kept.
    ConfigError
        If the configuration was changed since, or names a module that is not trusted.
    DamagedError
        If the checkpoint is not what was written.
    """
    directory = RunDirectory.open(path)
    kept = {checkpoints.generation_of(file): file for file in checkpoints.list_checkpoints(directory.checkpoints)}
    if not kept:
        raise RunDirectoryError(f"{directory.path} has no checkpoint yet, and individuals are in these.")
    config = read_saved_config(directory, trust=trust)
    # identifiers count through all generations, each of the same size
    size = config.evolution.size
    generation = max(kept) if identifier is None else identifier // size
    if generation not in kept:
        raise RunDirectoryError(
            f"{directory.path} has no checkpoint with individual {identifier}, which would be of generation"
            f" {generation}; kept are those of {write_ranges([*kept])}, and generation G has individuals {size} G to"
            f" {size} G + {size - 1}. checkpoint.keep_every = n in a run's configuration keeps those"
            " of every n-th generation."
        )
    origin = Origin(directory, kept[generation], config)
    # without an identifier: the best of the newest generation
    state = origin.state()
    position = int(np.argmin(state.loss)) if identifier is None else identifier - generation * size
    return SavedIndividual(origin, state, position)


@dataclass(frozen=True)
class FreshLives:
    """Lives that no run has lived: with tasks, samples and innate weights of their own random streams.

    In the i-th life all groups have the same tasks and samples, and, where their wirings agree in size, the same random
    numbers for their innate weights; so have those of another run with the same seed and task.

    Parameters
    ----------
    species : Species
        What all have in common.
    groups : dict of str to Population
        Who lives, one individual for each life. ``individual``: the same genes again and again, only its wiring is
        another one in each life where changed settings draw it anew; ``generation``: all of its generation in turn,
        and ``founders``: all of generation 0.
    portable : bool, optional
        Whether the bits are to be those of every x86-64-v3 processor, as those of the run are.
    """

    species: Species
    groups: Mapping[str, Population]
    portable: bool = False

    @contextlib.contextmanager
    def opened(self) -> Iterator[Callable[[int, int], dict[str, Evaluation]]]:
        """Hold what it takes to live; yield `live`, for any number of lives."""
        with calling(self.species, portable=self.portable) as call:
            yield lambda number, seed: self._live(call, number, seed)

    def live(self, number: int, seed: int) -> dict[str, Evaluation]:
        """Let one of each group live the life of a number; see `hetevo.populations.evaluation.evaluate`."""
        with self.opened() as live:
            return live(number, seed)

    def _live(self, call: Callable[..., Evaluation], number: int, seed: int) -> dict[str, Evaluation]:
        first = np.zeros(1, np.int64)
        return {
            who: call(evaluate, genes.take(slice(number, number + 1)), first, seed=seed, generation=number)
            for who, genes in self.groups.items()
        }


def prepare_fresh_lives(saved: SavedIndividual, lives: int, changes: Sequence[str] = ()) -> FreshLives:
    """Prepare fresh lives of an individual, of the others of its generation, and of the founders of its run.

    Every life has new tasks, also where those of the run never change. If a change concerns the wiring or the sizes of
    networks, wirings are drawn anew for each life, and the individual's gains and decays go to the neurons at the
    corresponding places.

    Parameters
    ----------
    saved : SavedIndividual
        Who.
    lives : int
        How many.
    changes : sequence of str, optional
        Of the configuration, such as ``"task.name=xor"`` or ``"lifetime.presentations=400"``.

    Raises
    ------
    ConfigError
        If a change is wrong, or the individual cannot live with it.
    """
    directory, before = saved.origin.directory, saved.species
    config = saved.origin.change_config([*changes, *HERE], saved=True)
    # both kinds of two-pathway circuits inherit the same genes
    plain = with_rows(build_species(config), directory)
    # whose losses were compared unhurt and hurt lives unhurt, unless the injury is what is asked for
    if (injury := second_lives(config)) and any(change.strip().startswith("injury.") for change in changes):
        plain = replace(plain, perturbations=(injury, *plain.perturbations))
    if plain.circuit != before.circuit and {plain.circuit, before.circuit} != {"plain", "two-pathway"}:
        raise ConfigError(
            f"-s: individuals of {directory.path} inherit {circuit_of(before).inherits}, and cannot live as circuits of"
            f" the kind {plain.circuit!r}. Leave the circuit, network.storage and the kind of rule as they are."
        )
    # fresh lots, and an environment that changes with every life: luck is not to repeat itself
    species = replace(plain, fresh=True, environment=replace(plain.environment, every=1))
    species.task.prepare()
    population = saved.state.generation.population
    founders = draw_first_generation(config, plain, directory)
    turns = np.arange(lives)
    # each group lives as many lives; the population and the founders take turns
    groups = {
        "individual": _fit(saved, saved.genes.take(turns * 0), species),
        "generation": _fit(saved, population.take(turns % population.size), species),
        "founders": founders.population.take(turns % founders.size),
    }
    return FreshLives(species, groups, config.backend.portable)


def _fit(saved: SavedIndividual, genes: Population, species: Species) -> Population:
    """Give genes of a saved generation to networks of a species, one individual for each life."""
    before = saved.species
    kinds = {gene.name: gene for gene in genome(before)}
    own = genome(species)
    same = {gene.name: gene.matrix or gene.shape for gene in own} == {
        name: gene.matrix or gene.shape for name, gene in kinds.items()
    }
    tables = (species.network, before.network, WIRED), (species.error_neurons, before.error_neurons, WIRED_BESIDE)
    if same and all(getattr(now, name) == getattr(then, name) for now, then, names in tables for name in names):
        return genes
    # wirings of their own, as founders have; what decides how synapses change is inherited
    drawn = dict(draw_founders(species, saved.seed, genes.size, Purpose.FRESH_FOUNDER))
    for gene in own:
        if gene.kind in ("mask", "innate"):
            continue
        if gene.name not in kinds:
            raise ConfigError(
                f"-s: with these changes individuals have a gene {gene.name!r}, which those of"
                f" {saved.origin.directory.path} have not; they have {', '.join(kinds)}. Leave the plasticity as it is."
            )
        layouts = receiving_layout(before, gene.name), receiving_layout(species, gene.name)
        drawn[gene.name] = fit_gene(genes[gene.name], kinds[gene.name], gene, *layouts)
    return Population(drawn)
