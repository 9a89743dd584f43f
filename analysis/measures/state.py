"""State of a circuit, whatever its gradient is: its loss, its rule's coefficients, whether V has settled.

Heterosynaptic stability is a statement about the stationary point of V, where what plasticity adds equals what decay
takes. The drift says how far from there a circuit is; beside it stands how near V is to the transpose of W.
"""

import numpy as np

from hetevo.analysis.measures.consistency import weighted_mean
from hetevo.analysis.measures.factors import view_weights
from hetevo.analysis.measures.view import FLOOR, View, also_single, cosine
from hetevo.populations.genome import Population, term_gene
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask

FAR = 1e6
"""Larger outputs hide the targets in a sum in single precision."""


@also_single(axes=3)
def probe_loss(error: Floats, outputs: Floats) -> Floats:
    """Mean squared error over the mean square of the target.

    Parameters
    ----------
    error : ndarray of float, shape (N, O, S)
        ``target - y``.
    outputs : ndarray of float, shape (N, O, S)
        ``y``.

    Returns
    -------
    ndarray of float64, shape (N,)
        Not capped; NaN where it is not finite or the target is 0.

    Examples
    --------
    >>> outputs = np.zeros((1, 1, 2))
    >>> probe_loss(error=np.array([[[1.0, -1.0]]]), outputs=outputs).tolist()  # a silent network
    [1.0]
    """
    with np.errstate(all="ignore"):
        # error and output together are the target
        wrong = (error.astype(np.float64) ** 2).mean(axis=(1, 2))
        value = wrong / ((error + outputs).astype(np.float64) ** 2).mean(axis=(1, 2))
    return np.where(np.isfinite(value), value, np.nan)


@also_single(axes=3)
def feedback_drift(gain: Floats, loss: Floats) -> Floats:
    """Compute the drift of V: the norm of its change over the sum of the norms of the two terms that make it.

    Parameters
    ----------
    gain : ndarray of float, shape (N, H, H + O)
        What plasticity adds in a presentation, ``gB_i <x_i q_k>`` and further terms.
    loss : ndarray of float, shape (N, H, H + O)
        What decay takes, ``lambdaB V_ik``.

    Returns
    -------
    ndarray of float64, shape (N,)
        0: stationary; 1: only one of the terms is there, or both work in the same direction. NaN where V does not
        change at all.

    Examples
    --------
    >>> gain, loss = np.array([[[3.0, 4.0]]]), np.array([[[3.0, 4.0]]])
    >>> feedback_drift(gain, loss).tolist(), feedback_drift(gain, -loss).tolist()
    ([0.0], [1.0])
    """
    # near 0 where growth and decay cancel, near 1 where one is alone
    norms = [np.sqrt((term.astype(np.float64) ** 2).sum(axis=(1, 2))) for term in (gain - loss, gain, loss)]
    scale = norms[1] + norms[2]
    defined = (scale > FLOOR) & np.isfinite(scale)
    return np.where(defined, norms[0] / np.where(defined, scale, 1), np.nan)


@also_single(axes=3)
def weight_alignment(descending: Floats, mirrored: Floats, mask: Mask) -> Floats:
    """Cosine between V and the transpose of W, over the pairs that both pathways connect.

    Parameters
    ----------
    descending : ndarray of float, shape (N, H, H + O)
        ``V``.
    mirrored : ndarray of float, shape (N, H, H + O)
        The hidden part of ``W``, transposed: see `hetevo.populations.species.Species.mirror`.
    mask : ndarray of bool, shape (N, H, H + O)
        Pairs with a synapse in both pathways.

    Returns
    -------
    ndarray of float64, shape (N,)
        NaN where no pair has both, or either pathway is silent. `hetevo.analysis.angle` turns it into degrees.
    """
    return cosine(descending * mask, mirrored * mask, axis=(1, 2))


@also_single(axes=3)
def feedback_gap(descending: Floats, mirrored: Floats, mask: Mask) -> Floats:
    """Root mean square of the differences between V and the transpose of W, over the pairs that both pathways connect.

    With equal gains and equal decays it shrinks by ``1 - lambda`` a presentation (Kolen and Pollack 1994).

    Parameters
    ----------
    descending, mirrored, mask
        As for `weight_alignment`.

    Returns
    -------
    ndarray of float64, shape (N,)
        In units of weights; NaN where no pair has both.

    Examples
    --------
    >>> mask = np.ones((1, 1, 2), bool)
    >>> feedback_gap(np.array([[[1.0, 2.0]]]), np.array([[[0.0, 1.0]]]), mask).tolist()
    [1.0]
    """
    count = mask.sum(axis=(1, 2))
    squares = (np.where(mask, descending - mirrored, 0).astype(np.float64) ** 2).sum(axis=(1, 2))
    return np.where(count > 0, np.sqrt(squares / np.maximum(count, 1)), np.nan)


@also_single(axes=3)
def stable_rank(matrices: Floats) -> Floats:
    """Stable rank ``|M|_F^2 / |M|_2^2``: the sum of the squared singular values over the largest one.

    Parameters
    ----------
    matrices : ndarray of float, shape (N, n, m)
        For instance the synapses of one level.

    Returns
    -------
    ndarray of float64, shape (N,)
        1 for an outer product, at most the rank; NaN for a matrix of zeros, and where one is not finite.

    Notes
    -----
    Rudelson and Vershynin (2007), Sampling from large matrices, J. ACM 54.

    Examples
    --------
    >>> stable_rank(np.array([[2.0, 0.0], [0.0, 1.0]])).item()
    1.25
    """
    finite: Mask = np.asarray(np.isfinite(matrices).all(axis=(1, 2)))
    # the eigenvalues of the smaller of its two products with itself
    clean = np.where(finite[:, None, None], matrices, 0).astype(np.float64)
    turned = clean.swapaxes(1, 2)
    squares = np.linalg.eigvalsh(clean @ turned if matrices.shape[1] <= matrices.shape[2] else turned @ clean)
    largest = squares.max(axis=1, initial=0)
    defined = finite & (largest > FLOOR**2)
    return np.where(defined, np.maximum(squares, 0).sum(axis=1) / np.where(defined, largest, 1), np.nan)


@also_single(axes=2)
def gain_product_share(ascending: Floats, descending: Floats, weights: Floats | None = None) -> Floats:
    """Share of the neurons whose two gains have the same sign, ``gA_i gB_i > 0``.

    The sign of one gain alone is no property of what a neuron does: whoever reverses both, and the neuron's synapses in
    V, gets the same life, with the learning signal reversed. Where V is not plastic even the product does nothing.

    Parameters
    ----------
    ascending, descending : ndarray of float, shape (N, H)
        Gains of the hidden neurons; the latter also (N, 1), if neurons share it.
    weights : ndarray of float, shape (N, H), optional
        What each neuron counts. Default: all the same.

    Returns
    -------
    ndarray of float64, shape (N,)
        0.5 by coin; neurons whose product is 0 do not count, NaN where none does.

    Examples
    --------
    >>> gain_product_share(np.array([[0.1, -0.2, 0.3]]), np.array([[0.1, -0.1, -0.1]])).round(3).tolist()
    [0.667]
    """
    signs = np.sign(ascending) * np.sign(descending)
    positive = np.where(signs != 0, signs > 0, np.nan)
    return weighted_mean(positive, np.ones_like(signs) if weights is None else weights)


def loss_columns(view: View) -> dict[str, Floats]:
    """Return ``probe_loss``."""
    outputs = view.snapshot.activity[:, view.snapshot.species.layout.units :]
    return {"probe_loss": probe_loss(view.snapshot.error, outputs)}


def accuracy_columns(view: View) -> dict[str, Floats]:
    """Return ``probe_accuracy``, the share of the probe batch classified correctly; undefined without classes."""
    snapshot = view.snapshot
    outputs = snapshot.activity[:, snapshot.species.layout.units :]
    right = (outputs.argmax(axis=1) == (outputs + snapshot.error).argmax(axis=1)).mean(axis=1)
    # outputs that are far beyond all targets leave nothing of these in the sum
    known = (np.abs(outputs) < FAR).all(axis=(1, 2)) & snapshot.species.task.classification
    return {"probe_accuracy": np.where(known, right, np.nan)}


def coefficient_columns(view: View) -> dict[str, Floats]:
    """Return the mean over receiving neurons of every term's coefficient, with its sign.

    Columns ``coefficient_<term>_<pathway>``, for example ``coefficient_heterosynaptic_ascending`` for the gains ``gA``,
    and ``coefficient_decay_<pathway>``.
    """
    return gene_columns(view.snapshot.species, view.snapshot.genes)


def gene_columns(species: Species, genes: Population) -> dict[str, Floats]:
    """Return the columns of `coefficient_columns`, of a species and N genomes."""
    columns = {}
    # circuits with error neurons have kinds of synapses besides
    for pathway in [name.removeprefix("decay_") for name in genes if name.startswith("decay_")]:
        # means over neurons, or the one value that they share
        for term in species.terms(pathway):
            columns[f"coefficient_{term}_{pathway}"] = genes[term_gene(pathway, term)].mean(axis=1, dtype=float)
        columns[f"coefficient_decay_{pathway}"] = genes[f"decay_{pathway}"].astype(float)
    return columns


def stationarity_columns(view: View) -> dict[str, Floats]:
    """Return ``feedback_drift`` and ``weight_alignment``; the latter is undefined where V is none of W transposed."""
    snapshot = view.snapshot
    return {
        "feedback_drift": feedback_drift(snapshot.feedback_update(), snapshot.feedback_loss()),
        "weight_alignment": weight_alignment(*_pathways(view)) if snapshot.mirrored else _undefined(view),
    }


def feedback_columns(view: View) -> dict[str, Floats]:
    """Return ``feedback_change``: the norm of what one presentation of the probe batch would change of V.

    Decay, and what the term oja takes, are part of it; what momentum carries over is not.
    """
    snapshot, genes = view.snapshot, view.snapshot.genes
    terms, feedback = snapshot.species.terms(snapshot.feedback), snapshot.feedback_weights
    descending, kept = feedback.astype(np.float64), np.ones((len(feedback), 1))
    if terms and not snapshot.species.gated:
        kept = kept - genes[f"decay_{snapshot.feedback}"][:, None]
    if "oja" in terms:
        # the signal is what a neuron of this pathway sends on
        power = np.square(snapshot.signal[:, : descending.shape[1]], dtype=np.float64).mean(axis=2)
        kept = kept * (1 - genes[term_gene("descending", "oja")] * power)
    lost = snapshot.feedback_loss() if snapshot.species.gated else (1 - kept)[:, :, None] * descending
    change = snapshot.feedback_update() - lost
    norm = np.sqrt((change**2).sum(axis=(1, 2)))
    return {"feedback_change": np.where(np.isfinite(norm), norm, np.nan)}


def size_columns(view: View) -> dict[str, Floats]:
    """Return ``feedback_norm``: the Frobenius norm of V, of the teaching synapses where there are error neurons."""
    norm = np.sqrt(np.square(view.snapshot.feedback_weights, dtype=np.float64).sum(axis=(1, 2)))
    return {"feedback_norm": np.where(np.isfinite(norm), norm, np.nan)}


def rank_columns(view: View) -> dict[str, Floats]:
    """Return the stable rank of the synapses in V of each hidden level, ``feedback_rank_level_1`` and so on."""
    descending = view.snapshot.feedback_weights
    return {
        f"feedback_rank_level_{level}": stable_rank(descending[:, rows])
        for level, rows in enumerate(view.snapshot.species.layout.level_slices, start=1)
    }


def gain_columns(view: View) -> dict[str, Floats]:
    """Return ``gain_product_positive`` and, by what neurons count in the alignment, ``gain_product_positive_weighted``.

    They are shares of genes, defined whether the rule uses them or not.
    """
    snapshot, hidden = view.snapshot, view.snapshot.species.layout.hidden
    heard = snapshot.genes[f"gains_{snapshot.feedback}"]
    return product_columns(snapshot.gains_ascending[:, :hidden], heard, view_weights(view))


def product_columns(ascending: Floats, descending: Floats, weights: Floats) -> dict[str, Floats]:
    """Return the columns of `gain_columns`, of hidden neurons' gains and of how much each neuron counts."""
    return {
        "gain_product_positive": gain_product_share(ascending, descending),
        "gain_product_positive_weighted": gain_product_share(ascending, descending, weights),
    }


def gap_columns(view: View) -> dict[str, Floats]:
    """Return ``feedback_gap``, undefined where V is none of W transposed."""
    return {"feedback_gap": feedback_gap(*_pathways(view)) if view.snapshot.mirrored else _undefined(view)}


def _undefined(view: View) -> Floats:
    return np.full(len(view.snapshot.update), np.nan)


def _pathways(view: View) -> tuple[Floats, Floats, Mask]:
    """Return V, the transpose of W, and the pairs that both pathways connect."""
    weights, genes, mirror = view.snapshot.weights, view.snapshot.genes, view.snapshot.species.mirror
    return weights.descending, mirror(weights.ascending), genes.mask_descending & mirror(genes.mask_ascending)
