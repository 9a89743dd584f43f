"""How large a difference between two conditions is, over seeds; and how high the best of a population is by chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from hetevo.analysis.intervals import CONFIDENCE
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.onset import COVERAGE, neutral_band
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class Effect:
    """An effect size and its interval of coverage `CONFIDENCE`; NaN where undefined."""

    value: float
    low: float
    high: float


UNDEFINED = Effect(float("nan"), float("nan"), float("nan"))


def hedges_g(first: Floats, second: Floats) -> Effect:
    """Standardised difference of two means, corrected for small samples.

    ``g = J(n1 + n2 - 2) (mean1 - mean2) / s_pooled`` with the exact factor ``J(m) = Γ(m/2) / (sqrt(m/2) Γ((m-1)/2))``
    of Hedges, L. V. (1981), J. Educ. Stat. 6, 107-128. The interval inverts the noncentral t distribution, exact for
    normal samples of equal variance.

    Parameters
    ----------
    first, second : ndarray of float, shape (n1,), (n2,)
        One value a seed; NaN is left out.

    Returns
    -------
    Effect
        NaN with fewer than 2 seeds a condition, or no spread at all.

    Examples
    --------
    >>> round(hedges_g(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0])).value, 3)
    0.798
    """
    first, second = _defined(first), _defined(second)
    n1, n2 = len(first), len(second)
    if min(n1, n2) < 2:
        return UNDEFINED
    freedom = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * first.var(ddof=1) + (n2 - 1) * second.var(ddof=1)) / freedom)
    if pooled == 0:
        return UNDEFINED
    # Student's t of the difference, and the factor that takes the bias of small samples off
    scale = np.sqrt(n1 * n2 / (n1 + n2))
    t = scale * (first.mean() - second.mean()) / pooled
    factor = np.exp(special.gammaln(freedom / 2) - special.gammaln((freedom - 1) / 2)) / np.sqrt(freedom / 2)
    # the interval holds every effect that would not make this t too unlikely
    low, high = (factor * _noncentrality(t, freedom, p) / scale for p in ((1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2))
    return Effect(float(factor * t / scale), float(low), float(high))


def cliffs_delta(first: Floats, second: Floats) -> Effect:
    """Probability that a run of the first condition exceeds one of the second, minus that of the opposite.

    Cliff, N. (1993), Psychol. Bull. 114, 494-509. The interval is method 5 of Newcombe, R. G. (2006), Stat. Med. 25,
    559-573, for ``(delta + 1) / 2``: it does not collapse when the samples do not overlap.

    Parameters
    ----------
    first, second : ndarray of float, shape (n1,), (n2,)
        One value a seed; NaN is left out.

    Returns
    -------
    Effect
        In -1..1; NaN if a condition has no seed.

    Examples
    --------
    >>> cliffs_delta(np.array([1.0, 3.0]), np.array([0.0, 2.0])).value
    0.5
    """
    first, second = _defined(first), _defined(second)
    n1, n2 = len(first), len(second)
    if min(n1, n2) < 1:
        return UNDEFINED
    from scipy import optimize  # here, because all figures import this module, and would be drawn later

    delta = float(np.sign(first[:, None] - second[None, :]).mean())
    share = (delta + 1) / 2
    z = special.ndtri((1 + CONFIDENCE) / 2)

    def excess(theta: float) -> float:
        more = (n1 + n2) / 2 - 1
        spread = 1 + more * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return float(abs(theta - share) - z * np.sqrt(max(theta * (1 - theta) * spread / (n1 * n2), 0)))

    # at 0 and 1 the deviation that is allowed vanishes, at the estimate the deviation itself
    low = 0.0 if share == 0 else optimize.brentq(excess, 0, share if share < 1 else 1 - 1e-12)
    high = 1.0 if share == 1 else optimize.brentq(excess, share if share > 0 else 1e-12, 1)
    return Effect(delta, 2 * low - 1, 2 * high - 1)


def _noncentrality(t: float, freedom: int, probability: float) -> float:
    """Return the noncentrality at which a value as small as ``t`` has the given probability."""
    from scipy import optimize, stats  # here: see above

    def excess(value: float) -> float:
        # far away scipy's value is NaN; there it is 1 or 0 for every purpose
        return float(np.nan_to_num(stats.nct.cdf(t, freedom, value), nan=float(value < t))) - probability

    # the standard error of the noncentrality, and far beyond it
    reach = 12 * np.sqrt(1 + t**2 / (2 * freedom))
    return float(optimize.brentq(excess, t - reach, t + reach))


def _defined(values: Floats) -> Floats:
    values = np.asarray(values, float)
    return values[np.isfinite(values)]


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
        # a neutral run is not compared with itself
        own = values[id(run)]
        others = [values[id(other)] for other in neutral if other.path != run.path and values[id(other)].size]
        if not own.size or not others:
            continue
        # the chance that one neutral individual is as high, and that the best of as many is
        pooled = np.concatenate(others)
        best = float(own.max())
        spread = pooled.std(ddof=1) if pooled.size > 1 else 0.0
        single = float(special.ndtr((pooled.mean() - best) / spread)) if spread else float("nan")
        of_all = float(-np.expm1(own.size * np.log1p(-single)))
        # and with seeds as the unit: a band of the neutral runs' own best
        high = float("nan")
        if len(others) >= 2:
            high = float(neutral_band(np.array([[other.max()] for other in others]), COVERAGE).high[0])
        place = (run.condition, run.seed, str(run.path), run.last)
        rows.append((*place, own.size, best, single, of_all, high, bool(best > high)))
    columns = ["condition", "seed", "run", "generation", "individuals"]
    return pd.DataFrame(rows, columns=[*columns, "best", "p_single", "p_best", "band_high", "exceeds"])


def _last(run: LoadedRun, column: str) -> Floats:
    table = run.individuals_in([run.last])
    if column not in table:
        return np.empty(0)
    return table[column].dropna().to_numpy(float)
