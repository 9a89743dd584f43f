"""Measures: planted cases, invariants, and what is undefined."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_population, make_species
from hypothesis import given
from hypothesis import strategies as st
from pages import ROOT, defined_in

from hetevo import testing
from hetevo.analysis.measures import (
    MEASURES,
    Measure,
    View,
    alignment_by_level,
    alignment_by_neuron,
    angle,
    consistency,
    cosine,
)
from hetevo.analysis.measures.curve import change_at, curve_columns
from hetevo.analysis.probe import AlignmentProbe, InstrumentsProbe
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.experience import experience
from hetevo.populations.kernel.life import live_block

RNG = np.random.default_rng(0)


def test_cosine_of_known_vectors_and_undefined_ones():
    first = np.array([[1.0, 0], [1, 1], [0, 0], [1, 0], [np.inf, 0]])
    second = np.array([[0.0, 2], [2, 2], [1, 0], [0, 0], [1, 0]])
    np.testing.assert_allclose(cosine(first, second), [0, 1, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(angle(np.array([1, 0, -1, np.nan])), [0, 90, 180, np.nan])


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.integers(0, 1000))
def test_cosine_ignores_scale_and_turns_with_the_sign(first_scale, second_scale, seed):
    first, second = np.random.default_rng(seed).standard_normal((2, 4, 7))
    expected = cosine(first, second)
    np.testing.assert_allclose(cosine(first_scale * first, second_scale * second), expected, atol=1e-12)
    np.testing.assert_allclose(cosine(-first, second), -expected, atol=1e-12)
    assert (np.abs(expected) <= 1).all()


def test_consistency_of_signals_proportional_to_the_gradient():
    gradient = RNG.standard_normal((2, 4, 50))
    factors = np.array([[1, -2, 3, 0.5], [1, 1, 1, 1]])
    gains = np.array([[1, 1, -1, 1], [2, 2, 2, 2]])
    scores = consistency(gains, gradient * factors[..., None], gradient)
    np.testing.assert_allclose(scores.phi, gains * factors)
    np.testing.assert_allclose(scores.stability, 1)
    np.testing.assert_allclose(scores.agreement, [2 / 6, 1])
    np.testing.assert_allclose(scores.positive, [0.5, 1])


def test_consistency_without_gradient_or_signal_is_undefined():
    gradient = RNG.standard_normal((1, 3, 20))
    gradient[:, 0] = 0
    signal = RNG.standard_normal((1, 3, 20))
    signal[:, 1] = 0
    scores = consistency(np.ones((1, 3)), signal, gradient)
    assert np.isnan(scores.phi[0, 0])
    assert scores.phi[0, 1] == 0
    assert np.isnan(scores.stability[0, :2]).all()
    assert np.isfinite(scores.stability[0, 2])
    alone = consistency(np.ones((1, 1)), signal[:, 2:], gradient[:, 2:])
    assert np.isnan(alone.agreement[0])


def snapshots(species, genes):
    seen = []
    lived = experience(species, 0, 0, 40)
    innate = draw_innate_weights(species, genes, np.arange(genes.size), 0, 0)
    live_block(species, genes, innate, lived, observer=seen.append)
    return seen


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_every_measure_is_one_number_a_network_in_bounds_and_undefined_without_plasticity(name):
    for rule in ("heterosynaptic", "none"):
        species = make_species((4, 3), rule=rule)
        for snapshot in snapshots(species, make_population(species, 5)):
            for column, values in MEASURES[name].columns(View.of(snapshot)).items():
                assert values.shape == (10,), column
                if MEASURES[name].bounded:
                    assert (np.abs(values[np.isfinite(values)]) <= 1 + 1e-9).all()
                if "alignment" in column and column != "weight_alignment":
                    assert np.isnan(values).all() == (rule == "none")


def test_the_example_in_the_documentation_is_a_whole_measure(monkeypatch):
    columns = defined_in(ROOT / "docs" / "measures.md")["speed_columns"]
    monkeypatch.setitem(MEASURES.own, "speed", Measure(columns, frozenset({"end"}), instrument=True, bounded=False))
    test_every_measure_is_one_number_a_network_in_bounds_and_undefined_without_plasticity("speed")
    testing.check("measure", "speed")
    view = View.of(snapshots(species := make_species((4, 3)), make_population(species, 5))[-1])
    assert (columns(view)["speed"] > 0).all()
    twice = replace(view, snapshot=replace(view.snapshot, update=2 * view.snapshot.update))
    np.testing.assert_allclose(columns(twice)["speed"], 2 * columns(view)["speed"])


def test_pooled_levels_and_neurons_agree_where_there_is_one_of_them():
    species = make_species((1,))
    for snapshot in snapshots(species, make_population(species, 4)):
        view = View.of(snapshot)
        arguments = snapshot.update, view.weight_gradient, snapshot.mask_ascending, species.layout
        pooled = MEASURES["alignment"].columns(view)["alignment"]
        np.testing.assert_allclose(alignment_by_level(*arguments)[:, 0], pooled)
        np.testing.assert_allclose(alignment_by_neuron(*arguments)[:, 0], pooled)


def test_a_neuron_held_where_it_is_changes_as_it_does_and_not_at_its_threshold():
    options = {"presentations": 5, "signal_clip": 1e9}
    species = make_species((4,), activation="softplus", density=(1.0, 1.0), wiring="layered", life=options)
    genes = make_population(species, 6, gains_ascending=0.02)
    lived, seen = experience(species, 0, 0, 1), []
    live_block(species, genes, draw_innate_weights(species, genes, np.arange(6), 0, 0), lived, observer=seen.append)
    snapshot, inputs = seen[-1], species.layout.input_units
    columns = curve_columns(View.of(snapshot))
    for i in range(4):
        # on a single sample: what the batch changes, by presynaptic activity
        held = change_at(snapshot, i, snapshot.activity[:, inputs + i, 0].astype(float))
        changed = held[:, None] * snapshot.activity[:, :inputs, 0]
        np.testing.assert_allclose(changed, snapshot.update[:, i, :inputs], rtol=1e-3, atol=1e-7)
        threshold, slope = (columns[f"{name}_neuron_{i + 1}"] for name in ("threshold", "threshold_slope"))
        np.testing.assert_array_equal(np.isfinite(threshold), np.isfinite(slope))
        found = np.isfinite(threshold)
        around = [change_at(snapshot, i, threshold + step)[found] for step in (-1e-5, 0.0, 1e-5)]
        np.testing.assert_allclose(around[1], 0, atol=1e-9)
        np.testing.assert_allclose((around[2] - around[0]) / 2e-5, slope[found], rtol=1e-3)
    assert sum(np.isfinite(columns[f"threshold_neuron_{i}"]).sum() for i in (1, 2, 3, 4)) > 0


def test_a_curve_is_undefined_where_other_neurons_stand_between_and_a_threshold_where_no_activity_is():
    deep = make_species((4, 3))
    columns = curve_columns(View.of(snapshots(deep, make_population(deep, 2))[-1]))
    assert np.isnan(list(columns.values())).all()
    # tanh has no activity of 1 or more
    species = make_species((1,), density=(1.0, 1.0))
    for snapshot in snapshots(species, make_population(species, 30)):
        threshold = curve_columns(View.of(snapshot))["threshold_neuron_1"]
        assert ((threshold > 0) & (threshold < 1))[np.isfinite(threshold)].all()


def test_accuracy_is_that_of_the_probe_batch_and_undefined_without_classes():
    for task, defined in (("table", True), ("sine", False)):
        species = make_species((4,), task=task, outputs=3)
        snapshot = snapshots(species, make_population(species, 3))[-1]
        outputs = snapshot.activity[:, -3:]
        right = ((outputs + snapshot.error).argmax(axis=1) == outputs.argmax(axis=1)).mean(axis=1)
        found = MEASURES["accuracy"].columns(View.of(snapshot))["probe_accuracy"]
        np.testing.assert_array_equal(found, right if defined else np.full(6, np.nan))
        # targets vanish beside outputs that have blown up
        activity = snapshot.activity.copy()
        activity[0, -1] = 1e7
        blown = MEASURES["accuracy"].columns(View.of(replace(snapshot, activity=activity)))["probe_accuracy"]
        assert np.isnan(blown[0])


@pytest.mark.parametrize("rule", ["none", "readout-only", "hebbian", "random-signal", "shuffled-signal", "transported"])
def test_curves_are_those_of_the_heterosynaptic_rule_at_activities_that_there_are(rule):
    def curves(rule):
        species = make_species((2,), rule=rule)
        return MEASURES["plasticity curve"].columns(View.of(snapshots(species, make_population(species, 2))[-1]))

    known, other = curves("fixed-feedback"), curves(rule)
    assert np.isfinite(known["curve_neuron_1_at_0"]).all()
    assert np.isnan(known["curve_neuron_1_at_2"]).all()  # of tanh
    assert all(np.isnan(values).all() for values in other.values())


def test_some_measures_are_taken_by_runs_alone_that_name_them():
    species = make_species((2,))
    snapshot = snapshots(species, make_population(species, 2))[-1]
    assert "threshold_neuron_1" not in InstrumentsProbe().measure(snapshot)
    assert "threshold_neuron_1" in AlignmentProbe(measures=("plasticity curve",)).measure(snapshot)


def test_sizes_are_those_of_v_and_of_the_typical_score():
    species = make_species((4, 3))
    (snapshot, *_) = snapshots(species, make_population(species, 5))
    view = View.of(snapshot)
    norm = MEASURES["feedback size"].columns(view)["feedback_norm"]
    np.testing.assert_allclose(norm, np.linalg.norm(snapshot.weights.descending, axis=(1, 2)), rtol=1e-6)
    neurons = MEASURES["neurons"].columns(view)
    scores = np.abs([values for name, values in neurons.items() if name.startswith("phi_neuron_")])
    np.testing.assert_allclose(MEASURES["score size"].columns(view)["phi_size"], np.nanmedian(scores, axis=0))
    without = replace(view, potential_gradient=np.zeros_like(view.potential_gradient))
    assert np.isnan(MEASURES["score size"].columns(without)["phi_size"]).all()
