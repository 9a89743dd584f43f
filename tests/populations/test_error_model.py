"""Circuits with error neurons: the kernel against the plain model, and cases whose outcome is known."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_error_species, make_population, make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.populations import error_model, model
from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.birth import Weights, draw_error_weights
from hetevo.populations.error_neurons import KINDS, error_layout
from hetevo.populations.experience import experience
from hetevo.populations.genome import Population
from hetevo.populations.kernel.life import live_block
from hetevo.populations.wiring import WIRINGS

FLAT = sorted(name for name, family in WIRINGS.items() if not family.recurrent)


def assert_equal_to_the_kernel(species, genes, seed=3, dtype=np.float64, tolerance=1e-10):
    """Live in the plain model and in the kernel, and compare all weights at the end."""
    lived = experience(species, seed, 0)
    innate = draw_error_weights(species, genes, np.arange(genes.size), seed, 0)
    fast = live_block(species, genes, innate, lived, dtype=dtype).circuits.whole()
    plain = error_model.live(species, genes, innate, lived.training)
    for found, expected in zip(fast, (plain.W, plain.L, plain.V, plain.U), strict=True):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@given(
    sizes=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=3),
    same=st.booleans(),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 3),
    batch=st.integers(1, 4),
    tasks=st.integers(1, 3),
    activations=st.tuples(st.sampled_from(sorted(ACTIVATIONS)), st.sampled_from(["tanh", "linear"])),
    wiring=st.sampled_from(FLAT),
    density=st.floats(0.1, 1),
    gains=st.floats(0, 0.3),
    plastic=st.sets(st.sampled_from(KINDS)),
    decay=st.sampled_from(["constant", "gated"]),
    derivative=st.booleans(),
    shared=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_life_equals_the_model(
    sizes,
    same,
    inputs,
    outputs,
    batch,
    tasks,
    activations,
    wiring,
    density,
    gains,
    plastic,
    decay,
    derivative,
    shared,
    seed,
):
    levels, errors = zip(*sizes, strict=True)
    species = make_error_species(
        levels,
        errors={
            "sizes": "same" if same else errors,
            "activation": activations[1],
            "density_sensing": density,
            "density_teaching": density,
            "plastic": tuple(plastic),
            "decay": decay,
        },
        inputs=inputs,
        outputs=outputs,
        task="linear",
        activation=activations[0],
        wiring=wiring,
        density=(density, density),
        derivative=derivative,
        gains_shared=shared,
        life={"presentations": 6, "batch": batch, "tasks": tasks, "clip_every": 3},
        gain_scale=gains,
        decay_log_mean=-3.0,
    )
    assert_equal_to_the_kernel(species, make_population(species, 2, seed), seed)


@pytest.mark.parametrize("rule", ["heterosynaptic", "fixed-feedback", "none"])
@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("decay", ["constant", "gated"])
def test_single_precision_stays_close_to_the_model(rule, batch, decay):
    life = {"presentations": 30, "batch": batch}
    species = make_error_species((9, 7), errors={"sizes": (4, 11), "decay": decay}, rule=rule, life=life)
    assert_equal_to_the_kernel(species, make_population(species), dtype=np.float32, tolerance=5e-4)


def test_decay_laid_out_and_by_kind_equal_the_model():
    species = make_error_species((40, 40), life={"presentations": 3, "tasks": 1})
    assert_equal_to_the_kernel(species, make_population(species))


def test_clipping_bites_where_the_model_clips():
    life = {"weight_clip": 0.3, "presentations": 5, "signal_clip": 0.2}
    species = make_error_species(activation="linear", gain_scale=1.0, life=life)
    assert_equal_to_the_kernel(species, make_population(species), tolerance=1e-8)


def test_what_is_not_plastic_never_changes():
    species = make_error_species(errors={"plastic": ("teaching",)})
    genes = make_population(species)
    innate = draw_error_weights(species, genes, np.arange(3), 0, 0)
    ended = live_block(species, genes, innate, experience(species, 0, 0)).circuits.whole()
    for kind, before, after in zip(KINDS, innate, ended, strict=True):
        assert (np.repeat(before, 2, axis=0) == after).all() == (kind != "teaching")


def draw_circuits(sizes, errors, seed=0, **settings):
    """Return circuits of one life with complete layered wiring and linear error neurons."""
    species = make_error_species(
        sizes,
        errors={"sizes": errors, "activation": "linear", "density_sensing": 1, "density_teaching": 1},
        density=(1, 1),
        life={"tasks": 1, "signal_clip": 1e9},
        **settings,
    )
    genes = make_population(species, 2, seed)
    return species, genes, draw_error_weights(species, genes, np.arange(2), seed, 0)


def test_one_error_neuron_an_output_beside_one_level_is_a_circuit_with_two_pathways():
    """With U = 1 fixed the error neurons repeat the outputs' errors, so that V is a direct pathway."""
    species, genes, innate = draw_circuits((5,), (2,))
    species = replace(species, error_neurons=replace(species.error_neurons, plastic=("ascending", "teaching")))
    innate = innate._replace(descending=np.broadcast_to(np.eye(2, 4, 2), (2, 2, 4)).astype(np.float64))
    lived = experience(species, 0, 0)
    ended = error_model.live(species, genes, innate, lived.training)
    # the same genes and weights in a circuit with two pathways
    twin = make_species((5,), wiring="layered", density=(1, 1), life={"tasks": 1, "signal_clip": 1e9})
    own = dict(make_population(twin, 2))
    own |= {name: genes[name] for name in ("gains_ascending", "decay_ascending")}
    own |= {f"{gene}_descending": genes[f"{gene}_teaching"] for gene in ("gains", "decay")}
    direct = np.concatenate([np.zeros((2, 5, 5)), innate.teaching], axis=2)
    same = model.live(twin, Population(own), Weights(innate.ascending, direct), lived.training)
    np.testing.assert_allclose(ended.W, same.W, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ended.V, same.V[:, :, 5:], rtol=1e-12, atol=1e-14)
    assert np.abs(ended.W - np.asarray(innate.ascending)).max() > 0.01


@pytest.mark.parametrize(
    ("sizes", "activation"), [((5,), "tanh"), ((4,), "softplus"), ((5, 3), "linear"), ((3, 4, 2), "linear")]
)
@pytest.mark.parametrize("shared", [0.05, -0.2])
def test_symmetric_circuits_descend_the_gradient(sizes, activation, shared):
    """Where error neurons stand for the level above and V, U are W transposed, dW is the gain times minus the gradient.

    They carry no slope of the level above, so that with several levels neurons must be linear.
    """
    species, genes, innate = draw_circuits(sizes, (*sizes[1:], 2), activation=activation)
    genes = Population(
        {
            name: np.full_like(v, shared) if "gains" in name else v * 0 if "decay" in name else v
            for name, v in genes.items()
        }
    )
    layout, errors = species.layout, error_layout(species)
    V, U = np.zeros_like(innate.teaching), np.zeros_like(innate.descending)
    rows = [*layout.level_slices, slice(layout.hidden, layout.neurons)]
    spans = [*errors.level_slices, slice(errors.hidden, errors.neurons)]
    U[:, spans[-2], spans[-1]] = np.eye(2)
    for level in range(len(sizes)):
        columns = slice(layout.input_units + rows[level].start, layout.input_units + rows[level].stop)
        V[:, rows[level], spans[level]] = innate.ascending[:, rows[level + 1], columns].swapaxes(1, 2)
        if level:
            U[:, spans[level - 1], spans[level]] = innate.ascending[:, rows[level + 1], columns].swapaxes(1, 2)
    circuits = error_model.ErrorNeuronCircuits(species, genes, innate._replace(teaching=V, descending=U))
    rng = np.random.default_rng(0)
    inputs, targets = rng.standard_normal((2, layout.input_units, 6)), rng.standard_normal((2, 2, 6))
    before = circuits.W.copy()

    def loss():
        circuits.forward(inputs)
        return ((targets - circuits.y) ** 2).sum(axis=1).mean(axis=1) / 2

    # central differences, a synapse at a time
    gradient, step = np.zeros_like(before), 1e-6
    for place in zip(*np.nonzero(genes["mask_ascending"][0]), strict=True):
        for sign in (1, -1):
            circuits.W = before.copy()
            circuits.W[:, *place] += sign * step
            gradient[:, *place] += sign * loss() / (2 * step)
    circuits.W = before.copy()
    circuits.forward(inputs)
    circuits.backward(targets - circuits.y)
    circuits.update()
    np.testing.assert_allclose(circuits.W - before, -shared * gradient, atol=1e-8)
    assert np.abs(gradient).max() > 0.01
