"""Circuits with error neurons: the kernel against the plain model, and cases whose outcome is known."""

from dataclasses import replace

import numpy as np
from builders import make_population, make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.populations import error_model
from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.birth import draw_error_weights
from hetevo.populations.error_neurons import KINDS
from hetevo.populations.experience import experience
from hetevo.populations.kernel.life import live_block
from hetevo.populations.rules import RULES
from hetevo.populations.settings import ErrorNeurons
from hetevo.populations.wiring import WIRINGS

FLAT = sorted(name for name, family in WIRINGS.items() if not family.recurrent)


def make_error_species(levels=(3, 2), *, errors=None, wiring="amorphous", rule="heterosynaptic", **settings):
    species = make_species(levels, wiring=wiring, rule="heterosynaptic", **settings)
    network = replace(species.network, circuit="error-neurons")
    return replace(species, network=network, rule=RULES[rule], error_neurons=ErrorNeurons(**(errors or {})))


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
