"""Algorithms: each goes on with the same bits however it is interrupted, and does what its paper says."""

import math
from importlib.util import find_spec

import numpy as np
import pytest

from hetevo.evolve import Experiment, preset, resume
from hetevo.evolve.algorithms import ALGORITHMS, Search, make_algorithm
from hetevo.evolve.algorithms.cma import CMA, Separable
from hetevo.evolve.algorithms.vectors import Vectors
from hetevo.evolve.config import ConfigError
from hetevo.evolve.evolution import Evolution
from hetevo.evolve.generation import Operator, begin_with, draw_generation_zero
from hetevo.evolve.private_deap import cma, private_generators
from hetevo.evolve.species import build_species
from hetevo.evolve.state import advance
from hetevo.evolve.verify import verify
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation

SMALL = ["lifetime.presentations=20", "evolution.size=12", "evolution.elites=2", "checkpoint={every=1,keep=9}"]
OPTIONS = {"asynchronous": {"lag": 5}}
TABLES = [
    *({"name": name, **OPTIONS.get(name, {})} for name in ALGORITHMS.own if name != "map-elites" or find_spec("ribs")),
    {"name": "cma", "separable": True},
    {"name": "evolution-strategy", "survive": True, "parents": 4},
]


def configure(table, *changes):
    return preset("smoke", overrides=[*SMALL, ("evolution.algorithm", table), ("backend.workers", 1), *changes])


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_run_that_is_interrupted_ends_with_the_same_bits(table, tmp_path):
    whole = Experiment(configure(table, "evolution.generations=4")).run(tmp_path / "whole")
    Experiment(configure(table, "evolution.generations=2", "backend.block=5")).run(tmp_path / "part")
    assert resume(tmp_path / "part", 4, workers=2).digest == whole.digest
    checked = verify(tmp_path / "part", replay=True, workers=1)
    assert checked.ok, checked.problems
    again = verify(tmp_path / "part", replay=True, workers=1, generation=0)
    assert again.ok, again.problems


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_branch_goes_on_with_individuals_or_says_what_it_lacks(table, tmp_path):
    Experiment(configure({"name": "generational"}, "evolution.generations=1")).run(tmp_path / "origin")
    branch = Experiment(configure(table, "evolution.generations=2"))
    needs = make_algorithm(table).expect(Search(branch.config, build_species(branch.config)))
    if needs:
        with pytest.raises(SettingError, match="goes on with what it remembers"):
            branch.run(tmp_path / "branch", origin=f"{tmp_path / 'origin'}@1")
        assert not (tmp_path / "branch").exists()
    else:
        branch.run(tmp_path / "branch", origin=f"{tmp_path / 'origin'}@1")
    # and from any algorithm there is a way to one that needs individuals alone
    Experiment(configure(table, "evolution.generations=1")).run(tmp_path / "other")
    back = Experiment(configure({"name": "generational"}, "evolution.generations=2"))
    assert back.run(tmp_path / "back", origin=f"{tmp_path / 'other'}@1").generation == 2


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ({"name": "cma"}, "genome.decay_log_scale=0"),
        ({"name": "openai-es"}, "genome.gain_scale=3.0"),
        ({"name": "novelty"}, "network.density_ascending=0.9"),
    ],
    ids=str,
)
def test_a_branch_that_would_read_its_memory_in_other_units_is_refused(table, change, tmp_path):
    Experiment(configure(table, "evolution.generations=1")).run(tmp_path / "origin")
    branch = Experiment(configure(table, "evolution.generations=2", change))
    with pytest.raises(SettingError, match=r"in units of how founders.*\[genome\] and \[network\]"):
        branch.run(tmp_path / "branch", origin=f"{tmp_path / 'origin'}@1")
    assert not (tmp_path / "branch").exists()


def search_of(table, *changes):
    config = configure(table, *changes)
    return Search(config, build_species(config))


def course(search, loss, generations, points):
    """Let an algorithm search: the loss is one of the vectors, and nobody lives."""
    algorithm = make_algorithm(search.config.evolution.algorithm)
    founders = draw_generation_zero(search.species, search.config.seed, search.config.evolution.size)
    lived, seen = None, []
    for _ in range(generations):
        generation, asked = algorithm.ask(lived, search) if lived else algorithm.begin(founders, search)
        losses = np.array([loss(point) for point in points(generation, asked)])
        nothing = np.full(generation.size, np.nan)
        evaluation = Evaluation(losses, np.zeros(generation.size, np.int64), nothing, {})
        lived = advance(generation, evaluation, lived, algorithm.tell(generation, evaluation, asked, search))
        seen.append(float(losses.min()))
    return lived, seen


class Point(np.ndarray):
    fitness = 0.0


def sphere(point):
    return float(((point - 1) ** 2).sum())


@pytest.mark.parametrize("separable", [False, True])
def test_cma_finds_the_optimum_of_the_sphere(separable):
    table = {"name": "cma", "separable": separable}
    lived, seen = course(search_of(table), sphere, 400, lambda generation, asked: asked["points"])
    assert seen[-1] < 1e-6
    np.testing.assert_allclose(lived.memory["centroid"], 1, atol=1e-3)


def test_cma_without_covariances_is_cma_with_covariances_of_zero():
    """One step of the separable strategy against the whole one with its learning rates, from the same sample."""
    search = search_of({"name": "cma"})
    founders = draw_generation_zero(search.species, 0, 12)
    made, asked = CMA(separable=True).begin(founders, search)
    losses = np.array([sphere(point) for point in asked["points"]])
    evaluation = Evaluation(losses, np.zeros(12, np.int64), np.full(12, np.nan), {})
    told = CMA(separable=True).tell(made, evaluation, asked, search)
    whole = CMA()._restore({**asked, "covariances": np.eye(len(asked["centroid"]))}, 12)
    apart = CMA(separable=True)._restore(asked, 12)
    whole.ccov1, whole.ccovmu = apart.ccov1, apart.ccovmu

    sample = [point.view(Point) for point in asked["points"]]
    for point, loss in zip(sample, losses, strict=True):
        point.fitness = -loss
    whole.update(sample)
    np.testing.assert_allclose(told["centroid"], whole.centroid)
    np.testing.assert_allclose(told["covariances"], np.diag(whole.C))
    np.testing.assert_allclose(told["sigma"], whole.sigma)
    np.testing.assert_allclose(told["step_path"], whole.ps)


def rosenbrock(point):
    return float((100 * (point[1:] - point[:-1] ** 2) ** 2 + (1 - point[:-1]) ** 2).sum())


@pytest.mark.parametrize(
    ("kind", "function", "start", "known"),
    [
        (cma.Strategy, lambda point: sphere(point + 1), 1.0, 2060),
        (Separable, lambda point: sphere(point + 1), 1.0, 1960),
        (cma.Strategy, rosenbrock, 0.0, 7040),
    ],
    ids=["sphere", "sphere, separable", "Rosenbrock"],
)
def test_cma_needs_as_many_evaluations_as_pycma(kind, function, start, known):
    """Known: medians over seeds of pycma 4.5.0, D = 10, 20 individuals, step 0.5, no active update, down to 1e-8."""
    needed = []
    for seed in range(5):
        shape = np.ones(10) if kind is Separable else np.eye(10)
        strategy = kind(np.full(10, start), 0.5, lambda_=20, cmatrix=shape)
        best, count = math.inf, 0
        with private_generators(np.random.default_rng(seed)):
            while best > 1e-8:
                sample = [np.asarray(point).view(Point) for point in strategy.generate(np.asarray)]
                for point in sample:
                    point.fitness = -function(point)
                best = min(best, *(-point.fitness for point in sample))
                count += len(sample)
                strategy.update(sample)
        needed.append(count)
    assert np.median(needed) == pytest.approx(known, rel=0.25)


def test_openai_es_follows_the_gradient_of_the_sphere():
    search = search_of({"name": "openai-es", "sigma": 0.1, "rate": 0.05}, "evolution.size=40")
    vectors = Vectors(search.species)

    def points(generation, asked):
        del asked
        return vectors.flatten(generation.population)

    lived, seen = course(search, sphere, 120, points)
    assert seen[-1] < seen[0] / 10
    np.testing.assert_allclose(lived.memory["mean"].mean(), 1, atol=0.2)


def test_survivors_of_an_evolution_strategy_are_its_parents_and_others_die():
    for survive in (True, False):
        search = search_of({"name": "evolution-strategy", "survive": survive, "parents": 3})
        vectors = Vectors(search.species)
        before, _ = course(search, sphere, 1, lambda generation, asked, v=vectors: v.flatten(generation.population))
        made, _ = make_algorithm(search.config.evolution.algorithm).ask(before, search)
        best = before.generation.identifiers[np.argsort(before.loss, kind="stable")[:3]]
        survivors = made.operator == Operator.ELITE
        assert made.parent_a[survivors].tolist() == (best.tolist() if survive else [])
        assert {*made.parent_a.tolist(), *made.parent_b[made.parent_b >= 0].tolist()} <= {*best.tolist()}


def test_an_evolution_strategy_makes_its_steps_as_long_as_they_must_be():
    """Far from the optimum strengths grow, near to it they shrink."""
    changes = ["evolution.size=60", "evolution.crossover=0"]
    changes += ["evolution.gain_mutation_rate=1.0", "evolution.decay_mutation_rate=1.0"]
    strengths = []
    for scale in (0.001, 1.0):
        scales = [f"evolution.{kind}_mutation_scale={scale}" for kind in ("gain", "decay")]
        search = search_of({"name": "evolution-strategy"}, *changes, *scales)
        vectors = Vectors(search.species)
        lived, _ = course(search, sphere, 60, lambda g, asked, v=vectors: v.flatten(g.population))
        strengths.append(np.exp(np.log(lived.memory["strength"][:, 0]).mean()))
    # that of gains: they are .1 apart among founders
    assert strengths[0] > 3
    assert strengths[1] < 0.3


def test_random_search_keeps_the_best_and_nothing_else():
    search = search_of({"name": "random"})
    vectors = Vectors(search.species)
    lived, seen = course(search, sphere, 6, lambda generation, asked: vectors.flatten(generation.population))
    assert seen == sorted(seen, reverse=True)
    elite = lived.generation.operator == Operator.ELITE
    assert elite.sum() == 2
    assert (lived.generation.parent_a[~elite] == -1).all()


def test_vectors_give_genes_back_and_are_standard_normal_among_founders():
    search = search_of({"name": "cma"}, "genome.gain_mean=0.3", "genome.gain_mean_descending=-0.2")
    vectors = Vectors(search.species)
    founders = draw_generation_zero(search.species, 0, 200).population
    points = vectors.flatten(founders)
    assert abs(points.mean()) < 0.02
    assert points.std() == pytest.approx(1, abs=0.02)
    back = vectors.unflatten(points, founders.take(slice(1)))
    np.testing.assert_allclose(vectors.flatten(back), points, atol=1e-4)
    assert (back.mask_ascending == founders.mask_ascending[:1]).all()


def test_founders_without_decay_have_no_vector():
    search = search_of({"name": "cma"})
    founders = draw_generation_zero(search.species, 0, 12)
    founders.population["decay_ascending"][1] = 0
    with pytest.raises(SettingError, match=r"decay_ascending: vectors hold logarithms.*got 1 of 0"):
        make_algorithm({"name": "cma"}).begin(founders, search)


def test_vectors_far_away_are_genes_still():
    search = search_of({"name": "cma"}, "genome.output_gains=positive")
    vectors = Vectors(search.species)
    founders = draw_generation_zero(search.species, 0, 2).population
    for far in (-1e3, 1e3):
        genes = vectors.unflatten(np.full((2, vectors.size), far), founders.take(slice(1)))
        assert (genes["gains_ascending"][:, search.species.layout.hidden :] >= 0).all()
        decays = genes["decay_ascending"]
        assert ((decays > 0) & (decays <= 1)).all()
        assert np.isfinite(vectors.flatten(genes)).all()


@pytest.mark.parametrize(
    ("table", "changes", "message"),
    [
        ({"name": "cma"}, ["evolution.size=3", "evolution.elites=1"], "expected at least 4 individuals"),
        ({"name": "cma"}, ["backend.portable=true"], "backend.portable: matrices of the algorithm"),
        ({"name": "openai-es"}, ["evolution.size=13"], "expected an even number"),
        ({"name": "evolution-strategy", "parents": 12}, [], "expected fewer than individuals"),
        ({"name": "cma"}, ['evolution.objectives=["loss", "synapses"]'], "compares individuals by one number"),
        ({"name": "random"}, ['evolution.objectives=["worst"]'], "compares individuals by one number"),
        (
            {"name": "evolution-strategy"},
            ["lifetime.tasks=2", 'evolution.select={name="selLexicase"}'],
            "no lexicase selection",
        ),
        ({"name": "cma"}, ["islands.count=2"], "knows no islands"),
        ({"name": "cma"}, ["evolution.turnover=none"], "nothing is searched"),
        ({"name": "cmaes"}, [], "Did you mean 'cma'"),
        ({"name": "cma", "sgima": 1}, [], "has no option 'sgima'"),
        ({"name": "cma", "sigma": -1.0}, [], "expected greater than 0"),
        ({}, [], "expected a table with a name"),
    ],
)
def test_what_cannot_search_is_refused_before_anything_is_written(table, changes, message, tmp_path):
    with pytest.raises(SettingError, match=message):
        Experiment(configure(table, *changes)).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_inherited_rules_have_no_vectors(tmp_path):
    config = preset("chalmers", overrides=[("evolution.algorithm", {"name": "cma"})])
    with pytest.raises(SettingError, match="individuals have bits"):
        Experiment(config).run(tmp_path / "run")


def test_a_generation_without_parents():
    search = search_of({"name": "random"})
    founders = draw_generation_zero(search.species, 0, 4).population
    made = begin_with(founders, number=3, operator=Operator.SAMPLE)
    assert made.identifiers.tolist() == [12, 13, 14, 15]
    assert math.isclose(made.parent_a.mean(), -1)


@pytest.mark.parametrize("name", ["cma", "openai-es", "random"])
@pytest.mark.parametrize("key", ["cross", "mutate"])
def test_operators_that_an_algorithm_does_not_use_are_refused(name, key):
    other = {"cross": "neuron", "mutate": "polynomial"}[key]
    with pytest.raises(ConfigError, match=f"evolution.{key}: the algorithm '{name}' draws individuals in a way of its"):
        configure({"name": name}, (f"evolution.{key}", {"name": other}))


def test_strengths_of_bits_are_refused():
    text = 'evolution.algorithm={name="evolution-strategy"}'
    config = preset("chalmers", overrides=[text])
    with pytest.raises(SettingError, match=r"evolution\.algorithm\.rate: .* expected 0"):
        Evolution(config)
