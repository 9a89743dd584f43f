"""Injuries, imperfect hardware and changing environments: what each does, and that blocks do not matter."""

import re
from dataclasses import replace

import numpy as np
import pytest
from builders import make_error_species, make_population, make_species

from hetevo.analysis.probe import AlignmentProbe
from hetevo.populations.birth import draw_innate_weights
from hetevo.populations.circuits import Block, circuit_of
from hetevo.populations.evaluation import evaluate
from hetevo.populations.experience import experience
from hetevo.populations.kernel.hardware import Hardware
from hetevo.populations.kernel.injury import Injury
from hetevo.populations.kernel.life import live_block
from hetevo.populations.layout import Layout
from hetevo.populations.random_streams import random_stream
from hetevo.populations.settings import Environment

PERTURBATIONS = [
    Injury(0.5),
    Injury(0.5, what="synapses"),
    Injury(0.5, kind="insert"),
    Injury(0.5, plastic_after=False),
    Hardware(noise=0.5),
    Hardware(bits=5),
    Hardware(bits=4, rounding="nearest"),
    Hardware(mismatch=0.5),
    Hardware(delay=3),
    Hardware(stale=2),
    Hardware(stale=2, stale_outputs=True),
    Hardware(jitter=0.01),
    Hardware(noise=0.1, bits=6, mismatch=0.1, delay=1, stale=1),
]


def lived(species, genes, moments=(), batch_seed=4):
    """Return snapshots by stage, and where the lives ended."""
    seen = {}

    def observe(snapshot):
        seen[snapshot.stage] = snapshot

    def streams(purpose):
        return [random_stream(batch_seed, 0, purpose, n) for n in range(genes.size * species.lifetime.tasks)]

    innate = draw_innate_weights(species, genes, np.arange(genes.size), batch_seed, 0)
    world = experience(species, batch_seed, 0, 20)
    ended = live_block(
        species, genes, innate, world, observer=observe, moments=moments, streams=streams, dtype=np.float64
    )
    return seen, ended.circuits.whole()


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(
    "perturbation", PERTURBATIONS, ids=lambda one: re.sub(r"[a-z]+=(0.0|0|True|2.0)(, |(?=\)))", "", str(one))
)
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("wiring", ["amorphous", "recurrent"])
def test_blocks_change_no_bit_and_no_synapse_comes_from_nowhere(perturbation, batch, wiring):
    species = make_species((5, 4), wiring=wiring, life={"batch": batch}, gain_mean=0.05)
    species = replace(species, perturbations=(perturbation,))
    genes = make_population(species, 7)
    before = {name: array.copy() for name, array in genes.items()}
    whole = evaluate(species, genes, np.arange(7), seed=9, generation=2, block=7, probe=AlignmentProbe())
    for block in (1, 3):
        other = evaluate(species, genes, np.arange(7), seed=9, generation=2, block=block, probe=AlignmentProbe())
        np.testing.assert_array_equal(other.loss, whole.loss)
        for name, column in whole.observed.items():
            np.testing.assert_array_equal(other.observed[name], column)
    for name, array in genes.items():
        np.testing.assert_array_equal(array, before[name])
    seen, ended = lived(species, genes)
    np.testing.assert_array_equal(ended.ascending[~np.repeat(genes.mask_ascending, 2, axis=0)], 0)
    assert all((s.weights.ascending[~s.mask_ascending] == 0).all() for s in seen.values())
    healthy = evaluate(
        replace(species, perturbations=()), genes, np.arange(7), seed=9, generation=2, probe=AlignmentProbe()
    )
    assert not np.array_equal(healthy.loss, whole.loss)


@pytest.mark.parametrize("terms", [(), ("hebbian", "oja")])
def test_a_perfect_device_changes_nothing(terms):
    species = make_species(terms=terms, gain_mean=0.05)
    genes = make_population(species)
    expected = lived(species, genes)[1]
    found = lived(replace(species, perturbations=(Hardware(),)), genes)[1]
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)  # change = new - old, and back


def test_removed_neurons_are_silent_and_the_others_learn_on_unless_frozen():
    species = make_species((6, 5), life={"presentations": 20}, gain_mean=0.05)
    genes = make_population(species, 4)
    healthy, _ = lived(species, genes, moments=(50, 60))
    injured = replace(species, perturbations=(Injury(0.5),))
    seen, ended = lived(injured, genes, moments=(50, 60))
    assert same(seen["life_50"].weights, healthy["life_50"].weights)
    gone = (seen["life_60"].activity[:, species.layout.input_units : species.layout.units] == 0).all(axis=2)
    assert 0.2 < gone.mean() < 0.8
    assert not ended.ascending[:, : species.layout.hidden][gone].any()
    assert not ended.descending[gone].any()
    assert not np.array_equal(ended.ascending, seen["life_60"].weights.ascending)
    frozen = replace(species, perturbations=(Injury(0.5, plastic_after=False),))
    seen, ended = lived(frozen, genes, moments=(60,))
    assert same(ended, seen["life_60"].weights)


def test_inserted_synapses_join_with_their_innate_weights():
    species = make_species((6, 5), life={"presentations": 20}, gain_mean=0.05)
    genes = make_population(species, 4)
    growing = replace(species, perturbations=(Injury(0.5, what="synapses", kind="insert", at=0.5),))
    seen, _ = lived(growing, genes, moments=(5, 50, 55))
    early, late = seen["life_5"], seen["life_55"]
    before, after = seen["life_50"].weights.ascending != 0, late.weights.ascending != 0
    assert before.sum() < 0.7 * after.sum()
    assert (after >= before).all()
    np.testing.assert_array_equal(late.mask_ascending, np.repeat(genes.mask_ascending, 2, axis=0))
    assert (early.mask_ascending.sum() / late.mask_ascending.sum()) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("rounding", ["stochastic", "nearest"])
def test_stored_weights_are_levels_and_rounding_by_lot_has_no_bias(rounding):
    species = make_species((8, 8), life={"presentations": 2})
    genes = make_population(species, 60)
    device = Hardware(bits=4, range=3.0, rounding=rounding)
    seen, ended = lived(replace(species, perturbations=(device,)), genes)
    levels = ended.ascending * 7 / 3.0
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-9)
    assert np.abs(levels).max() <= 7
    exact, _ = lived(species, genes)
    error = seen["birth"].weights.ascending - exact["birth"].weights.ascending
    assert abs(error[seen["birth"].mask_ascending].mean()) < 0.01


def test_a_delay_shifts_changes_and_stale_signals_are_those_of_before():
    species = make_species(life={"presentations": 10}, gain_mean=0.05)
    genes = make_population(species)
    late, _ = lived(replace(species, perturbations=(Hardware(delay=2),)), genes, moments=(20, 30, 40))
    prompt, _ = lived(species, genes, moments=(10,))
    assert same(late["life_20"].weights, late["birth"].weights)
    for one, other in zip(late["life_30"].weights, prompt["life_10"].weights, strict=True):
        np.testing.assert_allclose(one, other)
    stale, _ = lived(replace(species, perturbations=(Hardware(stale=2),)), genes, moments=(10,))
    hidden = species.layout.hidden
    change = stale["life_10"].weights.ascending - stale["birth"].weights.ascending
    decay = np.repeat(genes["decay_ascending"], 2)[:, None, None]
    np.testing.assert_allclose((change + decay * stale["birth"].weights.ascending)[:, :hidden], 0, atol=1e-7)
    assert change[:, hidden:].any()
    # with stale outputs nothing is heard at all
    late = Hardware(stale=2, stale_outputs=True)
    silent, _ = lived(replace(species, perturbations=(late,)), genes, moments=(10, 20, 30))
    for stage, changed in (("life_10", False), ("life_20", False), ("life_30", True)):
        grown = silent[stage].weights.ascending - (1 - decay) ** int(stage[-2]) * silent["birth"].weights.ascending
        assert (np.abs(grown).max() > 1e-6) == changed


def test_jitter_is_added_to_what_is_written_alone():
    species = make_species(rule="fixed-feedback", life={"presentations": 1}, gain_mean=0.05)
    genes = make_population(species, 40)
    exact, noisy = (
        lived(replace(species, perturbations=devices), genes)[1] for devices in ((), (Hardware(jitter=0.3),))
    )
    added = noisy.ascending - exact.ascending
    mask = np.repeat(genes.mask_ascending, 2, axis=0)
    assert added[mask].std() == pytest.approx(0.3, rel=0.1)
    assert abs(added[mask].mean()) < 0.03
    assert not added[~mask].any()
    # feedback is fixed, so that nothing is written there
    np.testing.assert_array_equal(noisy.descending, exact.descending)


@pytest.mark.parametrize("within", [1, 2])
def test_a_batch_that_is_held_stays_and_others_come_after_it(within):
    def shown(hold):
        species = make_species(life={"presentations": 11, "hold": hold})
        return experience(replace(species, environment=Environment(within=within)), 5, 0).training

    once, held = shown(1), shown(3)
    # each task of a life begins with a batch of its own
    starts = [0, 3, 6, 9] if within == 1 else [0, 3, 5, 8]
    for part in ("inputs", "targets"):
        new, old = getattr(held, part), getattr(once, part)
        assert new.shape == old.shape
        changes = [t for t in range(1, 11) if not np.array_equal(new[:, t], new[:, t - 1])]
        assert [0, *changes] == starts
        np.testing.assert_array_equal(new[:, 3], old[:, 1])


def test_environments_change_between_generations_within_a_life_or_never():
    def targets(generation, **options):
        species = make_species(task="linear", life={"presentations": 9, "tasks": 1, **options.pop("life", {})})
        lived = experience(replace(species, environment=Environment(**options)), 5, generation)
        inputs, outputs = lived.training.inputs[0], lived.training.targets[0]
        maps = [np.linalg.lstsq(x.T, y.T, rcond=None)[0] for x, y in zip(inputs, outputs, strict=True)]
        test = np.linalg.lstsq(lived.test.inputs[0].T, lived.test.targets[0].T, rcond=None)[0]
        return maps, test, inputs

    def close(one, other):
        return np.allclose(one, other, atol=1e-4)

    never, always = [targets(g, every=0) for g in (0, 7)], [targets(g) for g in (0, 7)]
    assert close(never[0][1], never[1][1])
    assert not close(always[0][1], always[1][1])
    assert not np.array_equal(never[0][2], never[1][2])
    eras = [targets(g, every=4)[1] for g in (4, 7, 8)]
    assert close(eras[0], eras[1])
    assert not close(eras[1], eras[2])
    maps, test, _ = targets(0, life={"batch": 12}, within=3)
    same_as_last = [close(one, test) for one in maps]
    assert same_as_last == [False] * 6 + [True] * 3
    assert close(maps[0], maps[2])
    assert not close(maps[2], maps[3])
    assert close(test, targets(0)[1])


def test_noise_comes_beside_the_inputs_of_a_task_and_changes_none_of_them():
    plain = make_species(inputs=4, life={"presentations": 5, "tasks": 2})
    noisy = replace(plain, layout=Layout(7, plain.layout.levels, 2), environment=Environment(noise=3))
    few, many = experience(plain, 5, 0, 9), experience(noisy, 5, 0, 9)
    for before, after in ((few.training, many.training), (few.test, many.test), (few.probe, many.probe)):
        np.testing.assert_array_equal(after.inputs[..., :4, :], before.inputs[..., :4, :])
        np.testing.assert_array_equal(after.inputs[..., 7:, :], 1)
        np.testing.assert_array_equal(after.targets, before.targets)
    noise = many.training.inputs[:, :, 4:7]
    assert 0.7 < noise.std() < 1.3
    assert len(np.unique(noise)) == noise.size


def test_halves_of_the_inputs_change_places_at_their_moment_in_life_test_and_probe():
    species = make_species(inputs=4, life={"presentations": 10, "tasks": 1})
    usual = experience(species, 5, 0, 9)
    lived = experience(replace(species, environment=Environment(exchange=0.3)), 5, 0, 9)
    order = [2, 3, 0, 1, 4]
    np.testing.assert_array_equal(lived.training.inputs[:, :3], usual.training.inputs[:, :3])
    np.testing.assert_array_equal(lived.training.inputs[:, 3:], usual.training.inputs[:, 3:, order])
    np.testing.assert_array_equal(lived.test.inputs, usual.test.inputs[:, order])
    # what is seen at the moment itself is what was there before
    np.testing.assert_array_equal(lived.probe_at(3).inputs, usual.probe.inputs)
    np.testing.assert_array_equal(lived.probe_at(4).inputs, usual.probe.inputs[:, order])
    assert usual.probe_at(10) is usual.probe
    # rounded to the end of life, nobody is taught the new order, and nobody is asked for it
    late = experience(replace(species, environment=Environment(exchange=0.99)), 5, 0, 9)
    np.testing.assert_array_equal(late.training.inputs, usual.training.inputs)
    np.testing.assert_array_equal(late.test.inputs, usual.test.inputs)


PLAIN = make_species((5,), density=(1.0, 1.0))
KINDS = {
    "two pathways": PLAIN,
    "plain": make_species((5,), rule="node-perturbation"),
    "error neurons": make_error_species((5,)),
    "lists": replace(PLAIN, network=replace(PLAIN.network, storage="sparse")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_probes_of_all_kinds_of_circuits_see_the_inputs_that_there_are(kind):
    species = replace(KINDS[kind], environment=Environment(exchange=0.5))
    block = Block(species, make_population(species, 1), np.arange(1), experience(species, 3, 0, 30), 3, 0)
    seen = {}
    circuit_of(species).live(block, lambda snapshot: seen.setdefault(snapshot.stage, snapshot), [60])
    before, after = (seen[stage].activity[:, :5] for stage in ("mid", "life_60"))
    np.testing.assert_array_equal(after, before[:, [2, 3, 0, 1, 4]])
    assert not np.array_equal(before, after)
