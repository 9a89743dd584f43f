"""What receiving neurons contribute to weight changes where homosynaptic terms take part."""

import numpy as np

from hetevo.populations.kernel.memory import Panel
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
    sample_major : ndarray of float, shape (N, S, I + H)
        The same in the descending pathway, where neurons receive what stands in a panel's columns; 0 for inputs.
    """

    def __init__(self, passes: Passes, coefficients: dict[str, Floats], pathway: Pathway) -> None:
        layout, dtype = passes.circuits.species.layout, passes.circuits.dtype
        activity = passes.activity[:, layout.input_units :]
        # what a neuron has itself in this pathway, and what it has in the other one
        if pathway == "ascending":
            self._own, self._other = activity, passes.signal
        else:
            self._own, self._other = passes.signal[:, : layout.hidden], activity[:, : layout.hidden]
        self._pathway, self._samples = pathway, passes.samples
        self._inputs = layout.input_units
        self._coefficients = coefficients
        # buffers that are used in every presentation
        self.contribution = np.empty(self._own.shape, dtype)
        self.sample_major = np.zeros((len(self._own), passes.samples, layout.units), dtype)

    def update(self) -> None:
        """Compute ``g_i * other + c_i * own + c'_i`` for every receiving neuron and sample."""
        given = self._coefficients
        self.contribution[:] = given["presynaptic"][:, :, None] if "presynaptic" in given else 0
        for name, signal in (("heterosynaptic", self._other), ("hebbian", self._own)):
            if name in given:
                self.contribution += given[name][:, :, None] * signal
        # here receivers are columns, so that their numbers are needed sample by sample
        if self._pathway == "descending":
            np.copyto(self.sample_major[:, :, self._inputs :], self.contribution.swapaxes(1, 2))

    def add_constant(self, correlations: Floats, panel: Panel) -> None:
        """Add the postsynaptic term, the same for all synapses of a neuron, to a panel's (N, n, m) correlations."""
        # the sender has no part in it, so that it is no product of matrices
        if "postsynaptic" in self._coefficients:
            term = self._coefficients["postsynaptic"] * self._own.sum(axis=2)
            correlations += self._spread(term, panel)

    def lose(self, weights: Floats, panel: Panel) -> None:
        """Take the share ``oja_i <own_i^2>`` from a panel's (N, n, m) weights."""
        # a share of the weight, as decay is
        if "oja" in self._coefficients:
            lost = self._coefficients["oja"] * np.einsum("nis,nis->ni", self._own, self._own) / self._samples
            weights *= 1 - self._spread(lost, panel)

    def _spread(self, values: Floats, panel: Panel) -> Floats:
        """Lay the values of receiving neurons, (N, receiving neurons), along a panel's rows or columns."""
        if self._pathway == "ascending":
            return values[:, panel.rows, None]
        # columns begin with input units, which receive nothing
        inputs = np.zeros((len(values), self._inputs), values.dtype)
        return np.concatenate([inputs, values], axis=1)[:, None, panel.columns]
