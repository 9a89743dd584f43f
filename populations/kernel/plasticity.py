"""The weight changes of one presentation.

For the heterosynaptic rule, with the masks ``A`` and ``B`` and the mean over the S samples of the batch::

    C_kj   = sum_s q_ks x_js                                     correlation of the two signals
    dW_kj  = gA_k A_kj C_kj / S    - lambdaA W_kj
    dV_ik  = gB_i B_ik C_ki / S    - lambdaB V_ik                 (V is stored transposed)

Both pathways need the same correlations, which are one product a panel. Gains, mask and 1/S are one array of
coefficients, so that a presentation makes three passes over the weights: scale the correlations, decay, add.

A rule with homosynaptic terms changes what the receiving neuron contributes: ``g_k q_k + c_k x_k + c'_k`` in place of
``q_k`` (see `homosynaptic`). Then each pathway has correlations of its own.
"""

import numpy as np
from numpy.typing import DTypeLike

from hetevo.populations.dale import outgoing_signs
from hetevo.populations.genome import Population, term_gene
from hetevo.populations.kernel.homosynaptic import Receivers
from hetevo.populations.kernel.memory import CircuitBlock, unmirrored
from hetevo.populations.kernel.passes import Passes
from hetevo.populations.rules import PATHWAYS, Pathway
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask

SHORT = 1024
"""Synapses of a network up to which its decay is laid out for each synapse."""

NEGLIGIBLE = 1e-19
"""Weights below this are set to 0 when weights are clipped: the square root of the smallest normal float32, so that the
product of two weights never is a subnormal number, with which processors are many times slower."""


class Plasticity:
    """All plastic synapses of a block of circuits, driven by the activities of one forward and backward pass.

    Parameters
    ----------
    circuits : CircuitBlock
        Whose weights change.
    passes : Passes
        Whose activities and signals drive the change.
    genes : Population
        Gains, other coefficients, decays and masks, one row a circuit (N rows).

    Attributes
    ----------
    frozen : bool
        Whether `change` does nothing.
    """

    def __init__(self, circuits: CircuitBlock, passes: Passes, genes: Population) -> None:
        self.circuits, self.passes = circuits, passes
        species, layout, dtype = circuits.species, circuits.species.layout, circuits.dtype
        self.frozen = False
        self._pathways = [pathway for pathway in PATHWAYS if species.rule.terms(pathway)]
        self._activity = passes.activity[:, : layout.units].swapaxes(1, 2)
        # a right operand has to be contiguous; for products that are element-wise it need not
        self._senders = self._activity if circuits.networks_last else np.empty_like(self._activity, order="C")
        # the planes of W and V that are plastic; all arrays below have one plane for each of these
        planes = [PATHWAYS.index(pathway) for pathway in self._pathways]
        self._weights = circuits.weights[planes[0] : planes[-1] + 1] if planes else circuits.weights[:0]
        self._drive = np.zeros_like(self._weights)
        self.momentum = species.rule.momentum
        self._trace = np.zeros_like(self._weights) if self.momentum else self._drive[:0]
        self._panels = list(zip(circuits.panels, circuits.by_panel(self._drive), strict=True))
        self._scale = np.empty_like(self._weights)
        # one number a network and pathway, but broadcasting it over short rows takes twice as long as reading it
        self._keep = np.empty_like(self._weights[:, :, : 1 if self._weights.shape[2] > SHORT else None])
        for plane, pathway in enumerate(self._pathways):
            self._keep[plane] = 1 - genes[f"decay_{pathway}"].astype(dtype)[:, None]
        self._first_plastic = layout.hidden if species.rule.readout_only else 0
        self._plastic = np.ones((1, 1, 1), dtype)
        if species.rule.readout_only:
            readout = np.arange(layout.neurons) >= layout.hidden
            self._plastic = circuits.flat(np.broadcast_to(readout[:, None], (1, layout.neurons, layout.units)))
            self._keep = np.where(self._plastic > 0, self._keep, 1).astype(dtype)
        self._broken = np.zeros(circuits.networks, np.bool_)
        self._signs = self._laid_out_signs(genes)
        self.rewire(genes)

    def rewire(self, genes: Population) -> None:
        """Read gains, other coefficients and masks again, where they have changed in the course of a life.

        Momentum ends where a synapse does.

        Parameters
        ----------
        genes : Population
            As for the constructor.
        """
        circuits, species = self.circuits, self.circuits.species
        # heterosynaptic terms alone share the correlations of both pathways
        self._coefficients = {p: _coefficients(species, genes, p, circuits.dtype) for p in self._pathways}
        self._shared = all(given.keys() == {"heterosynaptic"} for given in self._coefficients.values())
        self._receivers: dict[Pathway, Receivers] = {}
        if not self._shared:
            self._receivers = {p: Receivers(self.passes, self._coefficients[p], p) for p in self._pathways}
        # gains, mask and 1/S in one array, 0 where nothing may change
        for plane, pathway in enumerate(self._pathways):
            self._scale[plane] = circuits.flat(self._scale_of(pathway, genes))
        self._scale *= self._plastic
        # circuits that have diverged stay at 0
        self._scale[:, self._broken] = 0
        if self.momentum:
            self._trace *= self._scale != 0

    def _scale_of(self, pathway: Pathway, genes: Population) -> Floats:
        """Return what correlations are multiplied by: mask, 1/S and, where it stands alone, the heterosynaptic gain."""
        layout, dtype = self.circuits.species.layout, self.circuits.dtype
        mask = genes[f"mask_{pathway}"].astype(dtype)
        scale = mask if pathway == "ascending" else unmirrored(layout, mask)
        scale /= self.passes.samples
        if self._shared and pathway == "ascending":
            scale *= self._coefficients[pathway]["heterosynaptic"][:, :, None]
        elif self._shared:
            scale[:, :, layout.input_units :] *= self._coefficients[pathway]["heterosynaptic"][:, None, :]
        return scale

    def change(self) -> None:
        """Apply one presentation's changes; all are computed from the same weights and activities."""
        if self.frozen:
            return
        # drive first: it needs the weights as they were
        self._correlate()
        # decay, and what the term oja takes
        np.multiply(self._weights, self._keep, out=self._weights)
        # only rules with homosynaptic terms have receivers
        for plane, receivers in enumerate(self._receivers.values()):
            for panel, weights in zip(self.circuits.panels, self.circuits.by_panel(self._weights[plane]), strict=True):
                if panel.rows.start >= self._first_plastic:
                    receivers.lose(weights, panel)
        # then add the drive, with what momentum carries on
        if self.momentum:
            np.multiply(self._trace, self.momentum, out=self._trace)
            np.add(self._trace, self._drive, out=self._trace)
        np.add(self._weights, self._trace if self.momentum else self._drive, out=self._weights)
        self.keep_signs()

    def keep_signs(self) -> None:
        """Set weights of another sign than their sender's to 0; nothing without Dale's principle."""
        if self._signs is None:
            return
        # as a product, so that what is infinite or undefined does not become 0; the drive's buffer is free by now
        np.multiply(self._weights, self._signs, out=self._drive)
        np.greater_equal(self._drive, 0, out=self._drive)
        np.multiply(self._weights, self._drive, out=self._weights)

    def _laid_out_signs(self, genes: Population) -> Floats | None:
        """Return the sign of every weight, laid out as the weights of the plastic pathways."""
        circuits, layout, signs = (
            self.circuits,
            self.circuits.species.layout,
            outgoing_signs(self.circuits.species, genes),
        )
        # without Dale's principle weights may have any sign
        if signs is None:
            return None
        size = circuits.networks, layout.neurons, layout.units
        # V is stored transposed: its senders are rows
        whole = np.broadcast_to(signs.ascending, size), np.broadcast_to(signs.descending.swapaxes(1, 2), size)
        laid_out = np.empty_like(self._weights)
        for plane, pathway in enumerate(self._pathways):
            laid_out[plane] = circuits.flat(whole[PATHWAYS.index(pathway)])
        return laid_out

    def _correlate(self) -> None:
        """Write the changes without any decay into ``_drive``."""
        if not self._pathways:
            return
        if self._senders is not self._activity:
            np.copyto(self._senders, self._activity)
        # one product for both pathways, from which each takes its own scale
        if self._shared:
            for panel, drive in self._panels:
                self.circuits.product(self.passes.signal[:, panel.rows], self._senders[:, :, panel.columns], drive[0])
            # from the last on: the first plane holds the product that all need
            for plane in reversed(range(len(self._pathways))):
                np.multiply(self._drive[0], self._scale[plane], out=self._drive[plane])
            return
        # homosynaptic terms: each pathway has correlations of its own
        for plane, (pathway, receivers) in enumerate(self._receivers.items()):
            receivers.update()
            left = receivers.contribution if pathway == "ascending" else self.passes.signal
            right = self._senders if pathway == "ascending" else receivers.sample_major
            for panel, drive in self._panels:
                self.circuits.product(left[:, panel.rows], right[:, :, panel.columns], drive[plane])
                receivers.add_constant(drive[plane], panel)
        np.multiply(self._drive, self._scale, out=self._drive)

    def drive(self, pathway: Pathway) -> Floats:
        """Return a pathway's change without decay; zero where nothing is plastic.

        Parameters
        ----------
        pathway : str
            ``"ascending"``: shape (N, H + O, I + H); ``"descending"``: shape (N, H, H + O).
        """
        species, circuits = self.circuits.species, self.circuits
        drive = np.zeros((circuits.networks, species.layout.neurons, species.layout.units), circuits.dtype)
        # in the layout that anybody would expect, 0 outside of the panels
        if pathway in self._pathways:
            self._correlate()
            if self._signs is not None:  # a change that would turn a weight over ends at 0
                turned = (self._weights + self._drive) * self._signs < 0
                np.copyto(self._drive, -self._weights, where=turned)
            plane = self._pathways.index(pathway)
            for panel, part in self._panels:
                drive[:, panel.rows, panel.columns] = part[plane]
        return drive if pathway == "ascending" else np.ascontiguousarray(species.mirror(drive))

    def carried(self, rows: slice) -> Floats | None:
        """Return what momentum carries over from the last ascending change, (N, H + O, I + H); None without it."""
        if not self.momentum or "ascending" not in self._pathways:
            return None
        layout, trace = self.circuits.species.layout, self._trace[0, rows]
        whole = np.zeros((len(trace), layout.neurons, layout.units), self.circuits.dtype)
        for panel, part in zip(self.circuits.panels, self.circuits.by_panel(trace), strict=True):
            whole[:, panel.rows, panel.columns] = part
        return whole * self.momentum

    def bound(self, clip: float) -> Mask:
        """Clip weights, flush those that are almost 0, and set circuits that are no longer finite to 0 for good.

        Parameters
        ----------
        clip : float
            Largest absolute weight.

        Returns
        -------
        ndarray of bool, shape (N,)
            Circuits that were found to have diverged.
        """
        # before clipping, which would hide an overflow; the sum of finite weights overflows only close to it
        broken: Mask = ~np.isfinite(self._weights.sum(axis=(0, 2)))
        np.clip(self._weights, -clip, clip, out=self._weights)
        # subnormal numbers would slow everything down; the drive's buffer is free here
        np.abs(self._weights, out=self._drive)
        np.greater_equal(self._drive, NEGLIGIBLE, out=self._drive)
        np.multiply(self._weights, self._drive, out=self._weights)
        if broken.any():
            self._broken |= broken
            self._weights[:, broken] = 0
            self._scale[:, broken] = 0
            if self.momentum:
                self._trace[:, broken] = 0
        return broken


def _coefficients(species: Species, genes: Population, pathway: Pathway, dtype: DTypeLike) -> dict[str, Floats]:
    """Coefficient genes of the terms of a pathway, each of shape (N, receiving neurons)."""
    width = genes.size, species.layout.neurons if pathway == "ascending" else species.layout.hidden
    coefficients = {
        term: np.broadcast_to(genes[term_gene(pathway, term)], width).astype(dtype)
        for term in species.rule.terms(pathway)
    }
    if pathway == "ascending" and "heterosynaptic" in coefficients:
        coefficients["heterosynaptic"] = effective_gains(species, coefficients["heterosynaptic"])
    return coefficients


def effective_gains(species: Species, gains: Floats) -> Floats:
    """Return ascending gains as the rule applies them, (N, H + O): reversed in hidden neurons if flipped."""
    gains = np.broadcast_to(gains, (len(gains), species.layout.neurons))
    if not species.rule.flipped:
        return gains
    return gains * np.where(np.arange(species.layout.neurons) < species.layout.hidden, -1, 1).astype(gains.dtype)
