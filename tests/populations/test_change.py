"""How much weights change in a life: the kernel, the plain models and lists of synapses say the same."""

from dataclasses import replace

import numpy as np
import pytest
from builders import make_error_species, make_population, make_species

from hetevo.populations import error_model, model
from hetevo.populations.birth import Weights, draw_error_weights, draw_innate_weights
from hetevo.populations.circuits import draw_founders
from hetevo.populations.evaluation import evaluate
from hetevo.populations.experience import experience
from hetevo.populations.genome import Population
from hetevo.populations.sparse.birth import Wiring, draw_synapse_weights

WHERE = {"seed": 3, "generation": 1}


def measured(species, genes, **options):
    return evaluate(species, genes, np.arange(genes.size), changes=True, **WHERE, **options)


def mean_distance(pairs, masks, tasks):
    """Return the mean over synapses and tasks, by loops that nobody has to think about."""
    found = []
    for row in range(len(masks[0])):
        lives = [
            np.concatenate(
                [
                    np.abs(last[row * tasks + task] - first[row])[mask[row]]
                    for (first, last), mask in zip(pairs, masks, strict=True)
                ]
            )
            for task in range(tasks)
        ]
        found.append(np.mean([life.mean() for life in lives]))
    return found


@pytest.mark.parametrize("rule", ["heterosynaptic", "fixed-feedback", "readout-only"])
@pytest.mark.parametrize("batch", [1, 5])
def test_change_of_the_kernel_is_that_of_the_plain_model(rule, batch):
    species = make_species(rule=rule, gain_scale=0.05, life={"batch": batch})
    genes = make_population(species, 4)
    born = draw_innate_weights(species, genes, np.arange(4), **WHERE)
    ended = model.live(species, genes, born, experience(species, **WHERE).training)
    kinds = [kind for kind in ("ascending", "descending") if kind in species.plastic]
    assert kinds == (["ascending", "descending"] if rule == "heterosynaptic" else ["ascending"])
    both = {"ascending": (born.ascending, ended.W), "descending": (born.descending, ended.V)}
    expected = mean_distance([both[kind] for kind in kinds], [genes[f"mask_{kind}"] for kind in kinds], 2)
    lived = measured(species, genes)
    np.testing.assert_allclose(lived.change, expected, rtol=1e-4)
    # blocks change no bit, and nobody is told who did not ask
    assert measured(species, genes, block=1).change.tobytes() == lived.change.tobytes()
    assert evaluate(species, genes, np.arange(4), **WHERE).change is None
    plain = replace(species, network=replace(species.network, circuit="plain"))
    np.testing.assert_allclose(measured(plain, genes).change, expected, rtol=1e-6)


def test_change_of_error_neurons_is_that_of_their_plain_model():
    species = make_error_species(gain_scale=0.05)
    genes = make_population(species, 3)
    born = draw_error_weights(species, genes, np.arange(3), **WHERE)
    ended = error_model.live(species, genes, born, experience(species, **WHERE).training)
    last = {"ascending": ended.W, "sensing": ended.L, "teaching": ended.V, "descending": ended.U}
    pairs = [(getattr(born, kind), last[kind]) for kind in species.plastic]
    expected = mean_distance(pairs, [genes[f"mask_{kind}"] for kind in species.plastic], 2)
    np.testing.assert_allclose(measured(species, genes).change, expected, rtol=1e-4)


def test_change_of_lists_of_synapses_is_that_of_matrices():
    dense = make_species((6, 5), gain_scale=0.05)
    species = replace(dense, network=replace(dense.network, storage="sparse"))
    genes = draw_founders(species, 0, 1)
    wiring = Wiring.of(species, genes)
    up, down = wiring.ascending, wiring.descending
    masks = {
        "mask_ascending": up.dense(np.ones(len(up.rows)))[None] > 0,
        "mask_descending": down.dense(np.ones(len(down.rows)))[None] > 0,
    }
    matrices = Population({**genes, **masks})
    innate = draw_synapse_weights(species, genes, wiring, 0, **WHERE)
    born = Weights(up.dense(innate.ascending)[None], down.dense(innate.descending)[None])
    ended = model.live(dense, matrices, born, experience(dense, **WHERE).training)
    pairs = [(born.ascending, ended.W), (born.descending, ended.V)]
    expected = mean_distance(pairs, [matrices.mask_ascending, matrices.mask_descending], 2)
    np.testing.assert_allclose(measured(species, genes).change, expected, rtol=1e-4)


def test_a_life_that_diverged_changed_as_much_as_there_is():
    species = make_species(
        activation="linear", gain_scale=1e20, life={"presentations": 8, "weight_clip": 8.0, "clip_every": 8}
    )
    lived = measured(species, make_population(species, 3))
    assert lived.status.all()
    np.testing.assert_array_equal(lived.change, 16.0)
