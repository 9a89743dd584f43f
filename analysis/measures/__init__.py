"""Measures that a probe records, one idea a file.

================  ==============================================================================
`alignment`       cosine of the update with the gradient: pooled, by level, by neuron
`consistency`     scores phi, heterosynaptic stability, dynamical consistency, sign coherence
`samples`         cosine sample by sample: bias and variance
`optimiser`       the gradient method that the update comes nearest to
`hebbian`         correlation of weight changes with co-activity
`postsynaptic`    whether neurons are Hebbian or anti-Hebbian as the signs of their gains predict
`coefficients`    coefficients of the rule, where they are genes
`stationarity`    drift of V, its alignment with W transposed, and how far from it
`isotropic`       the cosine of a random direction
`loss`            loss on the probe batch, for learning curves
`layer`           the same questions about single layers whose rule is inherited
`view`            what a measure looks at
================  ==============================================================================

To add one, write a function from a `View` to named columns and name it in `MEASURES`; the records get a column
``<column>_<stage>`` for each, and the contract tests run over every entry.
"""

from hetevo.analysis.measures.alignment import (
    alignment,
    alignment_by_level,
    alignment_by_neuron,
    alignment_columns,
    angle,
    cosine,
    level_columns,
)
from hetevo.analysis.measures.alignment import neuron_columns as alignment_neuron_columns
from hetevo.analysis.measures.change import change_columns, full_change
from hetevo.analysis.measures.coefficients import coefficient_columns
from hetevo.analysis.measures.consistency import Consistency, consistency, consistency_columns, neuron_columns
from hetevo.analysis.measures.hebbian import hebbian_columns, hebbian_index
from hetevo.analysis.measures.isotropic import isotropic_band, isotropic_columns
from hetevo.analysis.measures.loss import loss_columns, probe_loss
from hetevo.analysis.measures.optimiser import Optimiser, equivalent_optimiser, optimiser_columns
from hetevo.analysis.measures.postsynaptic import postsynaptic_columns, sign_agreement
from hetevo.analysis.measures.samples import sample_alignment, sample_columns
from hetevo.analysis.measures.stationarity import (
    feedback_drift,
    feedback_gap,
    gap_columns,
    stationarity_columns,
    weight_alignment,
)
from hetevo.analysis.measures.view import Measure, View
from hetevo.populations.species import Stage

_END: frozenset[Stage] = frozenset({"end"})

MEASURES: dict[str, Measure] = {
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
}
"""Measures that probes take, in the order of their columns; see `hetevo.analysis.probe`."""

__all__ = [
    "MEASURES",
    "Consistency",
    "Measure",
    "Optimiser",
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
