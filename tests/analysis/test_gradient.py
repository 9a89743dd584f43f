"""The reference gradient against central differences of the loss, in float64."""

import numpy as np
import pytest
from builders import make_population, make_species

from hetevo.analysis.gradient import potential_gradient, unrolled_gradient, weight_gradient
from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.birth import Weights, draw_innate_weights
from hetevo.populations.kernel.memory import CircuitBlock
from hetevo.populations.kernel.passes import passes_of
from hetevo.populations.wiring import WIRINGS

STEP = 1e-5


def losses(species, weights, inputs, targets):
    descending = np.zeros((len(weights), species.layout.hidden, species.layout.neurons))
    passes = passes_of(CircuitBlock(species, Weights(weights, descending), np.float64).stacks, inputs.shape[-1])
    passes.forward(inputs)
    error = targets - passes.outputs
    return (error**2).sum(axis=1).mean(axis=1) / 2, passes.activity(), error


@pytest.mark.parametrize("wiring", sorted(WIRINGS))
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_gradient_equals_central_differences(activation, wiring):
    species = make_species((4, 3, 2), activation=activation, wiring=wiring, density=(0.8, 0.8))
    genes = make_population(species, 3)
    rng = np.random.default_rng(0)
    layout = species.layout
    inputs = rng.standard_normal((1, layout.input_units, 9))
    targets = rng.standard_normal((1, layout.outputs, 9))
    weights = draw_innate_weights(species, genes, np.arange(3), 0, 0).ascending.astype(np.float64)
    _, activity, error = losses(species, weights, inputs, targets)
    if species.family.recurrent:
        gradient = unrolled_gradient(species, weights, activity[:, : layout.input_units], error)[1]
    else:
        gradient = weight_gradient(layout, potential_gradient(species, weights, activity, error), activity)
    gradient = gradient * genes.mask_ascending
    numeric = np.zeros_like(weights)
    for i, j in np.argwhere(genes.mask_ascending.any(axis=0)):
        for sign in (1, -1):
            moved = weights.copy()
            moved[:, i, j] += sign * STEP
            numeric[:, i, j] -= sign * losses(species, moved, inputs, targets)[0] / (2 * STEP)
    numeric *= genes.mask_ascending
    assert np.abs(numeric - gradient).max() <= 1e-6 * np.abs(numeric).max()


def test_unrolled_gradient_equals_the_adjoint_sweep_where_there_are_no_loops():
    levels = (4, 3, 2)
    species = make_species(levels, wiring="recurrent", settle=len(levels))
    rng, layout = np.random.default_rng(1), species.layout
    inputs, targets = rng.standard_normal((1, layout.input_units, 9)), rng.standard_normal((1, layout.outputs, 9))
    weights = rng.standard_normal((1, layout.neurons, layout.units)) * layout.below()
    _, activity, error = losses(species, weights, inputs, targets)
    potential = potential_gradient(species, weights, activity, error)
    found = unrolled_gradient(species, weights, activity[:, : layout.input_units], error)
    np.testing.assert_allclose(found[0], potential)
    np.testing.assert_allclose(found[1] * layout.below(), weight_gradient(layout, potential, activity) * layout.below())
