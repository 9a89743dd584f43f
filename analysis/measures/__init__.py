"""Measures that a probe records, by idea.

=============  ==================================================================================
`alignment`    cosine of the update with the gradient: pooled, by level, neuron and sample; what a
               random direction has; that of single layers whose rule is inherited
`consistency`  scores phi, heterosynaptic stability, dynamical consistency, sign coherence
`optimiser`    the gradient method that the update, or the whole change, comes nearest to
`hebbian`      correlation of weight changes with co-activity; the signs that gains predict
`sparse`       the same of sparse circuits, where it needs no matrices
`state`        loss, coefficients of the rule, drift of V, its alignment with W transposed
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
from hetevo.analysis.measures.consistency import Consistency, consistency, consistency_columns, neuron_columns
from hetevo.analysis.measures.hebbian import hebbian_columns, hebbian_index, postsynaptic_columns, sign_agreement
from hetevo.analysis.measures.optimiser import (
    Optimiser,
    change_columns,
    equivalent_optimiser,
    full_change,
    optimiser_columns,
)
from hetevo.analysis.measures.sparse import SPARSE, SparseView
from hetevo.analysis.measures.state import (
    coefficient_columns,
    feedback_drift,
    feedback_gap,
    gap_columns,
    loss_columns,
    probe_loss,
    stationarity_columns,
    weight_alignment,
)
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
        "consistency": Measure(consistency_columns, _END),
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
    },
    _accept,
)
"""Measures that probes take, in the order of their columns; see `hetevo.analysis.probe`."""

__all__ = [
    "MEASURES",
    "SPARSE",
    "Consistency",
    "Measure",
    "Optimiser",
    "SparseView",
    "View",
    "alignment",
    "alignment_by_level",
    "alignment_by_neuron",
    "angle",
    "consistency",
    "cosine",
    "equivalent_optimiser",
    "feedback_drift",
    "feedback_gap",
    "full_change",
    "hebbian_index",
    "isotropic_band",
    "probe_loss",
    "sample_alignment",
    "sign_agreement",
    "weight_alignment",
]
