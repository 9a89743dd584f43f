"""Selection by several objectives and by cases: the choices of DEAP, and what others say of fronts."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hetevo.evolve.fronts import dominates, find_fronts, measure_crowding, rank
from hetevo.evolve.private_deap import PYTHON, private_generators, tools
from hetevo.evolve.selection import (
    MANY,
    TWINS_OF_SEVERAL,
    Candidates,
    find_positions,
    select,
    select_by_reference_points,
)

ARGUMENTS = {tools.selEpsilonLexicase: {"epsilon": 0.3}, select_by_reference_points: {"p": 4}}
OPERATORS = [original for original, _ in TWINS_OF_SEVERAL]
GRIDS = st.sampled_from([2, 5, 1000])


def ask_deap(operator, candidates, count):
    light = candidates.individuals(candidates.criteria(operator.func))
    if operator.func is tools.selTournamentDCD:  # which expects that somebody did this before
        for front in tools.sortNondominated(light, len(light)):
            tools.emo.assignCrowdingDist(front)
    return find_positions(operator(light, count), count)


@pytest.mark.parametrize("function", OPERATORS, ids=lambda function: function.__name__)
@settings(max_examples=40)
@given(fours=st.integers(1, 9), width=st.integers(2, 5), grid=GRIDS, share=st.floats(0.01, 1), seed=st.integers(0, 99))
def test_choices_are_those_of_deap(function, fours, width, grid, share, seed):
    # on a coarse grid many are equal, and ties are broken in many ways
    rng, size = np.random.default_rng(seed), 4 * fours
    values = rng.integers(0, grid, (size, width)) / grid
    candidates = Candidates(rng.random(size), 4.0, cases=values, objectives=values)
    operator, count = partial(function, **ARGUMENTS.get(function, {})), max(1, round(share * size))
    if function is tools.selTournamentDCD:
        count = 4 * -(-count // 4)
    with private_generators(np.random.default_rng(seed)):
        expected = ask_deap(operator, candidates, count)
        state = PYTHON.getstate()
    with private_generators(rng := np.random.default_rng(seed)):
        np.testing.assert_array_equal(select(operator, candidates, count, rng), expected)
        if function is not tools.selSPEA2:  # which draws lots on its way to numbers that do not depend on them
            assert PYTHON.getstate() == state


def test_tournaments_go_on_in_rounds_where_more_are_wanted():
    values = np.random.default_rng(0).random((8, 2))
    with private_generators(rng := np.random.default_rng(0)):
        chosen = select(partial(tools.selTournamentDCD), Candidates(values[:, 0], 4.0, objectives=values), 27, rng)
    assert len(chosen) == 27
    assert np.bincount(chosen, minlength=8).max() <= 2 * 4


@given(st.integers(1, 60), st.integers(2, 4), GRIDS, st.integers(0, 99))
def test_a_front_are_those_that_only_earlier_fronts_dominate(size, width, grid, seed):
    values = np.random.default_rng(seed).integers(0, grid, (size, width)) / grid
    fronts = find_fronts(values, size)
    assert sorted(np.concatenate(fronts).tolist()) == list(range(size))
    np.testing.assert_array_equal(
        rank(values)[np.concatenate(fronts)], np.repeat(range(len(fronts)), [*map(len, fronts)])
    )
    for before, front in zip([None, *fronts], fronts, strict=False):
        inside = dominates(values[front, None], values[None, front])
        assert not inside.any()
        if before is not None:
            assert dominates(values[before, None], values[None, front]).any(axis=0).all()


def make_zdt1(size, levels, seed=0):
    """Return points of ZDT1 (Zitzler et al. 2000), and the number of each one's planted front."""
    rng = np.random.default_rng(seed)
    level = rng.integers(0, levels, size)
    first, g = rng.random(size), 1.0 + level
    return np.stack([first, g * (1 - np.sqrt(first / g))], axis=1), level


def test_fronts_of_zdt1_are_the_planted_ones():
    values, level = make_zdt1(200, 1)
    assert len(find_fronts(values, 200)) == 1
    # a point that every point of a second front is dominated by
    shifted = np.concatenate([values, values + 1.0, values + 2.0])
    np.testing.assert_array_equal(rank(shifted), np.repeat([0, 1, 2], 200))
    assert not level.any()


def test_fronts_and_crowding_are_those_of_pymoo():
    pymoo = pytest.importorskip("pymoo.util.nds.non_dominated_sorting")
    metrics = pytest.importorskip("pymoo.operators.survival.rank_and_crowding.metrics")
    values, _ = make_zdt1(300, 6)
    ours, theirs = find_fronts(values, 300), pymoo.NonDominatedSorting().do(values)
    assert [sorted(front.tolist()) for front in ours] == [sorted(map(int, front)) for front in theirs]
    for front in ours:
        np.testing.assert_allclose(
            measure_crowding(values[front]), metrics.calc_crowding_distance(values[front]), rtol=1e-9
        )


def test_operators_of_many_objectives_look_at_no_loss():
    values = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    candidates = Candidates(np.array([4.0, 4.0, 0.0, 0.0]), 4.0, objectives=values)
    for function in MANY:
        with private_generators(rng := np.random.default_rng(0)):
            chosen = select(partial(function, **ARGUMENTS.get(function, {})), candidates, 2, rng)
        assert set(chosen.tolist()) <= {0, 1, 2}
        if function is not tools.selTournamentDCD:
            assert set(chosen.tolist()) == {0, 1}
    # all others look at the one number that stands first
    with private_generators(rng := np.random.default_rng(0)):
        assert select(partial(tools.selBest), candidates, 2, rng).tolist() == [2, 3]
