"""Hebbian or not: whether weight changes look like a correlation rule, although they are not made by one.

At the stationary point of V, ``V*_ik = (gB_i / lambdaB) <x_i q_k>``, so that a neuron's learning signal and its
activity are correlated with the sign of its descending gain, ``<q_i x_i> ~ gB_i f' sum_k <x_i q_k>^2``. Its ascending
synapses, which change by ``gA_i <q_i x_j>``, then follow the co-activity ``<x_i x_j>`` with the sign of ``gA_i gB_i``:
Hebbian where it is positive, anti-Hebbian where it is negative.
"""

import numpy as np

from hetevo.analysis.measures.consistency import weighted_mean
from hetevo.analysis.measures.view import FLOOR, View, also_single, cosine
from hetevo.populations.kernel.snapshot import Snapshot
from hetevo.populations.types import Floats, Mask

VARIANCE_FLOOR = 1e-24
"""Variance over synapses below which a correlation is undefined."""


@also_single(axes=3)
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

    Examples
    --------
    >>> update = np.array([[[1.0, 2.0, 4.0]]])
    >>> hebbian_index(update, 3 * update, np.ones((1, 1, 3), bool)).round(6).tolist()
    [1.0]
    """
    # both sides less their means over the synapses that are there
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
            part
            > np.maximum(VARIANCE_FLOOR, 1e-12 * (np.where(mask, values, 0).astype(np.float64) ** 2).sum(axis=(1, 2)))
            for part, values in zip(power, (update, coactivity), strict=True)
        ]
        defined = varies[0] & varies[1] & np.isfinite(inner) & (mask.sum(axis=(1, 2)) >= 3)
        value = inner / np.sqrt(np.where(defined, power[0] * power[1], 1))
    return np.where(defined, np.clip(value, -1, 1), np.nan)


@also_single(axes=3)
def hebbian_overlap(update: Floats, coactivity: Floats, mask: Mask, *, weighted: bool = False) -> Floats:
    """Share of the synapses whose change has the sign of the co-activity of the neurons that they connect.

    Parameters
    ----------
    update, coactivity, mask
        As for `hebbian_index`.
    weighted : bool, optional
        Let each synapse count by the size of its change times that of its co-activity, instead of all the same.

    Returns
    -------
    ndarray of float64, shape (N,)
        1: all changes are Hebbian, 0: all are anti-Hebbian, 0.5 by coin. Synapses where either is 0 do not count; NaN
        where none does.

    Examples
    --------
    >>> update, coactivity = np.array([[1.0, -1.0, 0.1]]), np.array([[2.0, -1.0, -1.0]])
    >>> mask = np.ones((1, 3), bool)
    >>> float(hebbian_overlap(update, coactivity, mask).round(3))
    0.667
    >>> float(hebbian_overlap(update, coactivity, mask, weighted=True).round(3))
    0.968
    """
    # signs before the product, which may be too small for a number
    flat = len(mask), -1
    u, c = (np.where(mask, values, 0).astype(np.float64).reshape(flat) for values in (update, coactivity))
    signs = np.sign(u) * np.sign(c)
    with np.errstate(all="ignore"):
        weights = np.abs(u) * np.abs(c) if weighted else np.ones_like(u)
    return weighted_mean(np.where(signs != 0, signs > 0, np.nan), weights)


@also_single(axes=3)
def hebbian_cosine(update: Floats, coactivity: Floats, mask: Mask) -> Floats:
    """Cosine of weight changes with those of a Hebbian rule, ``<x_i x_j>``.

    Parameters
    ----------
    update, coactivity, mask
        As for `hebbian_index`, from which it differs by the means, which are not taken off.

    Returns
    -------
    ndarray of float64, shape (N,)
        Positive is Hebbian, negative anti-Hebbian; NaN where either has no length.

    Examples
    --------
    >>> update = np.array([[[3.0, 4.0, 9.0]]])
    >>> hebbian_cosine(update, np.array([[[4.0, 3.0, 9.0]]]), np.array([[[True, True, False]]])).tolist()
    [0.96]
    """
    return cosine(np.where(mask, update, 0), np.where(mask, coactivity, 0), (1, 2))


@also_single(axes=2)
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

    Examples
    --------
    >>> sign_agreement(np.array([[0.3, -2.0, 0.0]]), np.array([[1.0, 1.0, 1.0]])).tolist()
    [0.5]
    """
    product = np.sign(values) * np.sign(expected)
    counts = np.isfinite(product) & (product != 0)
    count = counts.sum(axis=1)
    return np.where(count > 0, (counts & (product > 0)).sum(axis=1) / np.maximum(count, 1), np.nan)


def hebbian_columns(view: View) -> dict[str, Floats]:
    """Return the Hebbian measures over the hidden neurons' ascending synapses.

    ``hebbian_index``, ``hebbian_overlap`` and, by size, ``hebbian_overlap_weighted``.
    """
    snapshot, rows = view.snapshot, slice(view.snapshot.species.layout.hidden)
    return overlap_columns(snapshot.update[:, rows], coactivity_of(snapshot), snapshot.mask_ascending[:, rows])


def coactivity_of(snapshot: Snapshot) -> Floats:
    """Return ``<x_i x_j>`` of hidden neurons with all that may send to them, (N, H, I + H)."""
    layout = snapshot.species.layout
    own, senders = snapshot.activity[:, layout.input_units : layout.units], snapshot.activity[:, : layout.units]
    return np.asarray(np.matmul(own, senders.swapaxes(1, 2)) / own.shape[2])


def direction_columns(view: View) -> dict[str, Floats]:
    """Return how the update of hidden neurons' ascending synapses lies to that of a Hebbian rule, and to W itself.

    ``hebbian_cosine`` and ``weights_cosine``. Where decay and rule are in balance, ``u = lambda W``, the latter is 1,
    whatever the rule, and the former that of W with ``<x_i x_j>`` (Koplow, Poggio and Ziyin 2025, arXiv:2505.18069).
    """
    snapshot, rows = view.snapshot, slice(view.snapshot.species.layout.hidden)
    update, mask = snapshot.update[:, rows], snapshot.mask_ascending[:, rows]
    return {
        "hebbian_cosine": hebbian_cosine(update, coactivity_of(snapshot), mask),
        "weights_cosine": hebbian_cosine(update, snapshot.weights.ascending[:, rows], mask),
    }


def flipped_columns(view: View) -> dict[str, Floats]:
    """Return ``hebbian_flipped``: whether updates still look Hebbian in neurons whose answers were turned round.

    Of the lowest level every second neuron, the first included, gets all its ascending weights with the other sign, and
    with an odd activation answers as before, but with the other sign. Of these neurons' synapses the column is the
    `hebbian_cosine` of the circuit so changed. A rule that is made of ``<x_i x_j>`` follows: 1, if its gains are
    positive. Where updates look Hebbian because W has come to rest, they resist: 0 or less.
    """
    snapshot = view.snapshot
    if snapshot.with_ascending is None:
        return {"hebbian_flipped": np.full(len(snapshot.update), np.nan)}
    rows = np.arange(snapshot.species.layout.hidden)[snapshot.species.layout.level_slices[0]][::2]
    turned = snapshot.weights.ascending.copy()
    turned[:, rows] *= -1
    shown = snapshot.with_ascending(turned)
    return {
        "hebbian_flipped": hebbian_cosine(
            shown.update[:, rows], coactivity_of(shown)[:, rows], snapshot.mask_ascending[:, rows]
        )
    }


def overlap_columns(update: Floats, coactivity: Floats, mask: Mask) -> dict[str, Floats]:
    """Return the columns of `hebbian_columns`, of what `hebbian_index` takes."""
    arguments = update, coactivity, mask
    return {
        "hebbian_index": hebbian_index(*arguments),
        "hebbian_overlap": hebbian_overlap(*arguments),
        "hebbian_overlap_weighted": hebbian_overlap(*arguments, weighted=True),
    }


def postsynaptic_columns(view: View) -> dict[str, Floats]:
    """Return ``signal_sign_agreement`` and ``hebbian_sign_agreement``.

    The first is the share of hidden neurons in which ``<q_i x_i>`` has the sign of ``gB_i``, the second that of neurons
    whose updates correlate with co-activity with the sign of ``gA_i gB_i``.
    """
    snapshot, layout = view.snapshot, view.snapshot.species.layout
    hidden = layout.hidden
    # the correlation of each neuron's learning signal with its own activity
    own = snapshot.activity[:, layout.input_units : layout.units].astype(float)
    signal = snapshot.signal[:, :hidden].astype(float)
    both = np.where(np.abs(own * signal).max(axis=2) > FLOOR, (own * signal).mean(axis=2), np.nan)
    descending = np.broadcast_to(snapshot.genes[f"gains_{snapshot.feedback}"], (len(own), hidden))
    ascending = snapshot.gains_ascending[:, :hidden]
    # and the Hebbian index of its synapses: each neuron counts as a network of its own
    senders = snapshot.activity[:, : layout.units]
    coactivity = np.matmul(snapshot.activity[:, layout.input_units : layout.units], senders.swapaxes(1, 2))
    rows = (-1, 1, layout.units)
    index = hebbian_index(
        snapshot.update[:, :hidden].reshape(rows),
        coactivity.reshape(rows) / own.shape[2],
        snapshot.mask_ascending[:, :hidden].reshape(rows),
    ).reshape(len(own), hidden)
    return {
        "signal_sign_agreement": sign_agreement(both, descending),
        "hebbian_sign_agreement": sign_agreement(index, ascending * descending),
    }
