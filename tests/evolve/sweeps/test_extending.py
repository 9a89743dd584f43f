"""Sweeps whose runs go on beyond the end that their file says."""

import json
import shutil
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from hetevo.evolve import resume
from hetevo.evolve.config import BackendTable, ConfigError
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.rundir.checkpoint import list_checkpoints
from hetevo.evolve.sweeps import conduct, describe_ends, extend_plan, load_plan
from hetevo.evolve.sweeps.outcomes import run_member
from hetevo.evolve.sweeps.pools import ThreadPool
from hetevo.evolve.verify import verify
from hetevo.scripts.main import app

CONTROLS = """controls = ["neutral", "birth", "matched-feedback", "transplant"]
[matched]
scales = [0.5, 1.0]
seeds = [900]
"""

SWEEP = """
base = "smoke"
seeds = [0]
{controls}
[set]
evolution = {{size = 6, elites = 1, generations = {end}}}
lifetime.presentations = 4
probe.every = 0
backend.workers = 1
checkpoint.keep = 1
"""

PILOTS = ["matched-feedback-pilot-scale=0.5-seed900", "matched-feedback-pilot-scale=1-seed900"]
OTHERS = ["smoke-seed0", "neutral-seed0", "matched-feedback-seed0", "transplant-seed0"]


@pytest.fixture(autouse=True, scope="module")
def threads():
    """Let runs go on in this process: workers would take longer to start than they live."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[conduct.__module__], "choose_pool", lambda settings: ThreadPool())
        yield


def go(plan, folder, generations=None, **options):
    outcomes, _ = conduct(extend_plan(plan, folder, generations), folder, backend=BackendTable(workers=1), **options)
    return {one.run: one for one in outcomes}


def digests(outcomes):
    return {name: one.digest for name, one in outcomes.items()}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("extended") / "mine.toml"
    file.write_text(SWEEP.format(controls=CONTROLS, end=1))
    return file


@pytest.fixture(scope="module")
def plan(file):
    return load_plan(file)


@pytest.fixture(scope="module")
def extended(plan, file):
    """Return a sweep, how its runs ended before it was extended and then, and a copy from before."""
    folder = file.parent / "sweep"
    before = go(plan, folder)
    copy = shutil.copytree(folder, file.parent / "copy")
    return folder, before, go(plan, folder, 3), copy


def test_every_run_but_pilots_goes_on_as_if_it_was_resumed_alone(extended):
    folder, before, after, copy = extended
    assert {one.state for one in after.values()} == {"done"}
    assert {name: one.generation for name, one in after.items()} == {
        **dict.fromkeys(PILOTS, 1),
        **dict.fromkeys(OTHERS, 3),
    }
    assert [after[name].digest for name in PILOTS] == [before[name].digest for name in PILOTS]
    assert [after[name].digest for name in OTHERS] == [resume(copy / name, 3).digest for name in OTHERS]
    assert all(verify(folder / name).ok for name in after)


def test_repeating_it_changes_nothing_and_needs_no_option(plan, extended):
    folder, _, after, _ = extended
    files = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert go(plan, folder) == go(plan, folder, 3) == after
    assert {file: file.read_bytes() for file in files} == files


def test_asked_for_from_the_beginning_and_stopped_it_is_the_same(plan, extended, tmp_path):
    folder = tmp_path / "sweep"

    def stop(outcomes):
        if any(one.state == "done" and one.generation == 3 for one in outcomes):
            (folder / "STOP").touch()

    assert {one.state for one in go(plan, folder, 3, watch=stop).values()} >= {"waiting", "done"}
    # a run that is done as far as the file says waits to go on
    states = json.loads(CliRunner().invoke(app, ["status", str(folder), "--json"]).stdout)["states"]
    assert states["waiting"] >= 1
    assert states["waiting"] + states["stopped"] + states["done"] == len(plan.members)
    # genes are taken at the file's end, whenever that is
    assert digests(go(plan, folder)) == digests(extended[2])


def test_another_end_before_that_stays_one(tmp_path):
    until = "2, until = {evaluations = 6}"
    (tmp_path / "mine.toml").write_text(SWEEP.format(controls='controls = ["transplant"]', end=until))
    plan, folder = load_plan(tmp_path / "mine.toml"), tmp_path / "sweep"
    ended = go(plan, folder, 4)
    assert {(one.generation, one.state) for one in ended.values()} == {(0, "done")}
    assert go(plan, folder) == ended
    assert RunDirectory(folder / "smoke-seed0").config()["evolution"]["generations"] == 4


@pytest.mark.parametrize(
    ("generations", "words"),
    [("0", "expected at least 1, at which the runs of this sweep end"), ("2", "stands at generation 3 already")],
)
def test_an_end_that_lies_behind_is_refused_before_anything_is_written(file, extended, generations, words):
    folder = extended[0]
    before = (folder / "sweep.json").read_bytes()
    refused = CliRunner().invoke(app, ["sweep", str(file), "-o", str(folder), "--generations", generations])
    assert refused.exit_code == 2
    assert f"--generations {generations}: " in refused.stderr
    assert words in refused.stderr
    assert (folder / "sweep.json").read_bytes() == before


def test_conditions_with_ends_of_their_own_are_not_made_alike(tmp_path):
    (tmp_path / "mine.toml").write_text('base = "smoke"\n[grid]\n"evolution.generations" = [1, 2]\n')
    plan = load_plan(tmp_path / "mine.toml")
    with pytest.raises(ConfigError, match=r"evolution.generations = 1 \(generations=1\), 2 \(generations=2\)"):
        extend_plan(plan, tmp_path / "sweep", 3)


def test_a_transplant_that_is_run_anew_takes_genes_of_the_planned_end(tmp_path):
    # with another end of its own the donor's generation is not named
    until = "1, until = {loss_best = 1e-9}"
    (tmp_path / "mine.toml").write_text(SWEEP.format(controls='controls = ["transplant"]', end=until))
    plan, folder = load_plan(tmp_path / "mine.toml"), tmp_path / "sweep"
    once = go(plan, folder, 3)
    # the checkpoint with which it begins is still there, though only the last one is kept of other runs
    assert [path.name for path in list_checkpoints(folder / "smoke-seed0" / "checkpoints")] == [
        "gen-000001",
        "gen-000003",
    ]
    shutil.rmtree(folder / "transplant-seed0")
    assert digests(go(plan, folder)) == digests(once)
    # where it is gone, nothing else is taken
    shutil.rmtree(folder / "transplant-seed0")
    shutil.rmtree(folder / "smoke-seed0" / "checkpoints" / "gen-000001")
    refused = go(plan, folder)["transplant-seed0"]
    assert refused.state == "failed"
    assert "the donor is at generation 3, the plan wants 1" in refused.error


def test_sweeps_in_one_directory_are_extended_each_by_itself(tmp_path):
    plans = {}
    for name, end in {"a": 1, "b": 1, "c": 3}.items():
        file = tmp_path / f"{name}.toml"
        file.write_text(SWEEP.format(controls="", end=end) + f"[conditions.{name}]\n")
        plans[name] = load_plan(file)
    folder = tmp_path / "sweep"
    assert go(plans["a"], folder, 2)["a-seed0"].generation == 2
    assert describe_ends(extend_plan(plans["a"], folder)) == "its runs go on to generation 2"
    assert extend_plan(plans["b"], folder) == plans["b"]
    assert extend_plan(plans["c"], folder) == plans["c"]
    # who asked for an end that does not fit is said
    longer = replace(plans["c"], members=[replace(plans["c"].members[0], condition="a")])
    with pytest.raises(
        ConfigError, match=r"sweep\.json says that runs of 'a' go on to generation 2: expected at least 3"
    ):
        extend_plan(longer, folder)


def test_a_sweep_under_way_counts_runs_as_done_that_another_process_extends_meanwhile(plan, extended):
    folder = extended[0]
    for member in plan.members:
        assert run_member(member, folder / member.name, ()).state == "done"
