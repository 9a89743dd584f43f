"""Which runs are seeds of one condition, and what conditions are called."""

import shutil

import pytest
from planted import plant

from hetevo.analysis import load_all
from hetevo.analysis.conditions import find_neutral_condition, group_by_condition
from hetevo.analysis.figures import FIGURES
from hetevo.analysis.figures.style import for_figure
from hetevo.analysis.report import report
from hetevo.analysis.verdict import verdict
from hetevo.evolve.rundir.sweep import Entry, write_entries


def rule(name):
    return f'[plasticity]\nrule = "{name}"\n'


def loaded(*paths):
    told = []
    return load_all(paths, notice=told.append), told


def test_different_configurations_are_never_seeds_of_one_condition(tmp_path):
    a = plant(tmp_path / "a", seed=0, extra=rule("hebbian"))
    b = plant(tmp_path / "b", seed=1, extra=rule("oja"))
    c = plant(tmp_path / "c", seed=1, extra=rule("hebbian"))
    runs, told = loaded(a, b, c)
    assert [run.condition for run in runs] == ["planted, rule=hebbian", "planted, rule=oja", "planted, rule=hebbian"]
    assert told == []
    assert set(FIGURES["alignment"](runs).data["n"]) == {1, 2}
    assert "rule=oja +" in verdict(runs)


def test_a_condition_is_neither_made_by_the_preset_nor_by_what_changes_no_result(tmp_path):
    same = {"condition": "x"}
    paths = [
        plant(tmp_path / "x-seed0", seed=0, **same),
        plant(tmp_path / "b", seed=1, generations=3, planned=3, **same),
        plant(tmp_path / "c", seed=2, extra='[probe]\nname = "instruments"\n[backend]\nworkers = 3\n', **same),
        plant(tmp_path / "d", seed=3, extra="[records]\nindividuals_every = 5\n[checkpoint]\nkeep = 9\n", **same),
    ]
    file = paths[1] / "config.toml"
    file.write_text(file.read_text().replace('preset = "x"', 'preset = ""'))
    assert list(group_by_condition(loaded(*paths)[0])) == ["x"]
    file = paths[0] / "config.toml"
    file.write_text(file.read_text().replace('preset = "x"', 'preset = ""'))
    assert [run.condition for run in loaded(*paths[:2])[0]] == ["x", "x"]  # the directory's name, without the seed


@pytest.mark.usefixtures("undrawn")
def test_copies_of_a_run_are_said_and_counted_once_the_longest(tmp_path):
    a, other = plant(tmp_path / "a", generations=4), plant(tmp_path / "c", seed=1)
    longer = plant(tmp_path / "b", generations=6)
    copy = shutil.copytree(a, tmp_path / "copy")
    runs, told = loaded(a, other, longer, copy)
    assert [run.path.name for run in runs] == ["c", "b"]
    assert len(told) == 1
    assert all(part in told[0] for part in (str(a), str(copy), f"Only {longer}, which has 6 generations"))
    made = report([a, other, longer, copy])
    assert told == made.faults
    assert "no further seed" in made.html.decode().split('class="caution"')[1]


def test_a_run_without_measurements_does_not_take_the_place_of_its_copy(tmp_path):
    unmeasured, measured = plant(tmp_path / "a", probed=False), plant(tmp_path / "b", generations=3)
    assert [run.path.name for run in loaded(unmeasured, measured)[0]] == ["b"]


@pytest.fixture
def sweeps(tmp_path):
    for name, given in (("one", "hebbian"), ("two", "hebbian"), ("three", "oja")):
        seeds = range(2) if name != "two" else range(2, 4)
        entries = [Entry(f"base-seed{seed}", "base", seed) for seed in seeds]
        write_entries(tmp_path / name, name, entries)
        for entry in entries:
            plant(tmp_path / name / entry.run, seed=entry.seed, extra=rule(given))
    return tmp_path


def test_labels_of_sweeps_stay_and_join_only_equal_configurations(sweeps):
    assert list(group_by_condition(loaded(sweeps / "one")[0])) == ["base"]
    assert {
        name: len(group) for name, group in group_by_condition(loaded(sweeps / "one", sweeps / "two")[0]).items()
    } == {"base": 4}
    groups = group_by_condition(loaded(sweeps / "one", sweeps / "three")[0])
    assert {name: len(group) for name, group in groups.items()} == {"base, rule=hebbian": 2, "base, rule=oja": 2}


def test_a_long_name_keeps_its_end_where_it_differs():
    names = [f"emergence, with a long list of changes, rule={rule}" for rule in ("hebbian", "oja")]
    short = [for_figure(name, 24) for name in names]
    assert all(20 <= len(name) <= 24 for name in short)
    assert short[0] != short[1]
    assert for_figure("short", 24) == "short"


def test_drift_that_keeps_readouts_alive_is_no_second_neutral_condition(tmp_path):
    alive = '[genome]\noutput_gains = "positive"\n'
    paths = [
        plant(tmp_path / name, condition=name, neutral=neutral, extra=extra)
        for name, neutral, extra in (("base", False, ""), ("viable-readout", True, alive), ("neutral", True, ""))
    ]
    groups = group_by_condition(loaded(*paths)[0])
    assert find_neutral_condition(groups) == "neutral"
    del groups["neutral"]
    assert find_neutral_condition(groups) == "viable-readout"


def test_a_sweep_says_what_figures_call_its_conditions(tmp_path):
    write_entries(tmp_path, "sweep", [Entry("a-seed0", "a", 0)])
    plant(tmp_path / "a-seed0", condition="a")
    assert "shown_as" not in (tmp_path / "sweep.json").read_text()
    for label in ("First", "Second"):  # which may change
        write_entries(tmp_path, "sweep", [Entry("a-seed0", "a", 0, shown_as=label)])
        (run,) = load_all([tmp_path])
        assert (run.condition, run.shown_as) == ("a", label)


def test_runs_that_are_named_singly_are_called_as_their_sweep_calls_them(tmp_path):
    front, rules = tmp_path / "front", ("oja", "hebbian")
    entries = [Entry(f"{name}-seed0", f"With {name[:3]}", 0, shown_as="Shown") for name in rules]
    write_entries(front, "front", [*entries, Entry("stray", "Of another seed", 8)])
    paths = [plant(front / f"{name}-seed0", condition="x", extra=rule(name)) for name in rules]
    stray = plant(front / "stray", seed=7)
    runs, _ = loaded(*paths, stray)
    assert [run.condition for run in runs] == ["With oja", "With heb", "planted"]
    assert runs[0].shown_as == "Shown"
    # a copy outside of it is a copy still
    copy = shutil.copytree(paths[0], tmp_path / "copy")
    runs, told = loaded(copy, paths[0])
    assert [run.condition for run in runs] == ["With oja"]
    assert len(told) == 1


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema": 99}', b'{"schema": 1, "runs": 3}', b"\xff" * 9])
def test_a_damaged_list_of_runs_takes_no_run_its_name(content, tmp_path):
    path = plant(tmp_path / "sweep" / "a-seed0")
    (tmp_path / "sweep" / "sweep.json").write_bytes(content)
    assert [run.condition for run in loaded(path)[0]] == ["planted"]
