"""Did it emerge, and when: statistics in which a run is one observation, and neutral runs say what drift alone does.

=============  =================================================================================
`curves`       a measure of several runs as one array, runs by generations
`band`         where a further neutral run would stay: prediction interval over neutral seeds
`neutral`      which runs are neutral
`onset`        first generation outside the band that k generations follow; censored if none
`resampling`   bootstrap interval of the median onset, over seeds
`survival`     Kaplan-Meier curves and log-rank tests (needs the extra ``stats``)
`changes`      change point of a curve, an estimate beside the onset that needs no neutral runs
`effects`      Hedges' g and Cliff's delta, with intervals
`correction`   Holm's correction over conditions
`champions`    correction for looking at the best of a population
`table`        all of it, as tidy tables with the seeds
`simulation`   curves with a known onset, or none, by which the statistics are verified
=============  =================================================================================
"""

from hetevo.analysis.emergence.band import Band, neutral_band
from hetevo.analysis.emergence.champions import best_of_populations
from hetevo.analysis.emergence.changes import ChangePoint, change_point
from hetevo.analysis.emergence.correction import holm
from hetevo.analysis.emergence.curves import Curves, curves
from hetevo.analysis.emergence.effects import Effect, cliffs_delta, hedges_g
from hetevo.analysis.emergence.onset import Onsets, onsets
from hetevo.analysis.emergence.resampling import Median, median_onset
from hetevo.analysis.emergence.survival import log_rank, survival_curve
from hetevo.analysis.emergence.table import Emergence, emergence

__all__ = [
    "Band",
    "ChangePoint",
    "Curves",
    "Effect",
    "Emergence",
    "Median",
    "Onsets",
    "best_of_populations",
    "change_point",
    "cliffs_delta",
    "curves",
    "emergence",
    "hedges_g",
    "holm",
    "log_rank",
    "median_onset",
    "neutral_band",
    "onsets",
    "survival_curve",
]
