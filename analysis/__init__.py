"""Looking: the reference gradient, measures, loading of runs, figures.

Nothing in `populations` or `evolve` imports this package: fitness never sees a gradient. Names are loaded on first use,
so that a worker that only needs the probe does not load the plotting libraries.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hetevo.analysis import figures
    from hetevo.analysis.conditions import load_all, load_runs
    from hetevo.analysis.measures import (
        Consistency,
        Optimiser,
        alignment,
        alignment_by_level,
        alignment_by_neuron,
        angle,
        consistency,
        equivalent_optimiser,
        feedback_drift,
        feedback_gap,
        full_change,
        hebbian_index,
        isotropic_band,
        probe_loss,
        sample_alignment,
        sign_agreement,
        weight_alignment,
    )
    from hetevo.analysis.probe import (
        AlignmentProbe,
        InstrumentsProbe,
    )
    from hetevo.analysis.runs import load_run

__all__ = [
    "AlignmentProbe",
    "Consistency",
    "InstrumentsProbe",
    "Optimiser",
    "alignment",
    "alignment_by_level",
    "alignment_by_neuron",
    "angle",
    "consistency",
    "equivalent_optimiser",
    "feedback_drift",
    "feedback_gap",
    "figures",
    "full_change",
    "hebbian_index",
    "isotropic_band",
    "load_all",
    "load_run",
    "load_runs",
    "probe_loss",
    "sample_alignment",
    "sign_agreement",
    "weight_alignment",
]

_HOMES = {
    "AlignmentProbe": "hetevo.analysis.probe",
    "InstrumentsProbe": "hetevo.analysis.probe",
    **dict.fromkeys(
        (
            "Consistency",
            "Optimiser",
            "alignment",
            "alignment_by_level",
            "alignment_by_neuron",
            "angle",
            "consistency",
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
        ),
        "hetevo.analysis.measures",
    ),
    "figures": "hetevo.analysis.figures",
    "load_all": "hetevo.analysis.conditions",
    "load_run": "hetevo.analysis.runs",
    "load_runs": "hetevo.analysis.conditions",
}


if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module 'hetevo.analysis' has no attribute {name!r}")
        module = import_module(_HOMES[name])
        return getattr(module, name, module)


def __dir__() -> list[str]:
    return sorted(__all__)
