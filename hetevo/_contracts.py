"""What contract tests have in common: lives of a small population, and whether they are the same."""

import pickle
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from hetevo.evolve.algorithms import Search, make_algorithm
from hetevo.evolve.algorithms.steady_state import SteadyState
from hetevo.evolve.config import Config, EvolutionTable, preset
from hetevo.evolve.generation import Generation, draw_generation_zero, generation_row
from hetevo.evolve.genes import check_genes
from hetevo.evolve.objectives import measure_objectives
from hetevo.evolve.species import build_species, load_probe
from hetevo.evolve.state import State, advance
from hetevo.evolve.variation import Crossover, Mutation
from hetevo.populations.circuits import draw_founders, genome
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation, evaluate
from hetevo.populations.genome import Population
from hetevo.populations.layout import Layout
from hetevo.populations.species import Species
from hetevo.populations.wiring import Pathways

SMALL = ("lifetime.presentations=6", "lifetime.test_samples=16", "network.levels=[3, 2]", "evolution.size=6")
"""Changes that make lives short and circuits small."""

SEED, SAMPLES, STEP = 3, 40, 1e-6
"""Of what is drawn, how many samples of a task are, and the step of finite differences."""

CHECKED = 8
"""Weights at which the gradient is checked."""

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


def configure(changes: Mapping[str, Any]) -> Config:
    """Return the configuration of a small population, with changes by dotted key."""
    return preset("smoke", overrides=[*SMALL, *changes.items()])


def check_lives(changes: Mapping[str, Any], probe: Any = None) -> Species:
    """Check that lives are the same twice, in any blocks, and in another process; return their species."""
    # once, again, in other blocks, and as a worker would get it
    species = build_species(configure(changes))
    probe = probe or load_probe("alignment")
    whole = let_live(species, probe, blocks=0)
    check_alike(whole, let_live(species, probe, blocks=0), "expected the same lives from the same random streams")
    for block in (1, 4):
        other = let_live(species, probe, blocks=block)
        check_alike(whole, other, f"expected the same lives in blocks of {block}: one life may not know of others")
    try:
        sent, sent_probe = pickle.loads(pickle.dumps((species, probe)))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise AssertionError(f"expected a member that worker processes can load, but: {error}") from None
    check_alike(whole, let_live(sent, sent_probe, blocks=0), "expected the same lives after a copy to a worker")
    return species


def let_live(species: Species, probe: Any, *, blocks: int) -> Evaluation:
    """Let six founders live, side by side as many as ``blocks``; 0: all."""
    genes = draw_founders(species, SEED, 6)
    places = np.arange(6)
    return evaluate(species, genes, places, seed=SEED, generation=1, block=blocks, probe=probe, probe_samples=8)


def check_gradient(species: Species) -> None:
    """Check the gradient that measures compare with by finite differences of the loss."""
    from hetevo.analysis.gradient import snapshot_gradients
    from hetevo.populations.model import TwoPathwayCircuits

    # circuits at birth, in double precision
    snapshots: list[Any] = []

    class Watching:
        def measure(self, snapshot: Any) -> dict[str, Any]:
            snapshots.append(snapshot)
            return {}

    species = replace(species, network=replace(species.network, circuit="plain"))
    let_live(species, Watching(), blocks=0)
    shown = snapshots[0]
    gradient, weights = snapshot_gradients(shown)[1], shown.weights.ascending
    inputs = shown.activity[:, : species.layout.input_units]
    targets = shown.error + shown.activity[:, species.layout.units :]
    circuits = TwoPathwayCircuits(species, shown.genes, shown.weights)

    def measure_loss(change: Any) -> Any:
        circuits.W = weights + change
        circuits.forward(inputs)
        return ((targets - circuits.y) ** 2).sum(axis=1).mean(axis=1) / 2

    # a few weights, in all circuits at once
    allowed = np.argwhere(species.allowed.ascending)
    for place in allowed[np.random.default_rng(SEED).permutation(len(allowed))[:CHECKED]]:
        change = np.zeros_like(weights)
        change[:, place[0], place[1]] = STEP
        measured = (measure_loss(-change) - measure_loss(change)) / (2 * STEP)
        found = gradient[:, place[0], place[1]]
        close = np.allclose(found, measured, rtol=1e-3, atol=1e-6)
        assert close, f"expected the gradient {measured} of a weight by finite differences, got {found}"


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
    state = random.getstate(), pickle.dumps(np.random.get_state())  # noqa: NPY002 (nobody may draw from it)
    change(children)
    change(again)
    untouched = state == (random.getstate(), pickle.dumps(np.random.get_state()))  # noqa: NPY002
    assert untouched, "expected an operator that draws from rng alone, not from random or numpy.random"
    _check_alike(children, again, f"{what}: expected the same children from the same random generator")
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


def check_lists(family: Any, layout: Layout, allowed: Pathways) -> None:
    """Check that a wiring family has the same places without matrices, and draws among them."""
    drawn = family.draw_lists(layout, (0.5, 0.5), np.random.default_rng(SEED))
    for pathway, places in zip(("ascending", "descending"), family.places(layout), strict=True):
        there, own = np.flatnonzero(getattr(allowed, pathway)), getattr(drawn, pathway)
        found = places.at(np.arange(places.size))
        assert np.array_equal(found, there), f"places: expected the {pathway} places of allowed, got {found}"
        fits = own.dtype == np.int64 and (np.diff(own) > 0).all() and places.holds(own).all()
        assert fits, f"draw_lists: expected {pathway} positions (int64) in order among the places, got {own}"


def check_alike(first: Evaluation, second: Evaluation, message: str) -> None:
    """Check that two evaluations are the same, what was measured too."""
    check_same([first.loss, first.status, first.cases], [second.loss, second.status, second.cases], message)
    assert first.observed.keys() == second.observed.keys(), message
    check_same(first.observed.values(), second.observed.values(), message)


def check_same_life(kernel: Species, plain: Species) -> None:
    """Check that two kinds of circuits live alike, to rounding: in a short life it does not grow."""
    short = [replace(s, lifetime=replace(s.lifetime, presentations=3)) for s in (kernel, plain)]
    first, second = (let_live(species, None, blocks=0).loss for species in short)
    close = np.allclose(first, second, rtol=1e-4, atol=1e-5)
    assert close, f"expected the plain model to agree with the kernel, got losses {first} and {second}"


def check_same(first: Any, second: Any, message: str) -> None:
    """Check that arrays are the same, bit for bit; undefined values are like each other."""
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one, other, equal_nan=True), message


def check_search(table: Mapping[str, Any]) -> None:
    """Check that an algorithm depends on its arguments alone, asks for who can live, and says what it remembers.

    Losses are the mean squares of ascending gains: nobody lives.
    """
    config = configure({"evolution.size": SEARCHED, "evolution.elites": 2, "evolution.algorithm": dict(table)})
    search, algorithm = Search(config, build_species(config)), make_algorithm(table)
    algorithm.check(search)
    founders = draw_generation_zero(search.species, SEED, SEARCHED)
    state = random.getstate(), pickle.dumps(np.random.get_state())  # noqa: NPY002 (nobody may draw from it)
    lived: State | None = None
    columns: list[list[str]] = []

    def lose(generation: Generation, place: int) -> float:
        gains = generation.population["gains_ascending"][place].astype(np.float64)
        return min(float((gains**2).mean()), config.lifetime.loss_cap)

    for number in range(3):
        asked = [algorithm.grow(lived, lose, search) if lived else algorithm.begin(founders, search) for _ in range(2)]
        (generation, memory), (again, remembered) = asked
        fits = (generation.number, generation.size) == (number, SEARCHED)
        assert fits, f"expected generation {number} with {SEARCHED} individuals, got {generation}"
        same = "expected the same genes and the same memory from the same state"
        check_same(generation.population.plain().values(), again.population.plain().values(), same)
        check_same(memory.values(), remembered.values(), same)
        # without generations, somebody born before in the same one may be a parent
        born = generation.identifiers if isinstance(algorithm, SteadyState) else number * SEARCHED
        assert (generation.parent_a < born).all(), "expected parents that have lived"
        check_genes(generation.population, search.species)
        # everybody's loss, and what is remembered of it
        loss = np.array([lose(generation, place) for place in range(SEARCHED)])
        evaluation = Evaluation(loss, np.zeros(SEARCHED, np.int64), np.full(SEARCHED, np.nan), {})
        told = algorithm.tell(generation, evaluation, memory, search)
        kinds = {name: (array.shape, array.dtype) for name, array in told.items()}
        assert kinds == dict(algorithm.expect(search)), f"expected what expect() says, got {kinds}"
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
    untouched = state == (random.getstate(), pickle.dumps(np.random.get_state()))  # noqa: NPY002
    assert untouched, "expected an algorithm that draws from addressed streams, not from random or numpy.random"


def check_objective(name: str) -> None:
    """Check that an objective is a number of each individual, the same whoever lives beside."""
    species = build_species(configure({}))
    genes = draw_founders(species, SEED, 6)

    def measure(places: Any) -> Any:
        part = genes.take(places)
        lived = evaluate(species, part, places, seed=SEED, generation=1, changes=True)
        return measure_objectives([name], lived, part, species)[name]

    whole = measure(np.arange(6))
    check_same([whole], [measure(np.arange(6))], "expected the same values of the same lives")
    few = np.array([1, 4])
    check_same([whole[few]], [measure(few)], "expected the same values whoever lives beside")
