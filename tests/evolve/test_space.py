"""Genes as vectors, there and back."""

import numpy as np
import pytest
from faults import tiny
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hetevo.evolve import GenesError, Space, preset

CONFIGS = [
    (),
    ('network.feedback="transposed"',),
    ('genome.innate="inherited"', "network.levels=[2, 3]"),
    ("plasticity.gains_shared=true", 'plasticity.terms=["hebbian"]'),
    ('network.wiring="cortical"', "network.levels=[3, 2]"),
]


def same(found, expected):
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert (found[name].dtype, found[name].tobytes()) == (values.dtype, values.tobytes())


@pytest.mark.parametrize("overrides", CONFIGS)
@pytest.mark.parametrize("wiring", [False, True])
def test_genes_are_the_same_after_the_way_there_and_back(overrides, wiring):
    space = Space(tiny(*overrides), wiring=wiring)
    genes = space.founders(seed=5, size=4)
    vectors = space.flatten(genes)
    assert vectors.shape == (4, space.size) == (4, len(space.names)) == (4, len(space.bounds))
    assert vectors.dtype == np.float64
    same(space.unflatten(vectors, masks=None if wiring else genes), genes)


def test_inherited_rules_are_bits():
    space = Space(preset("chalmers"))
    genes = space.founders(seed=5, size=4)
    assert {entry.kind for entry in space.entries} == {"bits"}
    same(space.unflatten(space.flatten(genes) * 0.6), genes)


SPACE = Space(tiny('genome.innate="inherited"'), wiring=True)
VECTORS = arrays.arrays(np.float32, (3, SPACE.size), elements=st.floats(-100, 100, width=32))


@given(VECTORS)
def test_vectors_are_the_same_after_the_way_there_and_back(drawn):
    vectors = SPACE.clip(drawn)
    binary = np.array([entry.kind == "mask" for entry in SPACE.entries])
    expected = np.where(binary, vectors > 0.5, vectors)
    genes = SPACE.unflatten(vectors)
    np.testing.assert_array_equal(SPACE.flatten(genes), expected)
    assert (genes["decay_ascending"] >= 0).all()


def test_entries_say_what_they_mean():
    space = Space(tiny("network.levels=[2, 1]", "task.outputs=1"), wiring=True)
    genes = space.founders(seed=0, size=1)
    vector = space.flatten(genes)[0]
    for value, entry in zip(vector, space.entries, strict=True):
        assert value == genes[entry.gene][0][entry.place]
    named = dict(zip(space.names, space.entries, strict=True))
    assert named["gains_ascending[2] (level 2)"].neuron == 2
    assert named["decay_ascending"].level is None
    synapse = next(entry for entry in space.entries if entry.gene == "mask_ascending" and entry.level == 2)
    assert (synapse.neuron, synapse.sender) == synapse.place
    assert "mask_ascending" in repr(space)


def test_the_wiring_is_that_of_the_first_founder_or_the_one_that_is_given():
    config = tiny("seed=3")
    first, other = Space(config).founders(3, 1), Space(config).founders(8, 1)
    space, zeros = Space(config), np.zeros((2, Space(config).size))
    given_masks = {name: other[name][0] for name in other if name.startswith("mask_")}
    for found, expected in ((space, first), (Space(config, masks=given_masks), other)):
        for name in given_masks:
            np.testing.assert_array_equal(found.unflatten(zeros)[name], np.repeat(expected[name], 2, axis=0))
    with pytest.raises(GenesError, match="mask_ascending: expected the shape"):
        Space(config, masks={"mask_ascending": np.ones((1, 1), bool)})
    with pytest.raises(GenesError, match="only where the wiring family allows"):
        Space(config, masks={"mask_ascending": np.ones_like(first["mask_ascending"][0])})


def test_what_lies_outside_the_bounds_is_refused_and_can_be_clipped():
    space = Space(tiny())
    vectors = space.flatten(space.founders(0, 2))
    decay = space.names.index("decay_ascending")
    assert space.bounds[decay].tolist() == [0, np.inf]
    for place, value in ((decay, -0.1), (0, np.nan), (0, np.inf), (0, 1e300)):
        wrong = vectors.copy()
        wrong[1, place] = value
        with pytest.raises(GenesError, match=r"in vector 1\. Space\.clip"):
            space.unflatten(wrong)
    wrong = vectors.copy()
    wrong[:, decay] = -3
    assert (space.unflatten(space.clip(wrong))["decay_ascending"] == 0).all()
    for shape in ((space.size,), (2, space.size + 1), (0, space.size)):
        with pytest.raises(GenesError, match="Expected vectors of shape"):
            space.unflatten(np.zeros(shape))
