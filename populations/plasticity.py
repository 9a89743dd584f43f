"""The weight changes of one presentation.

For the heterosynaptic rule, with the masks ``A`` and ``B`` and the mean over the S samples of the batch::

    C_kj   = sum_s q_ks x_js                                     correlation of the two signals
    dW_kj  = gA_k A_kj C_kj / S    - lambdaA W_kj
    dV_ik  = gB_i B_ik C_ki / S    - lambdaB V_ik                 (V is stored transposed)

Both pathways need the same correlations, which are one product a panel. Gains, mask and 1/S are one array of
coefficients, so that a presentation makes three passes over the weights: scale the correlations, decay, add.

A rule with homosynaptic terms changes what the receiving neuron contributes: ``g_k q_k + c_k x_k + c'_k`` in place of
``q_k``. Then each pathway has correlations of its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from populations.circuits import Circuits, Panel, Sweep, unmirrored
from populations.genome import Population, term_gene
from populations.rules import PATHWAYS, Pathway
from populations.species import Species
from populations.types import Floats, Mask


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
        self.circuits, self.sweep = circuits, sweep
        species, layout, dtype = circuits.species, circuits.species.layout, circuits.dtype
        self._pathways: list[Pathway] = [p for p in PATHWAYS if species.rule.terms(p)]
        self._coefficients = {p: _coefficients(species, genes, p, dtype) for p in self._pathways}
        self._shared = all(c.keys() == {"heterosynaptic"} for c in self._coefficients.values())
        units = layout.units
        self._senders = np.empty((circuits.networks, sweep.samples, units), dtype)
        self._receivers: dict[Pathway, _Receivers] = {}
        if not self._shared:
            self._receivers = {p: _Receivers(sweep, self._coefficients[p], p) for p in self._pathways}
        plastic = [PATHWAYS.index(p) for p in self._pathways] or [0]
        planes = slice(plastic[0], plastic[-1] + 1)
        masks = {
            "ascending": genes.mask_ascending.astype(dtype),
            "descending": unmirrored(layout, genes.mask_descending.astype(dtype)),
        }
        scale = np.stack([self._scale(p, masks[p]) for p in self._pathways]) if self._pathways else None
        keep = np.stack([self._keep(p, genes) for p in self._pathways]) if self._pathways else None
        self._synapses = [
            _Synapses.of(panel, stack[planes], scale, keep, self._shared)
            for panel, stack in zip(circuits.panels, circuits.stacks, strict=True)
            if scale is not None and keep is not None
        ]

    def _scale(self, pathway: Pathway, mask: Floats) -> Floats:
        """Return what correlations are multiplied by: mask, 1/S and, where it stands alone, the heterosynaptic gain."""
        layout, dtype = self.circuits.species.layout, self.circuits.dtype
        scale: Floats = (mask / self.sweep.samples).astype(dtype, copy=False)
        if self._shared:
            gains = self._coefficients[pathway]["heterosynaptic"]
            if pathway == "ascending":
                scale *= gains[:, :, None]
            else:
                scale[:, :, layout.input_units :] *= gains[:, None, :]
        if self.circuits.species.rule.readout_only:
            scale[:, : layout.hidden] = 0
        return scale

    def _keep(self, pathway: Pathway, genes: Population) -> Floats:
        """Share of the weights that a presentation leaves, shape (N, 1, 1), or (N, H + O, 1) if neurons differ."""
        layout, dtype = self.circuits.species.layout, self.circuits.dtype
        keep: Floats
        decay = genes[f"decay_{pathway}"].astype(dtype)[:, None, None]
        if not self.circuits.species.rule.readout_only:
            keep = 1 - decay  # one number a network: its weights are scaled in one stretch
        else:
            keep = 1 - decay * (np.arange(layout.neurons) >= layout.hidden).astype(dtype)[:, None]
        return keep

    def change(self) -> None:
        """Apply one presentation's changes; all are computed from the same weights and activities."""
        self._correlate()
        for synapses in self._synapses:
            np.multiply(synapses.weights, synapses.keep, out=synapses.weights)
        self._lose_by_activity()
        for synapses in self._synapses:
            np.add(synapses.weights, synapses.drive, out=synapses.weights)

    def _correlate(self) -> None:
        """Write the changes without any decay into the panels' ``drive``."""
        if not self._pathways:
            return
        sweep, units = self.sweep, self.circuits.species.layout.units
        np.copyto(self._senders, sweep.activity[:, :units].swapaxes(1, 2))
        for receivers in self._receivers.values():
            receivers.update()
        for synapses in self._synapses:
            rows, columns = synapses.panel.rows, synapses.panel.columns
            for plane, pathway in enumerate(self._pathways[:1] if self._shared else self._pathways):
                left, right = sweep.signal, self._senders
                if not self._shared and pathway == "ascending":
                    left = self._receivers[pathway].contribution
                elif not self._shared:
                    right = self._receivers[pathway].sample_major
                product(left[:, rows], right[:, :, columns], synapses.correlations[plane])
                if not self._shared:
                    self._receivers[pathway].add_constant(synapses.correlations[plane], synapses.panel)
            np.multiply(synapses.correlations, synapses.scale, out=synapses.drive)

    def _lose_by_activity(self) -> None:
        for plane, pathway in enumerate(self._pathways):
            if "oja" in self._coefficients[pathway]:
                lost = self._receivers[pathway].oja_loss()
                for synapses in self._synapses:
                    cut = synapses.panel.rows if pathway == "ascending" else synapses.panel.columns
                    share = 1 - lost[:, cut]
                    synapses.weights[plane] *= share[:, :, None] if pathway == "ascending" else share[:, None, :]

    def drive_ascending(self) -> Floats:
        """Return the ascending change without decay, shape (N, H + O, I + H); zero where nothing is plastic."""
        layout, circuits = self.circuits.species.layout, self.circuits
        drive = np.zeros((circuits.networks, layout.neurons, layout.units), circuits.dtype)
        if "ascending" in self._pathways:
            self._correlate()
            for synapses in self._synapses:
                drive[:, synapses.panel.rows, synapses.panel.columns] = synapses.drive[0]
        return drive

    def bound(self, clip: float) -> Mask:
        """Clip weights, and set those of circuits that are no longer finite to 0 for good.

        Parameters
        ----------
        clip : float
            Largest absolute weight.

        Returns
        -------
        ndarray of bool, shape (N,)
            Circuits that were found to have diverged.
        """
        broken = np.zeros(self.circuits.networks, np.bool_)
        for synapses in self._synapses:
            np.clip(synapses.weights, -clip, clip, out=synapses.weights)
            broken |= ~np.isfinite(synapses.weights.sum(axis=(0, 2, 3)))
        if broken.any():
            for synapses in self._synapses:
                synapses.weights[:, broken] = 0
                synapses.scale[:, broken] = 0
        return broken


@dataclass(frozen=True)
class _Synapses:
    """The plastic weights of a panel, one plane for each plastic pathway, and their buffers."""

    panel: Panel
    weights: Floats
    scale: Floats
    keep: Floats
    correlations: Floats
    drive: Floats

    @classmethod
    def of(cls, panel: Panel, weights: Floats, scale: Floats, keep: Floats, shared: bool) -> "_Synapses":
        planes = 1 if shared else len(weights)
        cut_scale = np.ascontiguousarray(panel.cut(scale))
        cut_keep = keep if keep.shape[2] == 1 else np.ascontiguousarray(keep[:, :, panel.rows])
        correlations = np.zeros((planes, *weights.shape[1:]), weights.dtype)
        return cls(panel, weights, cut_scale, cut_keep, correlations, np.empty_like(weights))


class _Receivers:
    """What receiving neurons contribute to a change where homosynaptic terms take part, in one pathway."""

    def __init__(self, sweep: Sweep, coefficients: dict[str, Floats], pathway: Pathway) -> None:
        layout, dtype = sweep.circuits.species.layout, sweep.circuits.dtype
        activity = sweep.activity[:, layout.input_units :]
        if pathway == "ascending":
            self.own, self.other = activity, sweep.signal
        else:
            self.own, self.other = sweep.signal[:, : layout.hidden], activity[:, : layout.hidden]
        self.pathway, self.samples = pathway, sweep.samples
        self.first = layout.input_units
        self.coefficients = coefficients
        self.contribution = np.empty(self.own.shape, dtype)
        # in the descending pathway neurons receive what stands in the columns of a panel; inputs receive nothing
        self.sample_major = np.zeros((len(self.own), sweep.samples, layout.units), dtype)

    def update(self) -> None:
        """Compute ``g_i * other + c_i * own + c'_i`` for every receiving neuron and sample."""
        self.contribution[:] = self.coefficients["presynaptic"][:, :, None] if "presynaptic" in self.coefficients else 0
        for name, signal in (("heterosynaptic", self.other), ("hebbian", self.own)):
            if name in self.coefficients:
                self.contribution += self.coefficients[name][:, :, None] * signal
        if self.pathway == "descending":
            np.copyto(self.sample_major[:, :, self.first :], self.contribution.swapaxes(1, 2))

    def add_constant(self, correlations: Floats, panel: Panel) -> None:
        """Add the postsynaptic term, which is the same for all of a neuron's synapses."""
        if "postsynaptic" not in self.coefficients:
            return
        term = self.coefficients["postsynaptic"] * self.own.sum(axis=2)
        if self.pathway == "ascending":
            correlations += term[:, panel.rows, None]
        else:
            correlations += self._by_unit(term)[:, None, panel.columns]

    def oja_loss(self) -> Floats:
        """Share of weights lost to activity: (N, H + O) by neuron ascending, (N, I + H) by unit descending."""
        lost: Floats = self.coefficients["oja"] * np.einsum("nis,nis->ni", self.own, self.own) / self.samples
        return lost if self.pathway == "ascending" else self._by_unit(lost)

    def _by_unit(self, values: Floats) -> Floats:
        return np.concatenate([np.zeros((len(values), self.first), values.dtype), values], axis=1)


def product(left: Floats, right: Floats, out: Floats) -> None:
    """Multiply stacks of matrices, (N, n, S) by (N, S, m); with a single sample that is an outer product."""
    if left.shape[2] == 1:
        np.multiply(left, right, out=out)  # three times faster than calling a matrix product for it
    else:
        np.matmul(left, right, out=out)


def _coefficients(species: Species, genes: Population, pathway: Pathway, dtype: DTypeLike) -> dict[str, Floats]:
    """Coefficient genes of the terms of a pathway, each of shape (N, receiving neurons)."""
    width = genes[f"gains_{pathway}"].shape
    return {
        term: np.broadcast_to(genes[term_gene(pathway, term)], width).astype(dtype)
        for term in species.rule.terms(pathway)
    }
