"""The correlations of signals that change synapses, a product a panel.

For the heterosynaptic rule both pathways need the same ones, ``C_kj = sum_s q_ks x_js``, which are computed once. A
rule with homosynaptic terms changes what the receiving neuron contributes: ``g_k q_k + c_k x_k + c'_k`` in place of
``q_k`` (see `homosynaptic`). Then each pathway has correlations of its own.
"""

import numpy as np

from hetevo.populations.birth import Weights
from hetevo.populations.kernel.homosynaptic import Receivers
from hetevo.populations.kernel.memory import Stacks, Step, run
from hetevo.populations.kernel.passes import Passes
from hetevo.populations.rules import Pathway
from hetevo.populations.types import Floats

WIDE = 32
"""Senders from which on a product with their transposed activities is faster than copying these first (measured)."""


class Correlations:
    """Correlations of the activities and signals that are in the buffers of passes.

    Parameters
    ----------
    passes : Passes
        Whose activities and signals to take.
    out : Stacks
        Where they go. Where pathways share them, they are in the ascending panels alone.
    coefficients : dict
        The rule's coefficients by pathway and term, each of shape (N, receiving neurons); those of plastic pathways.

    Attributes
    ----------
    shared : bool
        Whether both pathways have the same ones: heterosynaptic terms alone, whose gains are factors of their own.
    receivers : dict of str to Receivers
        By pathway, where they are not shared.
    steps : list of Step
        What computes them.
    """

    def __init__(self, passes: Passes, out: Stacks, coefficients: dict[Pathway, dict[str, Floats]]) -> None:
        self._passes, self._out = passes, out
        self._hidden_panels = out.hidden_panels
        self.shared = all(given.keys() == {"heterosynaptic"} for given in coefficients.values())
        self.receivers: dict[Pathway, Receivers] = {}
        if not self.shared:
            self.receivers = {pathway: Receivers(passes, given, pathway) for pathway, given in coefficients.items()}
        self.steps = self._line_up(set(coefficients))

    def _line_up(self, pathways: set[Pathway]) -> list[Step]:
        if not pathways:
            return []
        senders, steps = self._senders()
        if self.shared:
            return steps + self._ascending(self._passes.signal, senders, "ascending" in pathways)
        if "ascending" in pathways:
            ascending = self.receivers["ascending"]
            steps.append((ascending.update, ()))
            steps += self._ascending(ascending.contribution, senders, inputs=True)
            steps += [(ascending.add_constant, (panel, out)) for panel, out in self._out.of("ascending")]
        if "descending" in pathways:
            descending = self.receivers["descending"]
            steps.append((descending.update, ()))
            for panel, out in self._out.of("descending"):
                right = descending.sample_major[:, :, panel.neurons(self._passes.species)]
                steps.append(self._passes.product(self._passes.signal[:, panel.rows], right, out))
                steps.append((descending.add_constant, (panel, out)))
        return steps

    def _senders(self) -> tuple[list[Floats], list[Step]]:
        """Return the activities of each hidden panel's senders, (N, S, m), and what brings them into order."""
        passes = self._passes
        hidden = passes.neurons[:, : passes.species.layout.hidden].swapaxes(1, 2)
        columns = [panel.neurons(passes.species) for panel in self._hidden_panels]
        turned = [hidden[:, :, span] for span in columns]
        # a right operand should be in one piece; for products that are element-wise it need not
        if passes.stacks.networks_last or not columns:
            return turned, []
        # the last one has few receivers, and is worth no copy if it has many senders
        last = columns[-1].start if columns[-1].stop - columns[-1].start >= WIDE else columns[-1].stop
        copy = np.empty((passes.networks, passes.samples, last), passes.dtype)
        steps: list[Step] = [(np.copyto, (copy, hidden[:, :, :last]))] if last else []
        return [copy[:, :, span] if span.stop <= last else turned[n] for n, span in enumerate(columns)], steps

    def _ascending(self, left: Floats, senders: list[Floats], inputs: bool) -> list[Step]:
        """Line up the products of the ascending panels, that of the input units or not."""
        passes, steps = self._passes, []
        panel, first = self._out.panels[0], self._out.ascending[0]
        if inputs and not panel.hidden:
            steps += correlate_inputs(passes, left[:, panel.rows], first)
        for panel, right, out in zip(self._hidden_panels, senders, self._out.hidden, strict=True):
            steps.append(passes.product(left[:, panel.rows], right, out))
        return steps


def correlate_inputs(passes: Passes, left: Floats, out: Floats) -> list[Step]:
    """Line up the product of what receivers have, (N, n, S), and the inputs of the last forward pass: (N, n, I)."""
    # these stay where they are
    if passes.stacks.networks_last:
        return [passes.product(left, passes.inputs.swapaxes(1, 2), out)]
    # all networks of a task read the same ones
    turned = np.empty((passes.tasks, passes.samples, out.shape[2]), passes.dtype)
    return [
        (lambda: np.copyto(turned, passes.inputs.swapaxes(1, 2)), ()),
        (np.matmul, (passes.by_task(left), turned, passes.by_task(out))),
    ]


class Changes:
    """Changes without decay that a batch would cause, which is presented for a look alone.

    Parameters
    ----------
    passes : Passes
        Whose activities and signals to take.
    scale : Stacks
        What correlations are multiplied by in a life, its 1/S included.
    samples : int
        S of the life.
    coefficients : dict
        As for `Correlations`.
    signs : Stacks or None
        Of weights, under Dale's principle.
    weights : Weights
        Of the networks as they are now.
    """

    def __init__(
        self,
        passes: Passes,
        scale: Stacks,
        samples: int,
        coefficients: dict[Pathway, dict[str, Floats]],
        signs: Stacks | None,
        weights: Weights,
    ) -> None:
        self._passes, self._scale, self._signs, self._coefficients = passes, scale, signs, coefficients
        self._samples, self._weights = samples, weights
        self._found = scale.empty()
        self._correlations = Correlations(passes, self._found, coefficients)

    def of(self, pathway: Pathway) -> Floats:
        """Return a pathway's change, (N, H + O, I + H) or (N, H, H + O); 0 where nothing is plastic."""
        change = self._scale.zeros(pathway)
        if pathway not in self._coefficients:
            return change
        run(self._correlations.steps)
        found, shared = self._found, self._correlations.shared
        given = found.hidden if shared and pathway == "descending" else [stack for _, stack in found.of(pathway)]
        for (panel, scale), correlations in zip(self._scale.of(pathway), given, strict=True):
            np.multiply(correlations, scale, out=panel.cut(found.species, pathway, change))
        # each batch has samples of its own
        change *= self._samples / self._passes.samples
        # under Dale's principle a change that would turn a weight over ends at 0
        if self._signs is not None:
            weights = getattr(self._weights, pathway)
            for panel, signs in self._signs.of(pathway):
                part, own = (panel.cut(found.species, pathway, array) for array in (change, weights))
                np.copyto(part, -own, where=(own + part) * signs < 0)
        return change
