"""From columns to rows: no row in both parts, scales of the training part alone, and clear errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hetevo.evolve.data.places import DataError
from hetevo.evolve.data.preparing import prepare_rows
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.tasks import Table

RNG = np.random.default_rng(0)


def table(count=40):
    return {
        "a": RNG.standard_normal(count) * 3 + 5,
        "b": np.arange(count),
        "kind": np.array(["x", "y"] * (count // 2)),
        "part": np.array(["test", "train", "Train", "train"] * (count // 4)),
        "value": RNG.standard_normal(count),
    }


def prepared(columns, /, **options):
    return prepare_rows(columns, Table(**{"file": "my.csv", "targets": ("kind",), "columns": ("a", "b"), **options}))


@settings(deadline=None, max_examples=60)
@given(count=some.integers(5, 200), share=some.floats(0.001, 0.999), data=some.data())
def test_each_row_is_in_one_part_and_the_order_is_always_the_same(count, share, data):
    rows = np.arange(count)
    if data.draw(some.booleans()):
        split, marked = share, None
    else:
        split = "part"
        marked = np.array([*data.draw(some.lists(some.booleans(), min_size=count - 3, max_size=count - 3)), 1, 0, 0])
    columns = {"row": rows, "value": rows * 1.5, **({} if marked is None else {"part": marked})}
    options = {"columns": ("row",), "targets": ("value",), "split": split, "standardise": False, "kind": "regression"}
    found, again = (prepared(columns, **options).rows for _ in range(2))
    np.testing.assert_array_equal(found.inputs, again.inputs)
    # every row once, with its own target
    assert sorted(found.inputs[:, 0]) == rows.tolist()
    np.testing.assert_array_equal(found.targets, found.inputs * 1.5)
    test = found.inputs[found.training :, 0]
    assert len(test) >= 1
    assert found.training >= 2
    if marked is not None:
        assert test.tolist() == np.flatnonzero(marked).tolist()
    elif 1 < count * share < count - 2:
        assert len(test) == round(count * share)


@settings(deadline=None, max_examples=40)
@given(count=some.integers(8, 9000), offset=some.floats(-1e4, 1e4), width=some.floats(1e-3, 1e4), seed=some.integers(0))
def test_standardised_by_the_training_part_alone(count, offset, width, seed):
    values = np.random.default_rng(seed).standard_normal((count, 3)) * width + offset
    columns = {"inputs": values.astype(np.float32), "targets": values[:, :2]}
    options = {"file": "my.npz", "targets": (), "columns": (), "kind": "regression"}
    found = prepared(columns, **options)
    task = Table(3, 2, "my.npz", kind="regression").reading(Known(found.rows))
    rows = found.rows
    # as NumPy says it, of the training part
    np.testing.assert_allclose(rows.input_scale[0], rows.inputs[: rows.training].mean(axis=0, dtype=float), rtol=1e-9)
    np.testing.assert_allclose(rows.target_scale[1], rows.targets[: rows.training].std(axis=0), rtol=1e-6)
    # rows of the test part change no scale
    changed = {name: array.copy() for name, array in columns.items()}
    order = prepared({"inputs": np.arange(count), "targets": values}, **options).rows.inputs[:, 0]
    changed["inputs"][order[rows.training :]] += 100
    np.testing.assert_array_equal(prepared(changed, **options).rows.input_scale, rows.input_scale)
    inputs, targets = task.draw(random_stream(0, 0, Purpose.TASK)).test(random_stream(0, 0, Purpose.TEST), count)
    assert len(inputs) == len(targets) == count - rows.training
    # in single precision, as circuits get them
    scaled = (rows.inputs[rows.training :].astype(np.float64) - rows.input_scale[0]) / rows.input_scale[1]
    np.testing.assert_array_equal(inputs, scaled.astype(np.float32))


class Known:
    def __init__(self, rows):
        self.held = rows

    def rows(self):
        return self.held


def test_classes_are_sorted_and_become_outputs_of_one_and_minus_one():
    columns = table()
    found = prepared(columns)
    assert (found.kind, found.inputs, found.outputs) == ("classification", 2, 2)
    instance = Table(2, 2, "my.csv", kind="classification").reading(Known(found.rows)).draw(None)
    inputs, targets = instance.training(random_stream(0, 0, Purpose.TRAINING), 500)
    assert set(np.unique(targets)) == {-1.0, 1.0}
    # b counts the rows, and every second one is a y
    b = inputs[:, 1] * found.rows.input_scale[1, 1] + found.rows.input_scale[0, 1]
    np.testing.assert_array_equal(targets[:, 1] > 0, np.round(b) % 2 == 1)


@pytest.mark.parametrize(
    ("values", "kind", "outputs"),
    [
        (np.tile([2.0, 0.0, 1.0, 2.0], 10), "classification", 3),
        (np.tile([True, False], 20), "classification", 2),
        (np.arange(40), "regression", 1),
        (np.tile([0.5, 1.5], 20), "regression", 1),
        (RNG.standard_normal((40, 3)), "regression", 3),
    ],
)
def test_few_whole_numbers_and_words_are_taken_for_classes(values, kind, outputs):
    found = prepared({**table(), "kind": values})
    assert (found.kind, found.outputs) == (kind, outputs)


def test_places_of_an_array_may_never_vary_and_are_zero():
    images = RNG.integers(0, 255, (40, 2, 2)).astype(np.uint8)
    images[:, 0, 0] = 7
    found = prepared({"images": images, "targets": np.tile([0, 1], 20)}, file="my.npz", targets=(), columns=())
    assert found.inputs == 4
    assert found.rows.inputs.dtype == np.uint8
    instance = Table(4, 2, "my.npz", kind="classification").reading(Known(found.rows)).draw(None)
    assert (instance.training(random_stream(0, 0, Purpose.TRAINING), 9)[0][:, 0] == 0).all()


def gap(column, value, row=6):
    columns = table()
    columns[column] = columns[column].astype(object if isinstance(value, str) else float)
    columns[column][row] = value
    return {**columns, column: columns[column].astype(str if isinstance(value, str) else float)}


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        (table(), {"targets": ("kinds",)}, ["task.options.targets", "no column 'kinds'", "Did you mean 'kind'?"]),
        (table(), {"columns": ("a", "bb")}, ["task.options.columns", "'bb'", "Columns: a, b, kind, part, value"]),
        (table(), {"split": "parts"}, ["task.options.split", "Did you mean 'part'?"]),
        (table(), {"targets": ()}, ['such as ["value"]', "got none"]),
        (table(), {"columns": ("a", "kind")}, ["once", "'kind' again"]),
        (table(), {"columns": ("a", "a")}, ["'a' again"]),
        (table(), {"columns": ()}, ["column 'part' holds words ('t", '["a", "b", "value"]']),
        ({"kind": table()["kind"]}, {"columns": ()}, ["nothing is left as inputs"]),
        (gap("a", np.nan), {}, ["column 'a' has no finite value in row 7"]),
        (gap("a", np.inf), {}, ["column 'a' has no finite value in row 7"]),
        (gap("kind", ""), {}, ["column 'kind' has no value in row 7"]),
        (gap("part", "often"), {"split": "part"}, ["got often in row 7", "test or train"]),
        (table(), {"split": "value"}, ["1 or 0 in each"]),
        ({**table(), "a": np.full(40, 2.5)}, {}, ["column 'a' has the same value in all rows", "standardise = false"]),
        ({**table(), "a": np.linspace(1, 2, 40) * 1e200}, {}, ["too large or too small", "in another unit"]),
        ({**table(), "a": np.linspace(1, 2, 40) * 1e-200}, {}, ["too large or too small"]),
        ({**table(), "value": np.zeros(40)}, {"targets": ("value",), "kind": "regression"}, ["column 'value'"]),
        ({**table(), "kind": np.full(40, "x")}, {}, ["nothing but x", "at least two classes"]),
        (table(), {"kind": "regression"}, ["column 'kind' holds words", "of a regression"]),
        (table(), {"targets": ("value", "kind")}, ["in several columns"]),
        (table(), {"targets": ("value", "kind"), "kind": "classification"}, ["one column of classes", "got 2"]),
        (table(), {"targets": ("value",), "kind": "classification"}, ["no row of the training part", "regression"]),
        ({**table(), "part": np.zeros(40)}, {"split": "part"}, ["got 40 and 0"]),
        ({"a": np.arange(2), "b": np.arange(2), "kind": np.arange(2)}, {}, ["at least 3 rows", "got 2"]),
        ({**table(), "b": np.arange(39)}, {}, ["as many rows in each array", "kind: 40, a: 40, b: 39"]),
    ],
)
def test_what_cannot_be_a_task_is_an_error(columns, options, words):
    with pytest.raises(DataError) as caught:
        prepared(columns, **options)
    assert [word for word in words if word not in str(caught.value)] == []
