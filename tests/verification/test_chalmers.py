"""Learning rules evolved as by Chalmers (1990): how far they follow the gradient, by the number of tasks."""

from concurrent.futures import ProcessPoolExecutor
from itertools import product

import numpy as np
import pytest
from chalmers import evolve

pytestmark = pytest.mark.verification

SEEDS = 20
EXPECTED = {1: (0.10, 0.57), 3: (0.16, 0.63), 10: (0.46, 0.80), 20: (0.63, 0.84), "drift": (0.01, 0.52)}
"""Cosine of the champion, and its fitness on tasks it never met, from an independent implementation with 8 seeds."""


def one(job):
    seed, tasks = job
    return evolve(seed, 20 if tasks == "drift" else tasks, neutral=tasks == "drift")


@pytest.fixture(scope="module")
def measured():
    with ProcessPoolExecutor() as pool:
        found = np.array(list(pool.map(one, product(range(SEEDS), EXPECTED))))
    return dict(zip(EXPECTED, found.reshape(SEEDS, len(EXPECTED), 2).transpose(1, 0, 2), strict=True))


@pytest.mark.timeout(1800)
def test_rules_of_many_tasks_follow_the_gradient_and_rules_of_one_do_not(measured):
    mean, sd = {}, {}
    for tasks, values in measured.items():
        mean[tasks], sd[tasks] = np.nanmean(values, axis=0), np.nanstd(values, axis=0, ddof=1)
        (cosine, fitness), (near, far), (expected, held_out) = mean[tasks], sd[tasks], EXPECTED[tasks]
        print(f"{tasks} | {cosine:.2f} ± {near:.2f} | {expected} | {fitness:.2f} ± {far:.2f} | {held_out}")
    assert mean["drift"] == pytest.approx(EXPECTED["drift"], abs=0.15)
    assert mean[1] == pytest.approx(EXPECTED[1], abs=0.15)
    assert mean[20] == pytest.approx(EXPECTED[20], abs=0.2)
    assert mean[1][0] < mean[3][0] < min(mean[10][0], mean[20][0])
    assert mean["drift"][1] < mean[1][1] < mean[3][1] < min(mean[10][1], mean[20][1])


def test_the_delta_rule_is_a_rule_that_learns_along_the_gradient():
    from chalmers import BITS, live, tasks

    rule = np.zeros(BITS, int)
    rule[:5] = 1, 1, 0, 1, 0  # 2^(10 - 9)
    rule[5 + 3 * 7 : 5 + 3 * 9] = 0, 0, 1, 1, 0, 1  # -a o + a t
    rng = np.random.default_rng(0)
    fitness, alignment = live([rule, np.zeros(BITS, int)], tasks(20, rng), rng)
    assert fitness[0] > 0.9
    assert alignment[0] > 0.9
    assert fitness[1] == pytest.approx(0.5, abs=0.06)
    assert np.isnan(alignment[1])
