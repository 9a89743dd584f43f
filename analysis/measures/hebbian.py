"""Hebbian index: whether weight changes look like a correlation rule, although they are not made by one."""

import numpy as np

from hetevo.analysis.measures.view import View
from hetevo.populations.types import Floats, Mask

FLOOR = 1e-24
"""Variance over synapses below which a correlation is undefined."""


def hebbian_index(update: Floats, coactivity: Floats, mask: Mask) -> Floats:
    """Correlate weight changes with the co-activity of the neurons that the synapses connect.

    Parameters
    ----------
    update : ndarray of float, shape (N, n, m)
        Change of the weights from m units to n neurons.
    coactivity : ndarray of float, shape (N, n, m)
        ``<x_i x_j>`` on the same samples.
    mask : ndarray of bool, shape (N, n, m)
        Synapses present.

    Returns
    -------
    ndarray of float64, shape (N,)
        Pearson's correlation over the synapses of a network: positive is Hebbian, negative anti-Hebbian. NaN with fewer
        than 3 synapses, or where either side does not vary.
    """
    count = np.maximum(mask.sum(axis=(1, 2)), 1)
    centred = []
    with np.errstate(all="ignore"):
        for values in (update, coactivity):
            present = np.where(mask, values, 0).astype(np.float64)
            mean = present.sum(axis=(1, 2)) / count
            centred.append(np.where(mask, present - mean[:, None, None], 0))
        power = [(part**2).sum(axis=(1, 2)) for part in centred]
        inner = (centred[0] * centred[1]).sum(axis=(1, 2))
        # relative to the values themselves, or rounding would be correlated where all changes are the same
        varies = [
            part > np.maximum(FLOOR, 1e-12 * (np.where(mask, values, 0).astype(np.float64) ** 2).sum(axis=(1, 2)))
            for part, values in zip(power, (update, coactivity), strict=True)
        ]
        defined = varies[0] & varies[1] & np.isfinite(inner) & (mask.sum(axis=(1, 2)) >= 3)
        value = inner / np.sqrt(np.where(defined, power[0] * power[1], 1))
    return np.where(defined, np.clip(value, -1, 1), np.nan)


def hebbian_columns(view: View) -> dict[str, Floats]:
    """Return ``hebbian_index`` over the hidden neurons' ascending synapses."""
    snapshot, layout = view.snapshot, view.snapshot.species.layout
    hidden = slice(layout.input_units, layout.units)
    own, senders = snapshot.activity[:, hidden], snapshot.activity[:, : layout.units]
    coactivity = np.matmul(own, senders.swapaxes(1, 2)) / own.shape[2]
    rows = slice(layout.hidden)
    return {"hebbian_index": hebbian_index(snapshot.update[:, rows], coactivity, snapshot.mask_ascending[:, rows])}
