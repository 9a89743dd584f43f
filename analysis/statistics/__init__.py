"""Did it emerge, and when: statistics in which a run is one observation, and neutral runs say what drift alone does.

============  =================================================================================
`curves`      a measure of several runs as one array; levels, means over seeds, change points
`onset`       the band in which a further neutral run would stay; the first generation outside
              it that k generations follow, censored if none; its median, with an interval;
              the generation of half the final level, which needs no neutral runs
`survival`    Kaplan-Meier curves and log-rank tests (extra ``stats``), Holm's correction
`effects`     Hedges' g and Cliff's delta, with intervals; the best of a population
`comparison`  all of it, as tidy tables with the seeds
`contrasts`   differences between any conditions, paired by seed where they have the same
`seeds`       how many a comparison needs to find the smallest effect that would matter
============  =================================================================================
"""

from hetevo.analysis.statistics.comparison import Emergence, emergence
from hetevo.analysis.statistics.contrasts import contrasts
from hetevo.analysis.statistics.curves import ChangePoint, Curves, change_point, curves
from hetevo.analysis.statistics.effects import Effect, best_of_populations, cliffs_delta, hedges_g
from hetevo.analysis.statistics.onset import Band, Median, Onsets, half_levels, median_onset, neutral_band, onsets
from hetevo.analysis.statistics.seeds import power, seeds_needed
from hetevo.analysis.statistics.survival import holm, log_rank, survival_curve

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
    "contrasts",
    "curves",
    "emergence",
    "half_levels",
    "hedges_g",
    "holm",
    "log_rank",
    "median_onset",
    "neutral_band",
    "onsets",
    "power",
    "seeds_needed",
    "survival_curve",
]
