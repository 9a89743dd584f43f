"""The kernel against the plain model: short lives, since long ones are chaotic, in double precision."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_population, make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.populations import model
from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.experience import experience
from hetevo.populations.kernel.life import live_block
from hetevo.populations.rules import HOMOSYNAPTIC, RULES
from hetevo.populations.wiring import WIRINGS


def assert_equal_to_the_kernel(species, genes, seed=3, dtype=np.float64, tolerance=1e-10):
    """Live in the plain model and in the kernel, and compare all weights at the end."""
    lived = experience(species, seed, 0)
    innate = draw_innate_weights(species, genes, np.arange(genes.size), seed, 0)
    fast = live_block(species, genes, innate, lived, dtype=dtype).circuits.whole()
    plain = model.live(species, genes, innate, lived.training)
    # transported weights are those of the moment, so that the last ones are never used
    descending = species.mirror(plain.W) if species.rule.transport else plain.V
    np.testing.assert_allclose(fast.ascending, plain.W, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(fast.descending, descending, rtol=tolerance, atol=tolerance)


@given(
    levels=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 3),
    batch=st.integers(1, 4),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    wiring=st.sampled_from(sorted(WIRINGS)),
    density=st.tuples(st.floats(0.05, 1), st.floats(0.05, 1)),
    gains=st.floats(0, 0.3),
    derivative=st.booleans(),
    bias=st.booleans(),
    dale=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_life_equals_the_model(
    levels, inputs, outputs, batch, activation, wiring, density, gains, derivative, bias, dale, seed
):
    life = {"presentations": 6, "batch": batch, "tasks": 2, "clip_every": 3}
    species = make_species(
        levels,
        inputs=inputs,
        outputs=outputs,
        task="linear",
        activation=activation,
        wiring=wiring,
        density=density,
        derivative=derivative,
        bias=bias,
        dale=dale,
        life=life,
        gain_scale=gains,
    )
    assert_equal_to_the_kernel(species, make_population(species, 2, seed), seed)


@pytest.mark.parametrize("rule", [name for name in RULES if not RULES[name].is_plain])
@pytest.mark.parametrize("terms", [(), ("hebbian",), ("presynaptic", "oja"), HOMOSYNAPTIC])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("dale", [False, True])
def test_every_rule_and_term_equals_the_model(rule, terms, shared, batch, dale):
    if dale and RULES[rule].transport:
        return  # refused, see test_dale
    life = {"batch": batch}
    species = make_species(rule=rule, terms=terms, term_scale=0.05, terms_shared=shared, life=life, dale=dale)
    assert_equal_to_the_kernel(species, make_population(species))


@pytest.mark.parametrize("terms", [(), HOMOSYNAPTIC])
@pytest.mark.parametrize("kinds", [{"momentum": 0.8}, {"signs": True}, {"momentum": 0.5, "signs": True}])
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("dale", [False, True])
def test_filtered_and_scaled_signals_equals_the_model(terms, kinds, batch, dale):
    species = make_species(terms=terms, gain_scale=0.03, term_scale=0.02, life={"batch": batch}, dale=dale)
    species = replace(species, rule=replace(species.rule, **kinds))
    assert_equal_to_the_kernel(species, make_population(species))


@pytest.mark.parametrize("settle", [1, 2, 6])
@pytest.mark.parametrize("wiring", ["cortical", "recurrent"])
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("rule", ["heterosynaptic", "shuffled-signal", "hebbian"])
@pytest.mark.parametrize("dale", [False, True])
def test_settling_equals_the_model(settle, wiring, batch, rule, dale):
    species = make_species(wiring=wiring, settle=settle, rule=rule, life={"batch": batch}, dale=dale)
    assert_equal_to_the_kernel(species, make_population(species))


@pytest.mark.parametrize("terms", [(), HOMOSYNAPTIC])
def test_shared_coefficients_are_those_of_every_neuron(terms):
    shared = {"gains_shared": True, "terms_shared": True, "term_scale": 0.05}
    species = make_species(terms=terms, gain_mean_descending=0.3, innate_scale=(0.5, 2.0), **shared)
    genes = make_population(species)
    assert genes.gains_ascending.shape == genes.gains_descending.shape == (3, 1)
    assert abs(genes.gains_descending.mean() - 0.3) < 0.2
    assert_equal_to_the_kernel(species, genes)


def test_single_precision_stays_close_to_the_model():
    species = make_species((5, 4), life={"presentations": 40})
    assert_equal_to_the_kernel(species, make_population(species), dtype=np.float32, tolerance=2e-4)


def test_clipping_bites_where_the_model_clips():
    species = make_species(gain_scale=1.5, activation="linear", life={"weight_clip": 0.5, "presentations": 5})
    assert_equal_to_the_kernel(species, make_population(species), tolerance=1e-8)
