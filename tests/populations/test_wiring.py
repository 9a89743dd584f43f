"""Contract of every wiring family."""

import networkx
import numpy as np
import pytest
from builders import make_family
from hypothesis import given
from hypothesis import strategies as st

from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.wiring import WIRINGS
from hetevo.populations.wiring.amorphous import Amorphous
from hetevo.populations.wiring.barabasi_albert import BarabasiAlbert, grow
from hetevo.populations.wiring.cerebellum import Cerebellum
from hetevo.populations.wiring.cortical import Cortical
from hetevo.populations.wiring.geometry import distances
from hetevo.populations.wiring.lattice import Lattice
from hetevo.populations.wiring.layered import Layered
from hetevo.populations.wiring.rewired import Rewired
from hetevo.populations.wiring.scale_free import ScaleFree
from hetevo.populations.wiring.small_world import SmallWorld

LAYOUT = Layout(20, (30, 30), 10)


def fitting(name, inputs, levels, outputs, bias):
    """Return a layout that a family can wire, and the family."""
    if name == "cerebellum":
        return Layout(inputs, (levels * 2)[:2], outputs, bias), WIRINGS[name](dendrites=inputs)
    if name == "file":
        levels = (sum(levels),)
    return Layout(inputs, levels, outputs, bias), make_family(name, inputs, sum(levels), outputs)


@pytest.mark.parametrize("name", sorted(WIRINGS))
@given(
    levels=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    inputs=st.integers(1, 5),
    outputs=st.integers(1, 4),
    bias=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_wiring_is_acyclic_within_bounds_and_reproducible(name, levels, inputs, outputs, bias, seed):
    layout, family = fitting(name, inputs, tuple(levels), outputs, bias)
    allowed = family.allowed(layout)
    if not family.recurrent:
        assert not (allowed.ascending & ~layout.below()).any()
        assert not (allowed.descending & ~layout.above()).any()
    own = np.arange(layout.hidden)
    assert not allowed.ascending[own, layout.input_units + own].any()
    assert not allowed.descending[own, own].any()
    drawn = family.draw(layout, (0.5, 0.5), random_stream(seed, 0, Purpose.FOUNDER))
    again = family.draw(layout, (0.5, 0.5), random_stream(seed, 0, Purpose.FOUNDER))
    assert not (drawn.ascending & ~allowed.ascending).any()
    assert not (drawn.descending & ~allowed.descending).any()
    np.testing.assert_array_equal(drawn.ascending, again.ascending)
    np.testing.assert_array_equal(drawn.descending, again.descending)
    if name != "rewired":  # as many synapses as a layered network has, in more places
        full = family.draw(layout, (1.0, 1.0), random_stream(seed, 0, Purpose.FOUNDER))
        np.testing.assert_array_equal(full.ascending, allowed.ascending)
        np.testing.assert_array_equal(full.descending, allowed.descending)
    # every neuron can be reached from below, and every hidden one from above
    assert allowed.ascending.any(axis=1).all()
    taught = layout.level_slices[1] if name == "cerebellum" else slice(layout.hidden)
    assert allowed.descending[taught].any(axis=1).all()


@pytest.mark.parametrize("name", sorted(WIRINGS))
def test_density_is_the_share_of_allowed_synapses(name):
    layout = Layout(20, (60,) if name == "file" else (30, 30), 10)
    family = make_family(name, 20, 60, 10, **({"dendrites": 6} if name == "cerebellum" else {}))
    allowed = (Layered() if name == "rewired" else family).allowed(layout)
    drawn = [family.draw(layout, (0.3, 0.8), random_stream(0, 0, Purpose.FOUNDER, i)) for i in range(20)]
    ascending = sum(d.ascending.sum() for d in drawn) / (20 * allowed.ascending.sum())
    descending = sum(d.descending.sum() for d in drawn) / (20 * allowed.descending.sum())
    assert ascending == pytest.approx(0.3, abs=0.02)
    assert descending == pytest.approx(0.8, abs=0.02)


def drawn(family, layout=LAYOUT, density=(0.3, 0.3), lot=0):
    return family.draw(layout, density, random_stream(0, 0, Purpose.FOUNDER, lot))


def test_a_lattice_is_regular_and_local_and_a_small_world_keeps_its_degrees():
    regular = drawn(Lattice())
    up, _ = distances(LAYOUT)
    for rewiring in (0.0, 0.3, 1.0):
        other = drawn(SmallWorld(rewiring))
        np.testing.assert_array_equal(other.ascending.sum(axis=1), regular.ascending.sum(axis=1))
        assert (other.ascending & ~regular.ascending).sum() / regular.ascending.sum() == pytest.approx(
            rewiring, abs=0.3 * rewiring
        )
    for present, apart, able in zip(regular.ascending, up, LAYOUT.below(), strict=True):
        assert apart[present].max() <= apart[able & ~present].min() + 1e-6
    degrees = np.concatenate([regular.ascending[rows].sum(axis=1) for rows in LAYOUT.level_slices[:1]])
    assert np.ptp(degrees) <= 1


def test_degrees_of_scale_free_networks_have_hubs_and_the_exponent_of_the_model():
    layout = Layout(300, (300,), 1, bias=False)
    degrees = np.sort([drawn(ScaleFree(2.5), layout, (0.02, 1), i).ascending[:300].sum(axis=0) for i in range(20)])
    equal = np.sort([drawn(Amorphous(), layout, (0.02, 1), i).ascending[:300].sum(axis=0) for i in range(20)])
    assert degrees[:, -1].mean() > 5 * equal[:, -1].mean()
    # the degree of rank r falls as r^(-1 / (exponent - 1)): a slope of -2/3, away from the ends
    ranks = np.arange(5, 60)
    slope = np.polyfit(np.log(ranks), np.log(degrees[:, ::-1].mean(axis=0)[ranks - 1]), 1)[0]
    assert slope == pytest.approx(-2 / 3, abs=0.12)


def test_grown_graphs_have_the_hubs_of_barabasi_and_albert():
    units, links, graphs = 500, 4, 12
    everyone = ~np.eye(units, dtype=bool)
    edges = networkx.barabasi_albert_graph(units, links, seed=0).number_of_edges()

    def grown(lot):
        rng = random_stream(0, 0, Purpose.FOUNDER, lot)
        graph = grow(everyone, rng.permutation(units), edges, rng)
        assert graph.sum() == 2 * edges
        np.testing.assert_array_equal(graph, graph.T)
        return graph.sum(axis=1)

    def mean_degrees(draw):
        return np.mean([np.sort(draw(lot))[::-1] for lot in range(graphs)], axis=0)

    ours = mean_degrees(grown)
    theirs = mean_degrees(
        lambda lot: np.array([d for _, d in networkx.barabasi_albert_graph(units, links, seed=lot).degree])
    )
    equal = mean_degrees(lambda lot: np.array([d for _, d in networkx.gnm_random_graph(units, edges, seed=lot).degree]))
    # units without synapses are found too, which makes hubs a little smaller: exponent 3 + 1/4 in place of 3
    np.testing.assert_allclose(ours[:100], theirs[:100], rtol=0.3)
    assert ours[0] > 3 * equal[0]


def test_hubs_of_both_pathways_are_the_same_units():
    shared = []
    for lot in range(20):
        wiring = drawn(BarabasiAlbert(), density=(0.2, 0.2), lot=lot)
        up = wiring.ascending[:60, 20:].sum(axis=1) + wiring.ascending[:, 21:].sum(axis=0)
        down = wiring.descending.sum(axis=1) + wiring.descending[:, :60].sum(axis=0)
        shared.append(np.corrcoef(up, down)[0, 1])
    assert np.mean(shared) > 0.3


def test_rewiring_goes_from_layered_to_amorphous_and_keeps_the_number_of_synapses():
    layered = Layered().allowed(LAYOUT)
    for fraction in (0.0, 0.25, 1.0):
        masks = [drawn(Rewired(fraction, 0.0), lot=i) for i in range(30)]
        assert np.mean([m.ascending.sum() for m in masks]) == pytest.approx(0.3 * layered.ascending.sum(), rel=0.05)
        assert not any((m.descending & ~layered.descending).any() for m in masks)
        outside = np.mean([(m.ascending & ~layered.ascending).sum() / m.ascending.sum() for m in masks])
        free = 1 - layered.ascending.sum() / LAYOUT.below().sum()
        assert outside == pytest.approx(fraction * free, abs=0.05)


def test_only_purkinje_cells_receive_the_error_and_granule_cells_have_few_dendrites():
    layout = Layout(6, (40, 5), 2)
    wiring = drawn(Cerebellum(dendrites=3), layout, (1, 1))
    assert (wiring.ascending[:40, :6].sum(axis=1) == 3).all()
    assert not wiring.descending[:40].any()
    assert wiring.descending[40:, 45:].all()
    with pytest.raises(SettingError, match=r"two, granule cells and Purkinje cells, such as \[60, 8\]; got \[8\]"):
        Cerebellum().check(Layout(6, (8,), 2))


def test_areas_have_lateral_synapses_unless_they_are_switched_off():
    allowed, layered = Cortical().allowed(LAYOUT), Layered().allowed(LAYOUT)
    assert allowed.ascending.sum() == layered.ascending.sum() + 2 * 30 * 29
    assert allowed.descending.sum() == layered.descending.sum() + 2 * 30 * 29
    without = drawn(Cortical(lateral=0.0), density=(1, 1))
    np.testing.assert_array_equal(without.ascending, layered.ascending)
    half = drawn(Cortical(lateral=0.5), density=(1, 1))
    assert half.ascending.sum() - layered.ascending.sum() == pytest.approx(30 * 29, rel=0.1)


@pytest.mark.parametrize(
    ("family", "option", "value", "message"),
    [
        ("small-world", "rewiring", 1.2, "0 to 1, got 1.2"),
        ("rewired", "ascending", -0.1, "0 to 1, got -0.1"),
        ("scale-free", "exponent", 2, "more than 2"),
        ("cortical", "lateral", 2, "0 to 1"),
        ("cerebellum", "dendrites", 0, "at least 1"),
    ],
)
def test_impossible_options_are_refused(family, option, value, message):
    with pytest.raises(SettingError, match=rf"network.options.{option}: expected .*{message}"):
        WIRINGS[family](**{option: value})


@pytest.mark.parametrize(("inputs", "levels", "outputs"), [(1, (0,), 1), (0, (1,), 1), (1, (1,), 0)])
def test_impossible_sizes_are_refused(inputs, levels, outputs):
    with pytest.raises(SettingError, match="at least"):
        Layout(inputs, levels, outputs)


def test_streams_at_different_addresses_differ_and_at_the_same_agree():
    addresses = [(s, g, p, i) for s in (0, 1) for g in (0, 1) for p in (Purpose.TASK, Purpose.TEST) for i in (0, 1)]
    first = [random_stream(*address).integers(2**63) for address in addresses]
    assert len(set(first)) == len(addresses)
    assert first == [random_stream(*address).integers(2**63) for address in addresses]
