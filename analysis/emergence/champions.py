"""Correction for looking at the best of a population: the highest of many is high by chance."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from hetevo.analysis.emergence.band import COVERAGE, neutral_band
from hetevo.analysis.runs import LoadedRun
from hetevo.populations.types import Floats

COLUMNS = (
    "condition",
    "seed",
    "run",
    "generation",
    "individuals",
    "best",
    "p_single",
    "p_best",
    "band_high",
    "exceeds",
)


def best_of_populations(
    runs: Sequence[LoadedRun], neutral: Sequence[LoadedRun], column: str = "alignment_end"
) -> pd.DataFrame:
    """Compare the best individual of each run with what the best of a neutral population has.

    Parameters
    ----------
    runs : sequence of LoadedRun
        Each is looked at in its last recorded generation.
    neutral : sequence of LoadedRun
        Runs selected by lot, in their last generations; a run is compared with the others only.
    column : str, optional
        A column of the table of individuals.

    Returns
    -------
    pandas.DataFrame
        One row a run that recorded individuals:

        - individuals: how many P the best was chosen from (those with a defined value), and best: its value;
        - p_single: chance that one neutral individual is as high (normal, with mean and deviation of the neutral
          individuals), as if it had not been chosen;
        - p_best: chance that the best of P is, ``1 - (1 - p_single)^P`` (Šidák; relatives are alike, so that fewer
          than P are independent, and it errs towards caution);
        - band_high, exceeds: upper end of the `neutral_band` of the neutral runs' own best, and whether the best is
          above it: the comparison in which seeds are the unit.
    """
    values = {id(run): _last(run, column) for run in [*runs, *neutral]}
    rows = []
    for run in runs:
        own = values[id(run)]
        others = [values[id(one)] for one in neutral if one.path != run.path and values[id(one)].size]
        if not own.size or not others:
            continue
        pooled = np.concatenate(others)
        best = float(own.max())
        single = float(stats.norm.sf(best, pooled.mean(), pooled.std(ddof=1))) if pooled.size > 1 else float("nan")
        of_all = float(-np.expm1(own.size * np.log1p(-single)))
        high = float("nan")
        if len(others) >= 2:
            high = float(neutral_band(np.array([[one.max()] for one in others]), COVERAGE).high[0])
        place = (run.condition, run.seed, str(run.path), run.last)
        rows.append((*place, own.size, best, single, of_all, high, bool(best > high)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _last(run: LoadedRun, column: str) -> Floats:
    table = run.individuals_in([run.last])
    if column not in table:
        return np.empty(0)
    return table[column].dropna().to_numpy(float)
