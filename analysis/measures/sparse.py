"""Measures of circuits whose wirings are lists of synapses: the same numbers, from the synapses that exist alone."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hetevo.analysis.gradient import sparse_gradients
from hetevo.analysis.measures.alignment import mean_columns, random_columns
from hetevo.analysis.measures.consistency import consistency, score_columns
from hetevo.analysis.measures.factors import columns_of, effective_neurons, weights_of
from hetevo.analysis.measures.hebbian import overlap_columns
from hetevo.analysis.measures.state import (
    feedback_drift,
    feedback_gap,
    gene_columns,
    probe_loss,
    product_columns,
    weight_alignment,
)
from hetevo.analysis.measures.view import FLOOR, cosine
from hetevo.populations.sparse.circuit import Correlation
from hetevo.populations.sparse.life import SparseSnapshot
from hetevo.populations.synapses import find, mirror
from hetevo.populations.types import Floats, Mask


@dataclass(frozen=True)
class SparseView:
    """A snapshot of sparse circuits together with its true gradients.

    Parameters
    ----------
    snapshot : SparseSnapshot
        N lives of one individual on S samples.
    potential_gradient : ndarray of float, shape (N, H + O, S)
        Negative gradient at the potentials.
    weight_gradient : ndarray of float, shape (N, E)
        Negative gradient at the ascending synapses.
    """

    snapshot: SparseSnapshot
    potential_gradient: Floats
    weight_gradient: Floats

    @classmethod
    def of(cls, snapshot: SparseSnapshot) -> "SparseView":
        """Compute the gradients of a snapshot."""
        return cls(snapshot, *sparse_gradients(snapshot))

    def synapses(self, rows: slice) -> slice:
        """Return which ascending synapses lie in some rows."""
        return self.snapshot.ascending.entries(rows)

    @property
    def hidden(self) -> slice:
        """Which ascending synapses are those of hidden neurons."""
        return self.synapses(slice(0, self.snapshot.species.layout.hidden))


def _alignment(view: SparseView) -> dict[str, Floats]:
    return {"alignment": cosine(view.snapshot.update[:, view.hidden], view.weight_gradient[:, view.hidden])}


def _levels(view: SparseView) -> dict[str, Floats]:
    columns = {}
    for level, rows in enumerate(view.snapshot.species.layout.level_slices, start=1):
        own = view.synapses(rows)
        columns[f"alignment_level_{level}"] = cosine(view.snapshot.update[:, own], view.weight_gradient[:, own])
    return columns


def _consistency(view: SparseView) -> dict[str, Floats]:
    snapshot, hidden = view.snapshot, view.snapshot.species.layout.hidden
    gains, signal = snapshot.gains_ascending[:, :hidden], snapshot.signal[:, :hidden]
    return score_columns(consistency(gains, signal, view.potential_gradient[:, :hidden]), weights_of(_sums(view)))


def _sums(view: SparseView) -> Floats:
    """Sum update times gradient, and the square of each, over every hidden neuron's synapses, (3, N, H)."""
    rows = view.snapshot.ascending.rows[view.hidden]
    size = view.snapshot.species.layout.hidden
    sums = []
    for update, gradient in zip(view.snapshot.update, view.weight_gradient, strict=True):
        first, second = update[view.hidden].astype(np.float64), gradient[view.hidden].astype(np.float64)
        products = first * second, first * first, second * second
        sums.append([np.bincount(rows, product, size) for product in products])
    return np.stack(sums, axis=1)


def _factors(view: SparseView) -> dict[str, Floats]:
    return columns_of(_sums(view))


def _effective(view: SparseView) -> dict[str, Floats]:
    return {"neurons_effective": effective_neurons(weights_of(_sums(view)))}


def _products(view: SparseView) -> dict[str, Floats]:
    snapshot, hidden = view.snapshot, view.snapshot.species.layout.hidden
    return product_columns(
        snapshot.gains_ascending[:, :hidden], snapshot.genes.gains_descending, weights_of(_sums(view))
    )


def _by_neuron(view: SparseView) -> dict[str, Floats]:
    inner, *squares = _sums(view)
    norms = [np.sqrt(square) for square in squares]
    defined = (norms[0] > FLOOR) & (norms[1] > FLOOR) & np.isfinite(inner)
    cosines = inner / np.where(defined, norms[0] * norms[1], 1)
    return mean_columns(np.where(defined, np.clip(cosines, -1, 1), np.nan))


def _hebbian(view: SparseView) -> dict[str, Floats]:
    snapshot, layout = view.snapshot, view.snapshot.species.layout
    coactivity = []
    for activity in snapshot.activity:
        # outputs receive too, and are left out
        own = Correlation(snapshot.ascending, activity[layout.input_units :], activity[: layout.units])
        coactivity.append(own.whole()[view.hidden] / activity.shape[1])
    update = snapshot.update[:, None, view.hidden]
    return overlap_columns(update, np.stack(coactivity)[:, None], np.ones(update.shape, np.bool_))


def _coefficients(view: SparseView) -> dict[str, Floats]:
    return gene_columns(view.snapshot.species, view.snapshot.genes)


def _stationarity(view: SparseView) -> dict[str, Floats]:
    snapshot = view.snapshot
    plastic = bool(snapshot.species.rule.descending)
    loss = snapshot.weights.descending * snapshot.genes["decay_descending"][:, None] * plastic
    return {
        "feedback_drift": feedback_drift(snapshot.feedback_update[:, None], loss[:, None]),
        "weight_alignment": weight_alignment(*_both(view)),
    }


def _gap(view: SparseView) -> dict[str, Floats]:
    return {"feedback_gap": feedback_gap(*_both(view))}


def _both(view: SparseView) -> tuple[Floats, Floats, Mask]:
    """Return V and the transpose of W where both pathways have a synapse, and that all of these count: (N, 1, n)."""
    snapshot = view.snapshot
    positions, order = mirror(snapshot.species.layout, snapshot.ascending.positions)
    found = find(positions, snapshot.descending.positions)
    there = found >= 0
    down = snapshot.weights.descending[:, None, there]
    return down, snapshot.weights.ascending[:, None, order[found[there]]], np.ones(down.shape, np.bool_)


def _loss(view: SparseView) -> dict[str, Floats]:
    outputs = view.snapshot.activity[:, view.snapshot.species.layout.units :]
    return {"probe_loss": probe_loss(view.snapshot.error, outputs)}


def _isotropic(view: SparseView) -> dict[str, Floats]:
    synapses = np.full(len(view.snapshot.error), view.hidden.stop - view.hidden.start, np.int64)
    return random_columns(synapses)


SPARSE: dict[str, Callable[[SparseView], dict[str, Floats]]] = {
    "alignment": _alignment,
    "levels": _levels,
    "factors": _factors,
    "consistency": _consistency,
    "gain products": _products,
    "alignment by neuron": _by_neuron,
    "hebbian": _hebbian,
    "coefficients": _coefficients,
    "stationarity": _stationarity,
    "feedback gap": _gap,
    "loss": _loss,
    "isotropic": _isotropic,
    "effective neurons": _effective,
}
"""What measures are in sparse circuits, by their name in `hetevo.analysis.measures.MEASURES`; others need matrices."""
