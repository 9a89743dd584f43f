"""`hetevo status` of many runs, as a user meets it."""

import io
import json
import re
import shutil
import threading
import time

import pytest
from typer.testing import CliRunner

from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.rundir.lock import Lock
from hetevo.evolve.rundir.overview import Standing
from hetevo.evolve.rundir.sweep import Entry, write_entries
from hetevo.evolve.sweeps import load_plan
from hetevo.evolve.sweeps.sharing import Share
from hetevo.scripts import choosing, status
from hetevo.scripts.console import Messages
from hetevo.scripts.main import app
from hetevo.scripts.rows import Row, make_table

SMALL = ["-s", "evolution.size=6", "-s", "lifetime.presentations=4", "--generations", 1, "--workers", 1]


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return a folder with two runs, and a sweep that has not begun."""
    folder = tmp_path_factory.mktemp("runs")
    for wiring, seed in (("amorphous", 2), ("layered", 1)):
        options = [*SMALL, "-s", f"network.wiring={wiring}", "--seed", seed, "-o", folder / wiring]
        assert hetevo("run", "smoke", *options).exit_code == 0
    write_entries(folder / "sweep", "sweep", [Entry("plain-seed0", "plain", 0)])
    return folder


def shown(*arguments):
    done = hetevo("status", *arguments)
    assert done.exit_code == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def test_many_runs_are_a_table_and_a_sum(runs):
    head, *rows, total = shown(runs)
    assert head == ["run", "state", "generation", "best", "loss", "alignment"]
    assert [row[1] for row in rows] == ["done", "done", "waiting"]
    assert rows[0][2] == "1/1"
    assert " ".join(total) == "3 runs: 1 waiting, 2 done"


def test_runs_are_chosen_sorted_and_told_apart_by_their_settings(runs):
    assert shown(runs, "--settings", "--state", "done", "--sort", "seed")[:3] == [
        ["run", "preset", "seed", "network.wiring", "state", "generation", "best", "loss", "alignment"],
        [str(runs / "layered"), "smoke", "1", "layered", *shown(runs / "layered", "--state", "done")[1][1:]],
        [str(runs / "amorphous"), "smoke", "2", "amorphous", *shown(runs / "amorphous", "--state", "done")[1][1:]],
    ]
    assert [row[0] for row in shown(runs, "--where", "wiring=layered")] == ["run", str(runs / "layered"), "1"]
    assert [row[0] for row in shown(runs, "--sort=-seed")[1:3]] == [str(runs / "amorphous"), str(runs / "layered")]


def test_json_is_one_object_for_all_and_that_of_a_run_stays(runs):
    found = json.loads(hetevo("status", runs, "--json").stdout)
    assert found["states"] == {"running": 0, "waiting": 1, "stopped": 0, "failed": 0, "damaged": 0, "done": 2}
    assert [run["settings"]["network.wiring"] for run in found["runs"]] == ["amorphous", "layered", None]
    assert "runs" not in json.loads(hetevo("status", runs / "layered", "--json").stdout)


def test_verify_looks_at_every_run_of_a_folder(runs, tmp_path):
    done = hetevo("verify", runs)
    assert done.exit_code == 0, done.stderr
    assert [line.partition(": ")[2] for line in done.stdout.splitlines()] == [
        *("all is well", "all is well", "it has not begun", "3 runs, all is well")
    ]
    folder = shutil.copytree(runs, tmp_path / "runs")
    next(folder.glob("layered/individuals/*.parquet")).write_bytes(b"x")
    (folder / "amorphous" / "config.toml").write_text("= 3")
    found = hetevo("verify", folder, "--json")
    assert found.exit_code == 1
    assert [one["ok"] for one in json.loads(found.stdout)] == [False, False, True]
    assert "2 with problems" in hetevo("verify", folder).stdout


def test_verify_of_a_folder_shows_the_notes_of_its_runs_each_once(runs, tmp_path):
    folder = shutil.copytree(runs, tmp_path / "runs")
    for name in ("amorphous", "layered"):
        for source in ("1111", "2222"):
            plugins = [{"package": "my_rule", "sha256": source}]
            RunDirectory(folder / name).provenance.begin_session(plugins=plugins, after=1)
    notes = [line for line in hetevo("verify", folder).stdout.splitlines() if line.startswith("note: ")]
    assert [note for note in notes if "my_rule" in note] == [
        "note: amorphous, layered: my_rule was changed while runs were lived, which may not be comparable: source 1111"
        " then 2222 (this run)"
    ]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_in_a_narrow_terminal_names_and_reasons_are_cut_and_numbers_are_whole(width):
    stands = Standing("runs/" + 90 * "x" + "-seed7", state="damaged", reason="it is damaged " + 90 * "y", generation=5)
    rows = [Row(stands, {}), Row(Standing("runs/b", state="done", loss_best=0.125), {})]
    written = io.StringIO()
    Messages(written, width).print(make_table(rows, settings=False, width=width))
    first, second = written.getvalue().splitlines()[1:]
    assert max(map(len, written.getvalue().splitlines())) <= width
    assert re.search(r"x-seed7 +damaged +5/None +it is dam.*…", first) or width == 200
    assert "0.125" in second
    assert "done" in second


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--state", "dun"], "expected some of running, waiting, stopped, failed, damaged, done, got 'dun'"),
        (["--where", "wiring"], "expected KEY=VALUE"),
        (["--where", "wirign=a"], "network.wiring"),
        (["--sort", "los"], "'loss'"),
    ],
)
def test_mistakes_are_explained(runs, arguments, words):
    refused = hetevo("status", runs, *arguments)
    assert refused.exit_code == 2
    assert words in refused.stderr


def test_runs_without_settings_yet_are_left_out_aloud(runs):
    found = hetevo("status", runs, "--where", "wiring=layered")
    assert found.stderr == "1 run that has not begun has no settings yet: left out\n"
    # also where no run has any
    waiting = hetevo("status", runs / "sweep", "--where", "wiring=layered")
    assert (waiting.exit_code, waiting.stdout, waiting.stderr) == (0, "0 runs\n", found.stderr)
    # what a run has before it begins is known
    assert hetevo("status", runs, "--where", "condition=plain").stderr == ""


def test_runs_that_wait_have_the_settings_that_they_will_have(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'base = "smoke"\nseeds = [3]\ncontrols = ["transplant", "matched-feedback"]\n'
        '[conditions.layered]\nnetwork.wiring = "layered"\n[conditions.plain]\n'
    )
    plan, folder = load_plan(tmp_path / "mine.toml"), tmp_path / "sweep"
    write_entries(folder, plan.name, plan.entries, plan.drawn, plan.settings, dict.fromkeys(plan.settings, 9))
    done = hetevo("status", folder, "--json", "--where", "seed=3", "--where", "task=sine")
    assert done.stderr == ""
    found = {run["condition"]: run for run in json.loads(done.stdout)["runs"]}
    assert {name: run["settings"]["network.wiring"] for name, run in found.items()} == {
        **dict.fromkeys(["layered", "transplant", "matched-feedback"], "layered"),
        "plain": "amorphous",
    }
    assert found["transplant"]["settings"]["transplant.source"] == "layered-seed{seed}@3"
    assert found["matched-feedback"]["settings"]["genome.innate_scale"] is None  # pilot runs will choose it
    assert (found["layered"]["changes"], found["layered"]["generations"]) == ("wiring=layered", 9)
    assert [row[0] for row in shown(folder, "--where", "wiring=amorphous")[1:-1]] == [str(folder / "plain-seed3")]


def test_settings_are_read_only_where_they_are_asked_for(runs, monkeypatch):
    read = []
    monkeypatch.setattr(choosing, "condition_values", lambda config: read.append(config) or {})
    assert len(shown(runs)) == 5
    assert not read
    assert hetevo("status", runs, "--json").exit_code == 0
    assert len(read) == 3


def test_every_key_can_be_asked_for(runs):
    assert len(shown(runs, "--where", "evolution.generations=1")) == 4
    assert len(shown(runs, "--where", "task=sine")) == len(shown(runs, "--where", "task.name=sine")) == 4


def test_what_there_is_is_said_where_nothing_is_left(runs):
    found = hetevo("status", runs, "--where", "wiring=layred")
    assert "no run of 2 has network.wiring=layred; there are amorphous, layered" in found.stderr
    found = hetevo("status", runs, "--state", "failed")
    assert "no run is failed; there are 3 runs: 1 waiting, 2 done" in found.stderr
    found = hetevo("status", runs, "--where", "wiring=layered", "--where", "seed=2")
    assert "no run of 3 has all that was asked for together" in found.stderr


def test_a_condition_is_found_by_its_parts(tmp_path):
    names = ["drift, wiring=amorphous", "drift, wiring=layered", "drifting, wiring=layered"]
    write_entries(tmp_path, "sweep", [Entry(f"run{number}", name, 0) for number, name in enumerate(names)])
    assert [row[0][-4:] for row in shown(tmp_path, "--where", "condition=drift")[1:-1]] == ["run0", "run1"]
    assert [row[0][-4:] for row in shown(tmp_path, "--where", f"condition={names[1]}")[1:-1]] == ["run1"]


def test_a_folder_without_runs_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments in ([], [tmp_path]):
        refused = hetevo("status", *arguments)
        assert refused.exit_code == 2
        assert "does not exist" in refused.stderr or "There is no run in" in refused.stderr


def test_watching_says_what_changes_and_ends_with_the_last_process(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(status, "WATCH_SECONDS", 0.05)
    folder = tmp_path / "sweep"
    write_entries(folder, "sweep", [Entry(f"plain-seed{seed}", "plain", seed) for seed in (0, 1)])
    for seed in (0, 1):
        shutil.copytree(runs / "layered", folder / f"plain-seed{seed}")
    lock = Lock(folder / "plain-seed1" / "lock")

    def end():
        time.sleep(0.5)
        lock.release()

    ending = threading.Thread(target=end)
    ending.start()
    done = hetevo("status", folder, "--watch")
    ending.join()
    assert done.exit_code == 0, done.stderr
    first, change, last = done.stdout.splitlines()
    assert first.startswith("2 runs: 1 running, 1 done")
    assert change.startswith(f"{folder / 'plain-seed1'}: done, generation 1/1, best loss ")
    assert last == "2 runs: 2 done"


def test_watching_goes_on_while_a_queue_is_quiet_and_ends_with_what_has_failed(runs, tmp_path, monkeypatch):
    folder, pauses = tmp_path / "sweep", []
    write_entries(folder, "sweep", [Entry("plain-seed0", "plain", 0)])

    def wait(seconds):
        pauses.append(seconds)
        if len(pauses) == 9:
            raise KeyboardInterrupt

    monkeypatch.setattr(status.time, "sleep", wait)
    quiet = hetevo("status", folder, "--watch", "--json")
    assert quiet.exit_code == 130
    assert json.loads(quiet.stdout)["states"]["waiting"] == 1
    assert pauses == 2 * [status.WATCH_SECONDS] + 7 * [status.QUIET_SECONDS]
    assert quiet.stderr.count("nothing is under way; what is not done is waited for") == 1
    # a sweep whose runs are about to begin is under way
    del pauses[:]
    share = Share(folder / "running", alone=lambda: None)
    starting = hetevo("status", folder, "--watch", "--json")
    share.release(alone=lambda: None)
    assert pauses == 9 * [status.WATCH_SECONDS]
    assert "nothing is under way" not in starting.stderr
    # nobody repairs by himself what is damaged
    shutil.copytree(runs / "layered", folder / "plain-seed0")
    (folder / "plain-seed0" / "config.toml").write_text("= 3")
    assert hetevo("status", folder, "--watch").exit_code == 1


@pytest.mark.parametrize(("state", "code"), [("done", 0), ("failed", 1), ("stopped", 130)])
def test_watching_one_run_ends_when_it_has_ended(runs, tmp_path, monkeypatch, state, code):
    run = shutil.copytree(runs / "layered", tmp_path / "run")
    provenance = json.loads((run / "provenance.json").read_text())
    provenance["sessions"][-1]["outcome"] = state
    (run / "provenance.json").write_text(json.dumps(provenance))

    def wait(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(status.time, "sleep", wait)
    assert hetevo("status", run, "--watch").exit_code == code


def test_watching_waits_for_a_folder_that_is_not_there_yet(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(status, "WATCH_SECONDS", 0.05)
    folder = tmp_path / "queued"

    def begin():
        time.sleep(0.3)
        folder.mkdir()
        time.sleep(0.2)
        shutil.copytree(runs / "layered", tmp_path / "run").rename(folder / "run")

    beginning = threading.Thread(target=begin)
    beginning.start()
    done = hetevo("status", folder, "--watch")
    beginning.join()
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("not there yet, and waited for") == 1
    assert done.stdout == "1 run: 1 done\n"
