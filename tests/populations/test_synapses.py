"""Lists of synapses, and the wirings that are drawn as such: the same as with matrices."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_family, make_graph, make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout
from hetevo.populations.storage import is_large_and_sparse
from hetevo.populations.synapses import as_lists, find, find_fault, mirror, pack, toggle, unpack
from hetevo.populations.wiring import WIRINGS
from hetevo.populations.wiring.scale_free import ScaleFree

LISTED = sorted(name for name, family in WIRINGS.own.items() if family.listed)

positions = st.lists(st.integers(0, 200), unique=True).map(lambda found: np.array(sorted(found), np.int64))


@given(positions, positions)
def test_toggling_is_the_symmetric_difference(own, flipped):
    assert toggle(own, flipped).tolist() == sorted({*own.tolist()} ^ {*flipped.tolist()})
    assert (find(own, flipped) >= 0).tolist() == np.isin(flipped, own).tolist()


@given(st.lists(positions, min_size=1, max_size=4))
def test_packed_lists_come_back(parts):
    packed = pack("mask", as_lists(parts))
    again = unpack(packed["mask"], packed["mask.counts"])
    assert [part.tolist() for part in again] == [part.tolist() for part in parts]


@pytest.mark.parametrize("counts", [[1, 0], [4, -2], [2, 2], [3]])
def test_wrong_counts_are_refused(counts):
    with pytest.raises(ValueError, match="positions"):
        unpack(np.arange(3), np.array([*counts, 1]))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [([3, 2], "in order"), ([2, 2], "once"), ([-1, 2], "from 0 to 11"), ([2, 12], "from 0 to 11"), ([0.5], "int64")],
)
def test_what_is_no_list_is_told(wrong, said):
    assert said in find_fault(np.array(wrong), (3, 4))
    assert not find_fault(np.array([0, 11]), (3, 4))


@given(st.integers(0, 2**32), st.booleans())
def test_mirrored_lists_are_transposed_matrices(seed, bias):
    layout = Layout(3, (2, 3), 2, bias)
    mask = np.random.default_rng(seed).random((layout.neurons, layout.units)) < 0.5
    found, order = mirror(layout, np.flatnonzero(mask))
    assert found.tolist() == np.flatnonzero(mask[:, layout.input_units :].T).tolist()
    assert (np.diff(found) > 0).all()
    assert len({*order.tolist()}) == len(order)


LAYOUTS = [Layout(3, (4, 2), 2), Layout(2, (3,), 1, bias=False), Layout(1, (1, 4, 3), 2), Layout(5, (6,), 3)]


@pytest.mark.parametrize("wiring", LISTED)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_places_are_those_of_the_matrix(wiring, layout):
    if wiring == "file":
        layout = Layout(layout.inputs, (layout.hidden,), layout.outputs, layout.bias)
    family = make_family(wiring, layout.inputs, layout.hidden, layout.outputs)
    allowed = family.allowed(layout)
    for places, mask in zip(family.places(layout), (allowed.ascending, allowed.descending), strict=True):
        assert places.at(np.arange(places.size)).tolist() == np.flatnonzero(mask).tolist()
        assert places.holds(np.arange(mask.size)).tolist() == mask.ravel().tolist()


def draw_both(wiring, layout, density, draws, **options):
    """Draw many times, as matrices and as lists; return the shares of draws in which each place has a synapse."""
    family = make_family(wiring, layout.inputs, layout.hidden, layout.outputs, **options)
    shapes = (layout.neurons, layout.units), (layout.hidden, layout.neurons)
    dense, lists = ([np.zeros(shape) for shape in shapes] for _ in range(2))
    for seed in range(draws):
        drawn = family.draw(layout, density, np.random.default_rng((1, seed)))
        listed = family.draw_lists(layout, density, np.random.default_rng((2, seed)))
        for mask, positions, first, second in zip(
            (drawn.ascending, drawn.descending), listed, dense, lists, strict=True
        ):
            assert not find_fault(positions, mask.shape)
            first += mask / draws
            second.flat[positions] += 1 / draws
    return dense, lists


@pytest.mark.parametrize("wiring", LISTED)
@pytest.mark.parametrize("layout", [Layout(3, (4, 3), 2), Layout(4, (6,), 2, bias=False)])
def test_lists_have_the_distribution_of_matrices(wiring, layout):
    if wiring == "file":
        layout = Layout(layout.inputs, (layout.hidden,), layout.outputs, layout.bias)
    draws = 300
    for dense, lists in zip(*draw_both(wiring, layout, (0.45, 0.3), draws), strict=True):
        # each share has a standard error of .029 at most, so that a difference of two stays below 4.5 * .041
        np.testing.assert_allclose(lists, dense, atol=4.5 * np.sqrt(0.5 / draws))
        # and the whole number one of a hundredth of the places
        assert abs(lists.mean() - dense.mean()) < 0.02


@pytest.mark.parametrize("rewiring", [0.0, 0.5, 1.0])
def test_lists_of_small_worlds_keep_what_a_receiver_has(rewiring):
    layout = Layout(4, (5, 5), 2)
    dense, lists = draw_both("small-world", layout, (0.7, 0.7), 200, rewiring=rewiring)
    for first, second in zip(dense, lists, strict=True):
        np.testing.assert_allclose(first.sum(axis=1), second.sum(axis=1), atol=0.2)
        np.testing.assert_allclose(first, second, atol=0.23)


def test_hubs_are_those_of_the_static_model():
    layout = Layout(30, (40, 40), 5)
    counts = {"draw": [], "draw_lists": []}
    for seed in range(40):
        family = ScaleFree(2.5)
        drawn = family.draw(layout, (0.1, 0.1), np.random.default_rng(seed))
        listed = family.draw_lists(layout, (0.1, 0.1), np.random.default_rng(seed))
        counts["draw"].append(np.sort(drawn.ascending.sum(axis=1))[-3:])
        counts["draw_lists"].append(np.sort(np.bincount(listed.ascending // layout.units))[-3:])
    first, second = (np.mean(part, axis=0) for part in counts.values())
    np.testing.assert_allclose(first, second, rtol=0.15)


def test_large_networks_are_drawn_without_a_matrix():
    levels = (20_000, 20_000)
    layout = Layout(6, levels, 2)
    for wiring in ("amorphous", "small-world", "scale-free"):
        drawn = WIRINGS[wiring]().draw_lists(layout, (1e-4, 1e-4), np.random.default_rng(0))
        up, down = WIRINGS[wiring]().places(layout)
        assert abs(len(drawn.ascending) / (1e-4 * up.size) - 1) < 0.05
        assert abs(len(drawn.descending) / (1e-4 * down.size) - 1) < 0.05


def sparse(species, **changes):
    return replace(species, network=replace(species.network, storage="sparse"), **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"wiring": "rewired"}, "network.wiring.*amorphous"),
        ({"wiring": "barabasi-albert"}, "network.wiring.*whole matrices"),
        ({"innate": "inherited"}, "genome.innate"),
    ],
)
def test_what_needs_matrices_is_refused_with_a_remedy(changes, said):
    with pytest.raises(SettingError, match=rf'{said}.*network.storage = "dense"'):
        sparse(make_species(**changes))


def test_controls_and_weights_of_a_file_need_matrices():
    def storage(**options):
        graph = make_graph(2, 3, 1, None, weights=options.pop("given", None))
        family = make_species((3,), inputs=2, outputs=1, wiring="file", options={"graph": graph, **options})
        return sparse(family).storage

    weights = np.ones(30)
    assert storage() == storage(given=weights, weights="ignore") == "sparse"
    with pytest.raises(SettingError, match=r"network\.options\.null"):
        storage(null="erdos-renyi")
    with pytest.raises(SettingError, match=r'network\.options\.weights = "ignore"'):
        storage(given=weights)


def test_auto_chooses_lists_for_large_and_sparse_networks_alone():
    def choose(levels, density, **changes):
        species = make_species(levels, density=(density, density), **changes)
        assert is_large_and_sparse(species.layout, species.network) == (species.storage == "sparse") or changes
        return species.storage, species.circuit

    assert choose((8, 8), 0.6) == ("dense", "two-pathway")
    assert choose((2000, 2000), 0.01) == ("sparse", "sparse")
    assert choose((2000, 2000), 0.6) == ("dense", "two-pathway")
    # what only matrices know keeps matrices
    assert choose((2000, 2000), 0.01, wiring="rewired") == ("dense", "two-pathway")
