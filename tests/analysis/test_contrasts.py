"""Contrasts of conditions on planted runs, against scipy."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
from planted import plant
from scipy import stats

from hetevo.analysis import load_run
from hetevo.analysis.statistics import contrasts, hedges_g, holm
from hetevo.analysis.statistics.contrasts import HEAD, difference, write_contrasts
from hetevo.analysis.tables import at_stage
from hetevo.populations.errors import SettingError

END = "alignment_end"


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    where = tmp_path_factory.mktemp("runs")

    def one(condition, seed, **options):
        path = where / f"{condition}-{seed}-{zlib.crc32(repr(options).encode())}"
        return load_run(path if path.exists() else plant(path, condition=condition, seed=seed, noise=0.2, **options))

    return one


def level(run, until=5):
    """The later half of the generations up to one."""
    table = run.generations
    return table.loc[(table["generation"] > until / 2) & (table["generation"] <= until), END].mean()


def row_of(found, measure=END, first="a", second="b"):
    chosen = found[(found["measure"] == measure) & (found["first"] == first) & (found["second"] == second)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_runs_of_the_same_seeds_are_paired(make):
    # the noise of a seed is the same in all conditions
    slopes = {"a": lambda _: 0.1, "b": lambda seed: 0.05 + 0.02 * (seed % 3)}
    runs = [make(condition, seed, slope=slope(seed)) for condition, slope in slopes.items() for seed in range(6)]
    values = {(run.condition, run.seed): level(run) for run in runs}
    first, second = (np.array([values[condition, seed] for seed in range(6)]) for condition in "ab")
    # the order in which runs are given decides nothing
    row = row_of(contrasts([*runs[:6], *runs[:5:-1]]))
    expected = stats.ttest_rel(first, second)
    interval = expected.confidence_interval()
    assert row["test"] == "paired t"
    assert (row["p"], row["df"]) == pytest.approx((expected.pvalue, 5))
    assert (row["effect"], row["low"], row["high"]) == pytest.approx(
        (first.mean() - second.mean(), interval.low, interval.high)
    )
    assert (row["mean_first"], row["mean_second"]) == pytest.approx((first.mean(), second.mean()))
    assert row["g"] == pytest.approx(hedges_g(first, second).value)
    assert (row["generations_first"], row["generations_second"]) == ("3 to 5", "3 to 5")


def test_other_seeds_are_compared_by_welch(make):
    runs = [make("a", seed, slope=0.1) for seed in range(6)] + [make("b", seed, slope=0.05) for seed in range(4)]
    first, second = (np.array([level(run) for run in runs if run.condition == name]) for name in "ab")
    row = row_of(contrasts(runs))
    expected = stats.ttest_ind(first, second, equal_var=False)
    interval = expected.confidence_interval()
    assert (row["test"], row["n_first"], row["n_second"]) == ("Welch", 6, 4)
    assert (row["p"], row["df"]) == pytest.approx((expected.pvalue, expected.df))
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))


def test_runs_of_other_lengths_are_compared_where_both_are(make):
    runs = [make("a", seed, slope=0.1, generations=24) for seed in range(3)]
    runs += [make("b", seed, slope=0.1, generations=13) for seed in range(3)]
    row = row_of(contrasts(runs))
    assert (row["generations_first"], row["generations_second"]) == ("7 to 12", "7 to 12")
    assert row["mean_first"] == pytest.approx(np.mean([level(run, 12) for run in runs[:3]]))
    # at most ten; and what did not evolve is compared with the end
    founders = [make("c", seed, slope=0.1, generations=1) for seed in range(3)]
    row = row_of(contrasts([*runs[:3], *founders]), second="c")
    assert (row["generations_first"], row["generations_second"]) == ("14 to 23", "0 to 0")


def test_loss_stands_beside_alignment_and_holm_counts_all_rows(make):
    runs = [make(name, seed, slope=slope) for name, slope in (("a", 0.1), ("b", 0.05), ("c", 0)) for seed in range(4)]
    found = contrasts(runs, measures=["hs_end", END])
    assert list(dict.fromkeys(found["measure"])) == [END, "loss_median", "hs_end"]
    assert len(found) == 9
    np.testing.assert_allclose(found["p_holm"], holm(found["p"].to_numpy()))
    against = contrasts(runs, against="c")
    assert list(against["first"]) == ["a", "b"] * 2
    assert set(against["second"]) == {"c"}
    # planted losses are the same in all runs
    same = row_of(found, "loss_median")
    assert (same["effect"], same["p"]) == (0, 1)
    text = write_contrasts(found)
    assert {len(row) for row in text} == {len(HEAD)}
    assert text[0][-1] == "4, paired"
    assert text[3][:3] == ("loss_median", "a", "b")


def test_what_is_undefined_is_left_out(make):
    runs = [make("a", seed, slope=0.1) for seed in range(4)]
    runs += [make("b", seed, slope=0.1, undefined=range(6) if seed == 2 else ()) for seed in range(4)]
    row = row_of(contrasts(runs))
    assert (row["test"], row["n_first"], row["n_second"]) == ("paired t", 3, 3)
    one = contrasts([runs[0], runs[4]])
    assert one["p"].isna().all()
    assert one["p_holm"].isna().all()
    assert write_contrasts(one)[0][5:8] == ("–", "–", "–")


def test_a_control_that_looks_at_birth_has_no_loss_of_its_own(make):
    runs = [make("a", seed, slope=0.1) for seed in range(3)]
    born = [replace(r, label="birth", stage="birth", generations=at_stage(r.generations, "birth")) for r in runs]
    found = contrasts([*runs, *born])
    assert row_of(found, second="birth")["n_second"] == 3
    assert row_of(found, "loss_median", second="birth")["n_second"] == 0


@pytest.mark.parametrize("paired", [True, False])
def test_where_nothing_varies_there_is_no_doubt(paired):
    same = np.full(3, 0.5)
    assert difference(same, same, paired=paired)["p"] == 1
    assert difference(same, same + 1, paired=paired) | {"df": 0} == {
        "effect": -1, "low": -1, "high": -1, "df": 0, "p": 0
    }  # fmt: skip


def test_what_cannot_be_compared_is_explained(make):
    runs = [make("a", seed, slope=0.1) for seed in range(2)]
    with pytest.raises(SettingError, match="at least two conditions, got 1: a"):
        contrasts(runs)
    runs += [make("b", 0, slope=0.1)]
    with pytest.raises(SettingError, match="--against: expected one of a, b, got 'bb'"):
        contrasts(runs, against="bb")
    with pytest.raises(SettingError, match=r"no run has recorded 'los_median'\. Near it: loss_median"):
        contrasts(runs, measures=["los_median"])
