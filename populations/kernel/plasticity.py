"""The weight changes of one presentation.

For the heterosynaptic rule, with the masks ``A`` and ``B`` and the mean over the S samples of the batch::

    C_kj   = sum_s q_ks x_js                                     correlation of the two signals
    dW_kj  = gA_k A_kj C_kj / S    - lambdaA W_kj
    dV_ik  = gB_i B_ik C_ki / S    - lambdaB V_ik                 (V is stored transposed)

Gains, mask and 1/S are one array of coefficients, so that a presentation makes three passes over the weights: scale the
`correlations`, decay, add.
"""

import numpy as np
from numpy.typing import DTypeLike

from hetevo.populations.birth import Weights
from hetevo.populations.dale import outgoing_signs
from hetevo.populations.genome import Population, term_gene
from hetevo.populations.kernel.bounds import bound_weights
from hetevo.populations.kernel.correlations import Changes, Correlations
from hetevo.populations.kernel.memory import CircuitBlock, Step, aligned, run
from hetevo.populations.kernel.panels import Panel
from hetevo.populations.kernel.passes import Passes
from hetevo.populations.rules import PATHWAYS, Pathway
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Mask

SHORT = 4096
"""Cells of a network up to which its decay is laid out for each of them."""


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
        species = circuits.species
        self.frozen = False
        self._pathways = [pathway for pathway in PATHWAYS if species.rule.terms(pathway)]
        # all arrays below are laid out as the weights are, and used where these are plastic
        self._span = circuits.span(self._pathways) if self._pathways else slice(0, 0)
        self._weights = circuits.weights[self._span]
        shape, short = circuits.weights.shape, circuits.weights.size <= SHORT * circuits.networks
        self._drive, self._scale = aligned(circuits.dtype, shape, shape)
        self._drive.fill(0)
        self._scale.fill(0)
        self.momentum = species.rule.momentum
        self._trace = np.zeros_like(self._drive) if self.momentum else self._drive
        # one number a network and pathway; reading it for each cell is faster than broadcasting it over short rows
        laid_out = species.rule.readout_only or short
        (self._keep,) = aligned(circuits.dtype, shape if laid_out else (0,))
        self._lay_out_decay(genes)
        self._broken = np.zeros(circuits.networks, np.bool_)
        self._signs = self._laid_out_signs(genes)
        self.rewire(genes)

    def _lay_out_decay(self, genes: Population) -> None:
        dtype = self.circuits.dtype
        kept = [(1 - genes[f"decay_{pathway}"].astype(dtype))[:, None] for pathway in PATHWAYS]
        # what inputs send, and other ascending weights, decay alike
        shares = kept[0], kept[0], kept[1]
        self._decay: list[Step] = []
        if not self._keep.size:
            zipped = list(zip(self.circuits.by_network(self.circuits.weights), shares, strict=True))
            parts = (zipped[:2] if "ascending" in self._pathways else []) + (
                zipped[2:] if "descending" in self._pathways else []
            )
            self._decay = [(np.multiply, (weights, share, weights)) for weights, share in parts]
            return
        for part, share in zip(self.circuits.by_network(self._keep), shares, strict=True):
            part[:] = share
        # what is not plastic does not decay either
        np.copyto(self._keep, 1, where=~self._plastic())
        self._decay = [(np.multiply, (self._weights, self._keep[self._span], self._weights))]

    def _plastic(self) -> Mask:
        """Tell which cells may change: all of plastic pathways, or those of the readout."""
        layout, circuits = self.circuits.species.layout, self.circuits
        plastic = np.zeros_like(circuits.weights)
        if not circuits.species.rule.readout_only:
            plastic[self._span] = 1
        else:
            readout = (np.arange(layout.neurons) >= layout.hidden)[:, None]
            circuits.stack(plastic).place("ascending", np.broadcast_to(readout, (1, layout.neurons, layout.units)))
        return plastic > 0

    def rewire(self, genes: Population) -> None:
        """Read gains, other coefficients and masks again, where they have changed in the course of a life.

        Momentum ends where a synapse does.

        Parameters
        ----------
        genes : Population
            As for the constructor.
        """
        circuits = self.circuits
        self._coefficients = {p: _coefficients(circuits.species, genes, p, circuits.dtype) for p in self._pathways}
        self._correlations = Correlations(self.passes, circuits.stack(self._drive), self._coefficients)
        # gains, mask and 1/S in one array, 0 where nothing may change
        scale = circuits.stack(self._scale)
        for pathway in self._pathways:
            scale.place(pathway, genes[f"mask_{pathway}"])
            scale.multiply(pathway, self._factors(pathway))
        if circuits.species.rule.readout_only:
            self._scale[~self._plastic()] = 0
        # circuits that have diverged stay at 0
        self._still(self._broken)
        if self.momentum:
            self._trace *= self._scale != 0
        self._steps = self._line_up()

    def _factors(self, pathway: Pathway) -> Floats:
        """Return what correlations are multiplied by besides masks, (N, n): 1/S, and gains that stand alone."""
        layout = self.circuits.species.layout
        width = layout.neurons if pathway == "ascending" else layout.hidden
        factors = np.full((self.circuits.networks, width), 1 / self.passes.samples, self.circuits.dtype)
        return factors * self._coefficients[pathway]["heterosynaptic"] if self._correlations.shared else factors

    def _line_up(self) -> list[Step]:
        """Line up the changes of a presentation; all are computed from the same weights and activities."""
        drive, scale, span = self._drive, self._scale, self._span
        # drive first: it needs the weights as they were
        steps = list(self._correlations.steps)
        if self._correlations.shared and "descending" in self._pathways:
            up, down = self.circuits.hidden_spans
            steps.append((np.multiply, (drive[up], scale[down], drive[down])))
            span = self.circuits.span(["ascending"]) if "ascending" in self._pathways else slice(0, 0)
        steps.append((np.multiply, (drive[span], scale[span], drive[span])))
        # decay, and what the term oja takes
        steps += self._decay
        first = self.circuits.species.layout.hidden if self.circuits.species.rule.readout_only else 0
        for pathway, receivers in self._correlations.receivers.items():
            for panel, weights in self.circuits.stacks.of(pathway):
                rows = slice(max(first, panel.rows.start), panel.rows.stop)
                own = weights[:, rows.start - panel.rows.start :]
                steps.append((receivers.lose, (Panel(rows, panel.columns), own)))
        # then the drive, with what momentum carries on
        trace = self._trace[self._span]
        if self.momentum:
            steps.append((np.multiply, (trace, self.momentum, trace)))
            steps.append((np.add, (trace, drive[self._span], trace)))
        return [*steps, (np.add, (self._weights, trace, self._weights))]

    def change(self) -> None:
        """Apply one presentation's changes."""
        if self.frozen:
            return
        run(self._steps)
        if self._signs is not None:
            self.keep_signs()

    def keep_signs(self) -> None:
        """Set weights of another sign than their sender's to 0; nothing without Dale's principle."""
        if self._signs is None:
            return
        # as a product, so that what is infinite or undefined does not become 0; the drive's buffer is free by now
        free, signs = self._drive[self._span], self._signs[self._span]
        np.multiply(self._weights, signs, free)
        np.greater_equal(free, 0, out=free)
        np.multiply(self._weights, free, self._weights)

    def _laid_out_signs(self, genes: Population) -> Floats | None:
        """Return the sign of every weight, laid out as the weights; without Dale's principle they may have any."""
        signs, circuits = outgoing_signs(self.circuits.species, genes), self.circuits
        if signs is None:
            return None
        layout, laid_out = circuits.species.layout, np.empty_like(circuits.weights)
        shapes = {"ascending": (layout.neurons, layout.units), "descending": (layout.hidden, layout.neurons)}
        stacks = circuits.stack(laid_out)
        for pathway, sign in zip(PATHWAYS, signs, strict=True):
            stacks.place(pathway, np.broadcast_to(sign, (circuits.networks, *shapes[pathway])))
        return laid_out

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
        broken = bound_weights(self.circuits, [self._span], self._drive, clip)
        self._broken |= broken
        self._still(broken)
        return broken

    def _still(self, broken: Mask) -> None:
        """Let nothing change any more in some circuits."""
        if not broken.any():
            return
        for array in (self._scale, self._trace) if self.momentum else (self._scale,):
            for part in self.circuits.by_network(array):
                part[broken] = 0

    def changes(self, passes: Passes, rows: slice, weights: Weights) -> Changes:
        """Return what the signals in other passes, those of some of the networks with these weights, would change."""
        signs = None if self._signs is None else self.circuits.stack(self._signs).take(rows)
        coefficients = {
            pathway: {term: values[rows] for term, values in given.items()}
            for pathway, given in self._coefficients.items()
        }
        # life goes on, and may change it
        scale = self.circuits.stack(self._scale).take(rows).copy()
        return Changes(passes, scale, self.passes.samples, coefficients, signs, weights)

    def carried(self, rows: slice) -> Floats | None:
        """Return what momentum carries over from the last ascending change, (N, H + O, I + H); None without it."""
        if not self.momentum or "ascending" not in self._pathways:
            return None
        return self.circuits.stack(self._trace).take(rows).spread("ascending") * self.momentum


def _coefficients(species: Species, genes: Population, pathway: Pathway, dtype: DTypeLike) -> dict[str, Floats]:
    """Coefficient genes of the terms of a pathway, each of shape (N, receiving neurons)."""
    width = genes.size, species.layout.neurons if pathway == "ascending" else species.layout.hidden
    coefficients = {
        term: np.broadcast_to(genes[term_gene(pathway, term)], width).astype(dtype)
        for term in species.rule.terms(pathway)
    }
    if pathway == "descending":
        return coefficients
    return {term: effective_gains(species, values, term) for term, values in coefficients.items()}


def effective_gains(species: Species, gains: Floats, term: str = "heterosynaptic") -> Floats:
    """Return ascending gains as the rule applies them, (N, H + O); or the coefficients of another ascending term."""
    gains = np.broadcast_to(gains, (len(gains), species.layout.neurons))
    factors = species.rule.factors(term, species.layout)
    return gains if factors is None else gains * factors.astype(gains.dtype)
