"""The weight changes of one presentation in circuits with separate error neurons.

As in `plasticity`, gains, masks and 1/S are one array, so that a presentation scales correlations, lets weights decay,
and adds. Correlations ``<e_k x_i>`` within a level serve what it senses and what it is taught.
"""

import numpy as np

from hetevo.populations.error_neurons import ErrorWeights
from hetevo.populations.genome import Population
from hetevo.populations.kernel.bounds import bound_weights
from hetevo.populations.kernel.correlations import correlate_inputs
from hetevo.populations.kernel.error_block import ErrorBlock, ErrorPasses, ErrorStacks
from hetevo.populations.kernel.gates import line_up_gates
from hetevo.populations.kernel.memory import Step, aligned, run
from hetevo.populations.kernel.plasticity import SHORT
from hetevo.populations.settings import SynapseKind
from hetevo.populations.types import Floats, Mask


class ErrorCorrelations:
    """Correlations of the activities and signals that are in the buffers of passes.

    Parameters
    ----------
    passes : ErrorPasses
        Whose activities and signals to take.
    out : ErrorStacks
        Where they go; those of lateral synapses into the places of sensing ones.

    Attributes
    ----------
    steps : list of Step
        What computes those of plastic kinds.
    """

    def __init__(self, passes: ErrorPasses, out: ErrorStacks) -> None:
        self._passes, self._out, plastic = passes, out, passes.species.plastic
        self.steps: list[Step] = []
        if {*plastic} & {"ascending", "sensing", "teaching"}:
            senders = self._turn(passes.neurons[:, : passes.species.layout.hidden])
        if "ascending" in plastic:
            self._line_up_ascending(senders)
        if {"sensing", "teaching"} & {*plastic}:
            for cut, correlations in out.of["sensing"]:
                self._add(passes.errors[:, cut.rows], senders[:, :, cut.columns], correlations)
        if "descending" in plastic:
            errors = self._turn(passes.errors)
            for cut, correlations in out.of["descending"]:
                self._add(passes.sensed[:, cut.rows], errors[:, :, cut.columns], correlations)

    def _turn(self, signals: Floats) -> Floats:
        """Return signals (N, units, S) as (N, S, units), in one piece, which is filled in every presentation."""
        passes = self._passes
        # for products that are element-wise they may stay where they are
        if passes.stacks.networks_last:
            return signals.swapaxes(1, 2)
        turned = np.empty((passes.networks, passes.samples, signals.shape[1]), passes.dtype)
        self.steps.append((np.copyto, (turned, signals.swapaxes(1, 2))))
        return turned

    def _add(self, left: Floats, right: Floats, out: Floats) -> None:
        self.steps.append(self._passes.product(left, right, out))

    def _line_up_ascending(self, senders: Floats) -> None:
        passes, first = self._passes, self._passes.species.layout.input_units
        for cut, correlations in self._out.of["ascending"]:
            left = passes.signal[:, cut.rows]
            if cut.columns.start >= first:
                columns = slice(cut.columns.start - first, cut.columns.stop - first)
                self._add(left, senders[:, :, columns], correlations)
            else:
                self.steps += correlate_inputs(passes, left, correlations)


class ErrorChanges:
    """Changes without decay that a batch would cause, which is presented for a look alone.

    Parameters
    ----------
    passes : ErrorPasses
        Whose activities and signals to take.
    scale : ErrorStacks
        What correlations are multiplied by in a life, its 1/S included.
    samples : int
        S of the life.
    """

    def __init__(self, passes: ErrorPasses, scale: ErrorStacks, samples: int) -> None:
        self._passes, self._scale, self._samples = passes, scale, samples
        empty = {kind: [(cut, np.zeros_like(stack)) for cut, stack in given] for kind, given in scale.of.items()}
        self._found = ErrorStacks(scale.species, empty)
        self._correlations = ErrorCorrelations(passes, self._found)

    def of(self, kind: SynapseKind) -> Floats:
        """Return the change of a kind of synapses, shape as of the weights; 0 where nothing is plastic."""
        change = np.zeros_like(self._scale.spread(kind))
        if kind not in self._passes.species.plastic:
            return change
        run(self._correlations.steps)
        found = self._found.of["sensing" if kind == "teaching" else kind]
        for (cut, scale), (_, correlations) in zip(self._scale.of[kind], found, strict=True):
            np.multiply(correlations, scale, out=cut.of(change))
        # each batch has samples of its own
        change *= self._samples / self._passes.samples
        return change


class ErrorPlasticity:
    """All plastic synapses of a block of circuits; see `hetevo.populations.kernel.plasticity.Plasticity`.

    Parameters
    ----------
    circuits : ErrorBlock
        Whose weights change.
    passes : ErrorPasses
        Whose activities and signals drive the change.
    genes : Population
        Gains, decays and masks, one row a circuit (N rows).

    Attributes
    ----------
    frozen : bool
        Whether `change` does nothing.
    """

    def __init__(self, circuits: ErrorBlock, passes: ErrorPasses, genes: Population) -> None:
        self.circuits, self.passes, self.frozen = circuits, passes, False
        species, shape = circuits.species, circuits.weights.shape
        self._plastic, self._gated = species.plastic, species.gated
        self._spans = circuits.spans(self._plastic)
        self._drive, self._scale = aligned(circuits.dtype, shape, shape)
        self._drive.fill(0)
        self._scale.fill(0)
        self._broken = np.zeros(circuits.networks, np.bool_)
        self.rewire(genes)
        self._steps = ErrorCorrelations(passes, circuits.stack(self._drive)).steps
        self._steps += self._line_up_drive()
        self._steps += self._line_up_decay(genes)
        for span in self._spans:
            self._steps.append((np.add, (circuits.weights[span], self._drive[span], circuits.weights[span])))

    def rewire(self, genes: Population) -> None:
        """Read gains and masks, again where they have changed in the course of a life.

        With 1/S they are one array, 0 where nothing may change.

        Parameters
        ----------
        genes : Population
            As for the constructor.
        """
        scale = self.circuits.stack(self._scale)
        for kind in self._plastic:
            scale.place(kind, genes[f"mask_{kind}"])
            gains = genes[f"gains_{kind}"].astype(self.circuits.dtype) / self.passes.samples
            width = genes[f"mask_{kind}"].shape[:2]
            for cut, stack in scale.of[kind]:
                np.multiply(stack, cut.receivers(np.broadcast_to(gains, width)), out=stack)
        # circuits that have diverged stay at 0
        self._still(self._broken)

    def _line_up_drive(self) -> list[Step]:
        drive, scale = self._drive, self._scale
        steps: list[Step] = []
        # teaching synapses first: they need the correlations as they are
        if "teaching" in self._plastic:
            (teaching,), (sensing,) = self.circuits.spans(["teaching"]), self.circuits.spans(["sensing"])
            steps.append((np.multiply, (drive[sensing], scale[teaching], drive[teaching])))
        others = [kind for kind in self._plastic if kind != "teaching"]
        steps += [(np.multiply, (drive[span], scale[span], drive[span])) for span in self.circuits.spans(others)]
        return steps

    def _line_up_decay(self, genes: Population) -> list[Step]:
        """Line up how weights decay: what each of them keeps is laid out, once or in every presentation."""
        circuits, weights = self.circuits, self.circuits.weights
        decay = {kind: genes[f"decay_{kind}"].astype(circuits.dtype)[:, None] for kind in self._plastic}
        if not self._gated and weights.size > SHORT * circuits.networks:
            # one number a network and kind: broadcasting it over long rows is faster than reading it for each cell
            parts = [(kind, part) for kind, part in circuits.by_kind(weights) if kind in decay]
            return [(np.multiply, (part, 1 - decay[kind], part)) for kind, part in parts]
        (keep,) = aligned(circuits.dtype, weights.shape)
        steps: list[Step] = []
        if self._gated:
            steps += line_up_gates(self.passes, decay, circuits.stack(keep))
        else:
            for kind, part in circuits.by_kind(keep):
                part[:] = 1 - decay.get(kind, 0)
        return steps + [(np.multiply, (weights[span], keep[span], weights[span])) for span in self._spans]

    def change(self) -> None:
        """Apply one presentation's changes, all computed from the same weights and activities."""
        if not self.frozen:
            run(self._steps)

    def bound(self, clip: float) -> Mask:
        """Clip weights, and set circuits that are no longer finite to 0 for good; see `bound_weights`."""
        broken = bound_weights(self.circuits, self._spans, self._drive, clip)
        self._broken |= broken
        self._still(broken)
        return broken

    def _still(self, broken: Mask) -> None:
        """Let nothing change any more in some circuits."""
        if broken.any():
            for part in self.circuits.by_network(self._scale):
                part[broken] = 0

    def keep_signs(self) -> None:
        """Do nothing: weights may have any sign."""

    def changes(self, passes: ErrorPasses, rows: slice, weights: ErrorWeights) -> ErrorChanges:
        """Return what the signals in other passes, those of some networks, would change, whatever their weights."""
        del weights
        # life goes on, and may change it
        scale = self.circuits.stack(self._scale).take(rows).copy()
        return ErrorChanges(passes, scale, self.passes.samples)

    def carried(self, rows: slice) -> None:
        """Return nothing: there is no momentum."""
