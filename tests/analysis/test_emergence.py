"""Statistics of emergence, against values known by hand or by simulation."""

import builtins

import numpy as np
import pandas as pd
import pytest
from planted import plant
from scipy import stats
from verification.simulation import Scenario, simulate, trials

from hetevo.analysis.runs import load_run
from hetevo.analysis.statistics import (
    Curves,
    best_of_populations,
    change_point,
    cliffs_delta,
    emergence,
    hedges_g,
    holm,
    neutral_band,
    onsets,
    survival_curve,
)
from hetevo.analysis.statistics.onset import Onsets, first_stay, half_levels, middle, neutral_onsets
from hetevo.analysis.statistics.survival import log_rank
from hetevo.populations.errors import SettingError


def test_the_band_is_the_prediction_interval_of_one_more_run():
    values = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, np.nan]])
    band = neutral_band(values, coverage=0.95)
    # mean 2, sd 2, t(.975; 2) = 4.3027, sqrt(1 + 1/3)
    assert band.high[0] == pytest.approx(2 + 4.30265 * 2 * np.sqrt(4 / 3), abs=1e-4)
    assert band.low[0] == pytest.approx(4 - band.high[0])
    assert band.seeds.tolist() == [3, 2]
    assert (band.low[1], band.high[1]) == (1, 1)
    with pytest.raises(SettingError, match="at least 2 neutral seeds, got 1"):
        neutral_band(values[:1])
    assert np.isnan(neutral_band(np.array([[1.0], [np.nan]])).high[0])


def test_the_band_holds_one_more_run_as_often_as_it_says():
    rng = np.random.default_rng(0)
    for seeds in (3, 10):
        draws = rng.standard_normal((seeds, 20_000))
        band, one_more = neutral_band(draws), rng.standard_normal(20_000)
        inside = ((band.low < one_more) & (one_more < band.high)).mean()
        assert inside == pytest.approx(0.99, abs=0.003)


def test_an_onset_must_stay_and_undefined_is_never_out():
    high = np.full(8, 0.5)
    band = neutral_band(np.zeros((3, 8)))
    band = type(band)(band.centre, band.low, high, band.seeds, band.coverage)
    values = np.array(
        [
            [0, 1, 1, 0, 1, 1, 1, 1],  # out twice; the second time it stays
            [0, 0, 0, 0, 0, 0, 1, 1],  # out too late to be confirmed
            [0, 1, 1, np.nan, 1, 1, 0, 0],  # a gap is no departure
            [-9, -9, -9, -9, -9, -9, -9, -9],  # below the band is no emergence
            [1, 1, 1, 1, 1, 1, 1, 1],
        ]
    )
    found = onsets(Curves(values, np.arange(8), np.full(5, 7)), band, 3)
    assert found.observed.tolist() == [True, False, False, False, True]
    assert found.time.tolist() == [4, 5, 5, 5, 0]
    partial = onsets(Curves(values[1:2, :4], np.arange(4), np.array([3])), neutral_band(np.zeros((3, 4))), 3)
    assert (partial.time[0], partial.observed[0]) == (1, False)
    with pytest.raises(SettingError, match="at least 1"):
        onsets(Curves(values, np.arange(8), np.full(5, 7)), band, 0)


def test_the_first_stay_is_that_of_a_loop():
    rng = np.random.default_rng(1)
    outside = rng.random((200, 12)) < 0.6
    for stay in (1, 3, 12, 13):
        slow = [next((g for g in range(13 - stay) if row[g : g + stay].all()), -1) for row in outside]
        assert first_stay(outside, stay).tolist() == slow


def test_half_levels_need_no_band_and_must_stay():
    nan = float("nan")
    rising = np.clip(np.arange(12) / 8, 0, 1)  # final level near 1: half of it in generation 4
    peak = np.where(np.arange(12) == 1, 1.0, rising)
    values = np.array([rising, peak, -rising, np.full(12, nan), np.where(np.arange(12) == 5, nan, rising)])
    found = half_levels(Curves(values, np.arange(12), np.full(5, 11)), 3)
    np.testing.assert_array_equal(found, [4, 4, nan, nan, 6])
    np.testing.assert_array_equal(half_levels(Curves(2 * values[:1], np.arange(12), np.array([11])), 3), [4])
    # a run that stopped early has its own end
    short = np.where(np.arange(12) < 6, rising, nan)
    assert half_levels(Curves(short[np.newaxis], np.arange(12), np.array([5])), 2)[0] == 2


def test_neutral_runs_are_held_against_the_others():
    values = np.zeros((4, 10)) + 0.01 * np.random.default_rng(0).standard_normal((4, 10))
    values[0, 3:] += 5
    found = neutral_onsets(Curves(values, np.arange(10), np.full(4, 9)), 0.99)
    assert found.observed.tolist() == [True, False, False, False]
    assert found.time[0] == 3


def test_the_median_onset_counts_runs_without_one_as_later():
    assert middle(Onsets(np.array([3.0, 9, 5, 46]), np.array([1, 0, 1, 0], bool))) == 5
    assert middle(Onsets(np.array([3.0, 9, 5]), np.array([1, 0, 0], bool))) == np.inf


def test_a_survival_curve_by_hand():
    # 5 runs: onsets 2, 4, 4; censored 3, 6. S = 4/5, then of 3 at risk 2: 4/5 * 1/3
    table = survival_curve(Onsets(np.array([2.0, 4, 4, 3, 6]), np.array([1, 1, 1, 0, 0], bool))).set_index("generation")
    assert table.loc[2, "surviving"] == pytest.approx(4 / 5)
    assert table.loc[4, "surviving"] == pytest.approx(4 / 15)
    assert table.loc[4, "at_risk"] == 3
    assert table.loc[3, "censored"] == 1


def test_the_log_rank_test_by_hand():
    # first: onsets 1, 2; second: both censored at 10. Observed 2, expected 2/4 + 1/3, variance 1/4 + 2/9
    early, never = Onsets(np.array([1.0, 2]), np.array([True, True])), Onsets(np.full(2, 10.0), np.zeros(2, bool))
    assert log_rank(early, never) == pytest.approx(stats.chi2.sf((2 - 5 / 6) ** 2 / (17 / 36), 1))
    assert log_rank(never, never) == 1


def test_without_lifelines_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **options):
        if name.startswith("lifelines"):
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SettingError, match=r"hetevo\[stats\]"):
        survival_curve(Onsets(np.array([1.0]), np.array([True])))


def test_a_change_point_is_found_where_it_was_planted():
    generations = np.arange(80)
    curve = 0.1 + 0.02 * np.clip(generations - 20, 0, 25) + 0.01 * np.random.default_rng(0).standard_normal(80)
    curve[7] = np.nan
    found = change_point(curve, generations)
    assert found.start == pytest.approx(20, abs=2)
    assert found.stop == pytest.approx(45, abs=2)
    assert found.rise == pytest.approx(0.5, abs=0.03)
    assert found.explained > 0.98
    assert np.isnan(change_point(np.zeros(80), generations).start)
    assert np.isnan(change_point(curve[:4], generations[:4]).start)


def test_holm_by_hand():
    assert holm(np.array([0.01, np.nan, 0.04, 0.03])).tolist() == pytest.approx([0.03, np.nan, 0.06, 0.06], nan_ok=True)
    assert holm(np.array([0.9, 0.8])).tolist() == [1, 1]
    assert holm(np.array([])).size == 0


def test_hedges_g_by_hand_and_its_interval_far_out():
    first, second = np.array([1.0, 2, 3, np.nan]), np.array([0.0, 1, 2])
    found = hedges_g(first, second)
    assert found.value == pytest.approx(0.79788, abs=1e-4)  # d = 1, exact J(4) = .79788
    assert found.low < 0 < found.value < found.high
    far = hedges_g(np.array([0.5, 0.52, 0.48, 0.51, 0.49] * 2), np.array([0.0, 0.02, -0.02, 0.01, -0.01] * 2))
    assert 0 < far.low < far.value < far.high
    assert np.isnan(hedges_g(first, second[:1]).value)


def test_cliffs_delta_by_hand_and_where_samples_do_not_overlap():
    assert cliffs_delta(np.array([1.0, 3]), np.array([2.0, 0])).value == 0.5
    apart = cliffs_delta(np.arange(10.0) + 100, np.arange(10.0))
    assert (apart.value, apart.high) == (1, 1)
    assert 0.4 < apart.low < 0.8
    opposite = cliffs_delta(np.arange(10.0), np.arange(10.0) + 100)
    assert (opposite.low, opposite.high) == (-1, pytest.approx(-apart.low))


def test_intervals_of_effects_cover_what_they_say():
    rng = np.random.default_rng(0)
    shift, held = 1.2, []
    truth = 2 * stats.norm.cdf(shift / np.sqrt(2)) - 1
    for _ in range(300):
        first, second = rng.standard_normal(10) + shift, rng.standard_normal(10)
        g, delta = hedges_g(first, second), cliffs_delta(first, second)
        held.append((g.low <= shift * g.value / _d(first, second) <= g.high, delta.low <= truth <= delta.high))
    covered = np.mean(held, axis=0)
    assert (covered > 0.91).all()
    assert (covered <= 0.99).all()


def _d(first, second):
    return (first.mean() - second.mean()) / np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)


def test_curves_with_and_without_an_onset():
    """A small version of tests/verification/test_onset.py."""
    none = trials(Scenario(), 60).mean()
    assert none["emerged"] <= 0.02
    assert none["rejected"] <= 0.05
    rising = trials(Scenario(start=15, slope=0.05), 60, resamples=49)
    assert rising["covered"].mean() >= 0.9
    assert rising["emerged"].mean() == 1
    assert abs(rising["error"].mean()) < 1


def test_simulated_runs_fluctuate_as_they_should():
    scenario = Scenario(seeds=2000, generations=10)
    values = simulate(scenario, np.random.default_rng(0))[0].values
    assert values.std(axis=0) == pytest.approx(scenario.deviation, rel=0.1)
    assert np.corrcoef(values[:, 4], values[:, 5])[0, 1] == pytest.approx(scenario.memory, abs=0.05)


@pytest.fixture
def runs(tmp_path):
    rising = [load_run(plant(tmp_path / f"r{s}", condition="rising", seed=s, generations=9)) for s in range(4)]
    rising[3] = load_run(plant(tmp_path / "short", condition="rising", seed=3, generations=3))
    flat = {"condition": "flat", "slope": 0, "neutral": True, "generations": 9}
    return [*rising, *(load_run(plant(tmp_path / f"n{s}", seed=s, **flat)) for s in range(5))]


def test_the_tables_hold_every_seed_and_condition(runs):
    found = emergence(runs, stay=3, resamples=99)
    assert found.neutral == "flat"
    table = found.runs.set_index(["condition", "seed"])
    assert table["emerged"].tolist() == [True] * 3 + [False] * 6
    assert table.loc[("rising", 3), "time"] == 0  # three generations confirm an onset in generation 0 at best
    rows = found.conditions.set_index("condition")
    assert rows.loc["rising", "seeds"] == "0 1 2 3"
    assert rows.loc["rising", "onset_low"] <= rows.loc["rising", "onset_median"] <= rows.loc["rising", "onset_high"]
    assert rows.loc["rising", "log_rank_p"] < 0.05
    assert np.isnan(rows.loc["flat", "g"])
    assert rows.loc["rising", "half_median"] == table.loc["rising", "half"].median()
    assert 2 <= rows.loc["rising", "half_median"] <= 4
    assert found.caution.startswith("The neutral band rests on 5 seeds")
    assert len(found.pairs) == 1
    pd.testing.assert_frame_equal(emergence(runs, stay=3, resamples=99).conditions, found.conditions)


def test_what_cannot_be_compared_is_explained(runs):
    with pytest.raises(SettingError, match=r"None of the conditions \(rising\) is neutral"):
        emergence(runs[:4])
    with pytest.raises(SettingError, match="at least 3 neutral seeds"):
        emergence(runs[:6])
    with pytest.raises(SettingError, match="Did you mean 'rising'"):
        emergence(runs, neutral="risen")


def test_the_best_of_a_population_is_compared_with_the_best_of_neutral_ones(runs):
    table = best_of_populations(runs, runs[4:]).set_index(["condition", "seed"])
    assert (table["p_best"] >= table["p_single"]).all()
    assert table.loc["rising", "exceeds"].tolist() == [True, True, True, True]
    assert not table.loc["flat", "exceeds"].any()
    assert (table["individuals"] == 8).all()


def test_a_condition_without_any_defined_value_has_no_statistics(tmp_path):
    planted = {"drift": {"slope": 0, "neutral": True}, "rising": {}, "nothing": {"undefined": range(6)}}
    runs = [
        load_run(plant(tmp_path / f"{condition}{seed}", condition=condition, seed=seed, **options))
        for condition, options in planted.items()
        for seed in range(4)
    ]
    table = emergence(runs).conditions.set_index("condition")
    assert table.loc["nothing", ["emerged", "onset_median", "log_rank_p", "log_rank_holm", "delta"]].isna().all()
    assert table.loc["rising", "emerged"] == 4
    assert table.loc["rising", "log_rank_holm"] == table.loc["rising", "log_rank_p"]  # one comparison only
