"""The whole change of the weights, decay and momentum included, as a gradient method; and sign-like signals."""

import numpy as np

from hetevo.analysis.measures.alignment import FLOOR
from hetevo.analysis.measures.optimiser import neurons_explained
from hetevo.analysis.measures.view import View
from hetevo.populations.types import Floats, Mask


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
    rate, momentum, loss, explained : ndarray of float64, shape (N,)
        Least squares of ``eta G + mu carried - lambda W`` and its R^2; a coefficient whose regressor is absent is NaN,
        and all are where nothing changes.
    """
    found = np.full((len(update), 4), np.nan)
    for n, present in enumerate(mask):
        regressors = np.stack([values[n][present].astype(float) for values in (gradient, carried, -weights)], axis=1)
        change = update[n][present].astype(float) + decay[n] * regressors[:, 2]
        there = np.sqrt((regressors**2).sum(axis=0)) > FLOOR
        power = (change**2).sum()
        if not (np.isfinite(regressors).all() and np.isfinite(power) and power > FLOOR**2 and there[0]):
            continue
        fitted = np.linalg.lstsq(regressors[:, there], change, rcond=None)[0]
        found[n, :3][there] = fitted
        found[n, 3] = 1 - ((change - regressors[:, there] @ fitted) ** 2).sum() / power
    return tuple(found.T)  # type: ignore[return-value]


def change_columns(view: View) -> dict[str, Floats]:
    """Return the columns of `full_change`, and how well signals of the gradient's sign explain the update.

    ``change_rate``, ``change_momentum``, ``change_decay``, ``change_r2``; and ``optimiser_r2_signs``, the R^2 of
    ``u_ij = phi_i <sign(g_i) x_j>``.
    """
    snapshot, layout = view.snapshot, view.snapshot.species.layout
    rows, plastic = slice(layout.hidden), bool(snapshot.species.rule.ascending)
    mask, decay = snapshot.mask_ascending[:, rows], snapshot.genes["decay_ascending"] * plastic
    shared = snapshot.species.rule.momentum
    carried = np.zeros_like(snapshot.update) if snapshot.carried is None else snapshot.carried
    rate, momentum, loss, explained = full_change(
        (snapshot.update + carried)[:, rows],
        view.weight_gradient[:, rows],
        snapshot.weights.ascending[:, rows],
        decay,
        carried[:, rows] / (shared or 1),
        mask,
    )
    signs = np.sign(view.potential_gradient[:, rows])
    steps = np.matmul(signs, snapshot.activity[:, : layout.units].swapaxes(1, 2)) / signs.shape[2]
    by_sign = neurons_explained(snapshot.update[:, rows], steps, mask)
    return {
        "change_rate": rate,
        "change_momentum": momentum,
        "change_decay": loss,
        "change_r2": explained,
        "optimiser_r2_signs": by_sign,
    }
