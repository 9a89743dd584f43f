"""How many seeds a comparison needs to find the smallest effect that would matter.

It is asked of the deviation over seeds, never of the effect that was observed: the power to find an effect as large as
the one that came out is its p value in other words (Hoenig and Heisey, 2001, Am. Stat. 55, 19-24).
"""

import math

from scipy import special

from hetevo.analysis.intervals import CONFIDENCE, EQUIVALENCE

MATTERS = 0.05
"""Smallest effect that matters where nobody says another one: of a cosine, a share, an R² or a normalised loss, whose
natural unit is 1. What has another unit says its own."""

ENOUGH = 0.8
"""Power that is aimed at."""

MOST = 100_000
"""Seeds beyond which nobody would go."""


def power(sd: float, n: int, matters: float, *, within: bool = False) -> float:
    """Return the probability that an interval over seeds lies where it is predicted to.

    If the true mean lies ``matters`` on the predicted side, that its interval of coverage `CONFIDENCE` does: by the
    noncentral t distribution. For bounds, if the true mean lies in their middle and they are ``matters`` away, that the
    interval of coverage `EQUIVALENCE` lies between them: at least 1 - 2 (1 - power of one of the two tests).

    Parameters
    ----------
    sd : float
        Standard deviation over seeds.
    n : int
        Seeds.
    matters : float
        Smallest effect that matters, or half of the width of the bounds; above 0.
    within : bool, optional
        Whether it is about bounds.

    Returns
    -------
    float
        NaN with fewer than 2 seeds.

    Examples
    --------
    >>> round(power(1.0, 34, 0.5), 3)  # the textbook's 34 pairs for half a standard deviation, two-sided at 5 %
    0.808
    """
    if n < 2 or math.isnan(sd):
        return float("nan")
    if sd == 0:
        return 1.0
    confidence = EQUIVALENCE if within else CONFIDENCE
    critical = float(special.stdtrit(n - 1, (1 + confidence) / 2))
    noncentrality = matters * math.sqrt(n) / sd
    from scipy import stats  # here, because all figures import this module, and would be drawn a second later

    # far away scipy's value is NaN, where there is no doubt
    one = float(stats.nct.sf(critical, n - 1, noncentrality)) if noncentrality < 30 else 1.0
    return max(0.0, 2 * one - 1) if within else one


def seeds_needed(sd: float, matters: float, *, within: bool = False, enough: float = ENOUGH) -> int | None:
    """Return the fewest seeds with which `power` reaches a value; None above `MOST`, or with an unknown deviation.

    >>> seeds_needed(1.0, 0.5), seeds_needed(0.1, 0.05), seeds_needed(0.0, 0.05)
    (34, 34, 2)
    """
    if math.isnan(sd) or matters <= 0:
        return None
    low, high = 1, 2
    while power(sd, high, matters, within=within) < enough:
        low, high = high, 2 * high
        if low > MOST:
            return None
    # power grows with seeds: halve the gap
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(sd, middle, matters, within=within) >= enough else (middle, high)
    return high
