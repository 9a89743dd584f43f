"""Equivalent optimiser: the gradient method that a circuit's update comes nearest to.

Nested models of the update u, all without an offset, with G the negative gradient at the hidden neurons' synapses:

==============  ========================  ============================================================
name            model                     what it is
==============  ========================  ============================================================
rate            ``u = eta G``             gradient descent with one learning rate; eta < 0: ascent
neurons         ``u = diag(phi) G``       a learning rate, with its sign, for every neuron
units           ``u = diag(phi) G H``     H diagonal: also a scale for every sending unit
==============  ========================  ============================================================

Beside them, `hetevo.analysis.measures.change` fits what a synapse does altogether, decay and momentum included.

The full matrix H, units by units, has more entries than one mean update has numbers: it cannot be identified from it.
"""

from dataclasses import dataclass

import numpy as np

from hetevo.analysis.measures.alignment import FLOOR
from hetevo.analysis.measures.view import View
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
        return [_name(*row) for row in zip(self.rate, self.rates, self.adjusted, strict=True)]


def equivalent_optimiser(update: Floats, gradient: Floats, mask: Mask) -> Optimiser:
    """Fit the three models by least squares.

    Parameters
    ----------
    update, gradient : ndarray of float, shape (N, H, units)
        Change of the weights without decay, and the negative gradient, of hidden neurons' synapses.
    mask : ndarray of bool, shape (N, H, units)
        Synapses present.
    """
    with np.errstate(all="ignore"):
        u, g, power, defined = _comparable(update, gradient, mask)
        along, steepness = u * g, g**2
        rate = _ratio(along.sum(axis=(1, 2)), steepness.sum(axis=(1, 2)))
        rates = _ratio(along.sum(axis=2), steepness.sum(axis=2))
        fits = [np.nan_to_num(rate)[:, None, None] * g, np.nan_to_num(rates)[:, :, None] * g]
        phi, scales = np.nan_to_num(rates), rate[:, None]
        for _ in range(ROUNDS):
            scales = _ratio(_weighed(along.swapaxes(1, 2), phi), _weighed(steepness.swapaxes(1, 2), phi**2))
            known = np.nan_to_num(scales)
            phi = np.nan_to_num(_ratio(_weighed(along, known), _weighed(steepness, known**2)))
        fits.append(phi[:, :, None] * g * np.nan_to_num(scales)[:, None])
        explained = np.stack([1 - ((u - fit) ** 2).sum(axis=(1, 2)) / power for fit in fits], axis=1)
        numbers = mask.sum(axis=(1, 2)).astype(float)
        neurons, units = (np.isfinite(values).sum(axis=1) for values in (rates, scales))
        free = np.stack([np.ones_like(numbers), neurons, np.maximum(neurons + units - 1, 1)], axis=1)
        left = numbers[:, None] - free
        adjusted = np.where(left > 0, 1 - (1 - explained) * numbers[:, None] / np.where(left > 0, left, 1), np.nan)
        size = np.nansum(np.abs(scales), axis=1) / np.maximum(units, 1)
        scales = scales / np.where(size > 0, size, 1)[:, None]
    undefined = ~defined
    for values in (rate, rates, scales, explained, adjusted):
        values[undefined] = np.nan
    return Optimiser(rate, rates, scales, explained, adjusted)


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
        rates = np.nan_to_num(_ratio((u * g).sum(axis=2), (g**2).sum(axis=2)))
        return np.where(defined, 1 - ((u - rates[:, :, None] * g) ** 2).sum(axis=(1, 2)) / power, np.nan)


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


def _comparable(update: Floats, gradient: Floats, mask: Mask) -> tuple[Floats, Floats, Floats, Mask]:
    """Return update and gradient, 0 where there is no synapse or nothing to compare, with u's power."""
    u, g = (np.where(mask, values, 0).astype(np.float64) for values in (update, gradient))
    power = (u**2).sum(axis=(1, 2))
    defined = (np.sqrt(power) > FLOOR) & (np.sqrt((g**2).sum(axis=(1, 2))) > FLOOR)
    defined &= np.isfinite(power) & np.isfinite(g).all(axis=(1, 2))
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
    known = np.nan_to_num(adjusted, nan=-np.inf)
    if known.max() < EXPLAINED:
        return "none"
    if known[0] >= known.max() - GAIN:
        return "SGD" if rate > 0 else "gradient ascent"
    signs = rates[np.isfinite(rates)] > 0
    if signs.all():
        return "preconditioned"
    return "gradient ascent" if not signs.any() else "sign-flipped"
