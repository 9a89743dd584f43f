"""The batched lifetime against the per-network twin."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_population, make_species
from hypothesis import given
from hypothesis import strategies as st
from twin import Twin

from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.experience import experience
from hetevo.populations.genome import term_gene
from hetevo.populations.kernel.life import live_block
from hetevo.populations.rules import HOMOSYNAPTIC, RULES
from hetevo.populations.wiring import WIRINGS


def twin_weights(species, genes, innate, lived, individual, task):
    """Live one life of one individual in the twin and return its final weights as arrays."""
    layout, life = species.layout, species.life
    twin = Twin(
        layout.input_units,
        layout.hidden,
        layout.outputs,
        innate.ascending[individual],
        innate.descending[individual],
        species.activation,
        species.derivative,
        species.settle if species.family.recurrent else 0,
    )
    heterosynaptic = [
        np.broadcast_to(genes[f"gains_{pathway}"][individual], rows).astype(float)
        for pathway, rows in (("ascending", layout.neurons), ("descending", layout.hidden))
    ]
    terms = {}
    for number, pathway in enumerate(("ascending", "descending")):
        used = species.rule.terms(pathway)
        for name in used:
            if name in HOMOSYNAPTIC:
                rows = len(heterosynaptic[number])
                terms[pathway, name] = np.broadcast_to(genes[term_gene(pathway, name)][individual], rows).astype(float)
        if "heterosynaptic" not in used:
            heterosynaptic[number] = 0 * heterosynaptic[number]
    decays = [
        float(genes[f"decay_{p}"][individual]) if species.rule.terms(p) else 0.0 for p in ("ascending", "descending")
    ]
    for t in range(life.presentations):
        samples, targets = lived.training.inputs[task, t].T, lived.training.targets[task, t].T
        gains = heterosynaptic, terms, decays
        rule = species.rule
        kinds = {"shuffled": rule.shuffled, "momentum": rule.momentum, "signs": rule.signs}
        twin.present(samples, targets, *gains, life.signal_clip, **kinds)
        if (t + 1) % life.clip_every == 0 or t + 1 == life.presentations:
            twin.clip_weights(life.weight_clip)
    ascending, descending = np.zeros_like(innate.ascending[0]), np.zeros_like(innate.descending[0])
    for key, value in twin.W.items():
        ascending[key] = value
    for key, value in twin.V.items():
        descending[key] = value
    return ascending, descending


def assert_twins(species, genes, seed=3, dtype=np.float64, tolerance=1e-10):
    lived = experience(species, seed, 0)
    innate = draw_innate_weights(species, genes, np.arange(genes.size), seed, 0)
    innate = type(innate)(*(weights.astype(np.float64) for weights in innate))
    ended = live_block(species, genes, innate, lived, dtype=dtype).circuits.whole()
    for individual in range(genes.size):
        for task in range(species.life.tasks):
            expected = twin_weights(species, genes, innate, lived, individual, task)
            row = individual * species.life.tasks + task
            np.testing.assert_allclose(ended.ascending[row], expected[0], rtol=tolerance, atol=tolerance)
            np.testing.assert_allclose(ended.descending[row], expected[1], rtol=tolerance, atol=tolerance)


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
    seed=st.integers(0, 2**32),
)
def test_lifetime_equals_the_twin(
    levels, inputs, outputs, batch, activation, wiring, density, gains, derivative, bias, seed
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
        life=life,
        gain_scale=gains,
    )
    assert_twins(species, make_population(species, 2, seed), seed)


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if not rule.transport and not rule.readout_only])
@pytest.mark.parametrize("terms", [(), ("hebbian",), ("presynaptic", "oja"), HOMOSYNAPTIC])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("batch", [1, 5])
def test_every_rule_and_term_equals_the_twin(rule, terms, shared, batch):
    species = make_species(rule=rule, terms=terms, term_scale=0.05, terms_shared=shared, life={"batch": batch})
    assert_twins(species, make_population(species))


@pytest.mark.parametrize("terms", [(), HOMOSYNAPTIC])
@pytest.mark.parametrize("kinds", [{"momentum": 0.8}, {"signs": True}, {"momentum": 0.5, "signs": True}])
@pytest.mark.parametrize("batch", [1, 5])
def test_filtered_and_scaled_signals_equal_the_twin(terms, kinds, batch):
    species = make_species(terms=terms, gain_scale=0.03, term_scale=0.02, life={"batch": batch})
    species = replace(species, rule=replace(species.rule, **kinds))
    assert_twins(species, make_population(species))


@pytest.mark.parametrize("settle", [1, 2, 6])
@pytest.mark.parametrize("wiring", ["cortical", "recurrent"])
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("rule", ["heterosynaptic", "shuffled-signal", "hebbian"])
def test_settling_equals_the_twin(settle, wiring, batch, rule):
    species = make_species(wiring=wiring, settle=settle, rule=rule, life={"batch": batch})
    assert_twins(species, make_population(species))


@pytest.mark.parametrize("terms", [(), HOMOSYNAPTIC])
def test_shared_coefficients_are_those_of_every_neuron(terms):
    shared = {"gains_shared": True, "terms_shared": True, "term_scale": 0.05}
    species = make_species(terms=terms, gain_mean_descending=0.3, innate_scale=(0.5, 2.0), **shared)
    genes = make_population(species)
    assert genes.gains_ascending.shape == genes.gains_descending.shape == (3, 1)
    assert abs(genes.gains_descending.mean() - 0.3) < 0.2
    assert_twins(species, genes)


def test_single_precision_stays_close_to_the_twin():
    species = make_species((5, 4), life={"presentations": 40})
    assert_twins(species, make_population(species), dtype=np.float32, tolerance=2e-4)


def test_clipping_bites_where_the_twin_clips():
    species = make_species(gain_scale=1.5, activation="linear", life={"weight_clip": 0.5, "presentations": 5})
    assert_twins(species, make_population(species), tolerance=1e-8)
