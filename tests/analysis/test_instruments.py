"""Instruments: planted cases with known answers, and slow twins."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_population, make_species

from hetevo import analysis
from hetevo.analysis.measures import (
    MEASURES,
    View,
    alignment,
    alignment_by_neuron,
    consistency,
    equivalent_optimiser,
    feedback_drift,
    feedback_gap,
    full_change,
    hebbian_index,
    isotropic_band,
    sample_alignment,
    weight_alignment,
)
from hetevo.analysis.probe import AlignmentProbe, InstrumentsProbe
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.evaluation import evaluate
from hetevo.populations.experience import experience
from hetevo.populations.kernel.life import live_block

RNG = np.random.default_rng(0)


def snapshots(species, genes, samples=64):
    seen = {}
    innate = draw_innate_weights(species, genes, np.arange(genes.size), 0, 0)

    def observe(snapshot):
        seen[snapshot.stage] = snapshot

    live_block(species, genes, innate, experience(species, 0, 0, samples), observer=observe, dtype=np.float64)
    return seen


def test_random_signs_on_transposed_weights_are_hs_yes_dc_no():
    life = {"tasks": 1, "signal_clip": 1e9}
    species = make_species((12, 12), rule="transported", wiring="layered", density=(1, 1), life=life, gain_scale=0)
    genes = make_population(species, 20)
    genes.gains_ascending[:] = 0.01 * np.sign(RNG.standard_normal(genes.gains_ascending.shape))
    snapshot = snapshots(species, genes)["birth"]
    view = View.of(snapshot)
    arguments = snapshot.update, view.weight_gradient, snapshot.mask_ascending, species.layout
    np.testing.assert_allclose(np.abs(alignment_by_neuron(*arguments)), 1, atol=1e-9)
    assert abs(alignment(*arguments).mean()) < 0.15
    hidden = species.layout.hidden
    scores = consistency(
        snapshot.gains_ascending[:, :hidden], snapshot.signal[:, :hidden], view.potential_gradient[:, :hidden]
    )
    np.testing.assert_allclose(scores.stability, 1, atol=1e-9)
    assert abs(scores.agreement.mean() - 0.5) < 0.05
    np.testing.assert_allclose(scores.coherence, np.sign(genes.gains_ascending[:, :hidden]).mean(axis=1))
    columns = InstrumentsProbe().measure(snapshots(species, genes)["end"])
    np.testing.assert_allclose(columns["alignment_neuron_abs"], 1, atol=1e-9)
    np.testing.assert_allclose(columns["alignment_preconditioned"], 1, atol=1e-9)
    assert set(equivalent_optimiser(snapshot.update[:, :hidden], view.weight_gradient[:, :hidden],
                                    snapshot.mask_ascending[:, :hidden]).names()) == {"sign-flipped"}  # fmt: skip


def test_node_perturbation_follows_the_gradient_in_the_mean_only():
    """A rule of this test only (Werfel, Xie, Seung 2005): noise on every potential, times what it did to the loss."""
    species = make_species((10,), inputs=6, activation="tanh", density=(1, 1), life={"tasks": 1})
    snapshot = snapshots(species, make_population(species, 2), samples=400)["birth"]
    view, layout = View.of(snapshot), species.layout
    first, hidden = layout.input_units, layout.hidden
    potential = np.arctanh(snapshot.activity[:, first : layout.units])
    readout = snapshot.weights.ascending[:, hidden:]

    def losses(noise):
        senders = np.concatenate([snapshot.activity[:, :first], np.tanh(potential + noise)], axis=1)
        targets = snapshot.error + snapshot.activity[:, layout.units :]
        return 0.5 * ((targets - readout @ senders) ** 2).sum(axis=1, keepdims=True)

    scale, rounds = 1e-3, 400
    senders = snapshot.activity[:, : layout.units].swapaxes(1, 2)
    updates, singles = [], []
    for _ in range(rounds):
        noise = scale * RNG.standard_normal(potential.shape)
        factor = -(losses(noise) - losses(0 * noise)) * noise / scale**2
        arguments = factor, view.potential_gradient[:, :hidden], snapshot.activity[:, : layout.units]
        singles.append(sample_alignment(*arguments, snapshot.mask_ascending[:, :hidden]))
        updates.append(factor @ senders)
    mean = np.zeros_like(snapshot.update)
    mean[:, :hidden] = np.mean(updates, axis=0)
    pooled = alignment(mean, view.weight_gradient, snapshot.mask_ascending, layout)
    assert (pooled > 0.98).all()
    assert (np.mean(singles, axis=0) < 0.4).all()  # about 1 / sqrt(10 neurons)
    exact = sample_alignment(view.potential_gradient[:, :hidden], *arguments[1:], snapshot.mask_ascending[:, :hidden])
    np.testing.assert_allclose(exact, 1)


@pytest.mark.parametrize("terms", [(), ("hebbian", "presynaptic", "postsynaptic")])
def test_sample_alignment_equals_a_loop_over_samples(terms):
    species = make_species((4, 3), terms=terms)
    snapshot = snapshots(species, make_population(species, 3), samples=5)["end"]
    view, layout, genes = View.of(snapshot), species.layout, snapshot.genes
    found = MEASURES["samples"].columns(view)["alignment_sample"]
    for n in range(len(found)):
        cosines = []
        for s in range(5):
            u, g = [], []
            for i, j in np.argwhere(snapshot.mask_ascending[n, : layout.hidden]):
                x, q = snapshot.activity[n, :, s], snapshot.signal[n, i, s]
                own = x[layout.input_units + i]
                change = genes.gains_ascending[n, i] * q * x[j]
                if terms:
                    change += (
                        genes["hebbian_ascending"][n, i] * own * x[j] + genes["presynaptic_ascending"][n, i] * x[j]
                    )
                    change += genes["postsynaptic_ascending"][n, i] * own
                u.append(change)
                g.append(view.potential_gradient[n, i, s] * x[j])
            cosines.append(np.dot(u, g) / np.linalg.norm(u) / np.linalg.norm(g))
        assert found[n] == pytest.approx(np.mean(cosines), abs=1e-6)


def test_pure_noise_stays_inside_the_isotropic_null_in_both_tails():
    trials, d = 4000, 37
    noise, direction = RNG.standard_normal((trials, d)), RNG.standard_normal((1, d))
    cosines = analysis.measures.cosine(noise, np.broadcast_to(direction, noise.shape))
    for coverage in (0.5, 0.95):
        band = isotropic_band(d, coverage)
        for tail in ((cosines > band).mean(), (cosines < -band).mean()):
            expected = (1 - coverage) / 2
            assert abs(tail - expected) < 4 * np.sqrt(expected * (1 - expected) / trials)
    assert cosines.std() == pytest.approx(1 / np.sqrt(d), rel=0.05)
    assert isotropic_band(1) == 1
    assert np.isnan(isotropic_band(0))


def test_drift_is_nothing_at_the_stationary_point_and_one_for_a_single_term():
    gain = RNG.standard_normal((3, 4, 5))
    np.testing.assert_allclose(feedback_drift(gain, gain), 0)
    np.testing.assert_allclose(feedback_drift(gain, 0 * gain), 1)
    np.testing.assert_allclose(feedback_drift(gain, -gain), 1)
    assert np.isnan(feedback_drift(0 * gain, 0 * gain)).all()


def test_v_settles_when_it_decays_fast():
    """The stationary point of theory: V* = gB / lambdaB <x q>."""
    life = {"presentations": 400, "batch": 64, "tasks": 1}
    species = make_species(life=life, gain_scale=0, task="linear")
    genes = make_population(species, gains_ascending=0, gains_descending=0.01, decay_descending=0.1)
    seen = snapshots(species, genes, samples=2000)
    at = {stage: MEASURES["stationarity"].columns(View.of(seen[stage]))["feedback_drift"] for stage in seen}
    assert (at["birth"] > 0.9).all()
    assert (at["end"] < 0.3).all()


def test_the_gap_is_that_of_the_pairs_with_both_synapses_and_closes_as_kolen_and_pollack_say():
    weights = np.random.default_rng(0).standard_normal((2, 3, 4))
    mask = np.zeros(weights.shape, bool)
    mask[:, 0, 1] = mask[:, 2, 3] = True
    away = weights + np.where(mask, [[[3.0]], [[-4.0]]], 100)
    np.testing.assert_allclose(feedback_gap(away, weights, mask), [3, 4])
    assert np.isnan(feedback_gap(away, weights, ~mask & False)).all()
    life = {"presentations": 200, "batch": 4, "tasks": 1}
    species = make_species(life=life, transposed=True)
    equal = {f"gains_{pathway}": 0.01 for pathway in ("ascending", "descending")}
    genes = make_population(species, **equal, decay_ascending=0.01, decay_descending=0.01)
    seen = snapshots(species, genes)
    at = {stage: MEASURES["feedback gap"].columns(View.of(seen[stage]))["feedback_gap"] for stage in seen}
    np.testing.assert_allclose(at["end"] / at["birth"], 0.99**200, rtol=1e-3)


def test_weight_alignment_of_transposed_opposite_and_missing_weights():
    weights = RNG.standard_normal((2, 3, 4))
    mask = np.ones(weights.shape, bool)
    np.testing.assert_allclose(weight_alignment(weights, 2 * weights, mask), 1)
    np.testing.assert_allclose(weight_alignment(weights, -weights, mask), -1)
    assert np.isnan(weight_alignment(weights, weights, ~mask)).all()
    species = make_species(descending_start="transposed", transposed=True)
    seen = snapshots(species, make_population(species))
    np.testing.assert_allclose(MEASURES["stationarity"].columns(View.of(seen["birth"]))["weight_alignment"], 1)


def test_hebbian_index_of_planted_updates():
    coactivity = RNG.standard_normal((1, 5, 7))
    mask = RNG.random((1, 5, 7)) < 0.7
    assert hebbian_index(3 * coactivity + 1, coactivity, mask) == pytest.approx(1)
    assert hebbian_index(-2 * coactivity, coactivity, mask) == pytest.approx(-1)
    expected = np.corrcoef((noise := RNG.standard_normal((1, 5, 7)))[mask], coactivity[mask])[0, 1]
    assert hebbian_index(noise, coactivity, mask) == pytest.approx(expected)
    for undefined in (np.ones_like(coactivity), 0.1 * np.ones_like(coactivity), 0 * coactivity):
        assert np.isnan(hebbian_index(undefined, coactivity, mask)).all()
    species = make_species(rule="hebbian", terms_shared=True)
    genes = make_population(species, hebbian_ascending=0.01)
    for snapshot in snapshots(species, genes).values():
        np.testing.assert_allclose(MEASURES["hebbian"].columns(View.of(snapshot))["hebbian_index"], 1)


def test_signs_of_activity_and_signal_agree_with_the_gains_where_v_is_stationary():
    """V* = gB / lambdaB <x q> makes <q_i x_i> follow the sign of gB_i, and the updates that of gA_i gB_i."""
    species = make_species((8,), task="linear", density=(1, 1), life={"presentations": 300, "batch": 64, "tasks": 1})
    genes = make_population(species, 10, decay_descending=0.1)
    genes.gains_ascending[:, :8] *= 0.01  # W hardly moves
    columns = MEASURES["postsynaptic"].columns(View.of(snapshots(species, genes, samples=500)["end"]))
    assert columns["signal_sign_agreement"].mean() > 0.9
    assert columns["hebbian_sign_agreement"].mean() > 0.7
    frozen = make_species((8,), task="linear", rule="fixed-feedback", life={"presentations": 1, "tasks": 1})
    chance = MEASURES["postsynaptic"].columns(View.of(snapshots(frozen, make_population(frozen, 60))["birth"]))
    assert abs(chance["signal_sign_agreement"].mean() - 0.5) < 0.12


RATES, SCALES = np.array([0.5, 1, 2, 3, 0.2, 4]), np.array([1, 0.1, 3, 1, 2, 0.5, 0.3, 5])
PLANTED = {
    "SGD": lambda g: 0.3 * g,
    "gradient ascent": lambda g: -0.3 * g,
    "preconditioned": lambda g: RATES[:, None] * g,
    "sign-flipped": lambda g: (RATES * [1, -1, 1, -1, -1, 1])[:, None] * g,
    "none": lambda g: RNG.standard_normal(g.shape),
    "undefined": lambda g: 0 * g,
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_equivalent_optimiser_names_what_was_planted(name):
    gradient = RNG.standard_normal((4, 6, 8))
    mask = np.ones(gradient.shape, bool)
    fit = equivalent_optimiser(np.stack([PLANTED[name](g) for g in gradient]), gradient, mask)
    assert fit.names() == [name] * 4
    if name == "undefined":
        assert np.isnan(fit.explained).all()
    elif name != "none":
        np.testing.assert_allclose(fit.explained[:, 1:], 1)


def test_the_equivalent_optimiser_finds_rates_and_scales_and_ignores_absent_synapses():
    gradient = RNG.standard_normal((3, 6, 8))
    mask = RNG.random(gradient.shape) < 0.8
    update = RATES[:, None] * gradient * SCALES
    fit = equivalent_optimiser(np.where(mask, update, 99.0), gradient, mask)
    np.testing.assert_allclose(fit.explained[:, 2], 1, atol=1e-4)  # alternating least squares, a fixed number of rounds
    np.testing.assert_allclose(fit.scales, np.broadcast_to(SCALES / SCALES.mean(), (3, 8)), rtol=0.05)
    n, i = 1, 2
    slope = np.linalg.lstsq(gradient[n, i][mask[n, i], None], update[n, i][mask[n, i]], rcond=None)[0][0]
    assert fit.rates[n, i] == pytest.approx(slope)
    assert (np.diff(fit.explained, axis=1) >= -1e-12).all()


def test_the_whole_change_is_taken_apart_into_rate_momentum_and_decay():
    gradient, weights, carried = RNG.standard_normal((3, 2, 5, 6))
    mask = RNG.random((2, 5, 6)) < 0.8
    decay = np.array([0.02, 0.1])
    rate, momentum, loss, explained = full_change(
        0.3 * gradient + 0.9 * carried, gradient, weights, decay, carried, mask
    )
    np.testing.assert_allclose([*rate, *momentum], [0.3, 0.3, 0.9, 0.9])
    np.testing.assert_allclose(loss, decay)
    np.testing.assert_allclose(explained, 1)
    nothing = full_change(0 * gradient, gradient, weights, 0 * decay, carried, mask)
    assert np.isnan(nothing).all()
    plain = full_change(gradient, gradient, weights, 0 * decay, 0 * carried, mask)
    assert np.isnan(plain[1]).all()


@pytest.mark.parametrize(("momentum", "expected"), [(0.0, np.nan), (0.8, 0.8)])
def test_momentum_and_decay_of_a_circuit_that_descends_the_gradient(momentum, expected):
    life = {"presentations": 30, "signal_clip": 1e9, "tasks": 1}
    species = make_species(transposed=True, descending_start="transposed", life=life, gain_mean=0.01, gain_scale=0)
    species = replace(species, rule=replace(species.rule, momentum=momentum))
    genes = make_population(species, decay_ascending=0.01, decay_descending=0.01)
    columns = MEASURES["whole change"].columns(View.of(snapshots(species, genes)["end"]))
    np.testing.assert_allclose(columns["change_rate"], 0.01, rtol=1e-5)
    np.testing.assert_allclose(columns["change_decay"], 0.01, rtol=1e-5)
    np.testing.assert_allclose(columns["change_momentum"], expected, rtol=1e-5)
    np.testing.assert_allclose(columns["change_r2"], 1)


def test_signs_of_the_gradient_explain_updates_by_signs():
    species = make_species(rule="transported", gain_mean=0.01, gain_scale=0, life={"signal_clip": 1e9})
    species = replace(species, rule=replace(species.rule, signs=True))
    columns = MEASURES["whole change"].columns(View.of(snapshots(species, make_population(species))["end"]))
    np.testing.assert_allclose(columns["optimiser_r2_signs"], 1)


def test_noise_explains_nothing_once_free_parameters_are_taken_off():
    gradient, update = RNG.standard_normal((2, 300, 8, 10))
    fit = equivalent_optimiser(update, gradient, np.ones(gradient.shape, bool))
    assert (fit.explained.mean(axis=0)[1:] > 0.08).all()
    assert (np.abs(fit.adjusted.mean(axis=0)[:2]) < 0.02).all()


def test_instruments_record_all_measures_and_change_no_result():
    species = make_species()
    genes, who = make_population(species, 4), np.arange(4)
    plain = evaluate(species, genes, who, seed=0, generation=0, probe=AlignmentProbe())
    full = evaluate(species, genes, who, seed=0, generation=0, probe=InstrumentsProbe())
    np.testing.assert_array_equal(plain.loss, full.loss)
    assert plain.observed.keys() < full.observed.keys()
    for name, values in plain.observed.items():
        np.testing.assert_array_equal(values, full.observed[name])
    neurons = species.layout.hidden
    assert {f"phi_neuron_{i}_end" for i in range(1, neurons + 1)} <= full.observed.keys()


def test_measures_can_be_called_from_a_notebook():
    for name in ("alignment", "consistency", "equivalent_optimiser", "hebbian_index", "isotropic_band", "angle"):
        assert callable(getattr(analysis, name))
