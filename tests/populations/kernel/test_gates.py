"""What weights keep where decay is gated, to the bit."""

import numpy as np
import pytest
from builders import make_error_species, make_population

from hetevo.populations.birth import draw_error_weights
from hetevo.populations.kernel.error_block import ErrorBlock, ErrorPasses
from hetevo.populations.kernel.gates import line_up_gates
from hetevo.populations.kernel.memory import run


@pytest.mark.parametrize("samples", [1, 5])
@pytest.mark.parametrize("levels", [(3, 1), (9, 7)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_synapse_keeps_what_its_sender_leaves_to_the_bit(samples, levels, dtype):
    species = make_error_species(levels, errors={"decay": "gated"})
    genes, individuals = make_population(species, 4), np.arange(4)
    weights = draw_error_weights(species, genes, individuals, 0, 0)
    circuits = ErrorBlock(species, weights, dtype, networks_last=samples == 1)
    passes = ErrorPasses(circuits.stacks, samples, tasks=2)
    layout, rng = species.layout, np.random.default_rng(0)
    passes.forward(rng.standard_normal((2, layout.input_units, samples)).astype(dtype))
    passes.compare(rng.standard_normal((2, layout.outputs, samples)).astype(dtype))
    passes.backward()
    decay = {kind: rng.random((4, 1)).astype(dtype) for kind in species.plastic}
    keep = circuits.stack(np.full_like(circuits.weights, np.nan))
    run(line_up_gates(passes, decay, keep))
    # the same, a formula each, and broadcast
    activity = passes.activity()[:, : layout.units].copy()
    senders = {"ascending": activity, "sensing": activity[:, layout.input_units :]}
    for kind, share in decay.items():
        sent = senders.get(kind, passes.errors)
        squares = np.einsum("nus,nus->nu", sent, sent) / dtype(samples)
        for cut, kept in keep.of[kind]:
            expected = 1 + cut.senders(squares) * -share[:, :, None]
            np.testing.assert_array_equal(kept, np.broadcast_to(expected, kept.shape))
    assert set(decay) == {"ascending", "sensing", "teaching", "descending"}
