"""Sweeps that go on from their directories alone."""

import json
import shutil
import sys
from dataclasses import replace
from functools import partial

import pytest
from typer.testing import CliRunner

from hetevo.evolve import resume
from hetevo.evolve.config import BackendTable, ConfigError, differences
from hetevo.evolve.rundir.sweep import write_entries
from hetevo.evolve.sweeps import Given, conduct, extend_plan, load_plan, plan_of_changes, plan_of_directory
from hetevo.evolve.sweeps.pools import ThreadPool
from hetevo.scripts.main import app

FIXED = {
    "evolution.size": 6,
    "evolution.elites": 1,
    "evolution.generations": 1,
    "lifetime.presentations": 4,
    "probe.every": 0,
    "backend.workers": 1,
}

CONTROLS = """
base = "smoke"
seeds = [0, 1]
controls = ["birth", "transplant"]
labels = {transplant = "Evolved gains"}
[set]
probe.every = 0
evolution.size = 6
"""


@pytest.fixture(autouse=True, scope="module")
def threads():
    """Let runs go on in this process: workers would take longer to start than they live."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[conduct.__module__], "choose_pool", lambda settings: ThreadPool())
        yield


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """Make a sweep of the command line, and return its directory and what plans it anew."""
    folder = tmp_path_factory.mktemp("grid") / "runs"
    given = Given(FIXED, {"network.wiring": ["amorphous", "layered"]})
    again = partial(plan_of_changes, "smoke", "smoke, wiring", given, [0])
    return folder, again, go(again(), folder)


def go(plan, folder, **options):
    outcomes, _ = conduct(plan, folder, backend=BackendTable(workers=1), **options)
    return {one.run: one.digest for one in outcomes}


def test_a_directory_goes_on_as_by_what_made_it(grid, tmp_path):
    folder, again, digests = grid
    copy = shutil.copytree(folder, tmp_path / "copy")
    # a condition of which nothing is left has what the list says
    shutil.rmtree(copy / "wiring=layered-seed0")
    # one that was extended ends as before in the plan
    resume(copy / "wiring=amorphous-seed0", 2)
    found, made = plan_of_directory(copy), again(directory=copy)
    for one, other in zip(found.members, made.members, strict=True):
        assert replace(one, config=other.config) == other
        assert not differences(one.config.model_dump(), other.config.model_dump(), ignored=("backend",))
    assert go(plan_of_directory(copy), copy, share=(2, 2)) == {"wiring=layered-seed0": digests["wiring=layered-seed0"]}
    assert json.loads((copy / "sweep.json").read_text()) == json.loads((folder / "sweep.json").read_text())
    assert {member.extended_to for member in extend_plan(plan_of_directory(copy), copy, 2).members} == {2}


def test_shares_of_a_directory_are_those_of_what_made_it(grid):
    folder = grid[0]
    result = CliRunner().invoke(app, ["sweep", str(folder), "--member", "2/2"])
    assert result.exit_code == 0
    assert "share 2 of 2: 1 run: 1 done" in result.stderr


@pytest.mark.parametrize("options", [["-s", "evolution.size=8"], ["-o", "elsewhere"], ["--samples", "3"]])
def test_a_directory_is_what_it_is(grid, options):
    result = CliRunner().invoke(app, ["sweep", str(grid[0]), *options])
    assert result.exit_code == 2
    assert f"{options[0]}: {grid[0]} is a sweep's directory" in result.stderr


def test_controls_and_what_they_take_are_planned_again(tmp_path):
    (tmp_path / "mine.toml").write_text(CONTROLS)
    plan = load_plan(tmp_path / "mine.toml")
    list_only = tmp_path / "runs"
    write_entries(list_only, plan.name, plan.entries, plan.drawn, plan.settings, plan.ends)
    found = plan_of_directory(list_only)
    assert found.entries == plan.entries
    assert found.labels == plan.labels
    assert found.settings == plan.settings
    assert [member.after for member in found.members] == [member.after for member in plan.members]
    assert [member.config.hash() for member in found.members] == [member.config.hash() for member in plan.members]


@pytest.mark.parametrize("change", ["settings", "pilot", "module"])
def test_what_a_list_does_not_say_is_asked_for(grid, tmp_path, change):
    folder = tmp_path / "runs"
    folder.mkdir()
    content = json.loads((grid[0] / "sweep.json").read_text())
    if change == "settings":
        del content["settings"]
    elif change == "pilot":
        content |= {"schema": 2}
        content["runs"][0]["stage"] = "pilot"
    else:
        content["settings"]["common"]["plasticity"]["rule"] = "stranger.module:Rule"
    (folder / "sweep.json").write_text(json.dumps(content))
    wanted = "not imported" if change == "module" else "the command or the file that made it"
    with pytest.raises(ConfigError, match=wanted):
        plan_of_directory(folder)


def test_who_needs_it_is_told_of_it(grid):
    folder = grid[0]
    result = CliRunner().invoke(app, ["resume", str(folder)])
    assert result.exit_code == 2
    assert f"sweep {folder}" in result.stderr
    result = CliRunner().invoke(app, ["run", "smoke", "-s", "network.wiring=amorphous,layered", "-o", str(folder)])
    assert result.exit_code == 2
    assert "begun with other settings" in result.stderr
    assert f"sweep {folder}" in result.stderr


def test_a_value_that_the_runs_have_already_is_told(grid, tmp_path):
    fixed = "\n".join(f"{key} = {value}" for key, value in FIXED.items())
    wirings = '"network.wiring" = ["amorphous", "layered"]'
    (tmp_path / "mine.toml").write_text(f'base = "smoke"\n[set]\n{fixed}\n[grid]\n{wirings}\n')
    copy = shutil.copytree(grid[0], tmp_path / "copy")
    given = ["-s", "evolution.size=6", "-s", "network.wiring=layered"]
    result = CliRunner().invoke(app, ["sweep", str(tmp_path / "mine.toml"), *given, "-o", str(copy)])
    assert result.stderr.count("nothing changes by it") == 1
    assert "-s evolution.size: nothing changes by it" in result.stderr
