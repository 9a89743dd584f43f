"""Gradient alignment as a product of three factors, and how much each neuron counts in it.

With ``u_i`` and ``G_i`` the update and the negative gradient of neuron i's incoming synapses, ``c_i`` their cosine and
the weights ``w_i = |u_i| |G_i|``::

    alignment = sum_i w_i c_i / (|u| |G|) = M Q D
    M = sum w_i / (|u| |G|)               match: those that change most are those with the largest gradient
    Q = sum w_i |c_i| / sum w_i           quality: each neuron's update lies along its gradient, up or down
    D = sum w_i c_i / sum w_i |c_i|       agreement: all of them go down

An identity, since ``w_i c_i = u_i . G_i`` adds up to ``u . G``. By Cauchy and Schwarz M lies in 0..1, as Q does; D lies
in -1..1. A neuron whose update turns round changes D alone. Rates of neurons change M, and Q and D only by the weights:
where all cosines are the same, M alone.
"""

from dataclasses import dataclass

import numpy as np

from hetevo.analysis.measures.view import FLOOR, View, also_single, multiply_out
from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats, Mask


@dataclass(frozen=True)
class Factors:
    """The factors of N networks' alignment; NaN where undefined.

    Parameters
    ----------
    match : ndarray of float64, shape (N,)
        ``M``, 0..1; NaN where alignment is undefined.
    quality : ndarray of float64, shape (N,)
        ``Q``, 0..1; NaN also where no neuron has both an update and a gradient.
    agreement : ndarray of float64, shape (N,)
        ``D``, -1..1; NaN also where ``Q`` is 0.
    """

    match: Floats
    quality: Floats
    agreement: Floats


@also_single(axes=3)
def alignment_factors(
    update: Floats, gradient: Floats, mask: Mask | None = None, layout: Layout | None = None
) -> Factors:
    """Split the alignment into match, quality and agreement, whose product it is.

    Parameters
    ----------
    update, gradient, mask, layout
        As for `hetevo.analysis.alignment`.

    Examples
    --------
    >>> update, gradient = np.array([[3.0, 0.0], [0.0, -1.0]]), np.array([[1.0, 1.0], [0.0, 2.0]])
    >>> factors = alignment_factors(update, gradient)
    >>> [float(factor.round(3)) for factor in (factors.match, factors.quality, factors.agreement)]
    [0.806, 0.801, 0.2]
    """
    return factors_of(_neuron_sums(update, gradient, mask, layout))


@also_single(axes=3)
def neuron_weights(update: Floats, gradient: Floats, mask: Mask | None = None, layout: Layout | None = None) -> Floats:
    """How much each neuron counts in the alignment: ``w_i = |u_i| |G_i|``.

    Parameters
    ----------
    update, gradient, mask, layout
        As for `hetevo.analysis.alignment`.

    Returns
    -------
    ndarray of float64, shape (N, n), or (N, H) with a layout
        In units of the loss that one presentation takes away at most.

    Examples
    --------
    >>> neuron_weights(np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [1.0, 1.0]])).tolist()
    [5.0, 0.0]
    """
    return weights_of(_neuron_sums(update, gradient, mask, layout))


@also_single(axes=2)
def effective_neurons(weights: Floats) -> Floats:
    """Effective number of neurons ``(sum w)^2 / sum w^2``, the participation ratio of the weights.

    Parameters
    ----------
    weights : ndarray of float, shape (N, H)
        Not negative; of `neuron_weights` for instance.

    Returns
    -------
    ndarray of float64, shape (N,)
        1 where one neuron has all the weight, H where all have the same; NaN where none has any.

    Examples
    --------
    >>> effective_neurons(np.array([[2.0, 2.0, 0.0], [1.0, 0.0, 0.0]])).tolist()
    [2.0, 1.0]
    """
    with np.errstate(all="ignore"):
        # in shares of the largest, so that squares of small ones do not vanish
        largest = weights.max(axis=1, initial=0)
        defined = np.isfinite(weights).all(axis=1) & (largest > 0)
        shares = np.where(defined[:, None], weights / np.where(defined, largest, 1)[:, None], 0)
        total, squares = shares.sum(axis=1), (shares**2).sum(axis=1)
    return np.where(defined, total**2 / np.where(defined, squares, 1), np.nan)


def view_weights(view: View) -> Floats:
    """Return the hidden neurons' `neuron_weights`, (N, H)."""
    return weights_of(view.neuron_sums)


def factor_columns(view: View) -> dict[str, Floats]:
    """Return ``alignment_match``, ``alignment_quality`` and ``alignment_agreement``."""
    return columns_of(view.neuron_sums)


def columns_of(sums: Floats) -> dict[str, Floats]:
    """Return the columns of `factor_columns`, of neurons' sums, (3, N, H)."""
    factors = factors_of(sums)
    return {
        "alignment_match": factors.match,
        "alignment_quality": factors.quality,
        "alignment_agreement": factors.agreement,
    }


def effective_columns(view: View) -> dict[str, Floats]:
    """Return ``neurons_effective``."""
    return {"neurons_effective": effective_neurons(view_weights(view))}


def _neuron_sums(update: Floats, gradient: Floats, mask: Mask | None, layout: Layout | None) -> Floats:
    """Sum update times gradient, and the square of each, over every neuron's synapses, (3, N, n)."""
    rows = slice(None) if layout is None else slice(layout.hidden)
    present = np.True_ if mask is None else mask[:, rows]
    with np.errstate(all="ignore"):
        products = multiply_out(update[:, rows] * present, gradient[:, rows] * present)
        return np.asarray(products.sum(axis=3, dtype=np.float64))


def weights_of(sums: Floats) -> Floats:
    """Return ``w_i = |u_i| |G_i|``, (N, n), of ``u_i . G_i`` and the squares of both, (3, N, n)."""
    update, gradient = np.sqrt(sums[1:])
    with np.errstate(all="ignore"):
        return np.asarray(update * gradient)


def factors_of(sums: Floats) -> Factors:
    """Return the factors, of ``u_i . G_i`` and the squares of both, (3, N, n)."""
    with np.errstate(all="ignore"):
        # sums over neurons: of the weights, of what is done along the gradient, and of its size
        total, size = weights_of(sums).sum(axis=1), np.abs(sums[0]).sum(axis=1)
        along, *powers = sums.sum(axis=2)
        norms = np.sqrt(powers)
        # what has no cosine has no factors either
        defined = (norms > FLOOR).all(axis=0) & np.isfinite(along) & np.isfinite(total)
        some, any_along = defined & (total > 0), defined & (size > 0)
        match = np.where(defined, total / np.where(defined, norms[0] * norms[1], 1), np.nan)
        quality = np.where(some, size / np.where(some, total, 1), np.nan)
        agreement = np.where(any_along, along / np.where(any_along, size, 1), np.nan)
    return Factors(np.minimum(match, 1), np.minimum(quality, 1), agreement)
