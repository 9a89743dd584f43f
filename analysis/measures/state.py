"""State of a circuit, whatever its gradient is: its loss, its rule's coefficients, whether V has settled.

Heterosynaptic stability is a statement about the stationary point of V, where what plasticity adds equals what decay
takes. The drift says how far from there a circuit is; beside it stands how near V is to the transpose of W.
"""

import numpy as np

from hetevo.analysis.measures.view import FLOOR, View, also_single, cosine
from hetevo.populations.genome import Population, term_gene
from hetevo.populations.rules import PATHWAYS, Rule
from hetevo.populations.types import Floats, Mask


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


def loss_columns(view: View) -> dict[str, Floats]:
    """Return ``probe_loss``."""
    outputs = view.snapshot.activity[:, view.snapshot.species.layout.units :]
    return {"probe_loss": probe_loss(view.snapshot.error, outputs)}


def coefficient_columns(view: View) -> dict[str, Floats]:
    """Return the mean over receiving neurons of every term's coefficient, with its sign.

    Columns ``coefficient_<term>_<pathway>``, for example ``coefficient_heterosynaptic_ascending`` for the gains ``gA``,
    and ``coefficient_decay_<pathway>``.
    """
    return gene_columns(view.snapshot.species.rule, view.snapshot.genes)


def gene_columns(rule: Rule, genes: Population) -> dict[str, Floats]:
    """Return the columns of `coefficient_columns`, of a rule and N genomes."""
    columns = {}
    for pathway in PATHWAYS:
        # means over neurons, or the one value that they share
        for term in rule.terms(pathway):
            columns[f"coefficient_{term}_{pathway}"] = genes[term_gene(pathway, term)].mean(axis=1, dtype=float)
        columns[f"coefficient_decay_{pathway}"] = genes[f"decay_{pathway}"].astype(float)
    return columns


def stationarity_columns(view: View) -> dict[str, Floats]:
    """Return ``feedback_drift`` and ``weight_alignment``."""
    snapshot = view.snapshot
    plastic = bool(snapshot.species.rule.descending)
    loss = snapshot.weights.descending * snapshot.genes["decay_descending"][:, None, None] * plastic
    return {
        "feedback_drift": feedback_drift(snapshot.feedback_update(), loss),
        "weight_alignment": weight_alignment(*_pathways(view)),
    }


def gap_columns(view: View) -> dict[str, Floats]:
    """Return ``feedback_gap``."""
    return {"feedback_gap": feedback_gap(*_pathways(view))}


def _pathways(view: View) -> tuple[Floats, Floats, Mask]:
    """Return V, the transpose of W, and the pairs that both pathways connect."""
    weights, genes, mirror = view.snapshot.weights, view.snapshot.genes, view.snapshot.species.mirror
    return weights.descending, mirror(weights.ascending), genes.mask_descending & mirror(genes.mask_ascending)
