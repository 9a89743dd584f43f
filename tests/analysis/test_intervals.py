"""Bootstrap intervals of means over seeds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hetevo.analysis.intervals import RESAMPLES, interval_shown, is_bounded, mean_and_interval, resampled_intervals
from hetevo.analysis.statistics.curves import over_seeds

COSINES = st.floats(-1, 1, allow_subnormal=False)


@given(st.lists(st.lists(COSINES | st.just(np.nan), min_size=4, max_size=4), min_size=1, max_size=3))
def test_an_interval_lies_between_the_smallest_and_the_largest_seed(rows):
    values = np.array(rows)
    for row, mean, low, high in zip(values, *resampled_intervals(values), strict=True):
        defined = row[np.isfinite(row)]
        assert np.isnan(mean) == (defined.size == 0)
        assert np.isnan(low) == np.isnan(high) == (defined.size < 2)
        if defined.size > 1:
            assert defined.min() <= low <= high <= defined.max()


def test_an_interval_is_scipys_whatever_is_beside_it():
    values = np.array([0.1, 0.5, 0.9, 0.95, 0.97, 0.99])
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    beside = np.stack([values, np.where(values > 0.1, values, np.nan), np.full(6, 0.5)])
    for found in (interval_shown(values, bounded=True)[1:], tuple(part[0] for part in resampled_intervals(beside)[1:])):
        assert found == pytest.approx(tuple(expected))


def test_one_seed_two_seeds_and_equal_seeds():
    mean, low, high = resampled_intervals(np.array([[0.3, np.nan], [0.2, 0.4], [0.7, 0.7]]))
    np.testing.assert_allclose(mean, [0.3, 0.3, 0.7])
    np.testing.assert_allclose(low, [np.nan, 0.2, 0.7])
    np.testing.assert_allclose(high, [np.nan, 0.4, 0.7])


def test_only_what_has_bounds_is_resampled():
    table = pd.DataFrame({"generation": [0] * 3 + [1] * 2, "alignment_end": [0.9, 0.99, 1, 0.2, 0.4]})
    summary = over_seeds(table, "alignment_end")
    assert summary["high"].tolist() == pytest.approx([1, 0.4], abs=0.01)
    assert summary["high"].max() <= 1
    assert summary["n"].tolist() == [3, 2]
    other = over_seeds(table.rename(columns={"alignment_end": "feedback_norm_end"}), "feedback_norm_end")
    assert other["high"].iloc[0] == pytest.approx(mean_and_interval(np.array([0.9, 0.99, 1]))[2])
    assert [is_bounded(name) for name in ("dc_end", "loss_median", "phi_size_end")] == [True, False, False]
