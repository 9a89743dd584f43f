"""Heterosynaptic stability with a matrix: signals that mix the gradients of a level's neurons.

The paper's condition (Ziyin, Chuang and Poggio 2025, arXiv:2505.02248) is ``q_i = phi_i (H g)_i`` with one positive
semidefinite matrix H a level, of which `hetevo.analysis.consistency` asks for the diagonal alone. Here H is fitted over
the samples of a presentation: the positive semidefinite Procrustes problem, which is convex,

    minimise |S q - H g|^2 over symmetric H >= 0,    S = diag(signs)

As in Gillis and Sharma (2018), A semi-analytical approach for the positive semidefinite Procrustes problem, Linear
Algebra Appl. 540, 112-137, the best symmetric matrix comes first, from the Lyapunov equation ``H C + C H = B + B'``
with ``C = g g'`` and ``B = S q g'``; where it is not semidefinite, an accelerated projected gradient goes on from
there. It works in the eigenvectors of C, with H scaled by the fourth roots of the eigenvalues from both sides:
semidefinite matrices stay so, and the condition number becomes half its root.

The signs are those of the diagonal of the best matrix without constraints: if ``q = S H g`` it is ``S H``, and the
diagonal of a semidefinite H is not negative. So the sign of a neuron's signal, which is a matter of convention (see
`hetevo.analysis.gain_product_share`), does not matter.
"""

from dataclasses import dataclass

import numpy as np

from hetevo.analysis.measures.view import View, also_single
from hetevo.populations.types import Floats, Mask

FLOOR = 1e-12
"""Sum of squares, over the probe batch, below which signals or gradients count as absent."""

SMALL = 1e-6
"""Share of the largest eigenvalue of C below which a direction counts as one that gradients do not have."""

ROUNDS = 200
"""Steps of the projected gradient at most."""

PRECISE = 1e-4
"""Share of the signals' power by which `EVERY` steps must better the fit, or it is good enough."""

EVERY = 5


@dataclass(frozen=True)
class MatrixStability:
    """The fits of N levels with n neurons; NaN where undefined.

    Parameters
    ----------
    matrix : ndarray of float64, shape (N, n, n)
        ``H``.
    signs : ndarray of float64, shape (N, n)
        Sign of each neuron's signal, -1 or 1.
    explained : ndarray of float64, shape (N,)
        ``R^2 = 1 - |S q - H g|^2 / |q|^2``.
    adjusted : ndarray of float64, shape (N,)
        The same, less what as many free parameters explain of noise: ``1 - (1 - R^2) m / (m - p)`` with the m numbers
        of a level's signals and ``p = n (n + 1) / 2`` (fewer where gradients span r < n dimensions:
        ``p - (n - r) (n - r + 1) / 2``).
    diagonal : ndarray of float64, shape (N,)
        Adjusted R^2 of ``q_i = phi_i g_i``, with p = n: what there is without a matrix.
    """

    matrix: Floats
    signs: Floats
    explained: Floats
    adjusted: Floats
    diagonal: Floats


@also_single(axes=3)
def matrix_stability(signal: Floats, gradient: Floats) -> MatrixStability:
    """Fit learning signals by a positive semidefinite matrix times the gradients of the same level.

    Parameters
    ----------
    signal : ndarray of float, shape (N, n, S)
        Learning signals ``q`` of the n neurons of a level on S samples.
    gradient : ndarray of float, shape (N, n, S)
        Their true negative gradients ``g``.

    Returns
    -------
    MatrixStability
        Undefined where there are not more samples than neurons, no signal or no gradient.

    Examples
    --------
    >>> gradient = np.random.default_rng(0).standard_normal((3, 50))
    >>> H = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    >>> found = matrix_stability(H @ gradient, gradient)
    >>> found.matrix.round(3).tolist(), found.adjusted.round(3).item()
    ([[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]], 1.0)
    """
    networks, neurons, samples = signal.shape
    with np.errstate(all="ignore"):
        q, g = signal.astype(np.float64), gradient.astype(np.float64)
        powers = [(values**2).sum(axis=(1, 2)) for values in (q, g)]
    defined = np.all([np.isfinite(power) & (power > FLOOR) for power in powers], axis=0) & (samples > neurons)
    found = MatrixStability(
        np.full((networks, neurons, neurons), np.nan),
        np.full((networks, neurons), np.nan),
        *(np.full(networks, np.nan) for _ in range(3)),
    )
    if not defined.any():
        return found
    q, g = q[defined], g[defined]
    # in units of their own, so that no limit depends on the scale
    units = [np.sqrt((values**2).mean(axis=(1, 2), keepdims=True)) for values in (q, g)]
    q, g = q / units[0], g / units[1]
    both, covariance = q @ g.swapaxes(1, 2) / samples, g @ g.swapaxes(1, 2) / samples
    values, vectors = np.linalg.eigh(covariance)
    there = values > SMALL * values[:, -1:]
    signs = _signs(both, values, vectors, there)
    # the fit itself, in the eigenvectors of C
    turned = vectors.swapaxes(1, 2) @ (signs[:, :, None] * both) @ vectors
    inside = _fit(values, (turned + turned.swapaxes(1, 2)) / 2)
    # |Sq - Hg|^2 / |q|^2, whose three terms are traces; |q|^2 is the number of neurons in these units
    left = 1 + ((inside**2 * values[:, None]).sum(axis=(1, 2)) - 2 * (inside * turned).sum(axis=(1, 2))) / neurons
    alone = np.einsum("nii->ni", both) ** 2 / np.maximum(np.einsum("nii->ni", covariance), FLOOR)
    missing = neurons - there.sum(axis=1)
    free = (neurons * (neurons + 1) - missing * (missing + 1)) / 2
    numbers = neurons * samples
    found.matrix[defined] = vectors @ inside @ vectors.swapaxes(1, 2) * units[0] / units[1]
    found.signs[defined] = signs
    found.explained[defined] = 1 - np.maximum(left, 0)
    found.adjusted[defined] = 1 - np.maximum(left, 0) * numbers / (numbers - free)
    found.diagonal[defined] = 1 - (1 - alone.sum(axis=1) / neurons) * numbers / (numbers - neurons)
    return found


def matrix_columns(view: View) -> dict[str, Floats]:
    """Return `matrix_stability` by hidden level: ``hs_matrix_level_1`` and, of scalars, ``hs_scalar_level_1``."""
    columns: dict[str, Floats] = {}
    for level, rows in enumerate(view.snapshot.species.layout.level_slices, start=1):
        found = matrix_stability(view.snapshot.signal[:, rows], view.potential_gradient[:, rows])
        columns |= {f"hs_matrix_level_{level}": found.adjusted, f"hs_scalar_level_{level}": found.diagonal}
    return columns


def _signs(both: Floats, values: Floats, vectors: Floats, there: Mask) -> Floats:
    """Return the signs of the diagonal of ``q g' C^-1``, the best matrix without constraints, (N, n)."""
    inverse = np.where(there, 1 / np.where(there, values, 1), 0)
    diagonal: Floats = ((both @ vectors) * inverse[:, None] * vectors).sum(axis=2)
    return np.where(diagonal < 0, -1.0, 1.0)


def _fit(values: Floats, wanted: Floats) -> Floats:
    """Minimise ``tr(H L H) / 2 - tr(H B)`` over H >= 0, with L the diagonal matrix of ``values``; (N, n, n)."""
    steep = np.maximum(values, SMALL * values[:, -1:])
    # the best symmetric matrix: often it is semidefinite
    curvature = (steep[:, :, None] + steep[:, None]) / 2
    found: Floats = wanted / curvature
    open_ = np.linalg.eigvalsh(found)[:, 0] < -SMALL * np.abs(found).max(axis=(1, 2))
    if open_.any():
        found[open_] = _project_gradient(steep[open_], wanted[open_], found[open_])
    return found


def _project_gradient(steep: Floats, wanted: Floats, start: Floats) -> Floats:
    """Go on from the best symmetric matrix, by Nesterov's method for strongly convex functions."""
    # H = D K D with D = L^(-1/4): the curvature of K_ij is (a + 1/a) / 2 with a the root of their eigenvalues' ratio
    scale = steep**-0.25
    both = scale[:, :, None] * scale[:, None]
    curvature, wanted = (steep[:, :, None] + steep[:, None]) / 2 * both**2, wanted * both
    largest = curvature.max(axis=(1, 2), keepdims=True)
    momentum = (np.sqrt(largest) - 1) / (np.sqrt(largest) + 1)
    best = _semidefinite(start / both)
    result, running, ahead, before = best.copy(), np.arange(len(best)), best, np.inf
    for step in range(ROUNDS):
        moved = _semidefinite(ahead - (curvature * ahead - wanted) / largest)
        ahead, best = moved + momentum * (moved - best), moved
        if (step + 1) % EVERY:
            continue
        # those that no longer get better are done
        value = (curvature * best**2 / 2 - best * wanted).sum(axis=(1, 2))
        result[running] = best
        going = before - value > PRECISE * len(steep[0]) / 2
        if not going.any():
            break
        running, before = running[going], value[going]
        curvature, wanted, largest, momentum, ahead, best = (
            values[going] for values in (curvature, wanted, largest, momentum, ahead, best)
        )
    return result * both


def _semidefinite(matrices: Floats) -> Floats:
    """Return the nearest positive semidefinite matrices: negative eigenvalues become 0."""
    values, vectors = np.linalg.eigh(matrices)
    return np.asarray((vectors * np.maximum(values, 0)[:, None]) @ vectors.swapaxes(1, 2))
