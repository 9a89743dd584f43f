"""Equivalent optimiser: the gradient method that a circuit's update comes nearest to.

Nested models of the update u, all without an offset, with G the negative gradient at the hidden neurons' synapses:

==============  ========================  ============================================================
name            model                     what it is
==============  ========================  ============================================================
rate            ``u = eta G``             gradient descent with one learning rate; eta < 0: ascent
neurons         ``u = diag(phi) G``       a learning rate, with its sign, for every neuron
units           ``u = diag(phi) G H``     H diagonal: also a scale for every sending unit
==============  ========================  ============================================================

Beside them, `full_change` fits what a synapse does altogether, decay and momentum included.

The full matrix H, units by units, has more entries than one mean update has numbers: it cannot be identified from it.
"""

from dataclasses import dataclass

import numpy as np

from hetevo.analysis.measures.view import FLOOR, View, also_single
from hetevo.populations.types import Floats, Mask

ROUNDS = 20
"""Alternations between neurons' rates and units' scales; each lowers the error."""

EXPLAINED = 0.5
"""Adjusted R^2 from which an update is called by the name of a method."""

GAIN = 0.05
"""Adjusted R^2 that a larger model must add to be preferred."""


@dataclass(frozen=True)
class Optimiser:
    """The fits of N updates; NaN where undefined.

    Parameters
    ----------
    rate : ndarray of float64, shape (N,)
        Learning rate ``eta``; negative: ascent.
    rates : ndarray of float64, shape (N, H)
        Learning rate ``phi`` of every neuron; NaN for a neuron without gradient.
    scales : ndarray of float64, shape (N, units)
        Diagonal of ``H`` in the third model, mean of the absolute values 1; NaN for a unit without gradient.
    explained : ndarray of float64, shape (N, 3)
        ``R^2 = 1 - |u - fit|^2 / |u|^2`` of the three models.
    adjusted : ndarray of float64, shape (N, 3)
        The same, less what as many free parameters explain of noise: ``1 - (1 - R^2) n / (n - p)``.
    """

    rate: Floats
    rates: Floats
    scales: Floats
    explained: Floats
    adjusted: Floats

    def names(self) -> list[str]:
        """Name the nearest method of each network.

        Returns
        -------
        list of str
            ``"SGD"``, ``"gradient ascent"``, ``"preconditioned"`` (rates of one sign), ``"sign-flipped"`` (neurons
            disagree), ``"none"`` (the adjusted R^2 is below `EXPLAINED`) or ``"undefined"``. The smallest model
            is taken that no larger one betters by `GAIN`.
        """
        rates, adjusted = np.atleast_2d(self.rates), np.atleast_2d(self.adjusted)
        return [_name(*row) for row in zip(np.atleast_1d(self.rate), rates, adjusted, strict=True)]


@also_single(axes=3)
def equivalent_optimiser(update: Floats, gradient: Floats, mask: Mask) -> Optimiser:
    """Fit the three models by least squares.

    Parameters
    ----------
    update, gradient : ndarray of float, shape (N, H, units)
        Change of the weights without decay, and the negative gradient, of hidden neurons' synapses.
    mask : ndarray of bool, shape (N, H, units)
        Synapses present.

    Examples
    --------
    >>> gradient = np.random.default_rng(0).standard_normal((1, 4, 8))
    >>> rates = np.array([1.0, -1.0, 1.0, -1.0])[:, None]
    >>> found = equivalent_optimiser(rates * gradient, gradient, np.ones((1, 4, 8), bool))
    >>> found.rates.round(3).tolist(), found.names()
    ([[1.0, -1.0, 1.0, -1.0]], ['sign-flipped'])
    """
    with np.errstate(all="ignore"):
        # one rate for all synapses, and one for each neuron: both are ratios of sums
        u, g, power, defined = _comparable(update, gradient, mask)
        along, steepness = u * g, g**2
        rate = _ratio(along.sum(axis=(1, 2)), steepness.sum(axis=(1, 2)))
        rates = _ratio(along.sum(axis=2), steepness.sum(axis=2))
        fits = [np.nan_to_num(rate)[:, None, None] * g, np.nan_to_num(rates)[:, :, None] * g]
        # rates of neurons and scales of units in turn, each the best for the other
        phi, scales = np.nan_to_num(rates), rate[:, None]
        for _ in range(ROUNDS):
            scales = _ratio(_weighed(along.swapaxes(1, 2), phi), _weighed(steepness.swapaxes(1, 2), phi**2))
            known = np.nan_to_num(scales)
            phi = np.nan_to_num(_ratio(_weighed(along, known), _weighed(steepness, known**2)))
        fits.append(phi[:, :, None] * g * np.nan_to_num(scales)[:, None])
        explained = np.stack([1 - ((u - fit) ** 2).sum(axis=(1, 2)) / power for fit in fits], axis=1)
        # less what as many free parameters explain of noise
        numbers = mask.sum(axis=(1, 2)).astype(float)
        neurons, units = (np.isfinite(values).sum(axis=1) for values in (rates, scales))
        free = np.stack([np.ones_like(numbers), neurons, np.maximum(neurons + units - 1, 1)], axis=1)
        left = numbers[:, None] - free
        adjusted = np.where(left > 0, 1 - (1 - explained) * numbers[:, None] / np.where(left > 0, left, 1), np.nan)
        # only the product of rates and scales is known: the scales get a mean size of 1
        size = np.nansum(np.abs(scales), axis=1) / np.maximum(units, 1)
        scales = scales / np.where(size > 0, size, 1)[:, None]
    undefined = ~defined
    for values in (rate, rates, scales, explained, adjusted):
        values[undefined] = np.nan
    return Optimiser(rate, rates, scales, explained, adjusted)


@also_single(axes=3)
def neurons_explained(update: Floats, gradient: Floats, mask: Mask) -> Floats:
    """Return R^2 of the second model alone, ``u = diag(phi) G``.

    Parameters
    ----------
    update, gradient, mask : ndarray, shape (N, H, units)
        As `equivalent_optimiser` takes them.

    Returns
    -------
    ndarray of float64, shape (N,)
        NaN where undefined.
    """
    with np.errstate(all="ignore"):
        u, g, power, defined = _comparable(update, gradient, mask)
        # one rate a neuron, as in the second model
        rates = np.nan_to_num(_ratio((u * g).sum(axis=2), (g**2).sum(axis=2)))
        return np.where(defined, 1 - ((u - rates[:, :, None] * g) ** 2).sum(axis=(1, 2)) / power, np.nan)


@also_single(axes=3)
def full_change(
    update: Floats, gradient: Floats, weights: Floats, decay: Floats, carried: Floats, mask: Mask
) -> tuple[Floats, Floats, Floats, Floats]:
    """Fit the whole change of the weights, ``update - decay W``, as gradient descent with momentum and weight decay.

    Parameters
    ----------
    update : ndarray of float, shape (N, H, units)
        Change without decay, what momentum carries over included.
    gradient : ndarray of float, shape (N, H, units)
        Negative gradient.
    weights : ndarray of float, shape (N, H, units)
        ``W``.
    decay : ndarray of float, shape (N,)
        ``lambdaA``.
    carried : ndarray of float, shape (N, H, units)
        The last change; zeros if nothing is carried over.
    mask : ndarray of bool, shape (N, H, units)
        Synapses present.

    Returns
    -------
    rate, momentum, shrinking, explained : ndarray of float64, shape (N,)
        Least squares of ``eta G + mu carried - lambda W`` and its R^2; a coefficient whose regressor is absent is NaN,
        and all are where nothing changes.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> gradient, weights, carried = rng.standard_normal((3, 1, 4, 8))
    >>> update = 0.1 * gradient + 0.9 * carried
    >>> fitted = full_change(update, gradient, weights, np.array([0.01]), carried, np.ones((1, 4, 8), bool))
    >>> [value.round(3).item() for value in fitted]
    [0.1, 0.9, 0.01, 1.0]
    """
    found = np.full((len(update), 4), np.nan)
    for n, present in enumerate(mask):
        # what the change of each present synapse is explained by
        regressors = np.stack([values[n][present].astype(float) for values in (gradient, carried, -weights)], axis=1)
        change = update[n][present].astype(float) + decay[n] * regressors[:, 2]
        # a regressor that is absent has no coefficient
        there = np.sqrt((regressors**2).sum(axis=0)) > FLOOR
        power = (change**2).sum()
        if not (np.isfinite(regressors).all() and np.isfinite(power) and power > FLOOR**2 and there[0]):
            continue
        fitted = np.linalg.lstsq(regressors[:, there], change, rcond=None)[0]
        found[n, :3][there] = fitted
        found[n, 3] = 1 - ((change - regressors[:, there] @ fitted) ** 2).sum() / power
    return tuple(found.T)  # type: ignore[return-value]


def optimiser_columns(view: View) -> dict[str, Floats]:
    """Return the columns of the equivalent optimiser.

    ``optimiser_rate``; ``optimiser_r2_rate``, ``optimiser_r2_neurons`` and ``optimiser_r2_units``, the R^2 of the three
    models; ``alignment_preconditioned``, the cosine of the update with the gradient after every neuron's rate, which is
    the root of the second one.
    """
    snapshot, rows = view.snapshot, slice(view.snapshot.species.layout.hidden)
    fit = equivalent_optimiser(
        snapshot.update[:, rows], view.weight_gradient[:, rows], snapshot.mask_ascending[:, rows]
    )
    named = dict(zip(("rate", "neurons", "units"), fit.explained.T, strict=True))
    return {
        "optimiser_rate": fit.rate,
        **{f"optimiser_r2_{name}": values for name, values in named.items()},
        "alignment_preconditioned": np.sqrt(np.maximum(named["neurons"], 0)),
    }


def change_columns(view: View) -> dict[str, Floats]:
    """Return the columns of `full_change`, and how well signals of the gradient's sign explain the update.

    ``change_rate``, ``change_momentum``, ``change_decay``, ``change_r2``; and ``optimiser_r2_signs``, the R^2 of
    ``u_ij = phi_i <sign(g_i) x_j>``.
    """
    snapshot, layout = view.snapshot, view.snapshot.species.layout
    # the whole change: what plasticity adds, what momentum carries over, what decay takes
    rows, plastic = slice(layout.hidden), "ascending" in snapshot.species.plastic
    mask, decay = snapshot.mask_ascending[:, rows], snapshot.genes["decay_ascending"] * plastic
    # one share of every weight is no decay that depends on activity
    if snapshot.species.gated:
        decay = np.full_like(decay, np.nan)
    shared = snapshot.species.rule.momentum
    carried = np.zeros_like(snapshot.update) if snapshot.carried is None else snapshot.carried
    rate, momentum, shrinking, explained = full_change(
        (snapshot.update + carried)[:, rows],
        view.weight_gradient[:, rows],
        snapshot.weights.ascending[:, rows],
        decay,
        carried[:, rows] / (shared or 1),
        mask,
    )
    # the update that signals of the gradient's sign alone would cause
    signs = np.sign(view.potential_gradient[:, rows])
    steps = np.matmul(signs, snapshot.activity[:, : layout.units].swapaxes(1, 2)) / signs.shape[2]
    by_sign = neurons_explained(snapshot.update[:, rows], steps, mask)
    return {
        "change_rate": rate,
        "change_momentum": momentum,
        "change_decay": shrinking,
        "change_r2": explained,
        "optimiser_r2_signs": by_sign,
    }


def _comparable(update: Floats, gradient: Floats, mask: Mask) -> tuple[Floats, Floats, Floats, Mask]:
    """Return update and gradient, 0 where there is no synapse or nothing to compare, with u's power."""
    u, g = (np.where(mask, values, 0).astype(np.float64) for values in (update, gradient))
    power = (u**2).sum(axis=(1, 2))
    defined = (np.sqrt(power) > FLOOR) & (np.sqrt((g**2).sum(axis=(1, 2))) > FLOOR)
    defined &= np.isfinite(power) & np.isfinite(g).all(axis=(1, 2))
    # what is undefined becomes 0, so that it disturbs nothing until it is marked
    u, g = (np.where(defined[:, None, None], values, 0) for values in (u, g))
    return u, g, power, defined


def _weighed(matrices: Floats, weights: Floats) -> Floats:
    """Multiply each network's matrix with its vector."""
    product: Floats = np.matmul(matrices, weights[:, :, None])
    return product[:, :, 0]


def _ratio(over: Floats, under: Floats) -> Floats:
    """Divide; NaN where there is nothing to divide by."""
    there = under > FLOOR**2
    return np.where(there, over / np.where(there, under, 1), np.nan)


def _name(rate: float, rates: Floats, adjusted: Floats) -> str:
    if np.isnan(rate):
        return "undefined"
    # the smallest model that no larger one betters by much
    known = np.nan_to_num(adjusted, nan=-np.inf)
    if known.max() < EXPLAINED:
        return "none"
    if known[0] >= known.max() - GAIN:
        return "SGD" if rate > 0 else "gradient ascent"
    signs = rates[np.isfinite(rates)] > 0
    if signs.all():
        return "preconditioned"
    return "gradient ascent" if not signs.any() else "sign-flipped"
