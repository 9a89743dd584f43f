"""Consistency: how a neuron's learning signal relates to its true gradient.

``phi_i = gA_i sum_s q_is g_is / sum_s g_is^2`` is the learning rate, with its sign, at which neuron i would do gradient
descent; heterosynaptic stability is how much of the signal the gradient explains; dynamical consistency asks whether
the neurons agree on the sign.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from hetevo.analysis.measures.view import View, also_single
from hetevo.populations.types import Floats

FLOOR = 1e-12
"""Sum of squares, over the probe batch, below which a signal counts as absent and what divides by it as undefined."""


@dataclass(frozen=True)
class Consistency:
    """Consistency of N circuits with H hidden neurons; NaN where undefined.

    Parameters
    ----------
    phi : ndarray of float64, shape (N, H)
        Consistency score of each neuron.
    stability : ndarray of float64, shape (N, H)
        Heterosynaptic stability HS: R^2 of ``q_i`` on ``g_i`` through the origin, in 0..1.
    agreement : ndarray of float64, shape (N,)
        Dynamical consistency DC: share of pairs of neurons with ``phi_i phi_j > 0``; NaN with fewer than 2 defined.
    positive : ndarray of float64, shape (N,)
        Share of the defined scores that are positive.
    coherence : ndarray of float64, shape (N,)
        Sign coherence: mean of the signs of the defined scores, -1..1; NaN with fewer than 2 defined.
    """

    phi: Floats
    stability: Floats
    agreement: Floats
    positive: Floats
    coherence: Floats


@also_single(axes=2)
def consistency(gains: Floats, signal: Floats, gradient: Floats) -> Consistency:
    """Compute the consistency of learning signals with gradients.

    Parameters
    ----------
    gains : ndarray of float, shape (N, H)
        Ascending gains ``gA`` of the hidden neurons.
    signal : ndarray of float, shape (N, H, S)
        Learning signals ``q`` on S samples.
    gradient : ndarray of float, shape (N, H, S)
        True negative gradients at the potentials ``g``.

    Examples
    --------
    >>> gradient = np.array([[[1.0, 2.0], [1.0, -1.0]]])
    >>> scores = consistency(np.array([[0.1, -0.1]]), 2 * gradient, gradient)
    >>> scores.phi.round(3).tolist(), scores.stability.round(3).tolist(), scores.agreement.tolist()
    ([[0.2, -0.2]], [[1.0, 1.0]], [0.0])
    """
    with np.errstate(all="ignore"):
        # regression of the signal on the gradient, through the origin, neuron by neuron
        both = np.einsum("nhs,nhs->nh", signal, gradient, dtype=np.float64)
        signal_power = np.einsum("nhs,nhs->nh", signal, signal, dtype=np.float64)
        gradient_power = np.einsum("nhs,nhs->nh", gradient, gradient, dtype=np.float64)
        has_gradient = (gradient_power > FLOOR) & np.isfinite(both)
        phi = np.where(has_gradient, gains * both / np.where(has_gradient, gradient_power, 1), np.nan)
        has_both = has_gradient & (signal_power > FLOOR)
        stability = np.where(has_both, both**2 / np.where(has_both, signal_power * gradient_power, 1), np.nan)
    # pairs of neurons that go in the same direction, up or down
    positive, negative = (phi > 0).sum(axis=1), (phi < 0).sum(axis=1)
    defined = np.isfinite(phi).sum(axis=1)
    pairs = defined * (defined - 1) / 2
    agreeing = (positive * (positive - 1) + negative * (negative - 1)) / 2
    return Consistency(
        phi,
        stability,
        np.where(defined >= 2, agreeing / np.maximum(pairs, 1), np.nan),
        np.where(defined >= 1, positive / np.maximum(defined, 1), np.nan),
        np.where(defined >= 2, (positive - negative) / np.maximum(defined, 1), np.nan),
    )


def consistency_columns(view: View) -> dict[str, Floats]:
    """Return ``hs`` (mean over the neurons where it is defined), ``dc`` and ``phi_positive``."""
    return score_columns(_scores(view))


def score_columns(scores: Consistency) -> dict[str, Floats]:
    """Return the columns of `consistency_columns`, of scores."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a network in which no neuron is defined stays NaN
        stability = np.nanmean(scores.stability, axis=1)
    return {"hs": stability, "dc": scores.agreement, "phi_positive": scores.positive}


def neuron_columns(view: View) -> dict[str, Floats]:
    """Return ``sign_coherence``, and the score of every hidden neuron as ``phi_neuron_1`` and so on.

    Scores have heavy tails, since they divide by a gradient that may be small: their means over networks say little.
    Means of their signs, ``phi_sign_neuron_1`` and so on, do not have that flaw.
    """
    scores = _scores(view)
    numbered = {f"phi_neuron_{neuron}": values for neuron, values in enumerate(scores.phi.T, start=1)}
    signs = {f"phi_sign_neuron_{neuron}": values for neuron, values in enumerate(np.sign(scores.phi).T, start=1)}
    return {"sign_coherence": scores.coherence, **signs, **numbered}


def _scores(view: View) -> Consistency:
    snapshot, hidden = view.snapshot, view.snapshot.species.layout.hidden
    return consistency(
        snapshot.gains_ascending[:, :hidden], snapshot.signal[:, :hidden], view.potential_gradient[:, :hidden]
    )
