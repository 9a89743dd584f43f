"""A circuit of Hetevo as it is at the end of its life, as a module of PyTorch; needs torch alone."""

import torch
from torch import Tensor, nn

FUNCTIONS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softplus": nn.functional.softplus,
    "linear": nn.Identity(),
    "logistic": torch.sigmoid,
}


class Circuit(nn.Module):  # type: ignore[misc]
    """The ascending pathway of a circuit, in which every level may receive from all below it.

    Parameters
    ----------
    inputs, outputs : int
        Input units without the bias, output neurons.
    levels : sequence of int
        Neurons in each hidden level, lowest first; none for a single layer.
    bias : bool
        Whether a further input is always 1.
    activation : str
        Of hidden neurons, a name in `FUNCTIONS`; outputs are linear. Without hidden levels: of the outputs.
    settle : int
        Steps for which all hidden neurons settle together, if synapses form loops; 0: level after level.
    """

    def __init__(self, inputs, levels, outputs, bias=True, activation="tanh", settle=0):  # type: ignore[no-untyped-def]
        super().__init__()
        self.levels, self.bias, self.settle = tuple(levels), bias, settle
        self.function = FUNCTIONS[activation]
        hidden = sum(self.levels)
        shape = hidden + outputs, inputs + int(bias) + hidden
        # rows are neurons, hidden ones level by level and then outputs; columns are inputs, the bias, hidden neurons
        self.weight = nn.Parameter(torch.zeros(shape))
        self.register_buffer("mask", torch.ones(shape, dtype=torch.bool))

    def forward(self, inputs: Tensor) -> Tensor:
        """Answer samples (S, inputs) by outputs (S, outputs)."""
        weight = self.weight * self.mask
        sent = inputs.to(weight.dtype)
        if self.bias:
            sent = torch.cat([sent, sent.new_ones(len(sent), 1)], dim=1)
        hidden = sum(self.levels)
        if self.settle:
            given, state = sent, sent.new_zeros(len(sent), hidden)
            for _ in range(self.settle):
                state = self.function(torch.cat([given, state], dim=1) @ weight[:hidden].T)
            sent = torch.cat([given, state], dim=1)
        else:
            first = 0
            for size in self.levels:
                rows = weight[first : first + size, : sent.shape[1]]
                sent = torch.cat([sent, self.function(sent @ rows.T)], dim=1)
                first += size
        outputs = sent @ weight[hidden:].T
        return outputs if self.levels else self.function(outputs)
