"""Contract of every wiring family."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populations.errors import SettingError
from populations.layout import Layout
from populations.streams import Purpose, stream
from populations.wiring import WIRINGS


@pytest.mark.parametrize("name", sorted(WIRINGS))
@given(
    levels=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    inputs=st.integers(1, 5),
    outputs=st.integers(1, 4),
    bias=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_wiring_is_acyclic_within_bounds_and_reproducible(name, levels, inputs, outputs, bias, seed):
    layout, family = Layout(inputs, tuple(levels), outputs, bias), WIRINGS[name]
    allowed = family.allowed(layout)
    assert not (allowed.ascending & ~layout.below()).any()
    assert not (allowed.descending & ~layout.above()).any()
    drawn = family.draw(layout, (0.5, 0.5), stream(seed, 0, Purpose.FOUNDER))
    again = family.draw(layout, (0.5, 0.5), stream(seed, 0, Purpose.FOUNDER))
    assert not (drawn.ascending & ~allowed.ascending).any()
    assert not (drawn.descending & ~allowed.descending).any()
    np.testing.assert_array_equal(drawn.ascending, again.ascending)
    np.testing.assert_array_equal(drawn.descending, again.descending)
    full = family.draw(layout, (1.0, 1.0), stream(seed, 0, Purpose.FOUNDER))
    np.testing.assert_array_equal(full.ascending, allowed.ascending)
    # every neuron can be reached from below, and every hidden one from above
    assert allowed.ascending.any(axis=1).all()
    assert allowed.descending.any(axis=1).all()


@pytest.mark.parametrize("name", sorted(WIRINGS))
def test_density_is_the_share_of_allowed_synapses(name):
    layout, family = Layout(20, (30, 30), 10), WIRINGS[name]
    allowed = family.allowed(layout)
    drawn = [family.draw(layout, (0.3, 0.8), stream(0, 0, Purpose.FOUNDER, i)) for i in range(20)]
    ascending = sum(d.ascending.sum() for d in drawn) / (20 * allowed.ascending.sum())
    descending = sum(d.descending.sum() for d in drawn) / (20 * allowed.descending.sum())
    assert ascending == pytest.approx(0.3, abs=0.02)
    assert descending == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(("inputs", "levels", "outputs"), [(1, (), 1), (1, (0,), 1), (0, (1,), 1), (1, (1,), 0)])
def test_impossible_sizes_are_refused(inputs, levels, outputs):
    with pytest.raises(SettingError, match="at least"):
        Layout(inputs, levels, outputs)


def test_streams_at_different_addresses_differ_and_at_the_same_agree():
    addresses = [(s, g, p, i) for s in (0, 1) for g in (0, 1) for p in (Purpose.TASK, Purpose.TEST) for i in (0, 1)]
    first = [stream(*address).integers(2**63) for address in addresses]
    assert len(set(first)) == len(addresses)
    assert first == [stream(*address).integers(2**63) for address in addresses]
