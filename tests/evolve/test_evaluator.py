"""Ask and tell: the losses that a run has recorded, for genes that somebody else proposes."""

import numpy as np
import pytest
from faults import tiny

import hetevo
from hetevo.evolve import Evaluator, Experiment, GenesError, Space
from hetevo.evolve.config import ConfigError
from hetevo.populations.errors import SettingError


def changed(*overrides):
    return tiny("evolution.size=10", *overrides)


@pytest.fixture(scope="module")
def generations(tmp_path_factory):
    with Experiment(changed()).open(tmp_path_factory.mktemp("runs") / "run") as run:
        return list(run)


def same(evaluation, generation, chosen=slice(None)):
    assert evaluation.loss.tobytes() == generation.loss[chosen].tobytes()
    assert evaluation.status.tolist() == generation.status[chosen].tolist()
    assert evaluation.observed.keys() == generation.columns.keys()
    for name, values in evaluation.observed.items():
        np.testing.assert_array_equal(values, generation.columns[name][chosen])


@pytest.mark.parametrize("overrides", [(), ("backend.workers=2",), ("backend.block=3",)])
def test_the_losses_that_a_run_recorded(generations, overrides):
    chosen = [7, 2, 2, 9]
    with Evaluator(changed(*overrides)) as evaluate:
        for generation in reversed(generations):
            same(evaluate(generation.genes, generation.number), generation)
        last = generations[-1]
        some = {name: values[chosen] for name, values in last.genes.items()}
        same(evaluate(some, last.number, chosen), last, chosen)
        # other places and generations are other lives
        assert (evaluate(some, last.number).loss != last.loss[chosen]).any()
        assert (evaluate(last.genes, last.number + 1).loss != last.loss).any()


def test_vectors_are_genes(generations):
    last = generations[-1]
    with Evaluator(changed(), space=Space(changed(), wiring=True)) as evaluate:
        same(evaluate(evaluate.space.flatten(last.genes), last.number), last)


def test_what_is_no_population_is_refused(generations):
    genes = dict(generations[0].genes)
    with pytest.raises(SettingError, match="use it in a block"):
        Evaluator(changed())(genes)
    with Evaluator(changed()) as evaluate:
        for wrong in ({"gains_ascending": genes["gains_ascending"]}, np.zeros((2, 3)), {**genes, "gain": 1}):
            with pytest.raises(GenesError):
                evaluate(wrong)
        for individuals in ([0, 1], list(range(-1, 9)), np.arange(10) / 2, [[0]] * 10):
            with pytest.raises(SettingError, match="individuals: expected 10 whole numbers"):
                evaluate(genes, 0, individuals)
        for number in (-1, True, 2**70):
            with pytest.raises(SettingError, match="generation"):
                evaluate(genes, number)


def test_an_evaluator_gives_its_workers_back(generations):
    with Evaluator(changed("backend.workers=2")) as evaluate:
        same(evaluate(generations[0].genes), generations[0])
        assert "seed 0" in repr(evaluate)
    with pytest.raises(SettingError, match="use it in a block"):
        evaluate(generations[0].genes)
    with evaluate:  # and may take others
        same(evaluate(generations[0].genes), generations[0])


@pytest.mark.verification
@pytest.mark.timeout(240)
def test_the_same_on_ray(generations, tmp_path):
    where = ("backend.name=ray", "backend.workers=2")
    chosen = [7, 2, 2, 9]
    with Evaluator(changed(*where)) as evaluate:
        for generation in generations:
            some = {name: values[chosen] for name, values in generation.genes.items()}
            same(evaluate(some, generation.number, chosen), generation, chosen)
    with Experiment(changed(*where)).open(tmp_path / "run") as run:
        for found, generation in zip(run, generations, strict=True):
            assert found.loss.tobytes() == generation.loss.tobytes()


@pytest.mark.parametrize("door", [hetevo.Evaluator, hetevo.Space, hetevo.Experiment])
def test_a_name_in_the_place_of_a_configuration_is_explained(door):
    with pytest.raises(ConfigError, match=r"such as hetevo\.preset\('smoke'\), got str"):
        door("smoke")


@pytest.mark.parametrize("generation", [1.5, None, "1", True, -1, 2**70])
def test_a_generation_is_a_whole_number(generation):
    with hetevo.Evaluator(hetevo.preset("minimal", overrides=["backend.workers=1"])) as evaluate:
        genes = evaluate.space.founders(seed=0, size=2)
        with pytest.raises(SettingError, match="generation: expected a whole number"):
            evaluate(genes, generation)
        assert evaluate(genes, np.int64(1)).loss.size == 2
