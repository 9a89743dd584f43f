"""The peer: the same lifetimes in PyTorch, without autograd, as a good user would write them for large layers.

Networks live one after another: products of this size fill a core, and ``addmm_`` adds a change to a weight that has
decayed in one call. ``torch.bmm`` over all networks was measured to be slower, by a quarter.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cells import Block
from hetevo.populations.types import Floats


def lifetimes(block: Block) -> Callable[[], list[tuple[Floats, Floats, Floats]]]:
    """Return a function that lets all networks live.

    Parameters
    ----------
    block : Block
        Networks with one hidden level of layered wiring, in which every synapse is there, and one task.

    Returns
    -------
    callable
        Gives each network's final weights: from inputs to hidden neurons, shape (H, I), from the bias and these to the
        outputs, (O, 1 + H), and back, (H, O).
    """
    import torch

    torch.set_num_threads(1)
    layout, life, genes = block.species.layout, block.species.lifetime, block.genes
    hidden, first, bias = layout.hidden, layout.input_units, layout.input_units - 1
    samples = [torch.tensor(part[0]) for part in (block.experience.training.inputs, block.experience.training.targets)]
    share = 1 / life.batch

    def tensor(values: Any) -> Any:
        return torch.tensor(np.ascontiguousarray(values))

    def weights(row: int) -> tuple[Any, Any, Any]:
        W, V = block.innate.ascending[row], block.innate.descending[row]
        return tensor(W[:hidden, :first]), tensor(W[hidden:, bias:]), tensor(V[:, hidden:])

    def live(born: tuple[Any, Any, Any], gain_a: Any, gain_b: Any, keep_a: float, keep_b: float) -> tuple[Any, ...]:
        W1, W2, V = (part.clone() for part in born)
        below = torch.empty(1 + hidden, life.batch)  # the bias, and hidden neurons
        h = below[1:]
        for t, (x, target) in enumerate(zip(*samples, strict=True), start=1):
            below[0] = x[bias]
            torch.mm(W1, x, out=h).tanh_()
            e = (target - W2 @ below).clamp_(-life.signal_clip, life.signal_clip)
            q = (V @ e).mul_(1 - h * h)
            W1.addmm_(q * gain_a[:hidden], x.T, beta=keep_a, alpha=share)
            W2.addmm_(e * gain_a[hidden:], below.T, beta=keep_a, alpha=share)
            V.addmm_(h * gain_b, e.T, beta=keep_b, alpha=share)
            if t % life.clip_every == 0 or t == life.presentations:
                for part in (W1, W2, V):
                    part.clamp_(-life.weight_clip, life.weight_clip)
        return W1, W2, V

    everyone = [
        (
            weights(row),
            tensor(genes.gains_ascending[row])[:, None],
            tensor(genes.gains_descending[row])[:, None],
            float(1 - genes["decay_ascending"][row]),
            float(1 - genes["decay_descending"][row]),
        )
        for row in range(genes.size)
    ]

    def run() -> list[tuple[Floats, Floats, Floats]]:
        with torch.no_grad():
            return [tuple(part.numpy() for part in live(*one)) for one in everyone]

    return run
