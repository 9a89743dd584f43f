"""The weight changes of one presentation.

Each pathway of each level is one `Synapses` object, whose `change` is the rule in three lines of arithmetic::

    post_i   = g_i * (signal of the other pathway) + c_i * (own signal) + c'_i
    dW_ij    = coefficient_ij * sum_s post_is pre_js                  (mask, 1/S and, alone, the gain)
    W_ij    <- (1 - decay) W_ij + dW_ij

Where the heterosynaptic term stands alone, as by default, its gain is folded into the mask and ``post`` is the other
pathway's signal itself: no pass over the activities is spent on it.
"""

from collections.abc import Mapping

import numpy as np

from populations.circuits import Circuits, Projection, Sweep, _shifted
from populations.genome import Population, term_gene
from populations.rules import Pathway
from populations.types import Floats, Mask


class Synapses:
    """The plastic synapses of one level in one pathway, for ``N`` circuits.

    Parameters
    ----------
    weights : ndarray of float, shape (N, n, m)
        Changed in place.
    mask : ndarray of bool, shape (N, n, m)
        Synapses present.
    coefficients : mapping of str to ndarray
        For each term of the rule its coefficient genes, shape (N, n, 1).
    decay : ndarray of float, shape (N, 1, 1)
        Share of a weight that is lost in a presentation.
    other, own : ndarray of float, shape (N, n, S)
        The receiving neurons' signal in the other pathway, and in this one.
    senders : ndarray of float, shape (N, S, m)
        Signal of the sending units, samples first.
    """

    def __init__(
        self,
        weights: Floats,
        mask: Mask,
        coefficients: Mapping[str, Floats],
        decay: Floats,
        *,
        other: Floats,
        own: Floats,
        senders: Floats,
    ) -> None:
        self.weights, self.other, self.own, self.senders = weights, other, own, senders
        self.samples = senders.shape[1]
        self.coefficients = dict(coefficients)
        self.keep = (1 - decay).astype(weights.dtype)
        self.drive = np.empty_like(weights)
        self.scale = mask.astype(weights.dtype) / weights.dtype.type(self.samples)
        self.folded = set(coefficients) == {"heterosynaptic"}
        if self.folded:
            self.scale *= coefficients["heterosynaptic"]
        else:
            self.post = np.empty(own.shape, weights.dtype)
            self.term = np.empty(own.shape, weights.dtype)

    def change(self) -> None:
        """Apply one presentation's change, decay included."""
        self.compute_drive()
        np.multiply(self.weights, self.keep, out=self.weights)
        if "oja" in self.coefficients:
            lost = self.coefficients["oja"] * np.einsum("nis,nis->ni", self.own, self.own)[..., None] / self.samples
            self.weights *= 1 - lost
        np.add(self.weights, self.drive, out=self.weights)

    def silence(self, networks: Mask) -> None:
        """Stop all change in some circuits, whose weights have been set to 0.

        Parameters
        ----------
        networks : ndarray of bool, shape (N,)
            Circuits to stop.
        """
        self.scale[networks] = 0
        for coefficient in self.coefficients.values():
            coefficient[networks] = 0

    def compute_drive(self) -> None:
        """Write the change without any decay into ``drive``, shape (N, n, m)."""
        np.matmul(self._post(), self.senders, out=self.drive)
        if "postsynaptic" in self.coefficients:
            self.drive += self.coefficients["postsynaptic"] * self.own.sum(axis=2, keepdims=True)
        np.multiply(self.drive, self.scale, out=self.drive)

    def _post(self) -> Floats:
        if self.folded:
            return self.other
        self.post[:] = self.coefficients.get("presynaptic", 0)
        for name, signal in (("heterosynaptic", self.other), ("hebbian", self.own)):
            if name in self.coefficients:
                np.multiply(self.coefficients[name], signal, out=self.term)
                self.post += self.term
        return self.post


class Plasticity:
    """All plastic synapses of a block of circuits, driven by one sweep's activities.

    Parameters
    ----------
    circuits : Circuits
        Whose weights change.
    sweep : Sweep
        Whose activities and signals drive the change.
    genes : Population
        Gains, other coefficients, decays and masks, one row a circuit (N rows).
    """

    def __init__(self, circuits: Circuits, sweep: Sweep, genes: Population) -> None:
        self.circuits, self.sweep, self.genes = circuits, sweep, genes
        rule, layout = circuits.species.rule, circuits.species.layout
        first = layout.input_units
        self._sample_major: list[tuple[Floats, Floats]] = []
        self.ascending: list[Synapses] = []
        self.descending: list[Synapses] = []
        if rule.ascending:
            senders = self._transposed(sweep.activity[:, : layout.units])
            cuts = list(zip(circuits.ascending, circuits.up, strict=True))
            for weights, cut in cuts[-1:] if rule.readout_only else cuts:
                own, other = sweep.activity[:, _shifted(cut.rows, first)], sweep.signal[:, cut.rows]
                self.ascending.append(self._synapses("ascending", weights, cut, other, own, senders))
        if rule.descending:
            senders = self._transposed(sweep.signal)
            for weights, cut in zip(circuits.descending, circuits.down, strict=True):
                own, other = sweep.signal[:, cut.rows], sweep.activity[:, _shifted(cut.rows, first)]
                self.descending.append(self._synapses("descending", weights, cut, other, own, senders))

    def _transposed(self, signal: Floats) -> Floats:
        # a product runs up to twice as fast on a contiguous copy as on a transposed view (and the copy is cheap)
        copy = np.empty((signal.shape[0], signal.shape[2], signal.shape[1]), signal.dtype)
        self._sample_major.append((copy, signal.swapaxes(1, 2)))
        return copy

    def _synapses(
        self, pathway: Pathway, weights: Floats, cut: Projection, other: Floats, own: Floats, senders: Floats
    ) -> Synapses:
        genes = self.genes
        coefficients = {
            term: np.broadcast_to(genes[term_gene(pathway, term)], (self.circuits.networks, _width(genes, pathway)))[
                :, cut.rows, None
            ].astype(weights.dtype)
            for term in self.circuits.species.rule.terms(pathway)
        }
        return Synapses(
            weights,
            genes[f"mask_{pathway}"][:, cut.rows, cut.sources],
            coefficients,
            genes[f"decay_{pathway}"].astype(weights.dtype)[:, None, None],
            other=other,
            own=own,
            senders=senders[:, :, cut.sources],
        )

    def change(self) -> None:
        """Apply one presentation's changes; all are computed from the same weights and activities."""
        self._copy_senders()
        for synapses in (*self.ascending, *self.descending):
            synapses.change()

    def drive_ascending(self) -> Floats:
        """Return the ascending change without decay, shape (N, H + O, I + H); zero where nothing is plastic."""
        layout, circuits = self.circuits.species.layout, self.circuits
        drive = np.zeros((circuits.networks, layout.neurons, layout.units), circuits.dtype)
        self._copy_senders()
        plastic = circuits.up[len(circuits.up) - len(self.ascending) :]
        for synapses, cut in zip(self.ascending, plastic, strict=True):
            synapses.compute_drive()
            drive[:, cut.rows, cut.sources] = synapses.drive
        return drive

    def _copy_senders(self) -> None:
        for copy, transposed_view in self._sample_major:
            np.copyto(copy, transposed_view)


def _width(genes: Population, pathway: Pathway) -> int:
    return int(genes[f"gains_{pathway}"].shape[1])
