"""Alignment sample by sample: the other half of bias and variance.

A rule that follows the gradient on every sample and one that does so only in the mean (such as node perturbation) have
the same alignment of the mean update. The mean of the cosines on single samples tells them apart: it is 1 for the first
and almost 0 for the second.
"""

import numpy as np

from hetevo.analysis.measures.alignment import FLOOR
from hetevo.analysis.measures.view import View
from hetevo.populations.types import Floats, Mask


def sample_alignment(
    factor: Floats, gradient: Floats, senders: Floats, mask: Mask, constant: Floats | None = None
) -> Floats:
    """Mean over samples of the cosine between the update that a sample causes and its negative gradient.

    The update on sample s is ``d_is x_js + c_is``, the gradient ``g_is x_js``. Both are products, so that norms and
    inner products need sums over neurons only.

    Parameters
    ----------
    factor : ndarray of float, shape (N, H, S)
        ``d``: what the receiving neurons contribute, for the heterosynaptic rule ``gA_i q_is``.
    gradient : ndarray of float, shape (N, H, S)
        ``g``: negative gradients at the potentials.
    senders : ndarray of float, shape (N, units, S)
        ``x``: activities of the sending units.
    mask : ndarray of bool, shape (N, H, units)
        Synapses present.
    constant : ndarray of float, shape (N, H, S), optional
        ``c``: a part of the update that is the same for all synapses of a neuron.

    Returns
    -------
    ndarray of float64, shape (N,)
        Mean over the samples where it is defined; NaN where it is defined for none.
    """
    present = mask.astype(np.float64)
    power = present @ senders.astype(np.float64) ** 2
    d, g = factor.astype(np.float64), gradient.astype(np.float64)
    with np.errstate(all="ignore"):
        inner = (d * g * power).sum(axis=1)
        update_norm = (d**2 * power).sum(axis=1)
        if constant is not None:
            c, total = constant.astype(np.float64), present @ senders.astype(np.float64)
            inner += (c * g * total).sum(axis=1)
            update_norm += (2 * c * d * total + c**2 * present.sum(axis=2, keepdims=True)).sum(axis=1)
        norms = np.sqrt(update_norm), np.sqrt((g**2 * power).sum(axis=1))
        defined = (norms[0] > FLOOR) & (norms[1] > FLOOR) & np.isfinite(inner)
        cosines = np.where(defined, np.clip(inner / np.where(defined, norms[0] * norms[1], 1), -1, 1), 0)
    count = defined.sum(axis=1)
    return np.where(count > 0, cosines.sum(axis=1) / np.maximum(count, 1), np.nan)


def sample_columns(view: View) -> dict[str, Floats]:
    """Return ``alignment_sample``; terms without a presynaptic factor count as the constant part."""
    snapshot, layout = view.snapshot, view.snapshot.species.layout
    rule, genes, hidden = snapshot.species.rule, snapshot.genes, layout.hidden
    own = snapshot.activity[:, layout.input_units : layout.units]
    factor, constant = np.zeros_like(own), None
    terms = () if rule.readout_only else rule.ascending
    for term in terms:
        coefficient = (snapshot.gains_ascending if term == "heterosynaptic" else genes[f"{term}_ascending"])[:, :, None]
        coefficient = coefficient if coefficient.shape[1] == 1 else coefficient[:, :hidden]
        if term == "heterosynaptic":
            factor += coefficient * snapshot.signal[:, :hidden]
        elif term == "hebbian":
            factor += coefficient * own
        elif term == "presynaptic":
            factor += coefficient
        elif term == "postsynaptic":
            constant = coefficient * own
    arguments = view.potential_gradient[:, :hidden], snapshot.activity[:, : layout.units]
    return {"alignment_sample": sample_alignment(factor, *arguments, snapshot.mask_ascending[:, :hidden], constant)}
