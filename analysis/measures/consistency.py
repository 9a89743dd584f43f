"""Consistency: how a neuron's learning signal relates to its true gradient.

``phi_i = gA_i sum_s q_is g_is / sum_s g_is^2`` is the learning rate, with its sign, at which neuron i would do gradient
descent; heterosynaptic stability is how much of the signal the gradient explains; dynamical consistency asks whether
the neurons agree on the sign.

All neurons count alike there, also those that hardly change and have hardly a gradient. `weighted_consistency` counts
each by what it contributes to the alignment, ``w_i = |u_i| |G_i|`` (see `hetevo.analysis.measures.factors`).
"""

from dataclasses import dataclass

import numpy as np

from hetevo.analysis.measures.factors import view_weights
from hetevo.analysis.measures.view import View, also_single
from hetevo.populations.types import Floats

FLOOR = 1e-12
"""Sum of squares, over the probe batch, below which a signal counts as absent and what divides by it as undefined."""

PAIRS = 1e-9
"""Share of the pairs' weight that pairs of two different neurons must have: rounding is far below it."""


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
        q, g = signal.astype(np.float64), gradient.astype(np.float64)
        both, signal_power, gradient_power = (np.einsum("nhs,nhs->nh", *pair) for pair in ((q, g), (q, q), (g, g)))
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


@dataclass(frozen=True)
class WeightedConsistency:
    """Consistency of N circuits whose neurons count by a weight each; NaN where undefined.

    Parameters
    ----------
    stability : ndarray of float64, shape (N,)
        ``sum w_i HS_i / sum w_i``, 0..1.
    coherence : ndarray of float64, shape (N,)
        ``C = sum w_i sign phi_i / sum w_i``, -1..1: sign coherence, with the sign that most of the weight has.
    agreement : ndarray of float64, shape (N,)
        Share of the pairs of neurons with ``phi_i phi_j > 0``, each pair weighted by ``w_i w_j``; NaN where one neuron
        has all the weight.
    """

    stability: Floats
    coherence: Floats
    agreement: Floats


@also_single(axes=2)
def weighted_consistency(phi: Floats, stability: Floats, weights: Floats) -> WeightedConsistency:
    """Let neurons count by weights in stability, coherence and agreement.

    With equal weights these are the mean of HS, the sign coherence and DC. Where no score is 0 agreement and coherence
    say the same: ``agreement = ((1 + C^2) / 2 - s) / (1 - s)`` with ``s = sum w^2 / (sum w)^2``, one over the effective
    number of neurons (of n equal ones ``1 / n``).

    Parameters
    ----------
    phi, stability : ndarray of float, shape (N, H)
        Of `consistency`; neurons where they are NaN do not count.
    weights : ndarray of float, shape (N, H)
        Not negative; of `hetevo.analysis.neuron_weights` for instance.

    Examples
    --------
    >>> phi, stability = np.array([[0.2, 0.1, -0.3]]), np.array([[0.9, 0.7, 0.0]])
    >>> found = weighted_consistency(phi, stability, np.array([[1.0, 1.0, 0.0]]))
    >>> found.stability.round(3).tolist(), found.coherence.tolist(), found.agreement.tolist()
    ([0.8], [1.0], [1.0])
    """
    signs = np.sign(phi)
    w = np.where(np.isfinite(signs), weights, 0)
    with np.errstate(all="ignore"):
        # in shares of the largest, so that products of two do not vanish
        largest = w.max(axis=1, initial=0, keepdims=True)
        w = w / np.where(largest > 0, largest, 1)
        up, down = (np.where(signs * side > 0, w, 0).sum(axis=1) for side in (1, -1))
        total, squares = w.sum(axis=1), w**2
        # pairs of two neurons: all of them, less each neuron's with itself
        pairs = total**2 - squares.sum(axis=1)
        agreeing = up**2 + down**2 - np.where(signs != 0, squares, 0).sum(axis=1)
        of_pairs = np.where(pairs > PAIRS * total**2, agreeing / np.where(pairs > 0, pairs, 1), np.nan)
    return WeightedConsistency(
        weighted_mean(stability, weights), weighted_mean(signs, weights), np.clip(of_pairs, 0, 1)
    )


def weighted_mean(values: Floats, weights: Floats) -> Floats:
    """Return ``sum w_i v_i / sum w_i`` along axis 1 of arrays (N, H), over defined v_i; NaN where w adds up to 0."""
    defined = np.isfinite(values)
    with np.errstate(all="ignore"):
        over = np.where(defined, values * weights, 0).sum(axis=1)
        under = np.where(defined, weights, 0).sum(axis=1)
        there = (under > 0) & np.isfinite(over) & np.isfinite(under)
        return np.where(there, over / np.where(there, under, 1), np.nan)


def consistency_columns(view: View) -> dict[str, Floats]:
    """Return consistency with all neurons alike, and with each counting as much as it does in the alignment.

    ``hs`` (mean over the neurons where it is defined), ``dc`` and ``phi_positive``; ``hs_weighted``, ``dc_weighted``
    and ``coherence_weighted``.
    """
    return score_columns(_scores(view), view_weights(view))


def score_columns(scores: Consistency, weights: Floats) -> dict[str, Floats]:
    """Return the columns of `consistency_columns`, of scores, and of how much each neuron counts, (N, H)."""
    weighted = weighted_consistency(scores.phi, scores.stability, weights)
    return {
        "hs": weighted_mean(scores.stability, np.ones_like(scores.stability)),
        "dc": scores.agreement,
        "phi_positive": scores.positive,
        "hs_weighted": weighted.stability,
        "dc_weighted": weighted.agreement,
        "coherence_weighted": weighted.coherence,
    }


def neuron_columns(view: View) -> dict[str, Floats]:
    """Return ``sign_coherence``, and the score of every hidden neuron as ``phi_neuron_1`` and so on.

    Scores have heavy tails, since they divide by a gradient that may be small: their means over networks say little.
    Means of their signs, ``phi_sign_neuron_1`` and so on, do not have that flaw.
    """
    scores = _scores(view)
    numbered = {f"phi_neuron_{neuron}": values for neuron, values in enumerate(scores.phi.T, start=1)}
    signs = {f"phi_sign_neuron_{neuron}": values for neuron, values in enumerate(np.sign(scores.phi).T, start=1)}
    return {"sign_coherence": scores.coherence, **signs, **numbered}


def score_size_columns(view: View) -> dict[str, Floats]:
    """Return ``phi_size``: the median over hidden neurons of the size of their scores, which have heavy tails."""
    sizes = np.abs(_scores(view).phi)
    known = np.isfinite(sizes).any(axis=1)
    sizes[~known] = 0  # no neuron has a score: undefined, and no warning
    return {"phi_size": np.where(known, np.nanmedian(sizes, axis=1), np.nan)}


def _scores(view: View) -> Consistency:
    snapshot, hidden = view.snapshot, view.snapshot.species.layout.hidden
    return consistency(
        snapshot.gains_ascending[:, :hidden], snapshot.signal[:, :hidden], view.potential_gradient[:, :hidden]
    )
