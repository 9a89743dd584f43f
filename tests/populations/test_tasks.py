"""Contract of every task family, and what each one promises."""

import sys

import numpy as np
import pytest
from builders import make_task
from hypothesis import given
from hypothesis import strategies as some

from hetevo.populations.errors import SettingError
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.tasks import TASKS, Digits, Exposure, Glyphs, Reach, Separable, Sine, Table, Xor
from hetevo.populations.tasks.table import Rows, RowSamples
from hetevo.populations.tasks.task import choose_rows


@pytest.mark.parametrize("name", sorted(TASKS))
def test_shapes_reproducibility_and_freshness(name):
    task = make_task(name)
    instance = task.draw(random_stream(0, 0, Purpose.TASK))
    inputs, targets = instance.training(random_stream(0, 0, Purpose.TRAINING), 50)
    assert inputs.shape == (50, task.inputs)
    assert targets.shape == (50, task.outputs)
    assert np.isfinite(inputs).all()
    assert np.isfinite(targets).all()
    again = instance.training(random_stream(0, 0, Purpose.TRAINING), 50)
    np.testing.assert_array_equal(inputs, again[0])
    tested = instance.test(random_stream(0, 0, Purpose.TEST), 50)
    assert not np.array_equal(tested[0], inputs)


@given(rows=some.integers(1, 40), count=some.integers(0, 130), seed=some.integers(0, 2**32))
def test_every_row_comes_once_an_epoch(rows, count, seed):
    chosen = choose_rows(np.random.default_rng(seed), rows, count, "epoch")
    np.testing.assert_array_equal(chosen, choose_rows(np.random.default_rng(seed), rows, count, "epoch"))
    assert len(chosen) == count
    for begin in range(0, count - rows + 1, rows):
        assert sorted(chosen[begin : begin + rows]) == list(range(rows))
    # the last one may end early
    last = chosen[count - count % rows :]
    assert len(np.unique(last)) == len(last) == count % rows


def test_epochs_have_orders_of_their_own_and_a_longer_life_begins_as_a_shorter_one():
    first, second = choose_rows(np.random.default_rng(0), 50, 100, "epoch").reshape(2, 50)
    assert (first != second).any()
    np.testing.assert_array_equal(choose_rows(np.random.default_rng(0), 50, 70, "epoch"), [*first, *second[:20]])


@pytest.mark.parametrize("rows", [3, 1000])
def test_tables_and_digits_are_presented_by_epochs(rows):
    table = Rows(np.arange(2.0 * rows)[:, None], np.arange(2 * rows), np.array([[0.0], [1.0]]), np.zeros((2, 0)), rows)
    inputs, _ = RowSamples(table, 2 * rows, "epoch").training(np.random.default_rng(0), 2 * rows)
    np.testing.assert_array_equal(np.sort(inputs.reshape(2, rows), axis=1), [np.arange(rows)] * 2)
    whole = Digits(sampling="epoch").draw(np.random.default_rng(0)).training(np.random.default_rng(0), 1400)[0]
    every = Digits().draw(np.random.default_rng(0)).train[0]
    np.testing.assert_array_equal(np.unique(whole, axis=0), np.unique(every, axis=0))
    assert Table(file="a.npz").sampling == Digits().sampling == "replacement"


def test_sine_has_the_stated_amplitude_and_orthonormal_directions():
    instance = Sine().draw(random_stream(0, 0, Purpose.TASK))
    _, targets = instance.training(random_stream(0, 0, Purpose.TRAINING), 20_000)
    assert np.abs(targets).max() == pytest.approx(1.4, abs=1e-3)
    # y = A sin(2 u.x), u.x ~ N(0, 1): E y^2 = A^2 (1 - exp(-8)) / 2, and the two outputs are independent
    np.testing.assert_allclose((targets**2).mean(axis=0), 1.4**2 * (1 - np.exp(-8)) / 2, rtol=0.03)
    assert abs(np.corrcoef(targets.T)[0, 1]) < 0.03


def test_xor_is_no_linear_task_and_needs_two_inputs():
    instance = Xor().draw(random_stream(1, 0, Purpose.TASK))
    inputs, targets = instance.training(random_stream(1, 0, Purpose.TRAINING), 20_000)
    slope = np.linalg.lstsq(inputs, targets, rcond=None)[0]
    assert ((inputs @ slope) ** 2).mean() < 0.01 * (targets**2).mean()
    with pytest.raises(SettingError, match="at least 2 inputs"):
        Xor(inputs=1)


def test_separable_tasks_are_separated_by_a_plane_through_the_middle():
    instance = Separable().draw(random_stream(4, 0, Purpose.TASK))
    inputs, targets = instance.training(random_stream(4, 0, Purpose.TRAINING), 500)
    assert set(np.unique(inputs)) == set(np.unique(targets)) == {-1.0, 1.0}
    np.testing.assert_array_equal(np.sign(inputs @ instance.normals), targets)


def test_reach_gives_angles_that_bring_the_hand_to_the_place():
    arm = Reach().draw(random_stream(3, 0, Purpose.TASK))
    rng = np.random.default_rng(0)
    distance, direction = rng.uniform(0.45, 0.95, 500), rng.uniform(-1, 1, 500)
    shoulder, elbow = arm.angles(distance, direction).T * [[0.65], [0.43]] + [[-0.77], [1.56]]
    hand = arm.upper * np.exp(1j * shoulder) + arm.lower * np.exp(1j * (shoulder + elbow))
    np.testing.assert_allclose(hand, distance * (arm.upper + arm.lower) * np.exp(1j * direction))
    inputs, targets = arm.training(rng, 20_000)
    assert 0.4 < inputs.std() < 1.6
    np.testing.assert_allclose(targets.mean(axis=0), 0, atol=0.3)
    np.testing.assert_allclose(targets.std(axis=0), 1, atol=0.3)
    with pytest.raises(SettingError, match="exactly 2 outputs"):
        Reach(outputs=3)


def test_exposures_have_inputs_of_their_intensity_and_are_probed_with_others():
    instance = Exposure(intensity=3.0, level=-1.5).draw(random_stream(0, 0, Purpose.TASK))
    rng = np.random.default_rng(0)
    for draw, size in ((instance.training, 3), (instance.test, 1), (instance.probe, 1)):
        inputs, targets = draw(rng, 2000)
        assert inputs.std() == pytest.approx(size, rel=0.05)
        assert (targets == -1.5).all()
    for wrong in ({"intensity": 0.0}, {"intensity": np.inf}, {"level": 0.0}):
        with pytest.raises(SettingError, match=f"task.options.{next(iter(wrong))}: expected a number"):
            Exposure(**wrong)


def test_digits_are_real_standardised_and_split():
    instance = Digits().draw(random_stream(0, 0, Purpose.TASK))
    inputs, targets = instance.test(random_stream(0, 0, Purpose.TEST), 397)
    assert len(inputs) == 397
    assert set(np.unique(targets)) == {-1.0, 1.0}
    assert (targets.sum(axis=1) == -8).all()
    trained = instance.training(random_stream(0, 0, Purpose.TRAINING), 5000)[0]
    assert np.abs(trained.mean(axis=0)).max() < 0.1
    held_out = {row.tobytes() for row in inputs}
    # a few images of the data set are pixel-identical twins; the split itself shares none
    assert sum(row.tobytes() in held_out for row in np.unique(trained, axis=0)) <= 3
    with pytest.raises(SettingError, match="64 inputs and 10 outputs"):
        Digits(inputs=6)


def test_missing_scikit_learn_names_the_extra(monkeypatch):
    from hetevo.populations.tasks import digits

    digits._load.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(SettingError, match=r"hetevo\[data\]"):
        Digits().prepare()


def test_glyphs_are_images_of_an_alphabet_that_each_task_draws():
    task = Glyphs()
    alphabet = task.draw(random_stream(2, 0, Purpose.TASK))
    inputs, targets = alphabet.training(random_stream(2, 0, Purpose.TRAINING), 2000)
    assert inputs.shape == (2000, 784)
    assert len(np.unique(targets.argmax(axis=1))) == 10
    assert set(np.unique(targets)) == {-1.0, 1.0}
    # zero mean, and a spread of 1 beside the noise
    assert abs(inputs.mean()) < 0.1
    assert 0.8 < inputs.var() - task.noise**2 < 1.2
    assert len(np.unique(inputs, axis=0)) == 2000
    # images of a class are alike, but not so alike that their mean says all; each task has its own
    means = np.stack([inputs[targets.argmax(axis=1) == label].mean(axis=0) for label in range(10)])
    drawn, wanted = alphabet.test(random_stream(2, 0, Purpose.TEST), 1000)
    nearest = ((drawn[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert 0.5 < (nearest == wanted.argmax(axis=1)).mean() < 0.9
    other = task.draw(random_stream(3, 0, Purpose.TASK))
    assert not np.array_equal(other.drawings, alphabet.drawings)


def test_undeformed_glyphs_without_noise_are_the_drawings():
    alphabet = Glyphs(inputs=64 * 64, outputs=3, deformation=0, noise=0).draw(random_stream(2, 0, Purpose.TASK))
    inputs, targets = alphabet.training(random_stream(2, 0, Purpose.TRAINING), 20)
    shown = inputs * alphabet.drawings.std() + alphabet.drawings.mean()
    wanted = alphabet.drawings[targets.argmax(axis=1)].reshape(20, -1)
    np.testing.assert_allclose(shown, wanted, atol=1e-6)
    for sizes in ({"inputs": 783}, {"inputs": 49}, {"outputs": 1}):
        with pytest.raises(SettingError, match="square images"):
            Glyphs(**sizes)
