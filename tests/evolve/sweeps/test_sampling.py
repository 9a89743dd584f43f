"""Values that a sweep draws or spaces evenly, and what its directory remembers of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetevo.evolve.config import BackendTable, ConfigError
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.evolve.rundir.sweep import Drawn, Entry, read_entries, read_list, write_entries
from hetevo.evolve.sweeps import conduct, load_plan
from hetevo.evolve.sweeps.sampling import Distribution, RandomTable, read_call

SWEEP = """
base = "smoke"
[set]
evolution = {size = 6, elites = 1, generations = 1}
lifetime.presentations = 4
[random]
samples = 3
values = {"genome.gain_scale" = "loguniform(0.01, 1)", "lifetime.batch" = "integers(4, 8)"}
"""


def plan_of(tmp_path, text, **options):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return load_plan(file, **options)


def test_spaced_values_have_both_ends_and_four_digits():
    assert read_call("linspace(0, 1, 4)", "key") == [0.0, 0.3333, 0.6667, 1.0]
    assert read_call("logspace(1e-4, 1, 5)", "key") == [0.0001, 0.001, 0.01, 0.1, 1.0]
    assert read_call("tanh(x)", "key") is None
    assert str(read_call(" choice(a, b) ", "key")) == 'choice("a", "b")'


@pytest.mark.parametrize(
    "text",
    [
        "uniform(1, 0)",
        "uniform(0)",
        "uniform(a, b)",
        "uniform(nan, 1)",
        "uniform(0, inf)",
        "loguniform(0, 1)",
        "integers(0.5, 2)",
        "integers(true, 2)",
        "choice()",
        "choice(1, 1)",
        "logspace(0, 1, 3)",
        "linspace(0, 1, 1)",
        "linspace(0, 1, 2.5)",
        "linspace(0, 1)",
        "uniform([[)",
    ],
)
def test_arguments_that_make_no_sense_are_explained(text):
    with pytest.raises(ValueError, match=r"^key: .*: expected .*such as"):
        read_call(text, "key")


@given(st.sampled_from(["uniform", "loguniform"]), st.floats(1e-6, 1e6), st.floats(1.01, 1e6), st.floats(0, 1 - 1e-12))
def test_drawn_numbers_lie_between_their_bounds(name, low, factor, share):
    kind = Distribution(name, (low, low * factor))
    assert kind.has(kind.at(share))
    whole = Distribution("integers", (int(low), int(low) + 3))
    assert whole.at(share) == int(low) + int(4 * share)


def test_samples_are_those_of_their_seed_and_key_and_all_different():
    values = {"a": "uniform(0, 1)", "b": "integers(0, 2)"}
    drawn = RandomTable(samples=20, values=values).draw()
    assert drawn == RandomTable(samples=20, values=values).draw()
    assert len({repr(sample) for sample in drawn.samples}) == 20
    # more samples, and one more key, change no other values
    assert RandomTable(samples=30, values=values).draw().samples[:20] == drawn.samples
    alone = RandomTable(samples=20, values={"a": values["a"]}).draw()
    assert [sample["a"] for sample in alone.samples] == [sample["a"] for sample in drawn.samples]
    assert RandomTable(samples=20, seed=1, values=values).draw() != drawn
    with pytest.raises(ValueError, match="got 4, and 3 different ones in 400 draws"):
        RandomTable(samples=4, values={"b": values["b"]}).draw()


def test_what_was_drawn_stays_and_only_what_can_be_drawn_counts():
    table = RandomTable(samples=3, values={"a": "uniform(0, 1)"})
    before = Drawn(0, {"a": "uniform(0, 1)"}, ({"a": 0.5}, {"a": 7}, {"b": 0.5}, {"a": "x"}, {"a": 0.25}))
    assert table.draw([before]).samples == ({"a": 0.5}, {"a": 0.25}, table.draw().samples[0])
    other = Drawn(0, {"a": "uniform(0, 2)"}, ({"a": 0.5},))
    assert table.draw([other]) == table.draw()


def test_a_random_sweep_repeats_what_its_directory_says(tmp_path):
    folder, plan = tmp_path / "sweep", plan_of(tmp_path, SWEEP)
    assert [member.condition.partition("=")[0] for member in plan.members] == ["gain_scale"] * 3
    first, _ = conduct(plan, folder, backend=BackendTable(workers=1))
    assert {outcome.state for outcome in first} == {"done"}
    (drawn,) = read_list(folder).drawn
    assert [member.config.lifetime.batch for member in plan.members] == [
        each["lifetime.batch"] for each in drawn.samples
    ]
    # another version of a library might draw others
    content = json.loads((folder / "sweep.json").read_text())
    content["drawn"][0]["samples"][1]["genome.gain_scale"] = 0.125
    (folder / "sweep.json").write_text(json.dumps(content))
    again = plan_of(tmp_path, SWEEP, directory=folder)
    assert again.members[1].config.genome.gain_scale == 0.125
    more = plan_of(tmp_path, SWEEP.replace("samples = 3", "samples = 4"), directory=folder)
    assert [member.name for member in more.members[:3]] == [member.name for member in again.members]
    write_entries(folder, "mine", more.entries, more.drawn)
    assert len(read_list(folder).drawn[0].samples) == 4
    # who draws nothing forgets nothing
    write_entries(folder, "mine", [Entry("other-seed0", "other", 0)])
    assert len(read_list(folder).drawn[0].samples) == 4


def test_a_list_without_draws_is_read_and_a_damaged_one_is_named(tmp_path):
    write_entries(tmp_path / "old", "old", [Entry("a-seed0", "a", 0)])
    assert "drawn" not in (tmp_path / "old" / "sweep.json").read_text()
    assert read_list(tmp_path / "old").drawn == []
    assert read_list(tmp_path / "none").drawn == []
    (tmp_path / "old" / "sweep.json").write_text('{"schema": 1, "runs": [], "drawn": [{"seed": -1}]}')
    for read in (read_list, read_entries):
        with pytest.raises(RunDirectoryError, match="is damaged: drawn"):
            read(tmp_path / "old")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[grid]\n"lifetime.batch" = "integers(4, 8)"', r"grid.lifetime.batch: .*\[random.values\]"),
        (
            '[random]\nvalues = {"lifetime.batch" = "normal(0, 1)"}',
            "random.values.lifetime.batch: expected",
        ),
        ('[random]\nvalues = {"lifetime.batch" = "linspace(4, 8, 2)"}', "expected a distribution"),
        ('[grid]\n"lifetime.batch" = [4]\n[random.values]\n"lifetime.batch" = "integers(4, 8)"', "in one place only"),
        (
            'controls = ["matched-feedback"]\n[random.values]\n"lifetime.batch" = "integers(4, 8)"',
            "no grid, zip or random",
        ),
        ('[random]\nsamples = 200000\nvalues = {"genome.gain_scale" = "uniform(0, 1)"}', "random.samples"),
        ('[random]\nsamples = 9\nvalues = {"lifetime.batch" = "integers(4, 5)"}', "2 different ones"),
    ],
)
def test_mistakes_are_explained(tmp_path, text, words):
    with pytest.raises(ConfigError, match=words):
        plan_of(tmp_path, text)


def test_grids_may_be_spaced(tmp_path):
    plan = plan_of(tmp_path, 'base = "smoke"\n[grid]\n"genome.gain_scale" = "logspace(0.01, 1, 3)"')
    assert [member.config.genome.gain_scale for member in plan.members] == [0.01, 0.1, 1.0]
