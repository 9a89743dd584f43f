"""From one generation to the next, through DEAP's toolbox."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator

from hetevo.evolve.generation import Generation, Operator
from hetevo.evolve.islands import migrate
from hetevo.evolve.objectives import LOSS, to_minimise
from hetevo.evolve.private_deap import base, private_generators, tools
from hetevo.evolve.selection import Candidates, find_operator, select
from hetevo.evolve.variation import make_crossover, make_mutation
from hetevo.populations.circuits import genome
from hetevo.populations.errors import SettingError
from hetevo.populations.genome import Population
from hetevo.populations.isolation import isolated
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Indices

if TYPE_CHECKING:  # a configuration checks the algorithm that reproduces
    from hetevo.evolve.config import Config, EvolutionTable


def make_toolbox(config: "Config", species: Species) -> base.Toolbox:
    """Register the operators of an experiment under DEAP's usual names.

    Parameters
    ----------
    config : Config
        Names the operators, and the rates of variation.
    species : Species
        Names the genes.

    Returns
    -------
    deap.base.Toolbox
        ``select`` and ``elites`` act on light individuals, ``mate`` and ``mutate`` on arrays.
    """
    box = base.Toolbox()
    # elites are selected by an operator of their own
    for name, settings in (("select", config.evolution.select), ("elites", config.evolution.select_elites)):
        function, arguments = find_operator(settings)
        box.register(name, function, **arguments)
    crossover, mutation = make_crossover(config.evolution), make_mutation(config.evolution)
    box.register("mate", crossover.cross, species=species)
    box.register("mutate", mutation.mutate, species=species, settings=config.evolution)
    return box


@isolated
def reproduce(
    generation: Generation,
    loss: Floats,
    config: "Config",
    species: Species,
    *,
    cases: Floats | None = None,
    objectives: Floats | None = None,
) -> Generation:
    """Make the next generation: elites unchanged, then children by selection, crossover and mutation.

    Parameters
    ----------
    generation : Generation
        The generation that has lived.
    loss : ndarray of float, shape (P,)
        Its losses.
    config : Config
        The experiment.
    species : Species
        What the individuals have in common.
    cases, objectives : ndarray of float, optional
        What selection looks at besides, see `hetevo.evolve.state.State`.

    Returns
    -------
    Generation
        The next generation, elites first. Depends on nothing but the arguments.

    Raises
    ------
    SettingError
        If the individuals live on another number of islands.
    """
    if (islands := int(generation.island.max()) + 1) != config.islands.count:
        raise SettingError(
            f"islands.count: the individuals of generation {generation.number} live on {islands} islands, got"
            f" {config.islands.count}. Put the saved number back."
        )
    settings = config.evolution
    number, size = generation.number + 1, generation.size
    # Without turnover: the same individuals once more
    if settings.turnover == "none":
        nobody, same = np.full(size, -1, np.int64), np.full(size, Operator.ELITE, np.int64)
        return Generation(number, generation.population, generation.identifiers, nobody, same, generation.island.copy())
    # Selection: who has children, and which children have two parents
    box = make_toolbox(config, species)
    elites = settings.elites * config.islands.count
    crossed, crossing = draw_crossed(config, number, size, elites)
    first, second = choose_parents(generation, loss, config, box, crossed, cases=cases, objectives=objectives)
    mating = Mating(generation.population, generation.identifiers, first, second, crossed, elites)
    return replace(breed(mating, number, crossing, config, species), island=generation.island.copy())


@dataclass(frozen=True)
class Mating:
    """Who descends from whom in a generation of P individuals.

    Parameters
    ----------
    parents : Population
        Genomes, Q individuals.
    identifiers : ndarray of int64, shape (Q,)
        Theirs.
    first : ndarray of int64, shape (P,)
        Position of the first parent of every individual.
    second : ndarray of int64, shape (n,)
        Position of the second parent of each of ``crossed``.
    crossed : ndarray of int64, shape (n,)
        Positions, in order, of the children that have two parents.
    elites : int
        The first so many individuals are their parents, unchanged.
    """

    parents: Population
    identifiers: Indices
    first: Indices
    second: Indices
    crossed: Indices
    elites: int


def draw_crossed(config: "Config", number: int, size: int, elites: int) -> tuple[Indices, Generator]:
    """Draw which children among ``size`` individuals have two parents, and return what then crosses them, too."""
    crossing = random_stream(config.seed, number, Purpose.CROSSOVER)
    return elites + np.flatnonzero(crossing.random(size - elites) < config.evolution.crossover), crossing


def breed(
    mating: Mating,
    number: int,
    crossing: Generator,
    config: "Config",
    species: Species,
    strength: Floats | None = None,
) -> Generation:
    """Make generation ``number`` of its parents, by crossover and mutation; all live on one island.

    Parameters
    ----------
    mating : Mating
        Who descends from whom.
    number : int
        Which generation.
    crossing : numpy.random.Generator
        From `draw_crossed`.
    config : Config
        The experiment.
    species : Species
        What the individuals have in common.
    strength : ndarray of float, shape (P, 3), optional
        Factors for the scales of mutation, see `hetevo.evolve.variation.Mutation`.
    """
    # Crossover: copies of the first parents take genes of the second ones
    box = make_toolbox(config, species)
    parents, elites, crossed, second = mating.parents, mating.elites, mating.crossed, mating.second
    population = parents.take(mating.first)
    # only what crossover takes is copied
    kinds = make_crossover(config.evolution).kinds
    exchanged = [gene.name for gene in genome(species) if gene.kind in kinds]
    others = Population({name: parents[name] for name in exchanged}).take(second)
    box.mate(population, others, crossed, rng=crossing)
    # Mutation, of all but the elites: they come first, so the slice that mutates is a view of the new arrays
    children = population.take(slice(elites, None))
    if children.size:
        own = {} if strength is None else {"strength": strength[elites:]}
        box.mutate(children, rng=random_stream(config.seed, number, Purpose.MUTATE), **own)
    # Descent: how each one came to be, and from whom
    size = population.size
    made_by = np.full(size, Operator.MUTATION, np.int64)
    made_by[:elites] = Operator.ELITE
    made_by[crossed] = Operator.CROSSOVER
    parent_b = np.full(size, -1, np.int64)
    parent_b[crossed] = mating.identifiers[second]
    island = np.zeros(size, np.int64)
    return Generation(number, population, mating.identifiers[mating.first], parent_b, made_by, island)


def choose_parents(
    generation: Generation,
    loss: Floats,
    config: "Config",
    box: base.Toolbox,
    crossed: Indices,
    *,
    cases: Floats | None = None,
    objectives: Floats | None = None,
) -> tuple[Indices, Indices]:
    """Choose the parents of every individual, island by island.

    Parameters
    ----------
    generation : Generation
        The generation that has lived, P individuals.
    loss : ndarray of float, shape (P,)
        Its losses.
    config : Config
        The experiment.
    box : deap.base.Toolbox
        From `make_toolbox`.
    crossed : ndarray of int64, shape (n,)
        Positions, in order, of the children that have two parents.
    cases, objectives : ndarray of float, optional
        See `reproduce`.

    Returns
    -------
    first : ndarray of int64, shape (P,)
        Position of the first parent of every individual, elites included.
    second : ndarray of int64, shape (n,)
        Position of the second parent of each of ``crossed``.
    """
    # what is selected by: the first objective, all of them, cases, and for parsimony operators the number of synapses
    synapses = None
    if tools.selDoubleTournament in (box.select.func, box.elites.func):
        synapses = generation.population.synapses
    names = config.evolution.objectives
    minimised = to_minimise(names, loss, objectives)
    cap = config.lifetime.loss_cap if names[0] == LOSS else float(minimised[:, 0].max())
    candidates = Candidates(minimised[:, 0], cap, synapses, cases, minimised if len(names) > 1 else None)
    # islands, between which some change places if it is time
    islands, number = config.islands, generation.number + 1
    demes = [np.flatnonzero(generation.island == island) for island in range(islands.count)]
    if len(demes) > 1 and islands.migrants and number % islands.every == 0:
        rng = random_stream(config.seed, number, Purpose.MIGRATE)
        demes = migrate(demes, candidates, islands.topology, islands.emigrants, islands.migrants, rng)
    # each island chooses by random numbers of its own
    wanted = np.bincount(generation.island[crossed], minlength=len(demes))
    chosen = []
    for island, deme in enumerate(demes):
        rng = random_stream(config.seed, number, Purpose.SELECT, island)
        found = _choose_in_island(candidates.take(deme), int(wanted[island]), box, config.evolution, rng)
        chosen.append([deme[part] for part in found])
    elites, first, second = (np.concatenate(part) for part in zip(*chosen, strict=True))
    return np.concatenate([elites, first]), second


def _choose_in_island(
    candidates: Candidates, second: int, box: base.Toolbox, settings: "EvolutionTable", rng: Generator
) -> tuple[Indices, Indices, Indices]:
    """Choose an island's elites, the first parents of its children, and ``second`` second parents."""
    children = len(candidates.loss) - settings.elites
    with private_generators(rng):
        elites = select(box.elites, candidates, settings.elites, rng)
        if settings.pool:  # parents are drawn from a few that were selected
            chosen = rng.choice(select(box.select, candidates, settings.pool, rng), children + second)
        else:
            chosen = select(box.select, candidates, children + second, rng)
    return elites, chosen[:children], chosen[children:]
