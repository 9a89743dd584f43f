"""Evolve randomly wired heterosynaptic networks, and watch whether gradient alignment emerges.

>>> import hetevo
>>> config = hetevo.preset("smoke", seed=7)
>>> run = hetevo.Experiment(config).run("runs/seven")  # doctest: +SKIP
>>> plot = hetevo.figures.alignment(hetevo.load_run(run.path))  # doctest: +SKIP

======================  ================================================
`hetevo.populations`    living: what evolves, and how it lives
`hetevo.evolve`         changing: how a population changes
`hetevo.analysis`       looking: gradient, measures, figures
`hetevo.scripts`        what a person types: the `hetevo` command
======================  ================================================
"""

from typing import TYPE_CHECKING

from hetevo._names import find_in

if TYPE_CHECKING:
    from hetevo.analysis import (
        Assessment,
        Consistency,
        Factors,
        Individual,
        LoadedRun,
        LoadedSweep,
        MatrixStability,
        Optimiser,
        Trace,
        WeightedConsistency,
        alignment,
        alignment_by_level,
        alignment_by_neuron,
        alignment_factors,
        angle,
        consistency,
        effective_neurons,
        equivalent_optimiser,
        export,
        feedback_drift,
        feedback_gap,
        figures,
        full_change,
        gain_product_share,
        hebbian_cosine,
        hebbian_index,
        hebbian_overlap,
        isotropic_band,
        load_all,
        load_run,
        load_runs,
        load_sweep,
        matrix_stability,
        neuron_weights,
        newick,
        phylogeny,
        probe_loss,
        sample_alignment,
        sign_agreement,
        stable_rank,
        weight_alignment,
        weighted_consistency,
    )
    from hetevo.evolve import (
        Callback,
        Config,
        ConfigError,
        Evaluator,
        Experiment,
        GenerationReport,
        GenesError,
        LivedGeneration,
        Notice,
        OpenRun,
        Progress,
        Run,
        Space,
        load_config,
        open_run,
        preset,
        preset_names,
        resume,
        save_genes,
    )
    from hetevo.populations.errors import HetevoError, MachineFailedError, RunFailedError, SettingError

__all__ = [
    "Assessment",
    "Callback",
    "Config",
    "ConfigError",
    "Consistency",
    "Evaluator",
    "Experiment",
    "Factors",
    "GenerationReport",
    "GenesError",
    "HetevoError",
    "Individual",
    "LivedGeneration",
    "LoadedRun",
    "LoadedSweep",
    "MachineFailedError",
    "MatrixStability",
    "Notice",
    "OpenRun",
    "Optimiser",
    "Progress",
    "Run",
    "RunFailedError",
    "SettingError",
    "Space",
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
    "load_config",
    "load_run",
    "load_runs",
    "load_sweep",
    "matrix_stability",
    "neuron_weights",
    "newick",
    "open_run",
    "phylogeny",
    "preset",
    "preset_names",
    "probe_loss",
    "resume",
    "sample_alignment",
    "save_genes",
    "sign_agreement",
    "stable_rank",
    "weight_alignment",
    "weighted_consistency",
]

if not TYPE_CHECKING:
    __getattr__ = find_in(("hetevo.populations.errors", "hetevo.analysis", "hetevo.evolve"), __name__, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
