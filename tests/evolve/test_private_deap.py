"""DEAP's private copy: the same operators, on generators of its own."""

import random
import subprocess
import sys
import textwrap
import threading

import deap.tools
import numpy as np
import pytest

from hetevo.evolve.private_deap import PYTHON, cma, private_generators, tools
from hetevo.evolve.selection import Candidates

ARGUMENTS = {
    "selTournament": {"tournsize": 3},
    "selDoubleTournament": {"fitness_size": 3, "parsimony_size": 1.4, "fitness_first": True},
    "selEpsilonLexicase": {"epsilon": 0.1},
}
OPERATORS = sorted(
    name
    for name in dir(tools)
    if name.startswith("sel") and callable(getattr(tools, name)) and name not in ("selNSGA3", "selNSGA3WithMemory")
)


def test_private_generators_are_seeded_in_the_block_and_the_global_ones_are_not_touched():
    before, numpy_before = random.getstate(), np.random.get_state()[1].tolist()
    with private_generators(np.random.default_rng(0)):
        first = tools.selRandom(range(1000), 5), tools.emo.numpy.random.random()
        assert random.getstate() == before
        assert np.random.get_state()[1].tolist() == numpy_before
    with private_generators(np.random.default_rng(0)):
        assert (tools.selRandom(range(1000), 5), tools.emo.numpy.random.random()) == first
    assert random.getstate() == before


def test_only_one_thread_at_a_time_draws_from_the_private_generators():
    inside, order = threading.Event(), []

    def wait_and_draw():
        inside.wait()
        with private_generators(np.random.default_rng(1)):
            order.append("other")

    thread = threading.Thread(target=wait_and_draw)
    thread.start()
    with private_generators(np.random.default_rng(0)):
        inside.set()
        thread.join(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "other"]


@pytest.mark.parametrize("name", OPERATORS)
def test_the_copy_selects_as_deap_does_with_seeded_global_generators(name):
    light = Candidates(np.random.default_rng(3).random(40), 1.0, np.arange(1, 41)).individuals()
    seeds = np.random.default_rng(5)
    random.seed(int(seeds.integers(2**63)))
    np.random.seed(int(seeds.integers(2**32)))
    public = getattr(deap.tools, name)(light, 20, **ARGUMENTS.get(name, {}))
    with private_generators(np.random.default_rng(5)):
        private = getattr(tools, name)(light, 20, **ARGUMENTS.get(name, {}))
    assert [one.position for one in private] == [one.position for one in public]


def test_nothing_in_the_copy_draws_from_a_global_generator():
    shared = {id(one) for one in (random, np, np.random)}
    shared |= {id(getattr(random, name)) for name in random.__all__ if hasattr(PYTHON, name)}
    shared |= {id(getattr(np.random, name)) for name in np.random.__all__}
    modules = {name: module for name, module in sys.modules.items() if name.startswith("hetevo_deap.")}
    assert {"hetevo_deap.base", "hetevo_deap.cma", "hetevo_deap.tools.selection"} <= set(modules)
    for name, module in modules.items():
        assert not [key for key, value in vars(module).items() if id(value) in shared], name
        homes = [str(getattr(value, "__module__", None)) for value in vars(module).values()]
        assert not [home for home in homes if home.partition(".")[0] == "deap"], name


def test_evolution_strategies_of_the_copy_draw_from_the_private_generators():
    class Point(list):
        fitness = None

    def generated():
        with private_generators(np.random.default_rng(2)):
            return cma.Strategy([0.0, 0.0], 1.0).generate(Point)

    before = np.random.get_state()[1].tolist()
    assert generated() == generated()
    assert np.random.get_state()[1].tolist() == before


def test_the_hypervolume_of_the_copy_works():
    light = Candidates(np.array([0.1, 0.5]), 1.0).individuals()
    assert tools.hypervolume(light, ref=np.array([1.0])) == deap.tools.hypervolume(light, ref=np.array([1.0]))


def test_what_only_several_objectives_need_is_loaded_when_it_is_used():
    pytest.importorskip("moocore")
    text = """
        import sys
        from hetevo.evolve.private_deap import base, tools
        before = "moocore._moocore" in sys.modules

        class Two(base.Fitness):
            weights = (-1.0, -1.0)

        class Someone:
            def __init__(self, *values):
                self.fitness = Two(values)

        # the second adds least to what the others dominate
        front = [Someone(0.0, 1.0), Someone(0.45, 0.5), Someone(0.4, 0.4), Someone(1.0, 0.0)]
        print(before, tools.hypervolume(front), "moocore._moocore" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, check=True)
    assert done.stdout == "False 1 True\n"
