"""Changes on the command line of which some have several values."""

import json
import shlex

import pytest
from hypothesis import given as drawing
from hypothesis import strategies as st
from typer.testing import CliRunner

from hetevo.evolve.config import ConfigError
from hetevo.evolve.rundir.sweep import read_list
from hetevo.evolve.sweeps import load_plan, plan_of_changes, read_changes
from hetevo.evolve.sweeps.keeping import keep_names
from hetevo.evolve.toml import inline, split_values
from hetevo.scripts.main import app

TINY = ["evolution.size=6", "evolution.elites=1", "evolution.generations=1", "lifetime.presentations=4"]

VALUES = st.recursive(
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text("ab,\"'\\[]{}() "),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2),
    max_leaves=5,
)


@drawing(st.lists(VALUES, min_size=2, max_size=4))
def test_values_are_parted_at_the_commas_between_them_and_no_others(values):
    assert split_values(",".join(map(inline, values))) == list(map(inline, values))
    assert read_changes([f"key={','.join(map(inline, values))}"]).varied == {"key": values}


def test_a_change_is_one_value_several_or_drawn_and_the_last_one_counts():
    found = read_changes(
        ["a.b=4", "a.c=x,8", "a.d=[4, 8]", "a.e=[4],[8]", 'a.f="x,y"', "a.g=uniform(0, 1)", "a.h=linspace(0, 1, 3)"]
    )
    assert found.fixed == {"a.b": 4, "a.d": [4, 8], "a.f": "x,y"}
    assert found.varied == {"a.c": ["x", 8], "a.e": [[4], [8]], "a.h": [0.0, 0.5, 1.0]}
    assert {key: str(kind) for key, kind in found.drawn.items()} == {"a.g": "uniform(0, 1)"}
    assert not read_changes(["a.b=4,8", "a.b=4"]).is_sweep
    with pytest.raises(ConfigError, match="before and after each comma"):
        read_changes(["a.b=4,"])


def test_changes_count_more_than_a_sweep_says(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        """
        base = "smoke"
        seeds = [0, 1]
        set.evolution.generations = 9
        [conditions.plain]
        [conditions.large]
        evolution = {size = 64, elites = 3}
        [grid]
        "lifetime.batch" = [4, 8]
        """
    )
    given = read_changes(["evolution.size=6", "lifetime.batch=5", "seed=7", "genome.gain_scale=0.1,0.2"])
    plan = load_plan(file, given=given)
    assert [member.name for member in plan.members] == [
        f"{name}-gain_scale={scale}-seed7" for name in ("plain", "large") for scale in (0.1, 0.2)
    ]
    assert {(one.config.evolution.size, one.config.lifetime.batch) for one in plan.members} == {(6, 5)}
    assert [one.config.evolution.elites for one in plan.members[2:]] == [3, 3]
    assert {one.config.evolution.generations for one in plan.members} == {9}


def test_files_that_are_given_lie_in_the_current_folder_and_need_no_trust(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_module.py").write_text("from hetevo.populations.tasks.xor import Xor as Own\n")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "base.toml").write_text('[task]\nname = "xor"\n')
    given = read_changes(["task.name=xor,own_module:Own"])
    plan = plan_of_changes("sub/base.toml", "mine", given, [0])
    assert [member.config.task.name for member in plan.members] == ["xor", "own_module:Own"]
    # so does a base, whatever lies beside the sweep's file
    for folder, size in ((tmp_path, 8), (tmp_path / "sub", 12)):
        (folder / "mine.toml").write_text(f"[evolution]\nsize = {size}\n")
    (tmp_path / "sub" / "s.toml").write_text('base = "smoke"\nseeds = [0]\n[set]\n')
    (member,) = load_plan("sub/s.toml", given=read_changes(["base=mine.toml"])).members
    assert member.config.evolution.size == 8


def test_run_with_several_values_is_a_sweep_that_goes_on(tmp_path):
    changes = [word for change in TINY for word in ("-s", change)]
    varied = ["-s", "network.wiring=amorphous,layered", "-s", "genome.gain_scale=loguniform(0.1, 1)", "--samples", "1"]
    command = [
        "run",
        "smoke",
        *changes,
        *varied,
        "--seed",
        "3",
        "--workers",
        "1",
        "-o",
        str(tmp_path / "sweep"),
        "--json",
    ]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.stderr
    runs = json.loads(done.stdout)["runs"]
    scale = read_list(tmp_path / "sweep").drawn[0].samples[0]["genome.gain_scale"]
    wirings = ("amorphous", "layered")
    assert [run["condition"] for run in runs] == [f"wiring={wiring}, gain_scale={scale}" for wiring in wirings]
    assert {(run["seed"], run["state"]) for run in runs} == {(3, "done")}
    assert json.loads(CliRunner().invoke(app, command).stdout)["runs"] == runs


def test_the_order_of_options_is_no_other_sweep(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fixed = [word for change in [*TINY, "evolution.generations=0"] for word in ("-s", change)]
    first, second = ["-s", "lifetime.batch=2,4"], ["-s", "network.wiring=amorphous,layered"]
    runs = []
    for order in ([*first, *second], [*second, *first]):
        done = CliRunner().invoke(app, ["run", "smoke", *fixed, *order, "--workers", "1", "--json"])
        assert done.exit_code == 0, done.stderr
        found = json.loads(done.stdout)
        runs.append((found["path"], sorted((run["run"], run["digest"]) for run in found["runs"])))
    assert runs[0] == runs[1]
    assert [run for run, _ in runs[0][1]] == [
        f"batch={batch}-wiring={wiring}-seed0" for batch in (2, 4) for wiring in ("amorphous", "layered")
    ]


def test_conditions_that_could_be_one_of_two_keep_their_names():
    # size=1 of one table with size=2 of the other is not size=2 with size=1
    asked = [("size=1, size=2", {}), ("size=2, size=1", {})]
    assert keep_names(asked, ["size=2, size=1"]) == asked
    assert keep_names([("drift, b=1, a=2", {}), ("b=3, a=2", {})], ["drift, a=2, b=1", "b=4, a=2"]) == [
        ("drift, a=2, b=1", {}),
        ("b=3, a=2", {}),
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-s", "lifetime.batch=4,8", "--from", "x@1"], "expected no --from"),
        (["-s", "seed=1,2", "--seeds", "0..1"], "expected no --seed"),
        (["-s", "lifetime.batch=4,8", "--seeds", "2"], "--seeds: expected seeds such as"),
        (["--samples", "3"], "--samples: nothing is drawn"),
        (["-s", "network.wiring=amorfous,layered"], "Did you mean 'amorphous'?"),
    ],
)
def test_mistakes_are_explained_before_anything_is_written(tmp_path, options, words):
    refused = CliRunner().invoke(app, ["run", "smoke", *options, "-o", str(tmp_path / "sweep")])
    assert refused.exit_code == 2
    assert words in refused.stderr
    assert not (tmp_path / "sweep").exists()


def test_tables_that_are_called_alike_are_told_how_to_vary_their_options():
    tables = [f'{{name="selTournament", tournsize={size}}}' for size in (2, 3)]
    with pytest.raises(ConfigError) as caught:
        plan_of_changes("smoke", "a name", read_changes([f"evolution.select={','.join(tables)}"]), [0])
    words = "-s 'evolution.select.name=\"selTournament\"' -s evolution.select.tournsize=2,3"
    assert f"Vary the option by itself (in a file below [grid]): {words}." in str(caught.value)
    assert "{'" not in str(caught.value)
    # which is what it says
    given = read_changes([change for change in shlex.split(words) if change != "-s"])
    members = plan_of_changes("smoke", "a name", given, [0]).members
    assert [member.config.evolution.select["tournsize"] for member in members] == [2, 3]
