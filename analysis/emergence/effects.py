"""How large a difference between two conditions is, over seeds."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from hetevo.populations.types import Floats

CONFIDENCE = 0.95


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
    """
    first, second = _defined(first), _defined(second)
    n1, n2 = len(first), len(second)
    if min(n1, n2) < 2:
        return UNDEFINED
    freedom = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * first.var(ddof=1) + (n2 - 1) * second.var(ddof=1)) / freedom)
    if pooled == 0:
        return UNDEFINED
    scale = np.sqrt(n1 * n2 / (n1 + n2))
    t = scale * (first.mean() - second.mean()) / pooled
    factor = np.exp(special.gammaln(freedom / 2) - special.gammaln((freedom - 1) / 2)) / np.sqrt(freedom / 2)
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
    """
    first, second = _defined(first), _defined(second)
    n1, n2 = len(first), len(second)
    if min(n1, n2) < 1:
        return UNDEFINED
    delta = float(np.sign(first[:, None] - second[None, :]).mean())
    share = (delta + 1) / 2
    z = stats.norm.ppf((1 + CONFIDENCE) / 2)

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

    def excess(value: float) -> float:
        # far away scipy's value is NaN; there it is 1 or 0 for every purpose
        return float(np.nan_to_num(stats.nct.cdf(t, freedom, value), nan=float(value < t))) - probability

    # the standard error of the noncentrality, and far beyond it
    reach = 12 * np.sqrt(1 + t**2 / (2 * freedom))
    return float(optimize.brentq(excess, t - reach, t + reach))


def _defined(values: Floats) -> Floats:
    values = np.asarray(values, float)
    return values[np.isfinite(values)]
