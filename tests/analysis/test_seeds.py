"""Seeds that a comparison needs: against simulation, and known tables."""

import math

import numpy as np
import pytest
from scipy import stats

from hetevo.analysis.intervals import EQUIVALENCE, mean_and_interval
from hetevo.analysis.statistics import power, seeds_needed


@pytest.mark.parametrize("within", [False, True])
def test_power_is_how_often_an_interval_lies_where_it_is_predicted(within):
    rng = np.random.default_rng(0)
    sd, n, matters, sets = 0.1, 12, 0.09, 4000
    draws = sd * rng.standard_normal((sets, n)) + (0 if within else matters)
    t = stats.t.ppf((1 + (EQUIVALENCE if within else 0.95)) / 2, n - 1)
    half = t * draws.std(axis=1, ddof=1) / math.sqrt(n)
    mean = draws.mean(axis=1)
    found = ((mean - half > -matters) & (mean + half < matters)) if within else mean - half > 0
    assert power(sd, n, matters, within=within) == pytest.approx(found.mean(), abs=0.02)


def test_power_of_a_textbook():
    # G*Power, one sample, two-sided at 5 %: 34 for half a deviation, 15 for .8, 199 for .2
    assert [seeds_needed(1.0, d) for d in (0.5, 0.8, 0.2)] == [34, 15, 199]


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("sd", [0.02, 0.05, 0.3])
def test_one_seed_fewer_is_not_enough(sd, within):
    needed = seeds_needed(sd, 0.05, within=within)
    assert power(sd, needed, 0.05, within=within) >= 0.8 > power(sd, needed - 1, 0.05, within=within)


def test_what_cannot_be_said():
    assert seeds_needed(float("nan"), 0.05) is None
    assert seeds_needed(1e6, 1e-6) is None
    assert math.isnan(power(0.1, 1, 0.05))
    assert power(0.0, 2, 0.05) == 1
    low, high = mean_and_interval(np.array([0.0, 1.0, 2.0]), EQUIVALENCE)[1:]
    assert high - low == pytest.approx(2 * stats.t.ppf(0.95, 2) / math.sqrt(3))
