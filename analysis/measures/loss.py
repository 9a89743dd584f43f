"""Loss on the probe batch, for learning curves: fitness is measured on samples of its own."""

import numpy as np

from hetevo.analysis.measures.view import View
from hetevo.populations.types import Floats


def probe_loss(error: Floats, outputs: Floats) -> Floats:
    """Mean squared error over the mean square of the target.

    Parameters
    ----------
    error : ndarray of float, shape (N, O, S)
        ``target - y``.
    outputs : ndarray of float, shape (N, O, S)
        ``y``.

    Returns
    -------
    ndarray of float64, shape (N,)
        Not capped; NaN where it is not finite or the target is 0.
    """
    with np.errstate(all="ignore"):
        wrong = (error.astype(np.float64) ** 2).mean(axis=(1, 2))
        value = wrong / ((error + outputs).astype(np.float64) ** 2).mean(axis=(1, 2))
    return np.where(np.isfinite(value), value, np.nan)


def loss_columns(view: View) -> dict[str, Floats]:
    """Return ``probe_loss``."""
    outputs = view.snapshot.activity[:, view.snapshot.species.layout.units :]
    return {"probe_loss": probe_loss(view.snapshot.error, outputs)}
