"""Alignment as a product, weights of neurons, and what they weigh: identities and invariants."""

import numpy as np
import pytest
from builders import make_population, make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.analysis import (
    alignment,
    alignment_by_neuron,
    alignment_factors,
    consistency,
    effective_neurons,
    gain_product_share,
    hebbian_overlap,
    neuron_weights,
    weighted_consistency,
)
from hetevo.analysis.measures import MEASURES, View
from hetevo.analysis.probe import InstrumentsProbe
from hetevo.populations.birth import Weights, draw_innate_weights
from hetevo.populations.experience import experience
from hetevo.populations.kernel.life import live_block

seeds = st.integers(0, 10**6)


def drawn(seed):
    """Draw updates, gradients and masks of 3 networks with 5 neurons, whose sizes differ by orders of magnitude."""
    rng = np.random.default_rng(seed)
    sizes = 10.0 ** rng.integers(-4, 4, (2, 3, 5, 1))
    update, gradient = rng.standard_normal((2, 3, 5, 7)) * sizes
    return update, gradient, rng.random((3, 5, 7)) < 0.7


def product(factors):
    return factors.match * factors.quality * factors.agreement


@given(seeds)
def test_the_factors_multiply_to_the_alignment(seed):
    given_ = drawn(seed)
    factors = alignment_factors(*given_)
    np.testing.assert_allclose(product(factors), alignment(*given_), rtol=0, atol=1e-12)
    for factor in (factors.match, factors.quality, np.abs(factors.agreement)):
        assert ((factor >= 0) & (factor <= 1)).all()
    # by their definitions, neuron by neuron
    update, gradient, mask = given_
    u, g = (np.linalg.norm(values * mask, axis=2) for values in (update, gradient))
    cosines = np.nan_to_num(alignment_by_neuron(*given_))
    weights = u * g
    np.testing.assert_allclose(neuron_weights(*given_), weights)
    norms = np.linalg.norm(u, axis=1) * np.linalg.norm(g, axis=1)
    np.testing.assert_allclose(factors.match, weights.sum(axis=1) / norms)
    np.testing.assert_allclose(factors.quality, (weights * np.abs(cosines)).sum(axis=1) / weights.sum(axis=1))
    np.testing.assert_allclose(
        factors.agreement, (weights * cosines).sum(axis=1) / (weights * np.abs(cosines)).sum(axis=1), atol=1e-12
    )


@given(seeds, st.floats(1e-3, 1e3))
def test_factors_ignore_scale_and_turned_neurons_change_the_agreement_alone(seed, scale):
    update, gradient, mask = drawn(seed)
    before = alignment_factors(update, gradient, mask)
    scaled = alignment_factors(scale * update, gradient / scale, mask)
    np.testing.assert_allclose(product(scaled), product(before), atol=1e-12)
    turned = alignment_factors(update * np.array([1, -1, 1, -1, 1])[:, None], gradient, mask)
    np.testing.assert_allclose([turned.match, turned.quality], [before.match, before.quality], rtol=1e-12)
    np.testing.assert_allclose(alignment_factors(-update, gradient, mask).agreement, -before.agreement)


@given(seeds)
def test_rates_of_neurons_change_the_match_alone_where_all_have_one_cosine(seed):
    rng = np.random.default_rng(seed)
    gradient = rng.standard_normal((4, 6))
    across = rng.standard_normal((4, 6))
    across -= (across * gradient).sum(axis=1, keepdims=True) / (gradient**2).sum(axis=1, keepdims=True) * gradient
    across *= np.linalg.norm(gradient, axis=1, keepdims=True) / np.linalg.norm(across, axis=1, keepdims=True)
    factors = alignment_factors(rng.uniform(0.01, 10, (4, 1)) * (gradient + across), gradient)
    np.testing.assert_allclose([factors.quality, factors.agreement], [np.sqrt(0.5), 1])
    # the same rate for all, relative to the gradient, is a perfect match
    assert factors.match <= 1
    np.testing.assert_allclose(alignment_factors(3 * (gradient + across), gradient).match, 1)


def test_factors_are_undefined_where_there_is_nothing_to_divide_by():
    zero, one = np.zeros((2, 3)), np.ones((2, 3))
    for update, gradient in ((zero, one), (one, zero), (one * np.inf, one), (one * np.nan, one)):
        factors = alignment_factors(update, gradient)
        assert np.isnan([factors.match, factors.quality, factors.agreement]).all()
    # no neuron has both
    factors = alignment_factors(np.array([[1.0, 0], [0, 0]]), np.array([[0.0, 0], [1, 0]]))
    assert factors.match == 0
    assert np.isnan([factors.quality, factors.agreement]).all()
    # all are orthogonal
    factors = alignment_factors(np.array([[1.0, 0]]), np.array([[0.0, 1]]))
    assert (factors.match, factors.quality) == (1, 0)
    assert np.isnan(factors.agreement)
    assert np.isnan(effective_neurons(np.array([[0.0, 0.0], [np.nan, 1.0]]))).all()


@given(seeds)
def test_equal_weights_give_what_counts_all_neurons_alike(seed):
    rng = np.random.default_rng(seed)
    scores = consistency(rng.standard_normal((4, 6)), *rng.standard_normal((2, 4, 6, 9)))
    same = weighted_consistency(scores.phi, scores.stability, np.full((4, 6), rng.uniform(1e-9, 1e9)))
    np.testing.assert_allclose(same.stability, scores.stability.mean(axis=1))
    np.testing.assert_allclose(same.coherence, scores.coherence, atol=1e-12)
    np.testing.assert_allclose(same.agreement, scores.agreement, atol=1e-12)
    # agreement and coherence say the same, whatever the weights
    weights = rng.random((4, 6))
    found, alone = weighted_consistency(scores.phi, scores.stability, weights), 1 / effective_neurons(weights)
    np.testing.assert_allclose(found.agreement, ((1 + found.coherence**2) / 2 - alone) / (1 - alone), atol=1e-12)


def test_neurons_without_weight_or_score_do_not_count():
    phi, stability = np.array([[1.0, 2.0, -3.0, np.nan]]), np.array([[0.5, 0.7, 0.0, np.nan]])
    found = weighted_consistency(phi, stability, np.array([[1.0, 3.0, 0.0, 9.0]]))
    np.testing.assert_allclose([found.stability, found.coherence, found.agreement], [[0.65], [1], [1]])
    nobody = weighted_consistency(phi, stability, np.zeros((1, 4)))
    assert np.isnan([nobody.stability, nobody.coherence, nobody.agreement]).all()
    # one neuron is no pair
    alone = weighted_consistency(phi, stability, np.array([[1.0, 0.0, 0.0, 0.0]]))
    assert (alone.coherence[0], np.isnan(alone.agreement[0])) == (1, True)


def test_shares_of_signs_leave_out_what_has_none():
    gains = np.array([[1.0, -1.0, 0.0, 2.0]])
    assert gain_product_share(gains, np.array([[2.0, -2.0, 1.0, -1.0]])) == pytest.approx([2 / 3])
    assert gain_product_share(gains, np.array([[1.0]]), np.array([[3.0, 1.0, 9.0, 0.0]])) == pytest.approx([0.75])
    assert np.isnan(gain_product_share(gains, np.array([[0.0]])))
    update, mask = np.array([[1.0, -2.0, 0.0, 5.0]]), np.array([[True, True, True, False]])
    assert hebbian_overlap(update, np.array([[3.0, 1.0, 1.0, 1.0]]), mask) == 0.5
    assert hebbian_overlap(update, np.array([[3.0, 1.0, 1.0, 1.0]]), mask, weighted=True) == 0.6
    assert np.isnan(hebbian_overlap(0 * update, update, mask))


SIGNED = ("coefficient_", "weight_alignment", "feedback_gap")
"""Columns that are about single gains or about V beside W."""


@pytest.mark.parametrize("terms", [(), ("oja",)])
def test_reversing_both_gains_and_the_synapses_of_v_changes_nothing_else(terms):
    species = make_species((4, 3), terms=terms, life={"presentations": 40, "tasks": 1}, gain_scale=0.3)
    genes = make_population(species, 6)
    innate = draw_innate_weights(species, genes, np.arange(6), 0, 0)
    lived, hidden = experience(species, 0, 0, 30), species.layout.hidden

    def measured():
        seen = {}

        def observe(snapshot):
            seen.update({f"{name}_{snapshot.stage}": v for name, v in InstrumentsProbe().measure(snapshot).items()})

        live_block(species, genes, innate, lived, observer=observe, dtype=np.float64)
        return seen

    before = measured()
    # every second neuron reads the learning signal with the other sign
    signs = np.where(np.arange(species.layout.neurons) % 2, -1, 1)
    signs[hidden:] = 1
    innate = Weights(innate.ascending, innate.descending * signs[:hidden, None] * signs)
    genes.gains_ascending[:] *= signs
    genes.gains_descending[:] *= signs[:hidden]
    after = measured()
    assert before.keys() == after.keys()
    for name, values in before.items():
        if not name.startswith(SIGNED):
            np.testing.assert_allclose(after[name], values, rtol=1e-9, atol=1e-12, err_msg=name)
    # one of them alone does something
    genes.gains_ascending[:] *= signs
    assert not np.allclose(measured()["alignment_end"], before["alignment_end"])


def test_the_probe_takes_factors_and_weights_of_the_hidden_neurons():
    species = make_species((4, 3))
    seen = []
    genes = make_population(species, 5)
    innate = draw_innate_weights(species, genes, np.arange(5), 0, 0)
    live_block(species, genes, innate, experience(species, 0, 0, 40), observer=seen.append, dtype=np.float64)
    view = View.of(seen[-1])
    snapshot, rows = view.snapshot, slice(species.layout.hidden)
    arguments = snapshot.update, view.weight_gradient, snapshot.mask_ascending, species.layout
    columns = {name: values for measure in MEASURES.own.values() for name, values in measure.columns(view).items()}
    factors = alignment_factors(*arguments)
    for name in ("match", "quality", "agreement"):
        np.testing.assert_allclose(columns[f"alignment_{name}"], getattr(factors, name))
    np.testing.assert_allclose(product(factors), columns["alignment"], rtol=0, atol=1e-12)
    weights = neuron_weights(*arguments)
    gains = snapshot.gains_ascending[:, rows]
    scores = consistency(gains, snapshot.signal[:, rows], view.potential_gradient[:, rows])
    weighted = weighted_consistency(scores.phi, scores.stability, weights)
    np.testing.assert_allclose(columns["hs_weighted"], weighted.stability)
    np.testing.assert_allclose(columns["dc_weighted"], weighted.agreement)
    np.testing.assert_allclose(columns["coherence_weighted"], weighted.coherence)
    np.testing.assert_allclose(columns["neurons_effective"], effective_neurons(weights))
    share = gain_product_share(gains, snapshot.genes.gains_descending, weights)
    np.testing.assert_allclose(columns["gain_product_positive_weighted"], share)
