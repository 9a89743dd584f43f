"""Measures that a probe records, one idea a file.

To add one, write a function from a `View` to named columns and name it in `MEASURES`; the records get a column
``<column>_<stage>`` for each, and the contract tests run over every entry.
"""

from analysis.measures.alignment import (
    alignment,
    alignment_by_level,
    alignment_by_neuron,
    alignment_columns,
    angle,
    cosine,
    level_columns,
)
from analysis.measures.consistency import Consistency, consistency, consistency_columns
from analysis.measures.view import Measure, View

MEASURES: dict[str, Measure] = {
    "alignment": Measure(alignment_columns),
    "levels": Measure(level_columns, stages=frozenset({"end"})),
    "consistency": Measure(consistency_columns, stages=frozenset({"end"})),
}
"""Measures that `analysis.probe.AlignmentProbe` takes, in the order of their columns."""

__all__ = [
    "MEASURES",
    "Consistency",
    "Measure",
    "View",
    "alignment",
    "alignment_by_level",
    "alignment_by_neuron",
    "angle",
    "consistency",
    "cosine",
]
