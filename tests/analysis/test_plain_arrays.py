"""Measures on anybody's arrays: one network or many, without Hetevo's layout."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

import hetevo
from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout

RNG = np.random.default_rng(5)
N, n, m, S = 3, 4, 6, 10
UPDATE, GRADIENT, WEIGHTS, CARRIED = RNG.standard_normal((4, N, n, m))
MASK = RNG.random((N, n, m)) < 0.7
ROWS, GAINS = RNG.standard_normal((2, N, n))
SIGNAL, SLOPE = RNG.standard_normal((2, N, n, S))
SENDERS = RNG.standard_normal((N, m, S))
DECAY = RNG.random(N)

CALLS = {
    "alignment": (hetevo.alignment, (UPDATE, GRADIENT, MASK)),
    "alignment of all": (hetevo.alignment, (UPDATE, GRADIENT)),
    "by neuron": (hetevo.alignment_by_neuron, (UPDATE, GRADIENT, MASK)),
    "by level": (hetevo.alignment_by_level, (UPDATE, GRADIENT, MASK, [slice(0, 2), slice(2, 4)])),
    "by sample": (hetevo.sample_alignment, (SIGNAL, SLOPE, SENDERS, MASK)),
    "consistency": (hetevo.consistency, (GAINS, SIGNAL, SLOPE)),
    "optimiser": (hetevo.equivalent_optimiser, (UPDATE, GRADIENT, MASK)),
    "whole change": (hetevo.full_change, (UPDATE, GRADIENT, WEIGHTS, DECAY, CARRIED, MASK)),
    "hebbian": (hetevo.hebbian_index, (UPDATE, GRADIENT, MASK)),
    "factors": (hetevo.alignment_factors, (UPDATE, GRADIENT, MASK)),
    "weights of neurons": (hetevo.neuron_weights, (UPDATE, GRADIENT, MASK)),
    "effective neurons": (hetevo.effective_neurons, (np.abs(ROWS),)),
    "weighted consistency": (hetevo.weighted_consistency, (GAINS, np.abs(GAINS), np.abs(ROWS))),
    "products of gains": (hetevo.gain_product_share, (GAINS, ROWS, np.abs(ROWS))),
    "matrix": (hetevo.matrix_stability, (SIGNAL, SLOPE)),
    "overlap": (hetevo.hebbian_overlap, (UPDATE, GRADIENT, MASK)),
    "rank": (hetevo.stable_rank, (UPDATE,)),
    "signs": (hetevo.sign_agreement, (ROWS, GAINS)),
    "drift": (hetevo.feedback_drift, (UPDATE, WEIGHTS)),
    "gap": (hetevo.feedback_gap, (UPDATE, WEIGHTS, MASK)),
    "weights": (hetevo.weight_alignment, (UPDATE, WEIGHTS, MASK)),
    "loss": (hetevo.probe_loss, (SIGNAL, SLOPE)),
}


def parts(found):
    if is_dataclass(found):
        return [getattr(found, field.name) for field in fields(found)]
    return list(found) if isinstance(found, tuple) else [found]


def own(value, network):
    if not isinstance(value, np.ndarray):
        return value
    return float(value[network]) if value.ndim == 1 else value[network]


@pytest.mark.parametrize("name", CALLS)
def test_a_single_network_is_one_of_many(name):
    measure, given = CALLS[name]
    many = parts(measure(*given))
    for network in range(N):
        single = parts(measure(*(own(value, network) for value in given)))
        for whole, alone in zip(many, single, strict=True):
            assert np.shape(alone) == np.shape(whole)[1:]
            assert np.allclose(alone, whole[network], equal_nan=True)


@pytest.mark.parametrize("name", CALLS)
def test_other_shapes_are_explained(name):
    measure, given = CALLS[name]
    with pytest.raises(SettingError, match="networks first"):
        measure(given[0][None], *given[1:])


def test_names_of_a_single_optimiser():
    assert hetevo.equivalent_optimiser(2 * GRADIENT[0], GRADIENT[0], MASK[0]).names() == ["SGD"]


def test_a_layout_leaves_outputs_out():
    layout = Layout(2, (3,), 1)
    rows = np.s_[:, :3]
    assert np.array_equal(
        hetevo.alignment(UPDATE, GRADIENT, MASK, layout), hetevo.alignment(UPDATE[rows], GRADIENT[rows], MASK[rows])
    )
    with_names = hetevo.alignment(update=UPDATE[0], gradient=GRADIENT[0], mask=MASK[0], layout=layout)
    assert with_names == hetevo.alignment(UPDATE, GRADIENT, MASK, layout)[0]
