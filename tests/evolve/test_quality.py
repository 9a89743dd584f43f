"""Quality diversity and novelty: archives against brute force and against pyribs, and what cannot be searched in."""

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hetevo.analysis import load_run
from hetevo.analysis.figures import FIGURES
from hetevo.evolve import Experiment, preset
from hetevo.evolve.algorithms import Search, make_algorithm
from hetevo.evolve.algorithms.map_elites import make_archive
from hetevo.evolve.algorithms.novelty import measure_novelty
from hetevo.evolve.generation import Operator, draw_generation_zero
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.evolve.species import build_species
from hetevo.evolve.state import advance
from hetevo.evolve.sweeps.conduct import conduct
from hetevo.evolve.sweeps.plan import plan_of_seeds
from hetevo.populations import extras
from hetevo.populations.circuits import draw_founders
from hetevo.populations.descriptors import DESCRIPTORS, describe
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation

SMALL = ["lifetime.presentations=20", "evolution.size=24", "evolution.elites=2", "evolution.generations=2"]
with_ribs = pytest.mark.skipif(not find_spec("ribs"), reason="needs pyribs")


def configure(table, *changes):
    return preset("smoke", overrides=[*SMALL, ("evolution.algorithm", table), ("backend.workers", 1), *changes])


def search_of(table, *changes):
    config = configure(table, *changes)
    return Search(config, build_species(config))


def course(search, generations, seed=0):
    """Let an algorithm search with losses that are drawn; yield what was asked, what became of it, and the memory."""
    algorithm, lived = make_algorithm(search.config.evolution.algorithm), None
    rng = np.random.default_rng(seed)
    founders = draw_generation_zero(search.species, 0, search.config.evolution.size)
    for _ in range(generations):
        generation, asked = algorithm.ask(lived, search) if lived else algorithm.begin(founders, search)
        # in steps, so that some are equal
        loss = rng.integers(1, 40, generation.size) / 10
        evaluation = Evaluation(loss, np.zeros(generation.size, np.int64), np.full(generation.size, np.nan), {})
        told = algorithm.tell(generation, evaluation, asked, search)
        lived = advance(generation, evaluation, lived, told)
        yield lived, asked, loss


def cell_of(descriptors, cells, bounds):
    """Count cells by hand; a hair is added, as pyribs does."""
    places = [
        min(max(int((count * (value - low) + 1e-6) / (high - low)), 0), count - 1)
        for value, count, (low, high) in zip(descriptors, cells, bounds, strict=True)
    ]
    return int(np.ravel_multi_index(places, cells))


@with_ribs
@pytest.mark.parametrize("relive", [0.0, 0.25, 1.0])
def test_an_archive_is_what_brute_force_finds(relive):
    table = {"name": "map-elites", "cells": [4, 5], "relive": relive}
    search = search_of(table)
    algorithm, best = make_algorithm(table), {}
    for lived, asked, loss in course(search, 8):
        relived, identifiers = asked["relived"], lived.generation.identifiers
        descriptors = algorithm.describe(lived.generation.population, search)
        for place, cell in enumerate(relived):
            losses = [*best[cell][0], loss[place]]
            best[cell] = losses, best[cell][1], identifiers[place]
            np.testing.assert_array_equal(descriptors[place], best[cell][1])
        for place in range(len(relived), len(loss)):
            cell = cell_of(descriptors[place], algorithm.cells, algorithm.limits(search))
            if cell not in best or loss[place] < np.mean(best[cell][0]) - 1e-12:
                best[cell] = [loss[place]], descriptors[place], identifiers[place]
        memory = lived.memory
        assert np.flatnonzero(memory["occupied"]).tolist() == sorted(best)
        for cell, (losses, point, identifier) in best.items():
            assert memory["losses"][cell] == pytest.approx(np.mean(losses))
            assert memory["lives"][cell] == len(losses)
            assert memory["identifiers"][cell] == identifier
            np.testing.assert_array_equal(memory["descriptors"][cell], point)
        empty = ~memory["occupied"]
        assert not memory["losses"][empty].any()
        assert (memory["identifiers"][empty] == -1).all()
    if relive:
        assert memory["lives"].max() > 1


@with_ribs
def test_an_archive_without_second_lives_is_that_of_pyribs():
    table = {"name": "map-elites", "relive": 0.0}
    search = search_of(table)
    algorithm = make_algorithm(table)
    theirs = make_archive(algorithm.cells, algorithm.limits(search))
    for lived, _, loss in course(search, 6):
        generation = lived.generation
        descriptors = algorithm.describe(generation.population, search)
        theirs.add(generation.identifiers[:, None], -loss, descriptors)
        found = theirs.data(["index", "solution", "objective"])
        memory, cells = lived.memory, found["index"]
        assert sorted(cells.tolist()) == np.flatnonzero(memory["occupied"]).tolist()
        np.testing.assert_array_equal(memory["identifiers"][cells], found["solution"][:, 0])
        np.testing.assert_array_equal(memory["losses"][cells], -found["objective"])
        row = algorithm.report(memory, search)
        assert row["archive_coverage"] == pytest.approx(theirs.stats.coverage)
        cap = search.config.lifetime.loss_cap
        assert row["qd_score"] == pytest.approx(theirs.stats.qd_score + cap * theirs.stats.num_elites)


@with_ribs
def test_genes_of_elites_are_those_of_who_stands_in_their_cells():
    search = search_of({"name": "map-elites", "relive": 0.25})
    seen = {}
    for lived, asked, _ in course(search, 5):
        generation, again = lived.generation, len(asked["relived"])
        seen |= {int(one): generation.population.take([row]) for row, one in enumerate(generation.identifiers)}
        assert (generation.operator[:again] == Operator.ELITE).all()
        assert (generation.operator[again:] != Operator.ELITE).all()
        # elites are their parents
        for row, parent in enumerate(generation.parent_a[:again]):
            for name, genes in seen[int(parent)].items():
                np.testing.assert_array_equal(generation.population[name][row], genes[0])
        for cell in np.flatnonzero(lived.memory["occupied"]):
            for name, genes in seen[int(lived.memory["identifiers"][cell])].items():
                np.testing.assert_array_equal(lived.memory[f"gene_{name}"][cell], genes[0])


@with_ribs
def test_second_lives_go_to_elites_with_the_fewest():
    search = search_of({"name": "map-elites", "relive": 0.25})
    before = None
    for lived, asked, _ in course(search, 6):
        if before is not None:
            lives, relived = before["lives"], asked["relived"]
            others = np.setdiff1d(np.flatnonzero(before["occupied"]), relived)
            assert len(relived) == 6
            assert lives[relived].max() <= lives[others].min()
        before = lived.memory


@with_ribs
def test_it_begins_with_as_many_generations_of_founders_as_asked():
    search = search_of({"name": "map-elites", "initial": 3})
    made = [lived.generation for lived, _, _ in course(search, 4)]
    founders = [bool((generation.operator == Operator.FOUNDER).all()) for generation in made]
    assert founders == [True, True, True, False]
    first, second = (generation.population.gains_ascending for generation in made[:2])
    assert (first != second).any()


@with_ribs
def test_the_figure_shows_the_archive_of_the_last_checkpoint(tmp_path):
    table = {"name": "map-elites", "descriptors": ["gain", "balance", "decay"], "cells": [6, 5, 2]}
    run = load_run(Experiment(configure(table)).run(tmp_path / "run").path)
    plot = FIGURES["archive"](run)
    last = run.generations.iloc[-1]
    assert len(plot.data) == pytest.approx(last["archive_coverage"] * 60)
    assert plot.data["loss"].min() == last["archive_loss_best"]
    assert list(plot.data.columns) == ["generation", "id", "loss", "lives", "gain", "balance", "decay"]
    axes = plot.figure.axes[0]
    shown = axes.collections[0].get_array()
    assert shown.shape == (5, 6)
    assert shown.min() == plot.data["loss"].min()
    assert "gain" in axes.get_xlabel()
    assert "best over 1 more descriptor" in axes.get_title(loc="right")


def test_a_run_without_an_archive_is_not_drawn(tmp_path):
    made = Experiment(configure({"name": "novelty"})).run(tmp_path / "run")
    run = load_run(made.path)
    assert run.generations["archive_size"].tolist() == [4, 8, 12]
    assert (run.generations["novelty_mean"] > 0).all()
    with pytest.raises(RunDirectoryError, match="keeps no archive of elites"):
        FIGURES["archive"](run)


@given(
    arrays(
        np.float64, st.tuples(st.integers(4, 12), st.just(2)), elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
    ),
    arrays(np.float64, st.tuples(st.integers(0, 6), st.just(2)), elements=st.floats(-1, 2)),
    st.integers(1, 3),
)
@settings(max_examples=30, deadline=None)
def test_novelty_is_the_mean_distance_to_the_nearest(points, archive, k):
    expected = []
    for place, point in enumerate(points):
        others = np.concatenate([np.delete(points, place, axis=0), archive])
        expected.append(np.sort(np.sqrt(((others - point) ** 2).sum(axis=1)))[:k].mean())
    np.testing.assert_allclose(measure_novelty(points, archive, k), expected, atol=1e-12)


def test_novelty_sees_no_losses_unless_quality_is_asked_for():
    def parents(quality, seed):
        search = search_of({"name": "novelty", "quality": quality})
        return [lived.generation.parent_a.tolist() for lived, _, _ in course(search, 3, seed)]

    assert parents(0.0, 1) == parents(0.0, 2)
    assert parents(0.5, 1) != parents(0.5, 2)


@pytest.mark.parametrize("quality", [0.0, 0.5, 1.0])
def test_elites_are_the_most_novel_and_that_share_the_best(quality):
    search = search_of({"name": "novelty", "quality": quality}, "evolution.elites=4")
    before = None
    for lived, _, _ in course(search, 4):
        if before is not None:
            novel = np.argsort(-before.memory["novelty"], kind="stable")
            best, count = np.argsort(before.loss, kind="stable"), round(4 * quality)
            chosen = np.concatenate([best[:count], novel[: 4 - count]])
            assert lived.generation.parent_a[:4].tolist() == before.generation.identifiers[chosen].tolist()
        before = lived


def test_parents_selected_by_loss_alone_are_those_of_the_generational_algorithm():
    table = {"name": "novelty", "quality": 1.0}
    (_, _, _), (first, _, _) = course(search_of(table), 2)
    (_, _, _), (usual, _, _) = course(search_of({"name": "generational"}), 2)
    for name, genes in first.generation.population.items():
        np.testing.assert_array_equal(genes, usual.generation.population[name])


def test_the_archive_of_novelty_is_bounded_and_holds_points_that_lived():
    table = {"name": "novelty", "archive_rate": 5, "archive_most": 12}
    search, points = search_of(table), []
    algorithm = make_algorithm(table)
    for lived, _, _ in course(search, 6):
        bounds = algorithm.limits(search)
        described = algorithm.describe(lived.generation.population, search)
        points += ((described - bounds[:, 0]) / (bounds[:, 1] - bounds[:, 0])).tolist()
        (count,) = lived.memory["count"]
        assert count == min(5 * (lived.generation.number + 1), 12)
        assert all(point in points for point in lived.memory["archive"][:count].tolist())
    assert not np.isin(lived.memory["archive"][:, 1], points[:5]).all()


def test_descriptors_are_what_they_say():
    species = search_of({"name": "generational"}).species
    genes = draw_founders(species, 0, 6)
    found = dict(zip(DESCRIPTORS, describe(genes, species, list(DESCRIPTORS)).T, strict=True))
    hidden, up, down = species.layout.hidden, genes.gains_ascending, genes.gains_descending
    for row in range(6):
        allowed = species.allowed.ascending
        assert found["density"][row] == genes.mask_ascending[row][allowed].mean()
        assert found["agreement"][row] == np.mean(up[row, :hidden] * down[row] > 0)
        assert found["balance"][row] == np.mean(up[row] > 0)
        assert found["gain"][row] == pytest.approx(np.abs(up[row, :hidden]).mean())
        decays = [genes["decay_ascending"][row], genes["decay_descending"][row]]
        assert found["decay"][row] == pytest.approx(np.log(decays).mean())
    for name, values in found.items():
        low, high = DESCRIPTORS[name].bounds(species)
        assert ((values >= low) & (values <= high)).all(), name


@pytest.mark.parametrize("name", ["map-elites", "novelty"])
@pytest.mark.parametrize(
    ("options", "changes", "message"),
    [
        ({"descriptors": ["alignment_end", "gain"]}, [], "never sees a gradient, nor anything else that is measured"),
        ({"descriptors": ["densty", "gain"]}, [], "Did you mean 'density'"),
        ({"descriptors": ["gain", "gain"]}, [], "each once"),
        ({"descriptors": []}, [], "at least one"),
        ({"descriptors": ["decay", "gain"]}, ["genome.decay=false"], "genome.decay = false"),
        ({"bounds": [[0, 1]]}, [], "a pair for each of density, agreement"),
        ({"bounds": [[0, 1], [1, 1]]}, [], "a least value of 'agreement' below"),
        ({"descriptors": ["gain", "decay"]}, ["genome.gain_scale=0"], "a least value of 'gain' below"),
        ({}, ["network.storage=sparse"], 'network.storage = "dense"'),
        ({}, ["islands.count=2"], "knows no islands"),
    ],
)
def test_what_cannot_be_described_is_refused_before_anything_is_written(name, options, changes, message, tmp_path):
    with pytest.raises(SettingError, match=message):
        Experiment(configure({"name": name, **options}, *changes)).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"name": "map-elites", "cells": [4]}, "a number for each of density, agreement"),
        ({"name": "map-elites", "cells": [10_000, 10_000]}, "1,000,000 cells together at most"),
        ({"name": "map-elites", "cells": [4, 0]}, "cells"),
        ({"name": "map-elites", "relive": 1.5}, "expected less than or equal to 1"),
        ({"name": "map-elites", "cells": 4}, "a list"),
        ({"name": "novelty", "k": 24}, "fewer neighbours than there are individuals"),
        ({"name": "novelty", "archive_rate": 25}, "expected at most 24"),
    ],
)
def test_options_that_mean_nothing_are_refused(table, message, tmp_path):
    with pytest.raises(SettingError, match=message):
        Experiment(configure(table)).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_inherited_rules_have_no_descriptors(tmp_path):
    config = preset("chalmers", overrides=[("evolution.algorithm", {"name": "novelty"})])
    with pytest.raises(SettingError, match="which these individuals do not have: they inherit formula"):
        Experiment(config).run(tmp_path / "run")


@pytest.mark.parametrize(
    ("package", "change", "command"),
    [
        ("ribs", ("evolution.algorithm", {"name": "map-elites"}), r"'map-elites' needs ribs, .*hetevo\[qd\]"),
        ("sklearn", ("heldout.families", ["digits"]), r"'digits' needs sklearn, .*hetevo\[data\]"),
        ("networkx", ("probe.measures", ["modularity"]), r"'modularity' needs networkx, .*hetevo\[graphs\]"),
    ],
)
def test_what_is_not_installed_is_refused_before_a_run_or_a_sweep_writes_anything(
    tmp_path, monkeypatch, package, change, command
):
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == package else find_spec(name))
    config = preset("smoke", overrides=["task.inputs=64", "task.outputs=10", ("heldout.families", ["xor"]), change])
    config = config.model_copy(update={"heldout": config.heldout.model_copy(update={"every": 1})})
    with pytest.raises(SettingError, match=command):
        Experiment(config).run(tmp_path / "run")
    with pytest.raises(SettingError, match=command):
        conduct(plan_of_seeds("own", config, "0..1"), tmp_path / "sweep")
    assert not [*tmp_path.iterdir()]


def test_without_pyribs_it_says_how_to_get_it(tmp_path, monkeypatch):
    def missing(package):
        # what Python says of a part of a package that is not there
        raise ModuleNotFoundError("No module named 'ribs'", name=package.partition(".")[0])

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(SettingError, match=r"'map-elites' needs ribs, which is not installed.*hetevo\[qd\]"):
        Experiment(configure({"name": "map-elites"})).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()
