"""Looking: the reference gradient, measures, loading of runs, figures.

Nothing in `populations` or `evolve` imports this package: fitness never sees a gradient. Names are loaded on first use,
so that a worker that only needs the probe does not load the plotting libraries.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "AlignmentProbe": "analysis.probe",
    "InstrumentsProbe": "analysis.probe",
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
        "analysis.measures",
    ),
    "figures": "analysis.figures",
    "load_all": "analysis.loading",
    "load_run": "analysis.loading",
    "load_runs": "analysis.loading",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    module = import_module(_HOMES[name])
    return getattr(module, name, module)


def __dir__() -> list[str]:
    return sorted(__all__)
