"""Intervals of means over seeds, as figures show them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetevo.analysis.intervals import ANY, bounds_of, interval_shown, mean_and_interval
from hetevo.analysis.statistics.curves import over_seeds

COSINES = st.floats(-1, 1, allow_subnormal=False)


@given(st.lists(COSINES | st.just(np.nan), min_size=1, max_size=6))
def test_an_interval_stays_within_bounds_and_is_students_inside(row):
    values = np.array(row)
    mean, *whole = mean_and_interval(values)
    shown, *ends = interval_shown(values, (-1, 1))
    np.testing.assert_equal(shown, mean)
    np.testing.assert_equal(ends, np.clip(whole, -1, 1))
    assert np.isnan(ends).all() == (np.isfinite(values).sum() < 2)


def test_a_cut_interval_covers_the_true_mean_as_often():
    values = np.random.default_rng(0).beta(19, 1, (400, 5))  # mean .95, close to a bound
    whole = np.array([mean_and_interval(row)[1:] for row in values])
    cut = np.array([interval_shown(row, (0, 1))[1:] for row in values])
    covers = [((ends[:, 0] <= 0.95) & (ends[:, 1] >= 0.95)).tolist() for ends in (whole, cut)]
    assert covers[0] == covers[1]
    assert (whole[:, 1] > 1).mean() > 0.3
    assert (cut[:, 1] <= 1).all()


def test_one_seed_has_none_and_equal_seeds_have_no_width():
    assert interval_shown(np.array([0.3, np.nan]), ANY) == pytest.approx((0.3, np.nan, np.nan), nan_ok=True)
    assert interval_shown(np.array([0.7, 0.7]), (0, 1)) == pytest.approx((0.7, 0.7, 0.7))


def test_curves_are_cut_where_a_column_has_bounds():
    table = pd.DataFrame({"generation": [0] * 3 + [1] * 2, "alignment_end": [0.9, 0.99, 1, 0.2, 0.4]})
    summary = over_seeds(table, "alignment_end")
    assert summary["high"].tolist() == [1, 1]
    assert summary["low"].tolist() == pytest.approx([mean_and_interval(np.array([0.9, 0.99, 1]))[1], -0.97], abs=0.01)
    assert summary["n"].tolist() == [3, 2]
    other = over_seeds(table.rename(columns={"alignment_end": "feedback_norm_end"}), "feedback_norm_end")
    assert other["high"].iloc[0] == pytest.approx(mean_and_interval(np.array([0.9, 0.99, 1]))[2])
    assert [bounds_of(name) for name in ("dc_end", "loss_median", "phi_size_end", "accuracy_best")] == [
        (-1, 1), (0, np.inf), ANY, (0, 1),
    ]  # fmt: skip
