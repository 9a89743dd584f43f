"""Sparse circuits against the plain model and the dense kernel: the same structure and weights, the same lives."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.populations import model
from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.birth import Weights
from hetevo.populations.circuits import draw_founders
from hetevo.populations.evaluation import evaluate
from hetevo.populations.experience import experience
from hetevo.populations.genome import Population
from hetevo.populations.kernel.life import live_block
from hetevo.populations.rules import HOMOSYNAPTIC, RULES
from hetevo.populations.sparse.birth import Wiring, draw_synapse_weights
from hetevo.populations.sparse.life import live_sparse
from hetevo.populations.synapses import Structure, to_mask
from hetevo.populations.wiring import WIRINGS

LISTED = sorted(name for name, family in WIRINGS.own.items() if family.listed)


def make_sparse(*arguments, **changes):
    """Return a species in sparse storage, and the same with matrices."""
    dense = make_species(*arguments, **changes)
    return replace(dense, network=replace(dense.network, storage="sparse")), dense


def with_matrices(species, genes):
    """Return genes whose wirings are matrices."""
    layout = species.layout
    shapes = {"mask_ascending": (layout.neurons, layout.units), "mask_descending": (layout.hidden, layout.neurons)}
    return Population({n: to_mask(genes[n], shapes[n]) if n in shapes else genes[n] for n in genes})


def live_all(species, dense, seed=3, dtype=np.float64):
    """Let one individual live in three ways, from the same synapses and weights; return the last weights of each."""
    genes, lived = draw_founders(species, seed, 1), experience(species, seed, 0)
    wiring = Wiring.of(species, genes)
    innate = draw_synapse_weights(species, genes, wiring, 0, seed, 0)
    ended, diverged = live_sparse(species, genes, wiring, innate, lived, dtype=dtype)
    assert not diverged.any()
    up, down = wiring.ascending, wiring.descending
    sparse = Weights(
        np.stack([up.dense(circuit.weights["ascending"]) for circuit in ended]),
        np.stack([down.dense(circuit.weights["descending"]) for circuit in ended]),
    )
    born = Weights(up.dense(innate.ascending)[None], down.dense(innate.descending)[None])
    plain = model.live(dense, with_matrices(dense, genes), born, lived.training)
    kernel = live_block(dense, with_matrices(dense, genes), born, lived, dtype=dtype).circuits.whole()
    return sparse, Weights(plain.W, plain.V), kernel


def assert_equal_lives(species, dense, seed=3, dtype=np.float64, tolerance=1e-10):
    sparse, plain, kernel = live_all(species, dense, seed, dtype)
    for other in (plain, kernel):
        np.testing.assert_allclose(sparse.ascending, other.ascending, rtol=tolerance, atol=tolerance)
        if not species.rule.transport:  # then the last ones are never used
            np.testing.assert_allclose(sparse.descending, other.descending, rtol=tolerance, atol=tolerance)


@given(
    levels=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 3),
    batch=st.integers(1, 4),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    wiring=st.sampled_from(LISTED),
    density=st.tuples(st.floats(0.05, 0.9), st.floats(0.05, 0.9)),
    gains=st.floats(0, 0.3),
    derivative=st.booleans(),
    bias=st.booleans(),
    dale=st.booleans(),
    transposed=st.booleans(),
    single=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_sparse_lives_equal_dense_ones(
    levels, inputs, outputs, batch, activation, wiring, density, gains, derivative, bias, dale, transposed, single, seed
):
    life = {"presentations": 6, "batch": batch, "tasks": 2, "clip_every": 3}
    pair = make_sparse(
        levels,
        inputs=inputs,
        outputs=outputs,
        task="linear",
        activation=activation,
        wiring=wiring,
        density=(density[0], density[0]) if transposed else density,
        transposed=transposed,
        derivative=derivative,
        bias=bias,
        dale=dale,
        life=life,
        gain_scale=gains,
    )
    precision = {"dtype": np.float32, "tolerance": 2e-4} if single else {}
    assert_equal_lives(*pair, seed, **precision)


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if not rule.is_plain])
@pytest.mark.parametrize("terms", [(), ("hebbian",), ("presynaptic", "oja"), HOMOSYNAPTIC])
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("dale", [False, True])
def test_every_rule_and_term_is_that_of_matrices(rule, terms, batch, dale):
    if dale and RULES[rule].transport:
        return  # refused, see test_dale
    species, dense = make_sparse(rule=rule, terms=terms, term_scale=0.05, life={"batch": batch}, dale=dale)
    assert_equal_lives(species, dense)


@pytest.mark.parametrize("kinds", [{"momentum": 0.8}, {"signs": True}, {"momentum": 0.5, "signs": True}])
@pytest.mark.parametrize("terms", [(), HOMOSYNAPTIC])
@pytest.mark.parametrize("dale", [False, True])
def test_filtered_and_scaled_signals_are_those_of_matrices(kinds, terms, dale):
    pair = make_sparse(terms=terms, gain_scale=0.03, term_scale=0.02, dale=dale)
    assert_equal_lives(*(replace(species, rule=replace(species.rule, **kinds)) for species in pair))


@pytest.mark.parametrize("start", ["random", "transposed"])
@pytest.mark.parametrize("wiring", ["amorphous", "recurrent"])
def test_shared_gains_and_a_transposed_start_are_those_of_matrices(start, wiring):
    pair = make_sparse(wiring=wiring, gains_shared=True, descending_start=start, innate_scale=(0.5, 2.0))
    assert_equal_lives(*pair)
    genes = draw_founders(pair[0], 0, 1)
    born = draw_synapse_weights(pair[0], genes, Wiring.of(pair[0], genes), 0, 0, 0)
    assert (born.descending != 0).any()


def test_many_parts_are_one(monkeypatch):
    monkeypatch.setattr("hetevo.populations.sparse.circuit.PART", 20)
    assert_equal_lives(*make_sparse((6, 5), terms=HOMOSYNAPTIC, term_scale=0.05))


def test_a_diverging_life_is_told_from_others():
    species, _ = make_sparse(activation="linear", gain_scale=30.0, life={"presentations": 200, "weight_clip": np.inf})
    genes = draw_founders(species, 0, 2)
    genes["gains_ascending"][1] = genes["gains_descending"][1] = 0
    found = evaluate(species, genes, np.arange(2), seed=0, generation=0)
    assert found.status.tolist() == [1, 0]
    assert found.loss[0] == species.lifetime.loss_cap


def test_bits_of_a_network_do_not_depend_on_its_block():
    species, _ = make_sparse((6, 5), gain_scale=0.03)
    genes = draw_founders(species, 5, 4)
    whole = evaluate(species, genes, np.arange(4), seed=5, generation=2, block=4)
    for row in range(4):
        alone = evaluate(species, genes.take(slice(row, row + 1)), np.array([row]), seed=5, generation=2)
        assert alone.loss == whole.loss[row]


def test_passes_share_the_weights_that_change():
    structure = Structure(np.arange(100), (10, 10))
    values = np.ones(100, np.float32)
    matrix = structure.matrix(values, slice(8, 9))
    values[:] = 2
    assert matrix.sum() == 20
