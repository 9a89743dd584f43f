"""Stability with a matrix, and the rank and change of V: planted cases with known answers."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_population, make_species
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from hetevo.analysis import matrix_stability, stable_rank
from hetevo.analysis.measures import MEASURES, View
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.experience import Samples, experience
from hetevo.populations.kernel.life import live_block
from hetevo.populations.model import TwoPathwayCircuits


def planted(seed, n=5, samples=60, networks=3):
    """Draw gradients that are correlated, semidefinite matrices and signs."""
    rng = np.random.default_rng(seed)
    gradient = rng.standard_normal((networks, n, n)) @ rng.standard_normal((networks, n, samples))
    root = rng.standard_normal((networks, n, n))
    return rng, gradient, root @ root.swapaxes(1, 2), rng.choice([-1.0, 1.0], (networks, n))


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(1e-4, 1e4))
def test_a_planted_matrix_and_planted_signs_are_recovered(seed, scale):
    _, gradient, matrix, signs = planted(seed)
    found = matrix_stability(scale * signs[:, :, None] * (matrix @ gradient), gradient)
    np.testing.assert_allclose(found.matrix, scale * matrix, rtol=1e-4, atol=1e-4 * scale)
    np.testing.assert_array_equal(found.signs, signs)
    np.testing.assert_allclose([found.explained, found.adjusted], 1, atol=1e-9)
    assert (found.diagonal < 0.99).all()


def test_scalars_need_no_matrix_and_noise_explains_nothing():
    rng, gradient, _, signs = planted(1, samples=400)
    rates = signs * rng.uniform(0.1, 10, signs.shape)
    found = matrix_stability(rates[:, :, None] * gradient, gradient)
    np.testing.assert_allclose([found.diagonal, found.adjusted], 1, atol=1e-9)
    noise = matrix_stability(rng.standard_normal((200, 5, 30)), rng.standard_normal((200, 5, 30)))
    assert abs(noise.diagonal.mean()) < 0.02
    # the constraint takes some of the freedom that is counted
    assert -0.06 < noise.adjusted.mean() < 0.02
    assert noise.explained.mean() > 0.04


def test_a_matrix_without_symmetry_is_not_explained():
    rng = np.random.default_rng(0)
    gradient, matrix = rng.standard_normal((50, 8, 300)), rng.standard_normal((50, 8, 8))
    found = matrix_stability(matrix @ gradient, gradient)
    assert found.explained.mean() < 0.5
    turning = np.array([[[0.0, 1.0], [-1.0, 0.0]]])
    assert matrix_stability(turning @ gradient[:1, :2], gradient[:1, :2]).explained < 0.05


def test_the_fit_is_semidefinite_and_no_other_search_finds_a_better_one():
    rng, gradient, _, _ = planted(2, n=3, samples=40)
    signal = rng.standard_normal((3, 3, 3)) @ gradient
    found = matrix_stability(signal, gradient)
    for H, signs, q, g, explained in zip(found.matrix, found.signs, signal, gradient, found.explained, strict=True):
        np.testing.assert_allclose(H, H.T, atol=1e-12)
        assert np.linalg.eigvalsh(H)[0] > -1e-9

        def left(root, q=q, g=g, signs=signs):
            L = root.reshape(3, 3)
            return ((signs[:, None] * q - L @ L.T @ g) ** 2).sum() / (q**2).sum()

        np.testing.assert_allclose(1 - explained, left(np.linalg.cholesky(H + 1e-9 * np.eye(3)).ravel()), atol=1e-5)
        tries = [minimize(left, rng.standard_normal(9), tol=1e-10).fun for _ in range(4)]
        assert 1 - explained < min(tries) + 1e-3


def test_matrix_stability_is_undefined_without_samples_signal_or_gradient():
    rng = np.random.default_rng(0)
    signal, gradient = rng.standard_normal((2, 4, 3, 20))
    signal[0], gradient[1], signal[2, 0, 0] = 0, 0, np.inf
    found = matrix_stability(signal, gradient)
    for values in (found.explained, found.adjusted, found.diagonal):
        assert np.isnan(values).tolist() == [True, True, True, False]
    assert np.isnan(matrix_stability(signal[3, :, :3], gradient[3, :, :3]).explained)
    assert np.isfinite(matrix_stability(signal[3, :, :4], gradient[3, :, :4]).explained)
    # gradients of fewer dimensions than neurons: what they span is fitted
    thin = gradient[3] * [[1], [0], [0]] + gradient[3, :1] * [[0], [2], [0]]
    assert matrix_stability(3 * thin, thin).adjusted == pytest.approx(1, abs=1e-4)


@given(st.integers(0, 10**6), st.floats(1e-3, 1e3))
def test_stable_rank_is_that_of_the_singular_values(seed, scale):
    matrices = np.random.default_rng(seed).standard_normal((3, 4, 6))
    values = np.linalg.svd(matrices, compute_uv=False)
    np.testing.assert_allclose(stable_rank(scale * matrices), (values**2).sum(axis=1) / values[:, 0] ** 2)
    np.testing.assert_allclose(stable_rank(matrices.swapaxes(1, 2)), stable_rank(matrices))
    assert np.isnan(stable_rank(np.stack([np.zeros((2, 2)), np.full((2, 2), np.nan)]))).all()


@pytest.mark.parametrize("rule", ["heterosynaptic", "fixed-feedback"])
@pytest.mark.parametrize("terms", [(), ("oja", "hebbian")])
def test_feedback_change_is_what_a_presentation_changes(rule, terms):
    species = make_species((4, 3), rule=rule, terms=terms, life={"tasks": 1, "presentations": 3}, gain_scale=0.3)
    genes, seen = make_population(species, 4), []
    genes["decay_descending"][:] = 0.2
    innate = draw_innate_weights(species, genes, np.arange(4), 0, 0)
    lived = experience(species, 0, 0, 5)
    # the probe sees the first batch
    batch = Samples(lived.training.inputs[:, 0], lived.training.targets[:, 0])
    lived = replace(lived, probe=batch)
    live_block(species, genes, innate, lived, observer=seen.append, dtype=np.float64)
    circuits = TwoPathwayCircuits(species, genes, innate)
    before = circuits.V
    circuits.forward(np.tile(batch.inputs, (4, 1, 1)).astype(float))
    circuits.backward(np.tile(batch.targets, (4, 1, 1)) - circuits.y)
    circuits.update()
    change = MEASURES["feedback change"].columns(View.of(seen[0]))["feedback_change"]
    np.testing.assert_allclose(change, np.linalg.norm(circuits.V - before, axis=(1, 2)), rtol=1e-6)
    assert (change > 0).all() == (rule == "heterosynaptic")
