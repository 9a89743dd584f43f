"""Measures that a probe records, by idea.

=============  ==================================================================================
`alignment`    cosine of the update with the gradient: pooled, by level, neuron and sample; what a
               random direction has; that of single layers whose rule is inherited
`factors`      the alignment as a product of match, quality and agreement; what each neuron counts
`curve`        the change of a neuron's synapses at each activity at which it could be held
`consistency`  scores phi, heterosynaptic stability, dynamical consistency, sign coherence; weighted
`matrix`       heterosynaptic stability with a matrix H
`modularity`   how far the ascending graph falls into parts
`swaps`        alignment with the weights of one pathway as they were at birth
`optimiser`    the gradient method that the update, or the whole change, comes nearest to
`hebbian`      correlation of weight changes with co-activity, and of their signs; what gains predict
`sparse`       the same of sparse circuits, where it needs no matrices
`state`        loss, coefficients of the rule, products of gains, drift, change and rank of V, and
               its alignment with W transposed
`view`         what a measure looks at
=============  ==================================================================================

To add one, write a function from a `View` to named columns and name it in `MEASURES`; the records get a column
``<column>_<stage>`` for each, and the contract tests run over every entry. One of another package is taken by runs that
name it in ``[probe] measures`` (`hetevo.populations.registry`).
"""

from typing import Any

from hetevo.analysis.measures.alignment import (
    alignment,
    alignment_by_level,
    alignment_by_neuron,
    alignment_columns,
    alignment_neuron_columns,
    angle,
    isotropic_band,
    isotropic_columns,
    level_columns,
    sample_alignment,
    sample_columns,
)
from hetevo.analysis.measures.consistency import (
    Consistency,
    WeightedConsistency,
    consistency,
    consistency_columns,
    neuron_columns,
    score_size_columns,
    weighted_consistency,
)
from hetevo.analysis.measures.curve import curve_columns
from hetevo.analysis.measures.factors import (
    Factors,
    alignment_factors,
    effective_columns,
    effective_neurons,
    factor_columns,
    neuron_weights,
)
from hetevo.analysis.measures.hebbian import (
    direction_columns,
    flipped_columns,
    hebbian_columns,
    hebbian_cosine,
    hebbian_index,
    hebbian_overlap,
    postsynaptic_columns,
    sign_agreement,
)
from hetevo.analysis.measures.matrix import MatrixStability, matrix_columns, matrix_stability
from hetevo.analysis.measures.modularity import modularity, modularity_columns
from hetevo.analysis.measures.optimiser import (
    Optimiser,
    change_columns,
    equivalent_optimiser,
    full_change,
    optimiser_columns,
)
from hetevo.analysis.measures.sparse import SPARSE, SparseView
from hetevo.analysis.measures.state import (
    accuracy_columns,
    coefficient_columns,
    feedback_columns,
    feedback_drift,
    feedback_gap,
    gain_columns,
    gain_product_share,
    gap_columns,
    loss_columns,
    probe_loss,
    rank_columns,
    size_columns,
    stable_rank,
    stationarity_columns,
    weight_alignment,
)
from hetevo.analysis.measures.swaps import swap_columns
from hetevo.analysis.measures.view import Measure, View, cosine
from hetevo.populations.registry import Registry
from hetevo.populations.species import Stage

_END: frozenset[Stage] = frozenset({"end"})


def _accept(found: Any) -> Measure:
    if isinstance(found, Measure):
        return found
    if not callable(found) or isinstance(found, type):
        raise TypeError(f"expected a Measure, or a function from a View to named columns, got {found!r}")
    return Measure(found, _END)


MEASURES: Registry[Measure] = Registry(
    "measure",
    {
        "alignment": Measure(alignment_columns),
        "levels": Measure(level_columns, _END),
        "factors": Measure(factor_columns, _END),
        "consistency": Measure(consistency_columns, _END),
        "gain products": Measure(gain_columns, _END),
        "neurons": Measure(neuron_columns, _END, instrument=True, bounded=False),
        "alignment by neuron": Measure(alignment_neuron_columns, _END, instrument=True),
        "samples": Measure(sample_columns, _END, instrument=True),
        "optimiser": Measure(optimiser_columns, _END, instrument=True, bounded=False),
        "whole change": Measure(change_columns, _END, instrument=True, bounded=False),
        "hebbian": Measure(hebbian_columns, instrument=True),
        "postsynaptic": Measure(postsynaptic_columns, _END, instrument=True),
        "coefficients": Measure(coefficient_columns, _END, instrument=True, bounded=False),
        "stationarity": Measure(stationarity_columns, instrument=True),
        "feedback gap": Measure(gap_columns, instrument=True, bounded=False),
        "loss": Measure(loss_columns, instrument=True, bounded=False),
        "isotropic": Measure(isotropic_columns, _END, instrument=True),
        "effective neurons": Measure(effective_columns, _END, instrument=True, bounded=False),
        "feedback change": Measure(feedback_columns, instrument=True, bounded=False),
        "feedback rank": Measure(rank_columns, instrument=True, bounded=False),
        "matrix stability": Measure(matrix_columns, _END, instrument=True),
        "swapped weights": Measure(swap_columns, _END, instrument=True),
        "feedback size": Measure(size_columns, instrument=True, bounded=False),
        "score size": Measure(score_size_columns, _END, instrument=True, bounded=False),
        "accuracy": Measure(accuracy_columns, named=True),
        "modularity": Measure(modularity_columns, _END, named=True, package="networkx", extra="graphs"),
        "plasticity curve": Measure(curve_columns, bounded=False, named=True),
        "hebbian cosine": Measure(direction_columns, named=True),
        "hebbian flipped": Measure(flipped_columns, _END, named=True),
    },
    _accept,
)
"""Measures that probes take, in the order of their columns; see `hetevo.analysis.probe`."""

__all__ = [
    "MEASURES",
    "SPARSE",
    "Consistency",
    "Factors",
    "MatrixStability",
    "Measure",
    "Optimiser",
    "SparseView",
    "View",
    "WeightedConsistency",
    "alignment",
    "alignment_by_level",
    "alignment_by_neuron",
    "alignment_factors",
    "angle",
    "consistency",
    "cosine",
    "effective_neurons",
    "equivalent_optimiser",
    "feedback_drift",
    "feedback_gap",
    "full_change",
    "gain_product_share",
    "hebbian_cosine",
    "hebbian_index",
    "hebbian_overlap",
    "isotropic_band",
    "matrix_stability",
    "modularity",
    "neuron_weights",
    "probe_loss",
    "sample_alignment",
    "sign_agreement",
    "stable_rank",
    "weight_alignment",
    "weighted_consistency",
]
