"""A generation of another run, by its checkpoint: where a branch begins, and from where genes are taken."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from hetevo.evolve.algorithms import Search, expect_memory, make_algorithm
from hetevo.evolve.config import Config, ConfigError, config_hash, from_mapping, is_casewise, without_address
from hetevo.evolve.config.own_graph import with_kept_graph
from hetevo.evolve.config.reaching import without_reach
from hetevo.evolve.config.sources import Override
from hetevo.evolve.data.keeping import with_kept_file
from hetevo.evolve.founders import check_origin
from hetevo.evolve.loading import load
from hetevo.evolve.objectives import LOSS, name_of
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.files import is_directory
from hetevo.evolve.rundir.places import inside
from hetevo.evolve.saved import check_configuration, read_saved_config, with_saved_storage
from hetevo.evolve.species import build_species
from hetevo.evolve.state import State
from hetevo.evolve.toml import inline
from hetevo.populations.circuits import genome
from hetevo.populations.species import Species
from hetevo.populations.text import write_ranges


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
            has = write_ranges([checkpoints.generation_of(path) for path in saved])
            raise RunDirectoryError(
                f"{text}: {path} has no checkpoint of generation {number or 'any'}; it has: {has}."
                " checkpoint.keep_every = n in a run's configuration keeps those of every n-th generation."
            )
        return cls(directory, wanted[-1], read_saved_config(directory, trust=trust))

    @property
    def generation(self) -> int:
        """The generation to begin with."""
        return checkpoints.generation_of(self.checkpoint)

    def change_config(self, overrides: Sequence[Override], *, saved: bool = False) -> Config:
        """Return the origin's configuration with changes, each such as ``"evolution.mask_flip=0"``.

        ``saved``: whether the branch may have begun already, see `hetevo.evolve.config.from_mapping`.

        Raises
        ------
        ConfigError
            If a change is wrong, or the origin was computed on a cluster and no change says where the branch is.
        """
        saved_config = with_kept_file(self.directory.config(), self.directory)
        saved_config = with_kept_graph(saved_config, self.directory.data)
        content = without_reach(without_address(saved_config, overrides, str(self.directory.config_file)))
        content["preset"] = ""
        if founders := content.get("genome", {}).get("founders"):  # a branch needs none: no other file is opened
            content["genome"] = {**content["genome"], "founders": Path(str(founders)).name}
        changed = from_mapping(content, overrides=overrides, source=f"--from {self.directory.path}", saved=saved)
        return with_saved_storage(changed, content)

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
        state = self.state()
        self._check_compared(config, state)
        wanted = config.evolution.algorithm
        if wanted == self.config.evolution.algorithm:
            self._check_remembered(config, species)
            return state
        # another algorithm takes the individuals over, if it needs nothing but them
        if expect_memory(Search(config, species)):
            raise ConfigError(
                f"evolution.algorithm: {wanted['name']!r} goes on with what it remembers, and {self.directory.path} was"
                f" searched with {inline(self.config.evolution.algorithm)}, got {inline(wanted)}. Give the same, or one"
                ' that needs individuals alone, such as {name = "generational"}.'
            )
        return replace(state, memory={})

    def _check_remembered(self, config: Config, species: Species) -> None:
        """Check that what the algorithm remembers means the same in the new configuration."""
        algorithm = make_algorithm(config.evolution.algorithm)
        searches = Search(self.config, build_species(self.config)), Search(config, species)
        before, after = ((algorithm.expect(search), algorithm.units(search)) for search in searches)
        if before != after:
            raise ConfigError(
                f"evolution.algorithm: {config.evolution.algorithm['name']!r} remembers numbers in units of how"
                f" founders are drawn, and {self.directory.path} drew them otherwise. Expected its [genome]"
                " and [network], got others. Give the same, or an algorithm that needs individuals alone, such as"
                ' {name = "generational"}.'
            )

    def check_branch(self, config: Config) -> None:
        """Check that a branch has something to do, and is asked for nothing that only founders could have.

        Raises
        ------
        ConfigError
            If it would end where it begins, names other founders, or draws them otherwise.
        """
        check_origin(config, self.config, str(self.directory.path))
        if config.evolution.generations <= self.generation:
            kept = write_ranges(
                [checkpoints.generation_of(path) for path in checkpoints.list_checkpoints(self.directory.checkpoints)]
            )
            raise ConfigError(
                f"--from {self.directory.path}: the branch would begin at generation {self.generation} and end there"
                f" (evolution.generations), so that nothing is left to do. Name a later end, such as --generations"
                f" {self.generation + 10}, or an earlier beginning, RUN@G with G one of those that were saved ({kept})."
            )

    def _check_compared(self, config: Config, state: State) -> None:
        """Check that individuals of the origin can be compared as the new configuration does."""
        names = [name_of(name) for name in config.evolution.objectives if name != LOSS]
        before = [name_of(name) for name in self.config.evolution.objectives if name != LOSS]
        if (names and names != before) or (is_casewise(config) and state.cases is None):
            what = "objectives" if names and names != before else "losses in single tasks"
            raise ConfigError(
                f"evolution: {self.directory.path} does not keep the {what} that the new configuration selects by, so"
                " that nobody could be selected from its generation. Expected selection by what it keeps, such as"
                f" evolution.objectives = {list(self.config.evolution.objectives)} and evolution.select ="
                f" {self.config.evolution.select}; or begin anew."
            )

    def state(self) -> State:
        """Return the generation as it was saved, with the configuration that made it.

        Raises
        ------
        ConfigError
            If the configuration was changed since.
        DamagedError
            If the checkpoint is not what was written.
        """
        search = Search(self.config, build_species(self.config))
        state = load(self.checkpoint, search.species, self.config.evolution.size, expect_memory(search))[0]
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
        before, storage = build_species(self.config), species.storage
        if before.storage != storage:
            raise ConfigError(
                f"network.storage: {self.directory.path} keeps its wirings {before.storage}, and a branch has the same"
                f' genes; got {storage}. Add -s network.storage="{before.storage}".'
            )
        if species.circuit != before.circuit:
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
        gains = config.genome.output_gains
        if gains == "positive" != self.config.genome.output_gains:
            raise ConfigError(
                f"genome.output_gains: individuals of {self.directory.path} may have negative gains, and a branch keeps"
                f' them all; expected "any", got {gains!r}.'
            )
        # the same genes, each of the same shape
        ours, theirs = ({gene.name: gene.matrix or gene.shape for gene in genome(s)} for s in (before, species))
        if ours != theirs:
            names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
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
