"""Fitness: never NaN, never dependent on the block, never disturbed by a neighbour that diverges."""

import numpy as np
import pytest
from builders import make_population, make_species
from hypothesis import given
from hypothesis import strategies as st

from hetevo.analysis.probe import AlignmentProbe
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.circuits import block_size
from hetevo.populations.evaluation import Evaluation, Failure, Status, evaluate, sample
from hetevo.populations.experience import Experience, Samples, experience
from hetevo.populations.genome import Population
from hetevo.populations.kernel.life import live_block
from hetevo.populations.rules import RULES
from hetevo.populations.tasks import TASKS
from hetevo.populations.wiring import WIRINGS


def evaluated(species, genes, **options):
    return evaluate(species, genes, np.arange(genes.size), seed=9, generation=2, **options)


def assert_same(first, second):
    np.testing.assert_array_equal(first.loss, second.loss)
    np.testing.assert_array_equal(first.status, second.status)
    np.testing.assert_array_equal(first.accuracy, second.accuracy)
    np.testing.assert_array_equal(first.cases, second.cases)
    assert first.observed.keys() == second.observed.keys()
    for name in first.observed:
        np.testing.assert_array_equal(first.observed[name], second.observed[name])


@pytest.mark.parametrize("wiring", sorted(WIRINGS))
@pytest.mark.parametrize("rule", sorted(RULES))
def test_block_size_changes_no_bit(rule, wiring):
    species = make_species((5, 3), rule=rule, wiring=wiring)
    genes = make_population(species, 7)
    whole = evaluated(species, genes, block=7, probe=AlignmentProbe())
    for block in (1, 2, 3, 5):
        assert_same(evaluated(species, genes, block=block, probe=AlignmentProbe()), whole)


@given(st.integers(0, 10**6), st.integers(1, 3000), st.floats(0.001, 1), st.floats(0, 1), st.integers(0, 10**5))
def test_a_sample_is_even_and_holds_every_smaller_one(start, count, share, part, generation):
    places = np.arange(start, start + count)
    chosen = sample(places, share, generation)
    assert (chosen | ~sample(places, share * part, generation)).all()
    # the discrepancy of the golden ratio is below 2 log(n) / n or so
    assert abs(chosen.sum() - share * count) <= 3 + 2 * np.log(count)
    if share * count >= 4:
        assert chosen.any()
    assert chosen.all() or share < 1


@pytest.mark.parametrize("tasks", [1, 2])
def test_who_is_measured_does_not_depend_on_the_block_and_changes_no_life(tasks):
    species = make_species((5, 3), life={"tasks": tasks})
    genes = make_population(species, 20)
    whole, part = (evaluated(species, genes, probe=AlignmentProbe(), probe_share=share) for share in (1.0, 0.3))
    chosen = sample(np.arange(20), 0.3, 2)
    assert 4 <= chosen.sum() <= 8
    np.testing.assert_array_equal(part.loss, whole.loss)
    for name, values in part.observed.items():
        np.testing.assert_array_equal(values, np.where(chosen, whole.observed[name], np.nan))
    for block in (1, 3):
        halves = [
            evaluate(
                species,
                genes.take(places),
                places,
                seed=9,
                generation=2,
                block=block,
                probe=AlignmentProbe(),
                probe_share=0.3,
            )
            for places in (np.arange(7), np.arange(7, 20))
        ]
        assert_same(Evaluation.join(halves), part)


@pytest.mark.parametrize("batch", [1, 2, 16])
@pytest.mark.parametrize("tasks", [1, 3])
def test_block_size_changes_no_bit_for_any_batch(batch, tasks):
    species = make_species((9, 6, 17), life={"batch": batch, "tasks": tasks})
    genes = make_population(species, 40)
    whole = evaluated(species, genes, block=40, probe=AlignmentProbe())
    for block in (1, 2, 7, 16, 33):
        assert_same(evaluated(species, genes, block=block, probe=AlignmentProbe()), whole)


@pytest.mark.parametrize("batch", [1, 5])
def test_tasks_side_by_side_equal_tasks_one_after_another(batch):
    species = make_species((6, 7), life={"batch": batch, "tasks": 3})
    genes = make_population(species, 5)
    innate, lived = draw_innate_weights(species, genes, np.arange(5), 4, 0), experience(species, 4, 0)
    together = live_block(species, genes, innate, lived).circuits.whole()
    for k in range(3):
        one = Samples(lived.training.inputs[k : k + 1], lived.training.targets[k : k + 1])
        alone = live_block(species, genes, innate, Experience(one, lived.test)).circuits.whole()
        np.testing.assert_array_equal(alone.ascending, together.ascending[k::3])
        np.testing.assert_array_equal(alone.descending, together.descending[k::3])


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("scale", [1e6, 1e30])
def test_what_overflows_neither_warns_nor_touches_its_neighbours(batch, scale, recwarn):
    species = make_species((6, 5), life={"presentations": 40, "batch": batch})
    genes = make_population(species, 9)
    innate, lived = draw_innate_weights(species, genes, np.arange(9), 4, 0), experience(species, 4, 0)
    calm = live_block(species, genes, innate, lived)
    wild = Population({name: array.copy() for name, array in genes.items()})
    for pathway in ("ascending", "descending"):
        wild[f"gains_{pathway}"][4] *= scale
    loud = live_block(species, wild, innate, lived)
    others = np.arange(18) // 2 != 4
    for quiet, beside in zip(calm.circuits.whole(), loud.circuits.whole(), strict=True):
        np.testing.assert_array_equal(quiet[others], beside[others])
        assert np.isfinite(beside).all()
    assert not recwarn.list


def test_inputs_that_overflow_are_flagged(recwarn):
    species = make_species((6, 5), activation="linear")  # tanh would saturate, and stop its own learning
    genes = make_population(species, 4)
    innate, lived = draw_innate_weights(species, genes, np.arange(4), 4, 0), experience(species, 4, 0)
    huge = Samples(lived.training.inputs * np.float32(1e30), lived.training.targets)
    ended = live_block(species, genes, innate, Experience(huge, lived.test))
    assert ended.diverged.all()
    for weights in ended.circuits.whole():
        assert np.isfinite(weights).all()
    assert not recwarn.list


@pytest.mark.parametrize("batch", [1, 5])
def test_weights_that_fade_away_never_stay_subnormal(batch):
    life = {"presentations": 160, "clip_every": 10, "tasks": 1, "batch": batch}
    species = make_species((6, 5), life=life)
    genes = make_population(
        species, 4, gains_ascending=0, gains_descending=0, decay_ascending=0.5, decay_descending=0.5
    )
    innate, lived = draw_innate_weights(species, genes, np.arange(4), 4, 0), experience(species, 4, 0)
    for weights in live_block(species, genes, innate, lived).circuits.whole():
        assert (np.abs(weights[weights != 0]) >= np.finfo(np.float32).tiny).all()


@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_task_gives_a_loss_within_bounds_and_the_same_twice(task):
    pytest.importorskip("sklearn")
    species = make_species(task=task, gain_scale=0.01)
    genes = make_population(species, 4)
    result = evaluated(species, genes)
    assert_same(evaluated(species, genes), result)
    assert ((result.loss >= 0) & (result.loss <= species.lifetime.loss_cap)).all()
    assert np.isfinite(result.accuracy).all() == species.task.classification


def test_the_probe_changes_no_fitness():
    species = make_species()
    genes = make_population(species, 5)
    with_probe = evaluated(species, genes, probe=AlignmentProbe())
    without = evaluated(species, genes)
    np.testing.assert_array_equal(with_probe.loss, without.loss)
    assert with_probe.observed
    assert not without.observed


@pytest.mark.parametrize("activation", ["relu", "linear", "tanh"])
def test_a_diverging_neighbour_is_flagged_and_disturbs_nobody(activation, recwarn):
    species = make_species((6, 5), activation=activation, life={"presentations": 60})
    genes = make_population(species, 6)
    calm = evaluated(species, genes, block=6)
    wild = Population({name: array.copy() for name, array in genes.items()})
    wild.gains_ascending[2] = np.float32(1e30)
    wild.gains_descending[2] = np.float32(1e30)
    result = evaluated(species, wild, block=6)
    others = np.arange(6) != 2
    np.testing.assert_array_equal(result.loss[others], calm.loss[others])
    np.testing.assert_array_equal(result.status[others], calm.status[others])
    assert result.loss[2] == species.lifetime.loss_cap
    assert not recwarn.list
    if activation != "tanh":  # tanh saturates: its weights are clipped and stay finite
        assert result.status[2] == Status.DIVERGED


def test_empty_masks_are_lived_through_without_warning(recwarn):
    species = make_species()
    genes = make_population(species, 3, mask_ascending=False, mask_descending=False)
    result = evaluated(species, genes, probe=AlignmentProbe())
    np.testing.assert_allclose(result.loss, 1, rtol=1e-6)  # the network says 0
    assert np.isnan(result.observed["alignment_end"]).all()
    assert not recwarn.list


@given(st.integers(1, 300), st.integers(1, 4), st.integers(1, 64))
def test_block_size_is_always_usable(width, tasks, batch):
    species = make_species((width, width), life={"tasks": tasks, "batch": batch})
    assert 1 <= block_size(species) <= 512


def test_founders_do_not_depend_on_the_population_size():
    species = make_species(innate="inherited")
    few, many = make_population(species, 2), make_population(species, 5)
    for name in few:
        np.testing.assert_array_equal(few[name], many[name][:2])


def test_innate_weights_are_scaled_by_fan_in():
    from hetevo.populations.birth import draw_innate_weights

    species = make_species((40, 40), inputs=30)
    genes = make_population(species, 20)
    weights = draw_innate_weights(species, genes, np.arange(20), 0, 0)
    for mask, values in ((genes.mask_ascending, weights.ascending), (genes.mask_descending, weights.descending)):
        assert (values[~mask] == 0).all()
        fan_in = mask.sum(axis=-1)
        power = (values**2).sum(axis=-1)[fan_in > 0]
        assert power.mean() == pytest.approx(1, abs=0.05)


def test_cases_are_capped_losses_of_single_tasks_and_the_loss_is_their_mean():
    species = make_species((6, 5), life={"tasks": 3, "loss_cap": 1.1})
    genes = make_population(species, 9)
    whole = evaluated(species, genes)
    assert whole.cases.shape == (9, 3)
    assert whole.cases.mean(axis=1).tobytes() == whole.loss.tobytes()
    assert whole.cases.max() == 1.1
    assert len({*whole.cases[0].tolist()}) == 3
    # who failed has the worst loss in each task, wherever it stands
    failed = Evaluation.failed(Failure(4, "none"), 1.1, 3)
    joined = Evaluation.join([whole, failed]).take(np.array([9, 2]))
    np.testing.assert_array_equal(joined.cases, [[1.1] * 3, whole.cases[2]])
