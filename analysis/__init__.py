"""Looking: the reference gradient, measures, loading of runs, figures.

Nothing in `populations` or `evolve` imports this package: fitness never sees a gradient. Names are loaded on first use,
so that a worker that only needs the probe does not load the plotting libraries.
"""

from typing import TYPE_CHECKING

from hetevo._names import find_in

if TYPE_CHECKING:
    from hetevo.analysis import figures
    from hetevo.analysis.conditions import load_all, load_runs
    from hetevo.analysis.exports import export
    from hetevo.analysis.individuals import Assessment, Individual, Trace
    from hetevo.analysis.lineage.genealogy import newick, phylogeny
    from hetevo.analysis.measures import (
        Consistency,
        Factors,
        MatrixStability,
        Optimiser,
        WeightedConsistency,
        alignment,
        alignment_by_level,
        alignment_by_neuron,
        alignment_factors,
        angle,
        consistency,
        effective_neurons,
        equivalent_optimiser,
        feedback_drift,
        feedback_gap,
        full_change,
        gain_product_share,
        hebbian_cosine,
        hebbian_index,
        hebbian_overlap,
        isotropic_band,
        matrix_stability,
        modularity,
        neuron_weights,
        probe_loss,
        sample_alignment,
        sign_agreement,
        stable_rank,
        weight_alignment,
        weighted_consistency,
    )
    from hetevo.analysis.probe import (
        AlignmentProbe,
        InstrumentsProbe,
    )
    from hetevo.analysis.runs import LoadedRun, load_run
    from hetevo.analysis.sweeps import LoadedSweep, load_sweep

__all__ = [
    "AlignmentProbe",
    "Assessment",
    "Consistency",
    "Factors",
    "Individual",
    "InstrumentsProbe",
    "LoadedRun",
    "LoadedSweep",
    "MatrixStability",
    "Optimiser",
    "Trace",
    "WeightedConsistency",
    "alignment",
    "alignment_by_level",
    "alignment_by_neuron",
    "alignment_factors",
    "angle",
    "consistency",
    "effective_neurons",
    "equivalent_optimiser",
    "export",
    "feedback_drift",
    "feedback_gap",
    "figures",
    "full_change",
    "gain_product_share",
    "hebbian_cosine",
    "hebbian_index",
    "hebbian_overlap",
    "isotropic_band",
    "load_all",
    "load_run",
    "load_runs",
    "load_sweep",
    "matrix_stability",
    "modularity",
    "neuron_weights",
    "newick",
    "phylogeny",
    "probe_loss",
    "sample_alignment",
    "sign_agreement",
    "stable_rank",
    "weight_alignment",
    "weighted_consistency",
]

if not TYPE_CHECKING:
    __getattr__ = find_in(
        (
            "hetevo.analysis.measures",
            "hetevo.analysis.probe",
            "hetevo.analysis.runs",
            "hetevo.analysis.conditions",
            "hetevo.analysis.sweeps",
            "hetevo.analysis.individuals",
            "hetevo.analysis.lineage",
            "hetevo.analysis.exports",
        ),
        __name__,
        __all__,
    )


def __dir__() -> list[str]:
    return sorted(__all__)
