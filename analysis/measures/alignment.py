"""Gradient alignment: the cosine between what a circuit does and what gradient descent would do."""

import numpy as np

from hetevo.analysis.measures.view import View
from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats, Mask

FLOOR = 1e-12
"""Norm below which a direction is undefined: its cosine is NaN, never 0 or 1."""


def cosine(first: Floats, second: Floats, axis: int | tuple[int, ...] = -1) -> Floats:
    """Cosine between two arrays, NaN where either norm is below `FLOOR` or not finite.

    Parameters
    ----------
    first, second : ndarray of float
        Arrays of one shape.
    axis : int or tuple of int, optional
        Axes that make up the vectors.

    Returns
    -------
    ndarray of float64
        In [-1, 1], without the given axes.
    """
    with np.errstate(all="ignore"):
        inner = (first * second).sum(axis=axis, dtype=np.float64)
        norms = [np.sqrt((array * array).sum(axis=axis, dtype=np.float64)) for array in (first, second)]
        defined = (norms[0] > FLOOR) & (norms[1] > FLOOR) & np.isfinite(inner)
        value = inner / np.where(defined, norms[0] * norms[1], 1)
    return np.where(defined, np.clip(value, -1, 1), np.nan)


def alignment(update: Floats, gradient: Floats, mask: Mask, layout: Layout) -> Floats:
    """Cosine of the update with the negative gradient, hidden neurons' ascending synapses pooled.

    Output neurons are left out: their learning signal is the error itself.

    Parameters
    ----------
    update : ndarray of float, shape (N, H + O, I + H)
        Change of ``W`` without decay.
    gradient : ndarray of float, shape (N, H + O, I + H)
        Negative gradient, see `hetevo.analysis.gradient.weight_gradient`.
    mask : ndarray of bool, shape (N, H + O, I + H)
        Synapses present.
    layout : Layout
        Sizes.

    Returns
    -------
    ndarray of float64, shape (N,)
        NaN where undefined (no update, or no gradient).
    """
    hidden = layout.hidden
    return cosine(update[:, :hidden] * mask[:, :hidden], gradient[:, :hidden] * mask[:, :hidden], axis=(1, 2))


def alignment_by_neuron(update: Floats, gradient: Floats, mask: Mask, layout: Layout) -> Floats:
    """Like `alignment` for each hidden neuron's synapses alone.

    Returns
    -------
    ndarray of float64, shape (N, H)
    """
    hidden = layout.hidden
    return cosine(update[:, :hidden] * mask[:, :hidden], gradient[:, :hidden] * mask[:, :hidden])


def alignment_by_level(update: Floats, gradient: Floats, mask: Mask, layout: Layout) -> Floats:
    """Like `alignment` for the synapses of each hidden level.

    Returns
    -------
    ndarray of float64, shape (N, L)
    """
    parts = [
        cosine(update[:, rows] * mask[:, rows], gradient[:, rows] * mask[:, rows], axis=(1, 2))
        for rows in layout.level_slices
    ]
    return np.stack(parts, axis=1)


def angle(cosines: Floats) -> Floats:
    """Angle in degrees, 0 to 180; NaN stays NaN."""
    return np.degrees(np.arccos(cosines))


def alignment_columns(view: View) -> dict[str, Floats]:
    """Return the pooled alignment as column ``alignment``."""
    return {"alignment": alignment(*_arguments(view))}


def level_columns(view: View) -> dict[str, Floats]:
    """Return the alignment of each hidden level as columns ``alignment_level_1`` and so on, lowest first."""
    levels = alignment_by_level(*_arguments(view)).T
    return {f"alignment_level_{level}": values for level, values in enumerate(levels, start=1)}


def neuron_columns(view: View) -> dict[str, Floats]:
    """Return the neurons' mean as ``alignment_neuron``, and that of the absolute values as ``alignment_neuron_abs``.

    Signals that follow the gradient of each neuron with a sign of its own have a mean size of 1 and a mean around 0.
    """
    own = alignment_by_neuron(*_arguments(view))
    defined = np.isfinite(own)
    count = defined.sum(axis=1)
    sums = {"alignment_neuron": np.where(defined, own, 0), "alignment_neuron_abs": np.where(defined, np.abs(own), 0)}
    return {
        name: np.where(count > 0, values.sum(axis=1) / np.maximum(count, 1), np.nan) for name, values in sums.items()
    }


def _arguments(view: View) -> tuple[Floats, Floats, Mask, Layout]:
    snapshot = view.snapshot
    return snapshot.update, view.weight_gradient, snapshot.mask_ascending, snapshot.species.layout
