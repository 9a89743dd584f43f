"""Special cases that must come out exactly."""

import numpy as np
import pytest
from builders import make_population, make_species

from hetevo.analysis.gradient import potential_gradient, weight_gradient
from hetevo.analysis.measures import alignment
from hetevo.populations import model
from hetevo.populations.birth import Weights, draw_innate_weights
from hetevo.populations.experience import experience
from hetevo.populations.kernel.life import live_block
from hetevo.populations.kernel.memory import CircuitBlock
from hetevo.populations.kernel.passes import Passes
from hetevo.populations.layout import Layout
from hetevo.populations.wiring import WIRINGS

SEED = 5
UNBOUNDED = {"signal_clip": 1e9, "weight_clip": 1e9, "tasks": 1}


def lifetime(species, genes, *, observer=None, presentations=None):
    lived = experience(species, SEED, 0, 32)
    innate = draw_innate_weights(species, genes, np.arange(genes.size), SEED, 0)
    return innate, lived, live_block(species, genes, innate, lived, observer=observer, dtype=np.float64)


@pytest.mark.parametrize("wiring", ["amorphous", "layered"])
@pytest.mark.parametrize("activation", ["tanh", "softplus", "linear"])
def test_symmetric_start_is_gradient_descent_with_weight_decay(wiring, activation):
    rate, decay = 0.03, 1e-3
    life = {**UNBOUNDED, "presentations": 100}
    species = make_species(
        wiring=wiring,
        activation=activation,
        transposed=True,
        descending_start="transposed",
        life=life,
        gain_mean=rate,
        gain_scale=0,
    )
    genes = make_population(species, decay_ascending=decay, decay_descending=decay)
    innate, lived, ended = lifetime(species, genes)
    rate, decay = np.float32(rate), np.float32(decay)
    weights = innate.ascending.astype(np.float64)
    for t in range(100):
        circuits = CircuitBlock(species, Weights(weights, innate.descending), np.float64)
        passes = Passes(circuits.stacks, species.lifetime.batch)
        passes.forward(lived.training.inputs[:, t])
        error = (lived.training.targets[:, t] - passes.outputs).astype(np.float64)
        potential = potential_gradient(species, weights, passes.activity(), error)
        gradient = weight_gradient(species.layout, potential, passes.activity())
        weights = weights + genes.mask_ascending * (rate * gradient) - decay * weights
    final = ended.circuits.whole()
    np.testing.assert_allclose(final.ascending, weights, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(final.descending, species.mirror(weights), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("wiring", ["amorphous", "layered"])
def test_kolen_pollack_shrinks_the_difference_by_the_decay(wiring):
    decay = np.float32(0.01)
    for presentations in (1, 2, 50):
        life = {**UNBOUNDED, "presentations": presentations}
        species = make_species(wiring=wiring, transposed=True, life=life, gain_mean=0.05, gain_scale=0)
        genes = make_population(species, decay_ascending=decay, decay_descending=decay)
        innate, _, ended = lifetime(species, genes)
        final = ended.circuits.whole()
        before = innate.descending - species.mirror(innate.ascending).astype(np.float64)
        after = final.descending - species.mirror(final.ascending)
        assert np.abs(before).max() > 0.1
        np.testing.assert_allclose(after, before * (1 - float(decay)) ** presentations, rtol=1e-6, atol=1e-9)


def test_feedback_alignment_leaves_the_feedback_untouched():
    species = make_species(rule="fixed-feedback")
    genes = make_population(species, 4)
    innate, _, ended = lifetime(species, genes)
    np.testing.assert_array_equal(ended.circuits.whole().descending, np.repeat(innate.descending, 2, axis=0))
    assert np.abs(ended.circuits.whole().ascending - np.repeat(innate.ascending, 2, axis=0)).max() > 1e-3


def observed_alignment(species, genes):
    seen = {}

    def observe(snapshot):
        potential = potential_gradient(species, snapshot.weights.ascending, snapshot.activity, snapshot.error)
        gradient = weight_gradient(species.layout, potential, snapshot.activity)
        seen[snapshot.stage] = alignment(snapshot.update, gradient, snapshot.mask_ascending, species.layout)

    lifetime(species, genes, observer=observe)
    return seen


@pytest.mark.parametrize(
    ("rule", "gain", "cosine"), [("transported", 0.01, 1), ("transported", -0.01, -1), ("sign-flipped", 0.01, -1)]
)
def test_transported_weights_give_cosine_one_and_flipped_signs_minus_one(rule, gain, cosine):
    life = {**UNBOUNDED, "presentations": 20}
    species = make_species((4, 3), rule=rule, gain_mean=gain, gain_scale=0, life=life)
    for values in observed_alignment(species, make_population(species, 5)).values():
        np.testing.assert_allclose(values, cosine, atol=1e-9)


def test_a_shuffled_signal_is_that_of_another_sample_and_says_nothing_about_the_gradient():
    start = {"inputs": 12, "gain_mean": 0.01, "gain_scale": 0, "descending_start": "transposed"}
    species = make_species((40,), rule="shuffled-signal", **start)
    values = observed_alignment(species, make_population(species, 30))["birth"]
    plain = make_species((40,), **start)
    assert np.abs(values).mean() < 0.5 * np.abs(observed_alignment(plain, make_population(plain, 30))["birth"]).mean()
    assert abs(values.mean()) < 0.1


@pytest.mark.parametrize(
    ("rule", "genes"),
    [
        ("heterosynaptic", {"gains_ascending": 0, "gains_descending": 0}),
        ("none", {}),
        ("readout-only", {}),
    ],
)
def test_no_update_of_hidden_neurons_is_undefined(rule, genes):
    species = make_species(rule=rule)
    for values in observed_alignment(species, make_population(species, **genes)).values():
        assert np.isnan(values).all()


def test_no_plasticity_changes_nothing_and_readout_only_spares_hidden_neurons():
    for rule in ("none", "readout-only"):
        species = make_species(rule=rule)
        innate, _, ended = lifetime(species, make_population(species))
        hidden = species.layout.hidden
        born_with, final = np.repeat(innate.ascending, 2, axis=0), ended.circuits.whole().ascending
        np.testing.assert_array_equal(final[:, :hidden], born_with[:, :hidden])
        assert (np.abs(final[:, hidden:] - born_with[:, hidden:]).max() > 0) == (rule == "readout-only")


def plain_circuits(species, size=2, seed=SEED):
    """Return circuits at birth with generators, and samples (inputs, targets) for them."""
    genes = make_population(species, size)
    innate = draw_innate_weights(species, genes, np.arange(size), seed, 0)
    generators = [np.random.default_rng([seed, n]) for n in range(size)]
    circuits = model.TwoPathwayCircuits(species, genes, innate, generators)
    species.rule.begin(circuits)
    training = experience(species, seed, 0).training
    return circuits, [np.tile(part[:, 0], (size, 1, 1)).astype(float) for part in (training.inputs, training.targets)]


def present(circuits, inputs, targets):
    circuits.forward(inputs)
    circuits.backward(targets - circuits.y)
    circuits.species.rule.update(circuits)


@pytest.mark.parametrize("activation", ["linear", "tanh"])
def test_node_perturbation_climbs_down_the_gradient_on_average(activation):
    species = make_species(
        (3,), rule="node-perturbation", wiring="layered", activation=activation, density=(1, 1),
        life=UNBOUNDED, gain_mean=1, gain_scale=0, decay=False,
    )  # fmt: skip
    circuits, (inputs, targets) = plain_circuits(species)
    born = circuits.W
    circuits.forward(inputs)
    activity = np.concatenate([circuits.x, circuits.y], axis=1)
    potential = potential_gradient(species, born, activity, targets - circuits.y)
    gradient = circuits.A * weight_gradient(species.layout, potential, activity)
    total = np.zeros_like(born)
    for _ in range(3000):
        circuits.W = born
        present(circuits, inputs, targets)
        total += circuits.W - born
    cosines = (total * gradient).sum(axis=(1, 2)) / np.sqrt(
        (total**2).sum(axis=(1, 2)) * (gradient**2).sum(axis=(1, 2))
    )
    assert (cosines > 0.97).all()
    # not only the direction: the size too
    np.testing.assert_allclose((total * gradient).sum() / 3000 / (gradient**2).sum(), 1, atol=0.1)
    # activities are those without noise, and the feedback is left alone
    np.testing.assert_array_equal(circuits.x, activity[:, : species.layout.units])


@pytest.mark.parametrize("wiring", ["layered", "amorphous"])
def test_the_weight_mirror_learns_the_transpose(wiring):
    species = make_species(
        (4, 3), rule="weight-mirror", wiring=wiring, density=(1, 1), decay=False, gain_mean=0, gain_scale=0,
        gain_mean_descending=0.05, life={"batch": 40, "tasks": 1},
    )  # fmt: skip
    circuits, samples = plain_circuits(species)
    born, mirrored = circuits.W.copy(), species.mirror(circuits.W)
    before = np.abs(circuits.V - mirrored).mean()
    for _ in range(400):
        present(circuits, *samples)
    np.testing.assert_array_equal(circuits.W, born)
    difference = np.abs(circuits.V - mirrored).mean()
    assert difference < 0.1 * before
    for own, wanted in zip(circuits.V, mirrored, strict=True):
        assert np.corrcoef(own[wanted != 0], wanted[wanted != 0])[0, 1] > 0.99
    assert (circuits.V[~circuits.B] == 0).all()


def test_sign_symmetry_has_the_signs_of_the_transpose_and_sizes_of_its_own():
    species = make_species(rule="sign-symmetry", density=(1, 1), gain_scale=0.5, life={"signal_clip": 1e9, "tasks": 1})
    circuits, samples = plain_circuits(species)
    sizes, signs = np.abs(circuits.V), []
    for _ in range(30):
        np.testing.assert_array_equal(np.abs(circuits.V), sizes)
        there = circuits.B & (species.mirror(circuits.W) != 0)
        np.testing.assert_array_equal(np.sign(circuits.V)[there], np.sign(species.mirror(circuits.W))[there])
        signs.append(np.sign(circuits.V))
        present(circuits, *samples)
        circuits.clip()
    assert (signs[0] != signs[-1]).any()  # they follow


def test_direct_feedback_hears_outputs_only():
    layout = Layout(4, (3, 2), 2)
    near, direct = (WIRINGS["layered"](feedback_from=who).allowed(layout) for who in ("neighbours", "outputs"))
    np.testing.assert_array_equal(near.ascending, direct.ascending)
    assert direct.descending[:, layout.hidden :].all()
    assert not direct.descending[:, : layout.hidden].any()
    assert near.descending[:3, 3:5].all()
    species = make_species((3, 2), wiring="layered", rule="fixed-feedback", options={"feedback_from": "outputs"})
    assert not make_population(species).mask_descending[:, :, : layout.hidden].any()
    assert make_population(species).mask_descending.any()


@pytest.mark.parametrize("rule", ["weight-mirror", "node-perturbation"])
def test_rules_that_draw_noise_ask_for_generators(rule):
    species = make_species(rule=rule)
    assert species.circuit == "plain"
    genes = make_population(species)
    innate = draw_innate_weights(species, genes, np.arange(3), SEED, 0)
    with pytest.raises(ValueError, match="draws noise"):
        model.live(species, genes, innate, experience(species, SEED, 0).training)


def test_with_hebbian_hidden_neurons_the_outputs_alone_hear_of_errors():
    species = make_species(rule="hebbian-hidden", term_scale=0.2, life={"tasks": 1})
    circuits, (inputs, targets) = plain_circuits(species)
    hidden, genes = species.layout.hidden, circuits.genes
    circuits.forward(inputs)
    circuits.backward(targets - circuits.y)
    x, q, W, V = circuits.x, circuits.q, circuits.W.copy(), circuits.V.copy()
    circuits.update()
    neurons, samples = x[:, species.layout.input_units :], inputs.shape[2]
    change = circuits.W - W * (1 - genes["decay_ascending"].astype(float)[:, None, None])
    hebbian = genes["hebbian_ascending"][:, :hidden, None] * (neurons @ x.swapaxes(1, 2)) / samples
    errors = genes["gains_ascending"][:, hidden:, None] * (q[:, hidden:] @ x.swapaxes(1, 2)) / samples
    expected = genes.mask_ascending * np.concatenate([hebbian, errors], axis=1)
    np.testing.assert_allclose(change, expected, atol=1e-12)
    np.testing.assert_array_equal(circuits.V, V)
