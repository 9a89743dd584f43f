"""Where a run begins: with founders, founders that have genes of another run, or a generation of another run."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.config import Config, ConfigError, config_hash, from_mapping, without_address
from hetevo.evolve.generation import Generation, draw_generation_zero
from hetevo.evolve.islands import assign_islands
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.files import is_directory
from hetevo.evolve.rundir.places import inside
from hetevo.evolve.rundir.sweep import is_sweep
from hetevo.evolve.saved import check_configuration, read_saved_config
from hetevo.evolve.species import build_species
from hetevo.evolve.state import State, load
from hetevo.populations.circuits import circuit_of, draw_founders, genome
from hetevo.populations.genome import Gene, Population
from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import Purpose
from hetevo.populations.species import Species
from hetevo.populations.types import Indices


@dataclass(frozen=True)
class Origin:
    """A generation of a run, by its checkpoint.

    Parameters
    ----------
    directory : RunDirectory
        The run. Nothing in it is changed.
    checkpoint : Path
        Its checkpoint.
    config : Config
        Its configuration.
    """

    directory: RunDirectory
    checkpoint: Path
    config: Config

    @classmethod
    def find(cls, text: str, sweep: Path | None = None, *, trust: bool = False) -> Self:
        """Find what ``RUN@G`` or ``RUN`` (its newest generation) means.

        Parameters
        ----------
        text : str
            The run's directory, and the generation.
        sweep : Path, optional
            Of which the run is one; it is found there by its name, and not through a link.
        trust : bool, optional
            Whether modules may be imported that the run's configuration alone names.

        Raises
        ------
        RunDirectoryError
            If there is no such run, or it has no such checkpoint; the message lists those that it has.
        """
        # a directory may have an @ in its own name
        path, separator, number = text.rpartition("@")
        if not separator or is_directory(inside(sweep) / text if sweep else Path(text)):
            path, number = text, ""
        if number and not number.isdecimal():
            raise RunDirectoryError(f"{text}: expected RUN@GENERATION, such as runs/demo@20.")
        directory = RunDirectory.open(inside(sweep) / path if sweep else path)
        # only a generation whose checkpoint was kept can be a beginning
        saved = checkpoints.list_checkpoints(directory.checkpoints)
        wanted = [path for path in saved if not number or checkpoints.generation_of(path) == int(number)]
        if not wanted:
            has = ", ".join(str(checkpoints.generation_of(path)) for path in saved) or "none"
            raise RunDirectoryError(
                f"{text}: {path} has no checkpoint of generation {number or 'any'}; it has: {has}."
                " checkpoint.keep_every = n in a run's configuration keeps those of every n-th generation."
            )
        return cls(directory, wanted[-1], read_saved_config(directory, trust=trust))

    @property
    def generation(self) -> int:
        """The generation to begin with."""
        return checkpoints.generation_of(self.checkpoint)

    def change_config(self, overrides: Sequence[str], *, saved: bool = False) -> Config:
        """Return the origin's configuration with changes, each such as ``"evolution.mask_flip=0"``.

        ``saved``: whether the branch may have begun already, see `hetevo.evolve.config.from_mapping`.

        Raises
        ------
        ConfigError
            If a change is wrong, or the origin was computed on a cluster and no change says where the branch is.
        """
        content = without_address(self.directory.config(), overrides, str(self.directory.config_file))
        content["preset"] = ""
        return from_mapping(content, overrides=overrides, source=f"--from {self.directory.path}", saved=saved)

    def load(self, config: Config, species: Species) -> State:
        """Return the generation, for a run of another configuration.

        Raises
        ------
        ConfigError
            If individuals of the origin cannot live in that configuration.
        DamagedError
            If the checkpoint is not what was written.
        """
        self._check(config, species)
        return self.state()

    def state(self) -> State:
        """Return the generation as it was saved, with the configuration that made it.

        Raises
        ------
        ConfigError
            If the configuration was changed since.
        DamagedError
            If the checkpoint is not what was written.
        """
        state = load(self.checkpoint, build_species(self.config), self.config.evolution.size)[0]
        check_configuration(self.directory, self.checkpoint)
        return state

    def facts(self, state: State, branch: str | Path) -> dict[str, Any]:
        """Return what the new run, ``branch``, remembers of where it comes from.

        That is called from there if both lie in the current folder, and otherwise by its name alone.
        """
        return {
            "run": _name_run(self.directory.path.resolve(), Path(branch).resolve()),
            "generation": state.generation.number,
            "config": config_hash(self.directory.config()),
            "digest": state.digest,
        }

    def _check(self, config: Config, species: Species) -> None:
        if species.circuit != build_species(self.config).circuit:
            raise ConfigError(
                f"plasticity.rule: {self.directory.path} has {self.config.plasticity.rule!r}, got"
                f" {config.plasticity.rule!r}: rules that are inherited whole and gains are different genes."
                " Branch off with the same kind of rule."
            )
        if config.evolution.size != self.config.evolution.size:
            raise ConfigError(
                f"evolution.size: {self.directory.path} has {self.config.evolution.size} individuals, and a branch"
                f" keeps them all; got {config.evolution.size}."
            )
        if config.islands.count != self.config.islands.count:
            raise ConfigError(
                f"islands.count: {self.directory.path} has {self.config.islands.count} islands, and a branch keeps"
                f" them; got {config.islands.count}."
            )
        # the same genes, each of the same shape
        before, after = ({gene.name: gene.shape for gene in genome(s)} for s in (build_species(self.config), species))
        if before != after:
            names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
            raise ConfigError(
                f"{', '.join(names)}: genes of {self.directory.path} have other shapes than the new configuration"
                " needs. A branch may change tasks, lifetimes, plasticity without new genes, selection, mutation,"
                " probe and seed, not the sizes in [task] and [network] or which genes there are."
            )
        if config.evolution.generations < self.generation:
            raise ConfigError(
                f"evolution.generations: the branch begins at generation {self.generation};"
                f" expected at least that, got {config.evolution.generations}."
            )


def _name_run(run: Path, branch: Path) -> str:
    # a path that leads out of the user's folder would tell others where things lie
    here = Path.cwd()
    together = run.is_relative_to(here) and branch.is_relative_to(here)
    return os.path.relpath(run, branch) if together and len(here.parts) > 1 else run.name


def draw_first_generation(config: Config, species: Species, beside: Path) -> Generation:
    """Return generation 0.

    Parameters
    ----------
    config : Config
        The experiment.
    species : Species
        What its individuals have in common.
    beside : Path
        Folder in which the run directory lies; a relative path of a transplant's source begins there.

    Raises
    ------
    ConfigError, RunDirectoryError, DamagedError
        If the genes to transplant cannot be had, or do not fit.
    """
    size = config.evolution.size
    islands = assign_islands(config.islands.count, config.evolution.elites, size)
    generation = draw_generation_zero(species, config.seed, size, islands)
    if not config.transplant.source:
        return generation
    taken = transplant_genes(config, species, beside)
    return Generation(0, taken, generation.parent_a, generation.parent_b, generation.operator, generation.island)


def transplant_genes(config: Config, species: Species, beside: Path) -> Population:
    """Draw founders that differ from those of the seed, and give them genes of another run's individuals.

    Gains of a network of other sizes go to neurons at the corresponding place: a hidden neuron takes those of a hidden
    one, an output those of an output, in order and evenly spaced. Masks and innate weights need the same sizes.

    Parameters
    ----------
    config, species, beside
        As for `draw_first_generation`.
    """
    settings = config.transplant
    try:
        # a sweep's own runs lie in it, whoever made it; any other source is the user's word
        within = is_sweep(beside) and not {"/", ".."} & {*Path(settings.source).parts}
        origin = Origin.find(settings.source, beside) if within else Origin.find(str(beside / settings.source))
    except RunDirectoryError as error:
        raise RunDirectoryError(
            f"transplant.source = {settings.source!r}, looked for beside the run, in {beside}: {error}"
        ) from None
    # 1. the donors: all individuals of a generation, or its champion again and again
    before = build_species(origin.config)
    state = origin.state()
    donors = state.generation.population
    chosen = np.arange(config.evolution.size) % donors.size
    if settings.individuals == "champion":
        chosen[:] = int(np.argmin(state.loss))
    # 2. founders of this run, from random streams of their own, so that they are none of its generation 0
    drawn = dict(draw_founders(species, config.seed, config.evolution.size, Purpose.TRANSPLANT))
    kinds = {gene.name: gene for gene in genome(before)}
    # 3. what cannot be transplanted
    if before.circuit != species.circuit:
        raise ConfigError(
            f"transplant.source: individuals of {origin.directory.path} inherit {circuit_of(before).inherits},"
            f" those of this run {circuit_of(species).inherits}. Name a run with plasticity.rule ="
            f" {config.plasticity.rule!r}."
        )
    own = genome(species)
    if not any(gene.kind in settings.genes for gene in own):
        there = ", ".join(dict.fromkeys(gene.kind for gene in own))
        raise ConfigError(
            f"transplant.genes: individuals have genes of the kinds {there}, got {', '.join(settings.genes)}. Name at"
            " least one of those, or nothing is transplanted."
        )
    # 4. genes of the chosen kinds, fitted where the networks have other sizes
    for gene in own:
        if gene.kind in settings.genes:
            donor = kinds.get(gene.name)
            if donor is None:
                raise ConfigError(
                    f"transplant.source: {origin.directory.path} has no gene {gene.name!r}; it has {', '.join(kinds)}."
                    " Choose the same plasticity rule and terms, or fewer kinds in transplant.genes."
                )
            drawn[gene.name] = fit_gene(donors[gene.name][chosen], donor, gene, before.layout, species.layout)
            if gene.kind == "gain":
                drawn[gene.name] *= np.float32(settings.scale)
    return Population(drawn)


def fit_gene(values: NDArray[Any], donor: Gene, gene: Gene, before: Layout, after: Layout) -> NDArray[Any]:
    """Fit a gene's values, (P, ...), to networks of another layout; see `transplant_genes`.

    Raises
    ------
    ConfigError
        If it is no gain, or gains are shared, and the shapes differ.
    """
    if donor.shape == gene.shape:
        return values.copy()
    if gene.kind != "gain" or len(gene.shape) != 1 or 1 in (donor.shape[0], gene.shape[0]):
        raise ConfigError(
            f"{gene.name} has shape {donor.shape} there and {gene.shape} here; only gains can be"
            " fitted to networks of other sizes."
        )
    # hidden neurons take from hidden ones, outputs from outputs
    places = _match_places(before.hidden, after.hidden)
    if gene.shape[0] == after.neurons:
        places = np.concatenate([places, before.hidden + _match_places(before.outputs, after.outputs)])
    return np.asarray(values[:, places])


def _match_places(before: int, after: int) -> Indices:
    """Return for each of ``after`` places the one among ``before`` that lies at the same share of the way."""
    return np.arange(after, dtype=np.int64) * before // after
