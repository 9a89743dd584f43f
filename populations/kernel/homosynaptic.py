"""What receiving neurons contribute to weight changes where homosynaptic terms take part."""

import numpy as np

from hetevo.populations.kernel.panels import Panel
from hetevo.populations.kernel.passes import Passes
from hetevo.populations.rules import Pathway
from hetevo.populations.types import Floats


class Receivers:
    """The receiving neurons of one pathway.

    Parameters
    ----------
    passes : Passes
        Whose activities and signals drive the change.
    coefficients : dict of str to ndarray of float, shape (N, receiving neurons)
        The rule's terms in this pathway, see `hetevo.populations.rules`.
    pathway : str
        In the ascending pathway hidden neurons and outputs receive, in the descending one hidden neurons.

    Attributes
    ----------
    contribution : ndarray of float, shape (N, receiving neurons, S)
        What `update` computed.
    sample_major : ndarray of float, shape (N, S, H)
        The same in the descending pathway, where neurons receive what stands in a panel's columns.
    """

    def __init__(self, passes: Passes, coefficients: dict[str, Floats], pathway: Pathway) -> None:
        hidden = passes.species.layout.hidden
        # what a neuron has itself in this pathway, and what it has in the other one
        if pathway == "ascending":
            self._own, self._other = passes.neurons, passes.signal
        else:
            self._own, self._other = passes.signal[:, :hidden], passes.neurons[:, :hidden]
        self._pathway, self._passes = pathway, passes
        self._coefficients = coefficients
        # buffers that are used in every presentation
        self.contribution = np.empty(self._own.shape, passes.dtype)
        self.sample_major = np.zeros((len(self._own), passes.samples, hidden), passes.dtype)

    def update(self) -> None:
        """Compute ``g_i * other + c_i * own + c'_i`` for every receiving neuron and sample."""
        given = self._coefficients
        self.contribution[:] = given["presynaptic"][:, :, None] if "presynaptic" in given else 0
        for name, signal in (("heterosynaptic", self._other), ("hebbian", self._own)):
            if name in given:
                self.contribution += given[name][:, :, None] * signal
        # here receivers are columns, so that their numbers are needed sample by sample
        if self._pathway == "descending":
            np.copyto(self.sample_major, self.contribution.swapaxes(1, 2))

    def add_constant(self, panel: Panel, correlations: Floats) -> None:
        """Add the postsynaptic term, the same for all synapses of a neuron, to a panel's (N, n, m) correlations."""
        # the sender has no part in it, so that it is no product of matrices
        if "postsynaptic" in self._coefficients:
            term = self._coefficients["postsynaptic"] * self._own.sum(axis=2)
            correlations += self._along(term, panel)

    def lose(self, panel: Panel, weights: Floats) -> None:
        """Take the share ``oja_i <own_i^2>`` from a panel's (N, n, m) weights."""
        # a share of the weight, as decay is
        if "oja" in self._coefficients:
            lost = self._coefficients["oja"] * np.einsum("nis,nis->ni", self._own, self._own) / self._passes.samples
            weights *= 1 - self._along(lost, panel)

    def _along(self, values: Floats, panel: Panel) -> Floats:
        """Lay the values of receiving neurons, (N, receiving neurons), along a panel's rows or columns."""
        if self._pathway == "ascending":
            return values[:, panel.rows, None]
        return values[:, None, panel.neurons(self._passes.species)]
