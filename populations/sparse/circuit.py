"""One circuit whose wirings are lists of synapses: the equations of `hetevo.populations.model`, synapse by synapse.

Both pathways are sparse matrices of their own (compressed sparse rows), whose structure stays the same for life while
their values change. Passes are products of these matrices with signals; a change is computed for the synapses that
exist, each from the two signals at its ends. Nothing here transposes ``W``, but for rules that transport weights.
"""

from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import DTypeLike

from hetevo.populations.dale import outgoing_signs
from hetevo.populations.genome import Population, term_gene
from hetevo.populations.kernel.bounds import NEGLIGIBLE
from hetevo.populations.kernel.plasticity import effective_gains
from hetevo.populations.rules import PATHWAYS, Pathway
from hetevo.populations.sparse.birth import SynapseWeights, Wiring
from hetevo.populations.species import Species
from hetevo.populations.synapses import Structure
from hetevo.populations.types import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PART = 1 << 18
"""Numbers of a signal that are gathered at once for the synapses of a part: they stay in cache (measured)."""


class SparseCircuit:
    """One circuit between birth and death.

    Parameters
    ----------
    species : Species
        What it has in common with others.
    genes : Population
        Its genome, alone.
    wiring : Wiring
        Its synapses.
    innate : SynapseWeights
        ``W`` and ``V`` at birth, (E,) each.
    dtype : dtype, optional
        Precision; float64 is for tests.

    Attributes
    ----------
    weights : dict of str to ndarray of float, shape (E,)
        ``W`` and ``V`` by pathway.
    x : ndarray of float, shape (I + H, S)
        Activity of inputs and hidden neurons.
    y : ndarray of float, shape (O, S)
        Outputs.
    q : ndarray of float, shape (H + O, S)
        Learning signal of hidden neurons and outputs.
    broken : bool
        Whether a weight became infinite or undefined: then plastic ones are 0 for good.
    """

    def __init__(
        self,
        species: Species,
        genes: Population,
        wiring: Wiring,
        innate: SynapseWeights,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.species, self.wiring, self.dtype, self.broken = species, wiring, np.dtype(dtype), False
        layout = species.layout
        self.structures: dict[Pathway, Structure] = {"ascending": wiring.ascending, "descending": wiring.descending}
        self.weights: dict[Pathway, Floats] = {p: w.astype(dtype) for p, w in zip(PATHWAYS, innate, strict=True)}
        # what changes: pathways with terms, and of the ascending one the synapses from some row on
        self.plastic = [pathway for pathway in PATHWAYS if species.rule.terms(pathway)]
        self._first = dict.fromkeys(self.plastic, 0)
        if species.rule.readout_only and "ascending" in self.plastic:
            self._first["ascending"] = int(wiring.ascending.starts[layout.hidden])
        self._coefficients = {p: self._read_coefficients(genes, p) for p in self.plastic}
        self._keep = {p: self.dtype.type(1) - genes[f"decay_{p}"].astype(dtype)[0] for p in self.plastic}
        self._traces = {p: np.zeros_like(self.weights[p]) for p in self.plastic if species.rule.momentum}
        signs = outgoing_signs(species, genes)
        self._signs: dict[Pathway, Floats] = (
            {p: own[0, 0].astype(dtype) for p, own in zip(PATHWAYS, signs, strict=True)} if signs else {}
        )
        # level after level; where synapses form loops, all hidden neurons at once, again and again
        loops = [slice(0, layout.hidden)] * species.settle
        steps = loops if species.family.recurrent else list(layout.level_slices)
        self._up = [(rows, self._matrix("ascending", rows)) for rows in steps]
        self._down = [(rows, self._matrix("descending", rows)) for rows in reversed(steps)]
        self._readout = self._matrix("ascending", slice(layout.hidden, layout.neurons))

    def _matrix(self, pathway: Pathway, rows: slice) -> "csr_array":
        return self.structures[pathway].matrix(self.weights[pathway], rows)

    def forward(self, inputs: Floats) -> None:
        """Let activities rise, inputs (I, S): ``p_i = sum_j W_ij x_j``, ``x_i = f(p_i)``; outputs are linear."""
        layout = self.species.layout
        self.x = np.zeros((layout.units, inputs.shape[1]), self.dtype)
        self.x[: layout.input_units] = inputs
        hidden = self.x[layout.input_units :]
        for rows, matrix in self._up:
            self.species.transfer.apply(matrix @ self.x, hidden[rows])
        self.y = cast(Floats, self._readout @ self.x)

    def backward(self, error: Floats) -> None:
        """Let learning signals descend, errors (O, S): ``q_o = e_o``, ``q_i = f'(p_i) sum_k V_ik q_k``."""
        species, hidden = self.species, self.species.layout.hidden
        if self.wiring.mirrored is not None:
            np.take(self.weights["ascending"], self.wiring.mirrored, out=self.weights["descending"])
        self.q = np.zeros((species.layout.neurons, error.shape[1]), self.dtype)
        # outputs: the error itself
        self.q[hidden:] = np.clip(error, -species.lifetime.signal_clip, species.lifetime.signal_clip)
        # hidden neurons, from the top down
        activity = self.x[species.layout.input_units :]
        slope = np.ones_like(activity)
        if species.plasticity.derivative:
            species.transfer.slope(activity, slope)
        for rows, matrix in self._down:
            np.multiply(matrix @ self.q, slope[rows], out=self.q[rows])
        # what some rules do to hidden neurons' signals
        if species.rule.signs:
            self.q[:hidden] = np.sign(self.q[:hidden])
        if species.rule.shuffled:
            self.q[:hidden] = np.roll(self.q[:hidden], 1, axis=1)

    def update(self) -> None:
        """Change the synapses that exist, part by part: each change needs its two signals and its weight alone."""
        if self.broken:
            return
        drives = {pathway: _Drive(self, pathway) for pathway in self.plastic}
        for pathway, drive in drives.items():
            weights, trace = self.weights[pathway], self._traces.get(pathway)
            for part in drive.parts(self._first[pathway]):
                change, own = drive.of(part), weights[part]
                # decay, and what the term oja takes; then the drive, with what momentum carries on
                own *= drive.kept(part, self._keep[pathway])
                if trace is not None:
                    trace[part] *= self.species.rule.momentum
                    trace[part] += change
                    change = trace[part]
                own += change
                # Dale's principle: what would change its sign ends at 0
                if self._signs:
                    own *= own * drive.signs(part) >= 0

    def drive(self, pathway: Pathway) -> Floats:
        """Return a pathway's change without decay, (E,), as `hetevo.populations.kernel.plasticity.Plasticity` does."""
        whole = np.zeros_like(self.weights[pathway])
        if pathway not in self.plastic:
            return whole
        drive = _Drive(self, pathway)
        for part in drive.parts(self._first[pathway]):
            change, weights = drive.of(part), self.weights[pathway][part]
            if self._signs:  # a change that would turn a weight over ends at 0
                change = np.where((weights + change) * drive.signs(part) < 0, -weights, change)
            whole[part] = change
        return whole

    def carried(self) -> Floats | None:
        """Return what momentum carries over from the last ascending change, (E,); None without it."""
        trace = self._traces.get("ascending")
        return None if trace is None else trace * self.species.rule.momentum

    def bound(self, clip: float) -> bool:
        """Clip plastic weights, flush those that are almost 0, and tell whether the circuit has diverged just now."""
        plastic = [self.weights[pathway] for pathway in self.plastic]
        # before clipping, which would hide an overflow
        found = not self.broken and not all(np.isfinite(weights.sum()) for weights in plastic)
        self.broken |= found
        for weights in plastic:
            np.clip(weights, -clip, clip, out=weights)
            weights[(np.abs(weights) < NEGLIGIBLE) | self.broken] = 0
        return found

    def _read_coefficients(self, genes: Population, pathway: Pathway) -> dict[str, Floats]:
        """Return the gene of each term, (receiving neurons, 1), as the rule applies it."""
        species, width = self.species, self.structures[pathway].shape[0]
        read = {}
        for term in species.rule.terms(pathway):
            gene = np.broadcast_to(genes[term_gene(pathway, term)], (1, width))
            if pathway == "ascending":
                gene = effective_gains(species, gene, term)
            read[term] = gene.astype(self.dtype)[0, :, None]
        return read

    def receivers(self, pathway: Pathway) -> tuple[Floats, Floats, Floats]:
        """Return what receiving neurons have in a pathway and in the other one, and what their synapses bring."""
        layout = self.species.layout
        activity = np.concatenate([self.x[layout.input_units :], self.y])
        if pathway == "ascending":
            return activity, self.q, self.x
        return self.q[: layout.hidden], activity[: layout.hidden], self.q

    def coefficients(self, pathway: Pathway) -> dict[str, Floats]:
        """Return the coefficient of each term of a plastic pathway, (receiving neurons, 1)."""
        return self._coefficients[pathway]

    def sender_signs(self, pathway: Pathway) -> Floats:
        """Return the sign that each sender gives its synapses under Dale's principle, or 0."""
        return self._signs[pathway]


class Correlation:
    """Products of what neurons receive and send, summed over samples, for the synapses that exist.

    Parameters
    ----------
    structure : Structure
        E synapses.
    receivers : ndarray of float, shape (rows, S)
        What receiving neurons bring to the product.
    senders : ndarray of float, shape (columns, S)
        What sending units bring.
    """

    def __init__(self, structure: Structure, receivers: Floats, senders: Floats) -> None:
        self._structure, self._receivers, self._senders = structure, receivers, senders
        samples, synapses = receivers.shape[1], len(structure.positions)
        self._length = min(max(1, PART // samples), max(1, synapses))
        # what the synapses of a part need of both signals, side by side
        self._left, self._right = (np.empty((self._length, samples), receivers.dtype) for _ in range(2))

    def parts(self, first: int = 0) -> list[slice]:
        """Cut the synapses from some place on into parts."""
        end = len(self._structure.positions)
        return [slice(start, min(start + self._length, end)) for start in range(first, end, self._length)]

    def of(self, part: slice) -> Floats:
        """Return ``sum_s a_is b_js`` for the synapses of a part."""
        rows, columns = self._structure.rows[part], self._structure.columns[part]
        left, right = self._left[: len(rows)], self._right[: len(rows)]
        # places are in range, and "clip" spares a copy
        np.take(self._receivers, rows, axis=0, out=left, mode="clip")
        np.take(self._senders, columns, axis=0, out=right, mode="clip")
        return cast(Floats, np.einsum("es,es->e", left, right))

    def whole(self) -> Floats:
        """Return the same for all synapses, (E,)."""
        parts = [self.of(part) for part in self.parts()]
        return np.concatenate([np.empty(0, self._receivers.dtype), *parts])


class _Drive:
    """What drives the synapses of a pathway in one presentation, from the signals at their ends."""

    def __init__(self, circuit: SparseCircuit, pathway: Pathway) -> None:
        self._circuit, self._pathway, self._structure = circuit, pathway, circuit.structures[pathway]
        own, other, senders = circuit.receivers(pathway)
        terms = circuit.coefficients(pathway)
        # what the receiving neuron contributes to the product with the sender
        receivers = np.zeros_like(own)
        if "heterosynaptic" in terms:
            receivers += terms["heterosynaptic"] * other
        if "hebbian" in terms:
            receivers += terms["hebbian"] * own
        if "presynaptic" in terms:
            receivers += terms["presynaptic"]
        receivers /= own.shape[1]
        self._correlation = Correlation(self._structure, receivers, senders)
        self.parts = self._correlation.parts
        # what is the same for all synapses of a neuron
        self._constant = self._lost = None
        if "postsynaptic" in terms:
            self._constant = terms["postsynaptic"][:, 0] * own.mean(axis=1)
        if "oja" in terms:
            self._lost = 1 - terms["oja"][:, 0] * np.square(own).mean(axis=1)

    def of(self, part: slice) -> Floats:
        """Compute ``<(g_i q_i + c_i x_i + c'_i) x_j>``, and what has no sender in it, for a part of the synapses."""
        change = self._correlation.of(part)
        if self._constant is not None:
            change += self._constant[self._structure.rows[part]]
        return change

    def kept(self, part: slice, keep: Floats) -> Floats:
        """Return the share of a weight that decay, and the term oja, leave."""
        return keep if self._lost is None else keep * self._lost[self._structure.rows[part]]

    def signs(self, part: slice) -> Floats:
        """Return the sign that each weight must have, or 0."""
        return self._circuit.sender_signs(self._pathway)[self._structure.columns[part]]
