"""The isotropic null: what the cosine of a random direction is."""

import numpy as np

from hetevo.analysis.measures.view import View
from hetevo.populations.types import Floats


def isotropic_band(dimensions: Floats | int, coverage: float = 0.95) -> Floats:
    """Half width of the band around 0 in which the cosine with a random direction lies.

    In d dimensions the squared cosine of a direction drawn from the isotropic distribution is Beta(1/2, (d - 1)/2)
    (its mean is 0 and its standard deviation ``1 / sqrt(d)``).

    Parameters
    ----------
    dimensions : int or ndarray
        Number of synapses d, at least 1.
    coverage : float, optional
        Probability of the band, both tails left out equally.

    Returns
    -------
    ndarray of float64
        1 in one dimension, where the cosine is -1 or 1; NaN for d < 1.
    """
    from scipy import special  # here, because runs import this module, need only its column, and would start .2 s later

    d = np.asarray(dimensions, float)
    wide = np.sqrt(special.betaincinv(0.5, np.where(d > 1, (d - 1) / 2, 1), coverage))
    return np.where(d > 1, wide, np.where(d == 1, 1.0, np.nan))


def isotropic_columns(view: View) -> dict[str, Floats]:
    """Return ``isotropic_sd``: the standard deviation of the alignment of a random update, ``1 / sqrt(d)``."""
    layout = view.snapshot.species.layout
    synapses = view.snapshot.mask_ascending[:, : layout.hidden].sum(axis=(1, 2))
    return {"isotropic_sd": np.where(synapses > 0, 1 / np.sqrt(np.maximum(synapses, 1)), np.nan)}
