"""Holm's correction for several tests."""

import numpy as np

from hetevo.populations.types import Floats


def holm(values: Floats) -> Floats:
    """Adjust p values so that the chance of any false rejection is held, however the tests depend on each other.

    Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 65-70: the i-th
    smallest of m is multiplied by m - i + 1, then made monotone and cut at 1.

    Parameters
    ----------
    values : ndarray of float, shape (m,)
        p values; NaN (no test was possible) stays NaN and does not count.

    Returns
    -------
    ndarray of float64, shape (m,)
    """
    values = np.asarray(values, float)
    adjusted = np.full(values.shape, np.nan)
    tested = np.flatnonzero(np.isfinite(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1) if len(order) else []
    return adjusted
