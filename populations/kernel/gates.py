"""What weights of circuits with separate error neurons keep in a presentation, where their decay is gated.

A synapse from neuron j keeps ``1 - lambda <x_j^2>`` of its weight: nothing is lost where nothing arrives.
"""

import numpy as np

from hetevo.populations.kernel.error_block import Cut, ErrorPasses, ErrorStacks
from hetevo.populations.kernel.memory import Step, aligned
from hetevo.populations.settings import SynapseKind
from hetevo.populations.types import Floats


def line_up_gates(passes: ErrorPasses, decay: dict[SynapseKind, Floats], keep: ErrorStacks) -> list[Step]:
    """Line up what computes the kept shares from the signals that are in the buffers of passes.

    Parameters
    ----------
    passes : ErrorPasses
        Whose signals to take.
    decay : dict of str to ndarray of float
        ``lambda`` by plastic kind of synapses, each of shape (N, 1).
    keep : ErrorStacks
        Where the shares go.
    """
    layout, errors = passes.species.layout, passes.error_layout
    # unit by unit, as signals are: inputs, forward neurons, error neurons, and the outputs' errors
    (squares,) = aligned(passes.dtype, (layout.units + errors.neurons, passes.networks))
    inputs, hidden, above = np.split(squares.T, [layout.input_units, layout.units], axis=1)
    steps: list[Step] = [
        (_sum_input_squares, (passes, inputs)),
        (_sum_squares, (passes.neurons[:, : layout.hidden], hidden)),
        (_sum_squares, (passes.errors, above)),
        (np.divide, (squares, passes.dtype.type(passes.samples), squares)),
    ]
    # each kind has a decay and senders of its own
    senders = {"ascending": squares.T[:, : layout.units], "sensing": hidden}
    for kind, share in decay.items():
        sent = senders.get(kind, above)
        kept = _Kept(passes, keep.of[kind], sent.shape[1])
        steps += [(np.multiply, (sent, -share, kept.lost)), *kept.steps]
    return steps


def _sum_input_squares(passes: ErrorPasses, out: Floats) -> None:
    """Write sums over samples of squares of the inputs of the last forward pass, (N, I)."""
    given = passes.inputs.astype(passes.dtype, copy=False)
    if passes.stacks.networks_last:
        _sum_squares(given, out)
    else:
        # all networks of a task read the same ones
        passes.by_task(out)[:] = np.einsum("kus,kus->ku", given, given)


def _sum_squares(signals: Floats, out: Floats) -> None:
    """Write sums over samples of squares, (N, units, S) to (N, units)."""
    if signals.shape[2] == 1:
        np.square(signals[:, :, 0], out)
    else:
        np.einsum("nus,nus->nu", signals, signals, out=out)


class _Kept:
    """What weights of one kind keep, ``1 + lost``, where ``lost`` is a number of their sender.

    As a product ``[1 1] [lost 1]'`` it is as exact as a sum, and takes half the time of broadcasting over short rows.

    Parameters
    ----------
    passes : ErrorPasses
        Of the circuits.
    cuts : list of (Cut, ndarray of float)
        All of the kind, with the arrays (N, rows, columns) to fill.
    senders : int
        Of the kind.

    Attributes
    ----------
    lost : ndarray of float, shape (N, senders)
        To be written before.
    steps : list of Step
        What fills the arrays.
    """

    def __init__(self, passes: ErrorPasses, cuts: list[tuple[Cut, Floats]], senders: int) -> None:
        networks, dtype = passes.networks, passes.dtype
        if passes.stacks.networks_last:
            # rows are long
            self.lost = aligned(dtype, (senders, networks))[0].T
            copies: list[Step] = [(np.copyto, (kept, cut.senders(self.lost))) for cut, kept in cuts]
            self.steps: list[Step] = [(np.add, (self.lost, 1, self.lost)), *copies]
            return
        # where senders are rows they are the left operand, (N, senders, 2), else the right one, (N, 2, senders)
        rows = any(cut.transposed for cut, _ in cuts)
        (pairs,) = aligned(dtype, (networks, senders, 2) if rows else (networks, 2, senders))
        self.lost, ones = np.moveaxis(pairs, 2 if rows else 1, 0)
        ones[:] = 1
        if rows:
            self.steps = [
                (np.matmul, (pairs[:, cut.columns], np.ones((2, kept.shape[2]), dtype), kept)) for cut, kept in cuts
            ]
        else:
            self.steps = [
                (np.matmul, (np.ones((kept.shape[1], 2), dtype), pairs[:, :, cut.columns], kept)) for cut, kept in cuts
            ]
