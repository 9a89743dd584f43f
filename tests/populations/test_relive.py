"""A life that is lived again, looked at as often as one likes."""

import pickle

import numpy as np
import pytest
from builders import make_error_species, make_population, make_species

from hetevo.populations.evaluation import evaluate
from hetevo.populations.relive import relive


@pytest.mark.parametrize("batch", [5, 1])
@pytest.mark.parametrize("every", [None, 1, 5])
def test_looking_changes_no_bit_of_a_life(batch, every):
    species = make_species(life={"batch": batch})
    population = make_population(species, size=4)
    among = evaluate(species, population, np.arange(4), seed=3, generation=2)
    life = relive(species, population.take(slice(2, 3)), 2, seed=3, generation=2, samples=7, every=every)
    assert life.evaluation.loss[0] == among.loss[2]
    assert life.presented == {None: (0, 12), 1: tuple(range(13)), 5: (0, 5, 10, 12)}[every]
    assert all(seen.weights.ascending.shape[0] == species.lifetime.tasks for seen in life.moments)
    # what is seen is another thing at every moment
    first, last = (seen.weights.ascending for seen in (life.moments[0], life.moments[-1]))
    assert not np.array_equal(first, last)


@pytest.mark.parametrize("make", [make_species, make_error_species, lambda: make_species(rule="node-perturbation")])
def test_what_is_seen_can_be_sent_to_another_process(make):
    species = make()
    life = relive(species, make_population(species, size=1), 0, seed=3, generation=2, samples=7)
    sent = pickle.loads(pickle.dumps(life))
    for before, after in zip(life.moments, sent.moments, strict=True):
        np.testing.assert_array_equal(after.signal, before.signal)
        np.testing.assert_array_equal(after.feedback_update(), before.feedback_update())
        assert after.with_innate is after.with_ascending is None
