"""Wiring from a file: where a graph's synapses go, what its controls keep, and what cannot be wired."""

import numpy as np
import pytest
from builders import make_graph, make_population, make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.dale import outgoing_signs
from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.wiring import graph
from hetevo.populations.wiring.file import FromFile
from hetevo.populations.wiring.graph import rewire_by_swaps

# i0 and i1 are inputs, h0 to h2 hidden, o0 and o1 outputs
I0, I1, H0, H1, H2, O0, O1 = range(7)
EDGES = [(I0, H0), (I1, H2), (I1, O0), (H0, H1), (H1, H0), (H2, O1), (H1, O0), (H2, I0), (O1, H0), (O0, O1)]
LAYOUT = Layout(2, (3,), 2)


def family(edges=EDGES, known=None, **options):
    return FromFile("worm.csv", graph=make_graph(2, 3, 2, edges, **(known or {})), **options)


def stream(lot=0):
    return random_stream(0, 0, Purpose.FOUNDER, lot)


def test_synapses_go_where_the_graph_has_them_and_down_they_are_reversed():
    wiring = family().draw(LAYOUT, (1, 1), stream())
    up = np.zeros((5, 6), bool)  # to h0 h1 h2 o0 o1, from i0 i1 bias h0 h1 h2
    for row, column in [(0, 0), (2, 1), (3, 1), (1, 3), (0, 4), (4, 5), (3, 4)]:
        up[row, column] = True
    up[:, 2] = True  # the bias
    np.testing.assert_array_equal(wiring.ascending, up)
    np.testing.assert_array_equal(wiring.descending, up[:, 3:].T)
    without = family().allowed(Layout(2, (3,), 2, bias=False))
    np.testing.assert_array_equal(without.ascending, up[:, [0, 1, 3, 4, 5]])


def test_what_has_no_place_is_counted():
    said = family(known={"loops": 2}).describe(LAYOUT, (1, 1))
    assert said == [
        "worm.csv: 7 neurons, 7 synapses; left out: 3 that end at inputs or begin at outputs, 2 of a neuron with itself"
    ]
    assert "a share of 0.5 of the ascending synapses" in family().describe(LAYOUT, (0.5, 1))[1]
    assert family(EDGES[:4]).describe(LAYOUT, (1, 1)) == ["worm.csv: 7 neurons, 4 synapses"]


def test_the_descending_pathway_is_drawn_or_a_second_file():
    every = family(descending="drawn").allowed(LAYOUT).descending
    assert every.sum() == 3 * 5 - 3
    below = make_graph(2, 3, 2, [(O0, H1), (H2, H0), (H0, O1), (H0, I1), (I0, H0)])
    second = family(descending="down.csv", graph_descending=below)
    wiring = second.draw(LAYOUT, (1, 1), stream())
    assert np.argwhere(wiring.descending).tolist() == [[0, 2], [1, 3]]
    assert second.describe(LAYOUT, (1, 1))[1] == (
        "down.csv: 7 neurons, 2 synapses; left out: 3 that do not lead down to hidden neurons"
    )
    with pytest.raises(SettingError, match=r"network.options.descending: there is no neuron 'h3' in worm.csv"):
        family(descending="down.csv", graph_descending=make_graph(2, 4, 2)).check(LAYOUT)


def test_neurons_are_inputs_and_outputs_in_the_order_in_which_they_are_named():
    named = family(inputs=("i1", "i0"), outputs=("o1", "o0"))
    wiring, plain = named.allowed(LAYOUT), family().allowed(LAYOUT)
    np.testing.assert_array_equal(wiring.ascending, plain.ascending[[0, 1, 2, 4, 3]][:, [1, 0, 2, 3, 4, 5]])


def test_neurons_that_are_not_chosen_are_left_out_with_their_synapses():
    chosen = family(hidden=("h2", "h1"), known={"signs": np.array([0, 0, 1, -1, 0, 0, 0])})
    layout = Layout(2, (2,), 2, bias=False)
    chosen.check(layout)
    up = chosen.allowed(layout).ascending
    assert np.argwhere(up).tolist() == [[0, 1], [2, 1], [2, 3], [3, 2]]
    np.testing.assert_array_equal(chosen.signs(layout), [0, 0, 0, -1, 0, 0])
    assert chosen.describe(layout, (1, 1)) == [
        "worm.csv: 6 neurons, 4 synapses; left out: 2 that end at inputs or begin at outputs, 4 of neurons that"
        " were not chosen"
    ]


@given(
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 3)),
    share=st.floats(0.1, 0.9),
    bias=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_controls_keep_degrees_or_the_number_of_synapses(sizes, share, bias, seed):
    inputs, hidden, outputs = sizes
    pairs = np.random.default_rng(seed).permutation(
        [(a, b) for a in range(inputs + hidden) for b in range(inputs, sum(sizes)) if a != b]
    )
    drawn_graph = make_graph(*sizes, pairs[: max(1, int(share * len(pairs)))])
    layout = Layout(inputs, (hidden,), outputs, bias)
    plain = FromFile("worm.csv", graph=drawn_graph)
    whole = plain.draw(layout, (1, 1), random_stream(seed, 0, Purpose.FOUNDER))
    for null in ("degree-preserving", "erdos-renyi"):
        control = FromFile("worm.csv", graph=drawn_graph, null=null)
        control.check(layout)
        drawn = control.draw(layout, (1, 1), random_stream(seed, 0, Purpose.FOUNDER))
        assert not (drawn.ascending & ~control.allowed(layout).ascending).any()
        np.testing.assert_array_equal(drawn.descending, drawn.ascending[:, layout.input_units :].T)
        assert drawn.ascending.sum() == whole.ascending.sum()
        if null == "degree-preserving":
            for axis in (0, 1):
                np.testing.assert_array_equal(drawn.ascending.sum(axis=axis), whole.ascending.sum(axis=axis))


def test_each_founder_has_a_control_of_its_own():
    edges = np.random.default_rng(0).permutation([(a, b) for a in range(12) for b in range(4, 14) if a != b])[:40]
    options = {"file": "worm.csv", "graph": make_graph(4, 8, 2, edges), "null": "degree-preserving"}
    species = make_species((8,), wiring="file", density=(1, 1), options=options)
    masks = make_population(species, 6).mask_ascending
    assert len({mask.tobytes() for mask in masks}) == 6
    np.testing.assert_array_equal(masks, make_population(species, 6).mask_ascending)


def test_swaps_forget_where_synapses_led(monkeypatch):
    rng = np.random.default_rng(0)
    mask, own = rng.random((60, 60)) < 0.1, np.eye(60, dtype=bool)
    mask &= ~own

    def left(lot):
        return (rewire_by_swaps(mask, own, stream(lot)) & mask).sum() / mask.sum()

    few = np.mean([left(lot) for lot in range(20)])
    monkeypatch.setattr(graph, "SWAPS", 100)
    assert few == pytest.approx(np.mean([left(lot) for lot in range(20)]), abs=0.02)


def test_weights_are_relative_sizes_of_innate_weights():
    weights = np.arange(1.0, 1 + len(EDGES))
    options = {"file": "worm.csv", "graph": make_graph(2, 3, 2, EDGES, weights=weights)}
    species = make_species((3,), inputs=2, wiring="file", density=(1, 1), options=options)
    genes = make_population(species, 2000)
    born = draw_innate_weights(species, genes, np.arange(2000), 0, 0)
    size = born.ascending.std(axis=0)
    # h0 hears i0 (weight 1), h1 (weight 5) and the bias, which has the mean of the weights that have a place
    mean = weights[:7].mean()
    assert size[0, 4] / size[0, 0] == pytest.approx(5, rel=0.1)
    assert size[0, 2] / size[0, 0] == pytest.approx(mean, rel=0.1)
    assert (size[0] ** 2).sum() == pytest.approx(1, rel=0.1)
    # down from h1 to h0 as up from h0 to h1, in proportion
    assert born.descending.std(axis=0)[0, 1] == pytest.approx(1, rel=0.1)
    equal = make_species((3,), inputs=2, wiring="file", density=(1, 1), options={**options, "weights": "ignore"})
    plain = draw_innate_weights(equal, genes, np.arange(2000), 0, 0)
    assert plain.ascending.std(axis=0)[0, 4] == pytest.approx(plain.ascending.std(axis=0)[0, 0], rel=0.1)


def test_signs_of_the_file_stand_above_those_that_are_drawn():
    signs = np.array([0, -1, 1, -1, 0, 0, -1])
    options = {"file": "worm.csv", "graph": make_graph(2, 3, 2, EDGES, signs=signs)}
    species = make_species((3,), inputs=2, wiring="file", density=(1, 1), options=options, dale=True)
    genes = make_population(species, 50)
    known = outgoing_signs(species, genes)
    up, down = known.ascending[:, 0], known.descending[:, 0]
    np.testing.assert_array_equal(up[:, :5], np.tile([0, -1, 0, 1, -1], (50, 1)))  # i0, i1, bias, h0, h1
    np.testing.assert_array_equal(down[:, [0, 1, 4]], np.tile([1, -1, -1], (50, 1)))
    assert set(up[:, 5]) == set(down[:, 3]) == {-1, 1}  # drawn for h2 and o0
    born = draw_innate_weights(species, genes, np.arange(50), 0, 0)
    assert (born.ascending[:, :, 1] <= 0).all()
    assert (born.ascending[:, 2, 1] < 0).all()


@pytest.mark.parametrize(
    ("known", "options", "message"),
    [
        ({"inputs": ()}, {}, r"network.options.inputs: worm.csv does not say which of its 7 neurons are inputs"),
        ({}, {"inputs": ("i0", "ho")}, r"network.options.inputs: there is no neuron 'ho' in worm.csv. Did you mean '"),
        ({}, {"outputs": ("o0", "i0")}, r"network.options.\w+: expected each neuron once .* got 'i0' again"),
        ({}, {"outputs": ("h0", "h1", "h2", "o0", "o1")}, r"network.options.inputs: all 7 neurons of worm.csv are"),
        ({}, {"outputs": ("o0",)}, r"Give -s task.inputs=2 -s network.levels=\[4\] -s task.outputs=1"),
        (
            {"weights": np.ones(len(EDGES))},
            {"null": "erdos-renyi"},
            r'null: .* Expected network.options.weights = "ignore"',
        ),
    ],
)
def test_what_cannot_be_wired_is_refused(known, options, message):
    with pytest.raises(SettingError, match=message):
        family(known=known, **options).check(LAYOUT)


def test_a_graph_without_a_synapse_that_has_a_place_is_refused():
    with pytest.raises(SettingError, match=r"none of the 2 synapses of worm.csv has a place"):
        family([(H0, I0), (O0, H1)]).check(LAYOUT)


def test_a_graph_that_nobody_has_read_is_refused_when_it_is_needed():
    unread = FromFile("worm.csv")
    unread.check(LAYOUT)
    with pytest.raises(SettingError, match=r"worm.csv was not read"):
        unread.allowed(LAYOUT)
