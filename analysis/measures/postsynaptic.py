"""Hebbian or anti-Hebbian, neuron by neuron: a prediction of the stationary point of V.

There ``V*_ik = (gB_i / lambdaB) <x_i q_k>``, so that a neuron's learning signal and its activity are correlated with
the sign of its descending gain, ``<q_i x_i> ~ gB_i f' sum_k <x_i q_k>^2``. Its ascending synapses, which change by
``gA_i <q_i x_j>``, then follow the co-activity ``<x_i x_j>`` with the sign of ``gA_i gB_i``: Hebbian where it is
positive, anti-Hebbian where it is negative.
"""

import numpy as np

from hetevo.analysis.measures.alignment import FLOOR
from hetevo.analysis.measures.hebbian import hebbian_index
from hetevo.analysis.measures.view import View
from hetevo.populations.types import Floats


def sign_agreement(values: Floats, expected: Floats) -> Floats:
    """Share of the entries of a row whose sign is the expected one.

    Parameters
    ----------
    values, expected : ndarray of float, shape (N, H)
        Entries where either is 0 or not finite do not count.

    Returns
    -------
    ndarray of float64, shape (N,)
        0.5 by coin; NaN where no entry counts.
    """
    product = np.sign(values) * np.sign(expected)
    counts = np.isfinite(product) & (product != 0)
    count = counts.sum(axis=1)
    return np.where(count > 0, (counts & (product > 0)).sum(axis=1) / np.maximum(count, 1), np.nan)


def postsynaptic_columns(view: View) -> dict[str, Floats]:
    """Return ``signal_sign_agreement`` and ``hebbian_sign_agreement``.

    The first is the share of hidden neurons in which ``<q_i x_i>`` has the sign of ``gB_i``, the second that of neurons
    whose updates correlate with co-activity with the sign of ``gA_i gB_i``.
    """
    snapshot, layout = view.snapshot, view.snapshot.species.layout
    hidden = layout.hidden
    own = snapshot.activity[:, layout.input_units : layout.units].astype(float)
    signal = snapshot.signal[:, :hidden].astype(float)
    both = np.where(np.abs(own * signal).max(axis=2) > FLOOR, (own * signal).mean(axis=2), np.nan)
    descending = np.broadcast_to(snapshot.genes.gains_descending, (len(own), hidden))
    ascending = snapshot.gains_ascending[:, :hidden]
    senders = snapshot.activity[:, : layout.units]
    coactivity = np.matmul(snapshot.activity[:, layout.input_units : layout.units], senders.swapaxes(1, 2))
    rows = (-1, 1, layout.units)  # each neuron as a network of its own
    index = hebbian_index(
        snapshot.update[:, :hidden].reshape(rows),
        coactivity.reshape(rows) / own.shape[2],
        snapshot.mask_ascending[:, :hidden].reshape(rows),
    ).reshape(len(own), hidden)
    return {
        "signal_sign_agreement": sign_agreement(both, descending),
        "hebbian_sign_agreement": sign_agreement(index, ascending * descending),
    }
