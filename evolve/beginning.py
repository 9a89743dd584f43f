"""Where generation 0 comes from: founders that are drawn, that a user brings, or that have genes of another run."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.config import Config, ConfigError
from hetevo.evolve.founders import read_founders
from hetevo.evolve.generation import Generation, begin_with, draw_generation_zero
from hetevo.evolve.islands import assign_islands
from hetevo.evolve.needed import find_planned_end
from hetevo.evolve.origin import Origin
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.files import is_directory
from hetevo.evolve.rundir.places import inside
from hetevo.evolve.rundir.sweep import is_sweep
from hetevo.evolve.species import build_species
from hetevo.populations.birth import keep_outputs_positive
from hetevo.populations.circuits import circuit_of, draw_founders, genome, receiving_layout
from hetevo.populations.genome import Gene, Population
from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.species import Species
from hetevo.populations.types import Indices


def draw_first_generation(config: Config, species: Species, directory: RunDirectory) -> Generation:
    """Return generation 0 of a run.

    Parameters
    ----------
    config : Config
        The experiment.
    species : Species
        What its individuals have in common.
    directory : RunDirectory
        The run. It keeps the founders that were brought; a relative path of a transplant's source begins beside it.

    Raises
    ------
    ConfigError, RunDirectoryError, DamagedError
        If the genes to transplant cannot be had, or do not fit.
    """
    size = config.evolution.size
    islands = assign_islands(config.islands.count, config.evolution.elites, size)
    if config.genome.founders:
        return begin_with(read_founders(directory, config, species), islands)
    if config.transplant.source:
        return begin_with(transplant_genes(config, species, directory.path.parent), islands)
    return draw_generation_zero(species, config.seed, size, islands)


def transplant_genes(config: Config, species: Species, beside: Path) -> Population:
    """Draw founders that differ from those of the seed, and give them genes of another run's individuals.

    Gains of a network of other sizes go to neurons at the corresponding place: a hidden neuron takes those of a hidden
    one, an output those of an output, in order and evenly spaced. Masks and innate weights need the same sizes. With
    all kinds of genes and ``transplant.signs = "coin"`` individuals lack the signs of their hidden gains alone.

    Parameters
    ----------
    config : Config
        The experiment.
    species : Species
        What its individuals have in common.
    beside : Path
        Folder in which the run directory lies.
    """
    settings = config.transplant
    origin = _find_source(settings.source, beside)
    before = build_species(origin.config)
    _check_fits(config, before, species, origin.directory.path)
    # 1. the donors: all individuals of a generation, or its champion again and again
    state = origin.state()
    donors = state.generation.population
    chosen = np.arange(config.evolution.size) % donors.size
    if settings.individuals == "champion":
        chosen[:] = int(np.argmin(state.loss))
    # 2. founders of this run, from random streams of their own, so that they are none of its generation 0
    drawn = dict(draw_founders(species, config.seed, config.evolution.size, Purpose.TRANSPLANT))
    kinds = {gene.name: gene for gene in genome(before)}
    # 3. genes of the chosen kinds, fitted where the networks have other sizes
    for gene in genome(species):
        if gene.kind in settings.genes:
            donor = kinds.get(gene.name)
            if donor is None:
                raise ConfigError(
                    f"transplant.source: {origin.directory.path} has no gene {gene.name!r}; it has {', '.join(kinds)}."
                    " Choose the same plasticity rule and terms, or fewer kinds in transplant.genes."
                )
            layouts = receiving_layout(before, gene.name), receiving_layout(species, gene.name)
            drawn[gene.name] = fit_gene(donors[gene.name][chosen], donor, gene, *layouts)
            if gene.kind == "gain":
                drawn[gene.name] *= np.float32(settings.scale)
                keep_outputs_positive(drawn[gene.name], gene, species)
    # 4. hidden neurons that follow, or flee, whatever they are told, by lot
    if settings.signs == "coin":
        hidden = drawn["gains_ascending"][:, : species.layout.hidden]
        negative = random_stream(config.seed, 0, Purpose.TRANSPLANT_SIGN).random(hidden.shape) < 0.5
        hidden[:] = np.where(negative, -np.abs(hidden), np.abs(hidden))
    return Population(drawn)


def _find_source(source: str, beside: Path) -> Origin:
    """Find the run whose genes are wanted, beside the new one."""
    try:
        # a sweep's own runs lie in it, whoever made it; any other source is the user's word
        within = is_sweep(beside) and not {"/", ".."} & {*Path(source).parts}
        return _find_donor(source, beside) if within else Origin.find(str(beside / source))
    except RunDirectoryError as error:
        raise RunDirectoryError(
            f"transplant.source = {source!r}, looked for beside the run, in {beside}: {error}"
        ) from None


def _find_donor(source: str, sweep: Path) -> Origin:
    """Find a run of the same sweep; one that was extended gives what it had at its planned end, unless told otherwise.

    Raises
    ------
    RunDirectoryError
        If there is no such run, or it has gone on and its checkpoint is gone.
    """
    name, _, number = source.rpartition("@")
    # a name may have an @ in it
    bare = source if not number.isdecimal() or is_directory(inside(sweep) / source) else name
    newest = Origin.find(bare, sweep)
    wanted = int(number) if bare != source else find_planned_end(newest.directory.path)
    if wanted is None or newest.generation < wanted:
        # it ended before that (evolution.until), or has not what is asked for
        return Origin.find(source, sweep)
    try:
        return Origin.find(f"{bare}@{wanted}", sweep)
    except RunDirectoryError as error:
        raise RunDirectoryError(
            f"the donor is at generation {newest.generation}, the plan wants {wanted}. {error} Put a copy of the donor"
            " that has it in its place, or run both anew in another directory (-o)."
        ) from None


def _check_fits(config: Config, before: Species, species: Species, source: Path) -> None:
    """Refuse what cannot be transplanted, from individuals of one species to those of another."""
    wanted = config.transplant.genes
    if before.storage != species.storage and "mask" in wanted:
        raise ConfigError(
            f"transplant.genes: {source} keeps its wirings {before.storage}, this run {species.storage},"
            f' got mask. Add -s network.storage="{before.storage}", or leave mask out.'
        )
    if circuit_of(before).inherits != circuit_of(species).inherits:
        raise ConfigError(
            f"transplant.source: individuals of {source} inherit {circuit_of(before).inherits},"
            f" those of this run {circuit_of(species).inherits}. Name a run with plasticity.rule ="
            f" {config.plasticity.rule!r}."
        )
    own = genome(species)
    if not any(gene.kind in wanted for gene in own):
        there = ", ".join(dict.fromkeys(gene.kind for gene in own))
        raise ConfigError(
            f"transplant.genes: individuals have genes of the kinds {there}, got {', '.join(wanted)}. Name at"
            " least one of those, or nothing is transplanted."
        )


def fit_gene(values: NDArray[Any], donor: Gene, gene: Gene, before: Layout, after: Layout) -> NDArray[Any]:
    """Fit a gene's values, (P, ...), to networks of another layout; see `transplant_genes`.

    Raises
    ------
    ConfigError
        If it is no gain, or gains are shared, and the shapes differ.
    """
    if (donor.shape, donor.matrix) == (gene.shape, gene.matrix):
        return values.copy()
    if gene.kind != "gain" or len(gene.shape) != 1 or 1 in (donor.shape[0], gene.shape[0]):
        there, here = (own.matrix or own.shape for own in (donor, gene))
        raise ConfigError(
            f"{gene.name} has shape {there} there and {here} here; only gains can be fitted to networks of other sizes."
        )
    # hidden neurons take from hidden ones, outputs from outputs
    places = _match_places(before.hidden, after.hidden)
    if gene.shape[0] == after.neurons:
        places = np.concatenate([places, before.hidden + _match_places(before.outputs, after.outputs)])
    return np.asarray(values[:, places])


def _match_places(before: int, after: int) -> Indices:
    """Return for each of ``after`` places the one among ``before`` that lies at the same share of the way."""
    return np.arange(after, dtype=np.int64) * before // after
