"""Contract tests of what searches: selection, objectives, crossover, mutation, algorithms."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from hetevo._contracts import CHANCE_OR_MEMORY, SEED, check_same, configure, unchanged
from hetevo.evolve.algorithms import Search, expect_memory, make_algorithm
from hetevo.evolve.algorithms.steady_state import SteadyState
from hetevo.evolve.config import EvolutionTable, preset
from hetevo.evolve.generation import Generation, draw_generation_zero, generation_row
from hetevo.evolve.genes import check_genes
from hetevo.evolve.memory import count_needs
from hetevo.evolve.objectives import OBJECTIVES, measure_objectives, name_of
from hetevo.evolve.selection import Candidates
from hetevo.evolve.species import build_species
from hetevo.evolve.state import State, advance
from hetevo.evolve.variation import Crossover, Mutation
from hetevo.populations.circuits import draw_founders, genome
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation, evaluate
from hetevo.populations.genome import Population
from hetevo.populations.species import Species

SEARCHED = 12
"""Individuals that an algorithm is checked with."""

VARIED: Mapping[str, Mapping[str, Any]] = {
    "circuits": {"genome.innate": "inherited", "network.dale": True, "genome.output_gains": "positive"},
    "transposed circuits": {"network.feedback": "transposed", "plasticity.gains_shared": True},
    "lists of synapses": {"network.storage": "sparse"},
    "transposed lists": {"network.storage": "sparse", "network.feedback": "transposed"},
    "error neurons": {"network.circuit": "error-neurons", "network.wiring": "layered"},
}
"""Changes that give individuals other genes, on which operators of variation are tested."""

CHANGED = EvolutionTable(mask_flip=0.1, bit_flip=0.2, innate_mutation_rate=0.3)
"""Rates at which something mutates in a few individuals."""


def check_crossover(operator: Crossover) -> None:
    """Check that an operator crosses what it says it does, nothing else, and by its generator alone."""
    for what, species in _varied("bits" in operator.kinds):
        founders = draw_founders(species, SEED, 12)
        kinds = {gene.name: gene.kind for gene in genome(species)}
        own = {name: founders[name] for name, kind in kinds.items() if kind in operator.kinds}
        if not own:
            continue
        second, crossed = Population(own).take(np.arange(6, 11)), np.arange(1, 6)

        def cross(children: Population, second: Population = second, crossed: Any = crossed, s: Any = species) -> None:
            given = second.take(np.arange(5))
            operator.cross(children, given, crossed, s, np.random.default_rng(SEED))
            _check_alike(given, second, "expected second parents that stay what they are")

        children = _breed(cross, founders, species, what)
        others = {name: children[name] for name in kinds if name not in own}
        _check_alike(others, founders.take(np.arange(6)), f"{what}: expected other genes from the first parents")
        # where nobody has two parents, nobody changes
        alone = founders.take(np.arange(6))
        operator.cross(alone, second.take(np.arange(0)), np.arange(0), species, np.random.default_rng(SEED))
        _check_alike(alone, founders.take(np.arange(6)), f"{what}: expected no change where nothing is crossed")


def check_mutation(operator: Mutation) -> None:
    """Check that an operator mutates within what the species allows, and by its generator alone."""
    for what, species in _varied("bits" in operator.kinds):
        founders = draw_founders(species, SEED, 12)

        def mutate(children: Population, strength: Any = None, s: Any = species) -> None:
            operator.mutate(children.take(slice(1, None)), s, CHANGED, np.random.default_rng(SEED), strength)

        children = _breed(mutate, founders, species, what)
        signs = {gene.name: children[gene.name] for gene in genome(species) if gene.kind == "sign"}
        _check_alike(signs, founders.take(np.arange(6)), f"{what}: expected neurons that stay what they are")
        # factors of 1 are none
        for strength in (np.ones(5), np.ones((5, 3))):
            scaled = founders.take(np.arange(6))
            with unchanged("factors of strength", strength):
                mutate(scaled, strength)
            _check_alike(scaled, children, f"{what}: expected the same with a strength of 1")


def _varied(bits: bool) -> Iterator[tuple[str, Species]]:
    yield from ((what, build_species(configure(changes))) for what, changes in VARIED.items())
    if bits:
        yield "inherited rules", build_species(preset("chalmers"))


def _breed(change: Callable[[Population], None], founders: Population, species: Species, what: str) -> Population:
    """Return six children, the first an elite, that were changed; check what holds for crossover and mutation."""
    kept = {name: values.copy() for name, values in founders.plain().items()}
    children, again = founders.take(np.arange(6)), founders.take(np.arange(6))
    change(children)
    change(again)
    same = f"{what}: expected the same children from the same random generator: {CHANCE_OR_MEMORY}"
    _check_alike(children, again, same)
    # who is not meant stays as it was
    check_same(founders.plain().values(), kept.values(), f"{what}: expected parents that stay what they are")
    elite, first = (genes.take(np.arange(1)) for genes in (children, founders))
    _check_alike(elite, first, f"{what}: expected individuals that are not changed to stay what they are")
    was, now = founders.take(np.arange(6)).plain(), children.plain()
    differ = any(not np.array_equal(now[name], values) for name, values in was.items())
    assert differ, f"{what}: expected some change in five children"
    # and the genes are those of such individuals
    for gene in genome(species):
        values = children[gene.name]
        fits = values.dtype == gene.dtype and values.shape == (6, *gene.shape)
        assert fits, f"{what}: {gene.name}: expected {gene.dtype} of shape {(6, *gene.shape)}, got {values.dtype}"
        within = gene.kind != "decay" or (values <= 1).all()
        assert within, f"{what}: {gene.name}: expected decays of at most 1, got {values.max()}"
    try:
        check_genes(children, species, what)
    except SettingError as error:
        raise AssertionError(str(error)) from None
    return children


def _check_alike(genes: Mapping[str, Any], expected: Mapping[str, Any], message: str) -> None:
    """Check that some genes are as expected; lists of synapses too."""
    for name, values in genes.items():
        pairs = zip(values, expected[name], strict=True)
        assert all(np.array_equal(own, other) for own, other in pairs), f"{message} ({name})"


def check_search(table: Mapping[str, Any]) -> None:
    """Check that an algorithm depends on its arguments alone, asks for who can live, and says what it remembers.

    Losses are the mean squares of ascending gains: nobody lives.
    """
    config = configure({"evolution.size": SEARCHED, "evolution.elites": 2, "evolution.algorithm": dict(table)})
    search, algorithm = Search(config, build_species(config)), make_algorithm(table)
    algorithm.check(search)
    # sizes are counted before a run begins
    count_needs(config, search.species, 1)
    founders = draw_generation_zero(search.species, SEED, SEARCHED)
    lived: State | None = None
    columns: list[list[str]] = []

    def lose(generation: Generation, place: int) -> float:
        gains = generation.population["gains_ascending"][place].astype(np.float64)
        return min(float((gains**2).mean()), config.lifetime.loss_cap)

    for number in range(3):
        with unchanged("genes, losses and memory of the generation before", _arrays_of(lived)):
            asked = [
                algorithm.grow(lived, lose, search) if lived else algorithm.begin(founders, search) for _ in range(2)
            ]
        (generation, memory), (again, remembered) = asked
        fits = (generation.number, generation.size) == (number, SEARCHED)
        assert fits, f"expected generation {number} with {SEARCHED} individuals, got {generation}"
        same = f"expected the same genes and the same memory from the same state: {CHANCE_OR_MEMORY}"
        check_same(generation.population.plain().values(), again.population.plain().values(), same)
        check_same(memory.values(), remembered.values(), same)
        # without generations, somebody born before in the same one may be a parent
        born = generation.identifiers if isinstance(algorithm, SteadyState) else number * SEARCHED
        assert (generation.parent_a < born).all(), "expected parents that have lived"
        check_genes(generation.population, search.species)
        # everybody's loss, and what is remembered of it
        loss = np.array([lose(generation, place) for place in range(SEARCHED)])
        evaluation = Evaluation(loss, np.zeros(SEARCHED, np.int64), np.full(SEARCHED, np.nan), {})
        with unchanged("genes, losses and what was asked", generation.population.plain(), loss, dict(memory)):
            told = algorithm.tell(generation, evaluation, memory, search)
        kinds = {name: (array.shape, array.dtype) for name, array in told.items()}
        assert kinds == expect_memory(search), f"expected what expect() says, got {kinds}"
        assert all(shape for shape, _ in kinds.values()), "expected arrays with one dimension or more in the memory"
        assert all(np.isfinite(array).all() for array in told.values()), "expected finite numbers in the memory"
        row = algorithm.report(told, search)
        columns.append(list(row))
        assert all(isinstance(value, float) for value in row.values()), f"report: expected floats by column, got {row}"
        usual = generation_row(number, evaluation).keys() & row.keys()
        assert not usual, f"report: expected columns of its own, got {', '.join(usual)}"
        lived = advance(generation, evaluation, lived, told)
    same = f"report: expected the same columns for every generation, got {columns}"
    assert columns.count(columns[0]) == len(columns), same


def _arrays_of(lived: State | None) -> dict[str, Any]:
    """Return all that an algorithm is lent of a generation."""
    return {**lived.generation.population.plain(), "loss": lived.loss, **lived.memory} if lived else {}


def check_selection(operator: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Check that an operator selects among those that it is given, by its generator alone."""
    losses = np.random.default_rng(SEED).random(12)
    candidates = Candidates(losses, 4.0, np.arange(1, 13)).individuals()
    lent = [(one.position, one.fitness) for one in candidates]
    chosen = [operator(candidates, 7, rng=np.random.default_rng(SEED), **options) for _ in range(2)]
    assert len(chosen[0]) == 7, f"expected 7 individuals where k is 7, got {len(chosen[0])}"
    strangers = [one for one in chosen[0] if not any(one is candidate for candidate in candidates)]
    assert not strangers, "expected some of the individuals that were given"
    same = lent == [(one.position, one.fitness) for one in candidates]
    assert same, "expected individuals that stay what they are, in their order: sort a copy"
    positions = [[one.position for one in part] for part in chosen]
    same = positions[0] == positions[1]
    assert same, f"expected the same choice from the same random generator: {CHANCE_OR_MEMORY}"


def check_objective(name: str) -> None:
    """Check that an objective is a number of each individual, the same whoever lives beside."""
    OBJECTIVES.find(name_of(name))
    species = build_species(configure({}))
    genes = draw_founders(species, SEED, 6)

    def measure(places: Any) -> Any:
        part = genes.take(places)
        lived = evaluate(species, part, places, seed=SEED, generation=1, changes=True)
        with unchanged("genes and losses", part.plain(), lived.loss, lived.cases, lived.change):
            return measure_objectives([name], lived, part, species)[name]

    whole = measure(np.arange(6))
    same = f"expected the same values of the same lives: {CHANCE_OR_MEMORY}"
    check_same([whole], [measure(np.arange(6))], same)
    few = np.array([1, 4])
    check_same([whole[few]], [measure(few)], "expected the same values whoever lives beside")
