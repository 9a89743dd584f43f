"""Where many runs stand, and where they lie."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetevo.evolve import Experiment, preset
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.finding import find_runs
from hetevo.evolve.rundir.lock import Lock
from hetevo.evolve.rundir.overview import Overview, Standing, estimate_left
from hetevo.evolve.rundir.sweep import Entry, write_entries

TINY = ["evolution.size=6", "evolution.elites=1", "evolution.generations=2", "lifetime.presentations=4"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "one"
    Experiment(preset("smoke", overrides=[*TINY, "backend.workers=1"])).run(path)
    return path


@pytest.fixture
def folder(tmp_path, run):
    """Return a folder with a run, a sweep of three of which one has begun, and what is none of ours."""
    shutil.copytree(run, tmp_path / "a" / "alone")
    sweep = tmp_path / "b" / "sweep"
    write_entries(sweep, "sweep", [Entry(f"plain-seed{seed}", "plain", seed) for seed in range(3)])
    shutil.copytree(run, sweep / "plain-seed0")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "config.toml").write_text("[theme]\n")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    return tmp_path


def states_of(*paths):
    return {Path(one.path).name: one.state for one in Overview(paths).look()}


def test_find_runs_in_folders_and_sweeps_once_and_through_no_link(folder):
    found = [one.path.relative_to(folder).as_posix() for one in find_runs([folder, folder / "a"])]
    assert found == ["a/alone", *(f"b/sweep/plain-seed{seed}" for seed in range(3))]
    assert [one.path.name for one in find_runs([folder / "link"])] == ["alone"]  # named by the user
    with pytest.raises(RunDirectoryError, match=r"none does not exist\. Expected a run, a sweep, or a folder"):
        list(find_runs([folder / "none"]))


def test_standing_agrees_with_the_status_of_each_run(folder, run):
    alone, begun, *others = Overview([folder]).look()
    status = RunDirectory(run).status()
    for stands in (alone, begun):
        found = {name: getattr(stands, name) for name in ("state", "generation", "generations", "seed", "loss_best")}
        assert found == {name: status[name] for name in found}
        assert stands.alignment_end == status["alignment_end"]
    assert (alone.sweep, begun.sweep, begun.condition) == ("", str(folder / "b" / "sweep"), "plain")
    assert [(one.state, one.seed, one.generation) for one in others] == [("waiting", 1, None), ("waiting", 2, None)]


def test_what_telemetry_lost_the_records_tell(folder, run):
    (folder / "a" / "alone" / "events.jsonl").unlink()
    assert Overview([folder / "a"]).look()[0].loss_best == RunDirectory(run).status()["loss_best"]


def test_telemetry_beyond_the_last_checkpoint_is_no_progress_of_a_run_that_was_killed(folder):
    line = {"generation": 9, "vary": 1, "evaluate": 1, "record": 1, "loss_best": 0.0}
    with open(folder / "a" / "alone" / "events.jsonl", "a") as events:
        events.write(f'{json.dumps(line)}\n{{"generation": 10, "lo')
    assert Overview([folder / "a"]).look()[0].generation == 2


def test_damaged_half_written_and_foreign_runs_are_rows_that_hide_no_other(folder):
    sweep = folder / "b" / "sweep"
    for name in ("plain-seed1", "plain-seed2"):
        shutil.copytree(sweep / "plain-seed0", sweep / name)
    (sweep / "plain-seed1" / "config.toml").write_text("seed = [")
    (sweep / "plain-seed2" / "config.toml").unlink()
    begun = folder / "c" / "begun"
    begun.mkdir(parents=True)
    for name in ("lock", "provenance.json"):
        (begun / name).write_text("{}")
    assert states_of(folder) == {
        "alone": "done",
        "plain-seed0": "done",
        "plain-seed1": "damaged",
        "plain-seed2": "damaged",
        "begun": "stopped",
    }
    (sweep / "sweep.json").write_text("[")
    first, *runs = Overview([sweep]).look()
    assert (first.path, first.state) == (str(sweep / "sweep.json"), "damaged")
    assert "is damaged" in first.reason
    assert [one.state for one in runs] == ["done", "damaged", "damaged"]


def test_a_run_of_a_sweep_that_is_a_link_is_not_followed(folder, run):
    (folder / "b" / "sweep" / "plain-seed1").symlink_to(run)
    assert states_of(folder / "b")["plain-seed1"] == "damaged"


def test_overview_reads_again_what_has_changed_and_nothing_else(folder, monkeypatch):
    overview, read = Overview([folder]), []
    overview.look()
    config = RunDirectory.config
    monkeypatch.setattr(RunDirectory, "config", lambda self: read.append(self.path.name) or config(self))
    overview.look()
    assert not read
    with Lock(folder / "a" / "alone" / "lock"):
        assert overview.look()[0].state == "running"
    assert overview.look()[0].state == "done"
    assert read == ["alone", "alone"]


def test_time_left_is_that_of_all_that_waits_shared_by_those_under_way():
    def stands(state, generation=None, **facts):
        return Standing("run", sweep="sweep", state=state, generation=generation, **facts)

    running = stands("running", 5, generations=10, pace=2.0, seconds_left=10.0)
    assert estimate_left([running]) == 10
    assert estimate_left([running, running, stands("waiting"), stands("waiting")]) == (2 * 10 + 2 * 20) / 2
    assert estimate_left([running, stands("done", 10, generations=10, pace=2.0)]) == 10
    assert estimate_left([stands("waiting"), stands("stopped", 5, generations=10, pace=2.0)]) is None
    assert estimate_left([stands("running")]) is None  # too early to tell


@given(st.lists(st.sampled_from(["running", "waiting", "stopped", "done", "failed"]), min_size=1, max_size=9))
def test_time_left_is_never_shorter_than_that_of_any_run_under_way(states):
    runs = [
        Standing(
            "run", sweep="a", state=state, generation=n, generations=20, pace=1.0 + n, seconds_left=(20 - n) * (1.0 + n)
        )
        for n, state in enumerate(states)
    ]
    left = estimate_left(runs)
    under_way = [run.seconds_left for run in runs if run.state == "running"]
    assert (left is None) == (not under_way)
    assert left is None or left >= max(under_way) - 1e-9
