"""Gradient alignment: the cosine between what a circuit does and what gradient descent would do.

Pooled, by level, by neuron, and sample by sample; of single layers too; and what a random direction would have.
"""

from collections.abc import Sequence

import numpy as np

from hetevo.analysis.gradient import layer_gradient
from hetevo.analysis.measures.view import FLOOR, View, also_single, cosine, cosine_of_products
from hetevo.populations.circuits.layer import LayerSnapshot
from hetevo.populations.layout import Layout
from hetevo.populations.types import Floats, Indices, Mask


@also_single(axes=3)
def alignment(update: Floats, gradient: Floats, mask: Mask | None = None, layout: Layout | None = None) -> Floats:
    """Cosine of the update with the negative gradient, all synapses pooled.

    Parameters
    ----------
    update : ndarray of float, shape (N, n, m)
        Change of the weights from m units to n neurons, without decay; of circuits that of ``W``, (N, H + O, I + H).
        A single network may leave out the axis N.
    gradient : ndarray of float, shape (N, n, m)
        Negative gradient; for circuits see `hetevo.analysis.gradient.weight_gradient`.
    mask : ndarray of bool, shape (N, n, m), optional
        Synapses present. Default: all.
    layout : Layout, optional
        Sizes of circuits, whose output neurons are left out then: their learning signal is the error itself. Default:
        all neurons count.

    Returns
    -------
    ndarray of float64, shape (N,)
        NaN where undefined (no update, or no gradient).

    Examples
    --------
    >>> update, gradient = np.array([[1.0, 0.0, 7.0]]), np.array([[1.0, 1.0, -9.0]])
    >>> float(alignment(update, gradient, np.array([[True, True, False]])).round(3))
    0.707
    >>> layout = Layout(inputs=2, levels=(1,), outputs=1)  # one hidden neuron; the bias is a third input
    >>> update = np.array([[[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]])
    >>> gradient = np.array([[[1.0, 1.0, 0.0, 0.0], [5.0, 0.0, 0.0, 0.0]]])
    >>> alignment(update, gradient, np.ones((1, 2, 4), bool), layout).round(3).tolist()
    [0.707]
    """
    return cosine(*_at_synapses(update, gradient, mask, layout), axis=(1, 2))


@also_single(axes=3)
def alignment_by_neuron(
    update: Floats, gradient: Floats, mask: Mask | None = None, layout: Layout | None = None
) -> Floats:
    """Like `alignment` for each neuron's synapses alone; with a layout for each hidden neuron's.

    Returns
    -------
    ndarray of float64, shape (N, n), or (N, H)

    Examples
    --------
    >>> update, gradient = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[2.0, 0.0], [0.0, -3.0]])
    >>> alignment_by_neuron(update, gradient).tolist()  # one goes along its gradient, the other against it
    [1.0, -1.0]
    """
    return cosine(*_at_synapses(update, gradient, mask, layout))


@also_single(axes=3)
def alignment_by_level(
    update: Floats, gradient: Floats, mask: Mask | None = None, levels: Layout | Sequence[slice] = ()
) -> Floats:
    """Like `alignment` for the synapses of each level.

    Parameters
    ----------
    update, gradient, mask
        As for `alignment`.
    levels : Layout or sequence of slice
        Rows of each level's neurons; of a layout its hidden levels.

    Returns
    -------
    ndarray of float64, shape (N, L)

    Examples
    --------
    >>> update, gradient = np.array([[1.0], [1.0]]), np.array([[2.0], [-2.0]])
    >>> alignment_by_level(update, gradient, levels=[slice(0, 1), slice(1, 2)]).tolist()
    [1.0, -1.0]
    """
    spans = levels.level_slices if isinstance(levels, Layout) else levels
    # the spans choose the rows, so that no layout has to
    first, second = _at_synapses(update, gradient, mask, None)
    parts = [cosine(first[:, rows], second[:, rows], axis=(1, 2)) for rows in spans]
    return np.stack(parts, axis=1)


def _at_synapses(update: Floats, gradient: Floats, mask: Mask | None, layout: Layout | None) -> tuple[Floats, Floats]:
    """Return update and gradient at the synapses that are there, 0 elsewhere; with a layout of hidden neurons alone."""
    rows = slice(None) if layout is None else slice(layout.hidden)
    if mask is None:
        return update[:, rows], gradient[:, rows]
    return update[:, rows] * mask[:, rows], gradient[:, rows] * mask[:, rows]


def angle(cosines: Floats) -> Floats:
    """Angle in degrees, 0 to 180; NaN stays NaN.

    >>> angle(np.array([1.0, 0.0, -1.0])).tolist()
    [0.0, 90.0, 180.0]
    >>> from hetevo.analysis import weight_alignment
    >>> V, W = np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])  # descending weights, ascending ones transposed
    >>> angle(weight_alignment(V, W, np.ones((1, 2), bool))).round(3).item()
    45.0
    """
    return np.degrees(np.arccos(cosines))


@also_single(axes=3)
def sample_alignment(
    factor: Floats, gradient: Floats, senders: Floats, mask: Mask, constant: Floats | None = None
) -> Floats:
    """Mean over samples of the cosine between the update that a sample causes and its negative gradient.

    The update on sample s is ``d_is x_js + c_is``, the gradient ``g_is x_js``. Both are products, so that norms and
    inner products need sums over neurons only.

    Parameters
    ----------
    factor : ndarray of float, shape (N, H, S)
        ``d``: what the receiving neurons contribute, for the heterosynaptic rule ``gA_i q_is``.
    gradient : ndarray of float, shape (N, H, S)
        ``g``: negative gradients at the potentials.
    senders : ndarray of float, shape (N, units, S)
        ``x``: activities of the sending units.
    mask : ndarray of bool, shape (N, H, units)
        Synapses present.
    constant : ndarray of float, shape (N, H, S), optional
        ``c``: a part of the update that is the same for all synapses of a neuron.

    Returns
    -------
    ndarray of float64, shape (N,)
        Mean over the samples where it is defined; NaN where it is defined for none.

    Examples
    --------
    >>> senders = np.array([[1.0, 2.0]])  # one sending unit, two samples
    >>> learns = np.array([[1.0, 1.0], [1.0, -1.0]])  # the second neuron is wrong about the second sample
    >>> sample_alignment(learns, np.ones((2, 2)), senders, np.ones((2, 1), bool)).round(3).item()
    0.5
    """
    # of each neuron, the squares of what arrives at its synapses
    present = mask.astype(np.float64)
    power = present @ senders.astype(np.float64) ** 2
    d, g = factor.astype(np.float64), gradient.astype(np.float64)
    with np.errstate(all="ignore"):
        # inner product and squared norms, summed over neurons
        inner = (d * g * power).sum(axis=1)
        update_norm = (d**2 * power).sum(axis=1)
        # what is the same for all synapses of a neuron meets the plain sum of what arrives
        if constant is not None:
            c, total = constant.astype(np.float64), present @ senders.astype(np.float64)
            inner += (c * g * total).sum(axis=1)
            update_norm += (2 * c * d * total + c**2 * present.sum(axis=2, keepdims=True)).sum(axis=1)
        norms = np.sqrt(update_norm), np.sqrt((g**2 * power).sum(axis=1))
        defined = (norms[0] > FLOOR) & (norms[1] > FLOOR) & np.isfinite(inner)
        cosines = np.where(defined, np.clip(inner / np.where(defined, norms[0] * norms[1], 1), -1, 1), 0)
    count = defined.sum(axis=1)
    return np.where(count > 0, cosines.sum(axis=1) / np.maximum(count, 1), np.nan)


def isotropic_band(dimensions: Floats | int, coverage: float = 0.95) -> Floats:
    """Half width of the band around 0 in which the cosine with a random direction lies.

    In d dimensions the squared cosine of a direction drawn from the isotropic distribution is Beta(1/2, (d - 1)/2)
    (its mean is 0 and its standard deviation ``1 / sqrt(d)``).

    Parameters
    ----------
    dimensions : int or ndarray
        Number of synapses d, at least 1.
    coverage : float, optional
        Probability of the band, both tails left out equally.

    Returns
    -------
    ndarray of float64
        1 in one dimension, where the cosine is -1 or 1; NaN for d < 1.

    Examples
    --------
    >>> isotropic_band(100).round(3).item()
    0.196
    """
    from scipy import special  # here, because runs import this module, need only its column, and would start .2 s later

    # the square of such a cosine has a beta distribution
    d = np.asarray(dimensions, float)
    wide = np.sqrt(special.betaincinv(0.5, np.where(d > 1, (d - 1) / 2, 1), coverage))
    return np.where(d > 1, wide, np.where(d == 1, 1.0, np.nan))


def alignment_columns(view: View) -> dict[str, Floats]:
    """Return the pooled alignment as column ``alignment``."""
    return {"alignment": cosine_of_products(view.products, axis=(1, 2))}


def level_columns(view: View) -> dict[str, Floats]:
    """Return the alignment of each hidden level as columns ``alignment_level_1`` and so on, lowest first."""
    return {
        f"alignment_level_{level}": cosine_of_products(view.products[:, :, rows], axis=(1, 2))
        for level, rows in enumerate(view.snapshot.species.layout.level_slices, start=1)
    }


def alignment_neuron_columns(view: View) -> dict[str, Floats]:
    """Return the neurons' mean as ``alignment_neuron``, and that of the absolute values as ``alignment_neuron_abs``.

    Signals that follow the gradient of each neuron with a sign of its own have a mean size of 1 and a mean around 0.
    """
    return mean_columns(alignment_by_neuron(*_arguments(view)))


def mean_columns(own: Floats) -> dict[str, Floats]:
    """Return the columns of `alignment_neuron_columns`, of each neuron's alignment, (N, H)."""
    # neurons without synapses or without a gradient do not count
    defined = np.isfinite(own)
    count = defined.sum(axis=1)
    sums = {"alignment_neuron": np.where(defined, own, 0), "alignment_neuron_abs": np.where(defined, np.abs(own), 0)}
    return {
        name: np.where(count > 0, values.sum(axis=1) / np.maximum(count, 1), np.nan) for name, values in sums.items()
    }


def sample_columns(view: View) -> dict[str, Floats]:
    """Return ``alignment_sample``; terms without a presynaptic factor count as the constant part."""
    snapshot, layout = view.snapshot, view.snapshot.species.layout
    rule, genes, hidden = snapshot.species.rule, snapshot.genes, layout.hidden
    own = snapshot.activity[:, layout.input_units : layout.units]
    # each term is a coefficient, times what it takes from the receiving neuron, times the sender's activity or 1
    factor, constant = np.zeros_like(own), None
    terms = () if rule.readout_only else snapshot.species.terms("ascending")
    for term in terms:
        coefficient = (snapshot.gains_ascending if term == "heterosynaptic" else genes[f"{term}_ascending"])[:, :, None]
        coefficient = coefficient if coefficient.shape[1] == 1 else coefficient[:, :hidden]
        if term == "heterosynaptic":
            factor += coefficient * snapshot.signal[:, :hidden]
        elif term == "hebbian":
            factor += coefficient * own
        elif term == "presynaptic":
            factor += coefficient
        elif term == "postsynaptic":
            constant = coefficient * own
    arguments = view.potential_gradient[:, :hidden], snapshot.activity[:, : layout.units]
    return {"alignment_sample": sample_alignment(factor, *arguments, snapshot.mask_ascending[:, :hidden], constant)}


def isotropic_columns(view: View) -> dict[str, Floats]:
    """Return ``isotropic_sd``: the standard deviation of the alignment of a random update, ``1 / sqrt(d)``."""
    layout = view.snapshot.species.layout
    return random_columns(view.snapshot.mask_ascending[:, : layout.hidden].sum(axis=(1, 2)))


def random_columns(synapses: Indices) -> dict[str, Floats]:
    """Return the column of `isotropic_columns`, of numbers of hidden neurons' synapses, (N,)."""
    return {"isotropic_sd": np.where(synapses > 0, 1 / np.sqrt(np.maximum(synapses, 1)), np.nan)}


def layer_columns(snapshot: LayerSnapshot) -> dict[str, Floats]:
    """Return the measures of N layers, each of shape (N,).

    ``alignment``: cosine of the change that the probe batch would cause with the negative gradient of half the squared
    error, all synapses pooled; NaN for a rule that changes nothing, and
    where outputs are saturated, so that there is no gradient. It is no triviality at these outputs, because the
    rule that acts on them is inherited (Chalmers 1990).

    At the end of life also the coefficients of the formula, its rate included: ``coefficient_input_target`` and so on.
    """
    columns = {"alignment": cosine(snapshot.update, layer_gradient(snapshot), axis=(1, 2))}
    formula = snapshot.species.formula
    if snapshot.stage == "end" and formula is not None:
        for term, values in zip(formula.terms, snapshot.coefficients.T, strict=True):
            columns[f"coefficient_{'_'.join(term)}"] = values
    return columns


def _arguments(view: View) -> tuple[Floats, Floats, Mask, Layout]:
    snapshot = view.snapshot
    return snapshot.update, view.weight_gradient, snapshot.mask_ascending, snapshot.species.layout
