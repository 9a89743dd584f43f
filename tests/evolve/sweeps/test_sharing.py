"""Several processes at one sweep: each run once, whoever stops or dies."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hetevo.evolve.config import BackendTable, from_mapping
from hetevo.evolve.rundir import RunBusyError, RunDirectory
from hetevo.evolve.rundir.lock import Lock
from hetevo.evolve.rundir.owner import is_held
from hetevo.evolve.rundir.sweep import Entry, read_entries, write_entries
from hetevo.evolve.sweeps import conduct, load_plan
from hetevo.evolve.sweeps.sharing import Share, deal, taking_part
from hetevo.scripts.main import app

SWEEP = """
base = "smoke"
seeds = [0, 1]
[set]
evolution = {size = 6, elites = 1, generations = 2}
lifetime.presentations = 4
[conditions.slow]
evolution.generations = 30
[conditions.quick]
[conditions.transplanted]
transplant.source = "slow-seed{seed}"
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("plans") / "mine.toml"
    file.write_text(SWEEP)
    return file


@pytest.fixture
def plan(file):
    return load_plan(file)


@pytest.fixture(scope="module")
def alone(file, tmp_path_factory):
    """Digests of the sweep by one process."""
    folder = tmp_path_factory.mktemp("runs") / "alone"
    outcomes, _ = conduct(load_plan(file), folder, backend=BackendTable(workers=2))
    return {outcome.run: outcome.digest for outcome in outcomes}


def names_of(members):
    return [member.name for member in members]


@pytest.mark.parametrize("of", [1, 2, 4, 7, 12])
def test_shares_are_all_runs_once_and_a_run_goes_with_what_it_needs(plan, of):
    shares = [names_of(deal(plan.members, number, of)) for number in range(1, of + 1)]
    assert sorted(name for share in shares for name in share) == sorted(names_of(plan.members))
    for share in shares:
        assert {"slow-seed0", "transplanted-seed0"} <= {*share} or not {"slow-seed0", "transplanted-seed0"} & {*share}
    assert names_of(deal(plan.members[::-1], 1, 1)) == names_of(plan.members[::-1])


def test_processes_with_shares_do_the_whole_sweep_and_the_last_one_says_so(file, alone, tmp_path):
    folder, plan = tmp_path / "sweep", load_plan(file)
    first = CliRunner().invoke(app, ["sweep", str(file), "-o", str(folder), "--member", "1/2", "--workers", "1"])
    assert first.exit_code == 0, first.stderr
    assert "share 1 of 2: 3 runs: 3 done" in first.stderr
    assert "all shares: 6 runs: 3 waiting, 3 done" in first.stderr
    assert "look at all: " in first.stderr
    assert [entry.run for entry in read_entries(folder)] == names_of(plan.members)
    # more shares than runs
    none = CliRunner().invoke(app, ["sweep", str(file), "-o", str(folder), "--member", "9/9"])
    assert none.exit_code == 0, none.stderr
    last = CliRunner().invoke(app, ["sweep", str(file), "-o", str(folder), "--member", "2/2", "--workers", "1"])
    assert "all shares: 6 runs: 6 done" in last.stderr
    assert "next: " in last.stderr
    assert digests_of(folder, plan) == alone


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "1/", "-1/2", "1/99999999999"])
def test_a_share_that_is_none_is_explained(file, text):
    refused = CliRunner().invoke(app, ["sweep", str(file), f"--member={text}"])
    assert refused.exit_code == 2
    assert "expected K/N with K from 1 to N" in refused.stderr


def digests_of(folder, plan):
    return {member.name: RunDirectory(folder / member.name).status()["digest"] for member in plan.members}


def states_of(outcomes):
    return {outcome.run: outcome.state for outcome in outcomes}


def test_a_lock_that_is_held_is_an_error_of_its_own(tmp_path):
    with Lock(tmp_path / "lock"), pytest.raises(RunBusyError, match=f"process {os.getpid()}"):
        Lock(tmp_path / "lock")


@pytest.mark.parametrize("seen", [True, False], ids=["seen", "met in the worker"])
def test_conduct_waits_for_a_run_elsewhere_and_takes_it_over(plan, tmp_path, alone, monkeypatch, seen):
    folder = tmp_path / "sweep"
    (folder / "slow-seed0").mkdir(parents=True)
    write_entries(tmp_path / "other", "x", [])
    (tmp_path / "other" / "sweep.json").rename(folder / "sweep.json")
    if not seen:  # another process begins between the look and the start
        monkeypatch.setattr(sys.modules[conduct.__module__], "is_held", lambda path: False)
    lock = Lock(folder / "slow-seed0" / "lock")
    expected = {
        **dict.fromkeys(alone, "done"), "slow-seed0": "elsewhere", "transplanted-seed0": "waiting"
    }  # fmt: skip

    def watch(outcomes):
        states = states_of(outcomes)
        if is_held(lock.path):
            assert states["transplanted-seed0"] == "waiting"
            assert states["slow-seed0"] in ("waiting", "running", "elsewhere")
        if states == expected or (not seen and [*states.values()].count("done") == 4):
            lock.release()

    outcomes, number = conduct(plan, folder, backend=BackendTable(workers=2), watch=watch)
    assert number == 0
    assert {outcome.run: outcome.digest for outcome in outcomes} == alone
    assert set(states_of(outcomes).values()) == {"done"}


def test_a_run_whose_predecessor_was_stopped_does_not_begin(plan, tmp_path):
    endless = from_mapping(plan.members[0].config.model_dump(), overrides=["evolution.generations=100000"])
    members = [replace(plan.members[0], config=endless), *plan.members[1:]]

    def watch(outcomes):
        run = tmp_path / "sweep" / "slow-seed0"
        if states_of(outcomes)["slow-seed0"] == "running" and (run / "config.toml").exists():
            (run / "STOP").touch()  # again and again: a start takes one away that was there before

    outcomes, _ = conduct(
        replace(plan, members=members), tmp_path / "sweep", backend=BackendTable(workers=1), watch=watch
    )
    assert states_of(outcomes)["slow-seed0"] == "stopped"
    assert states_of(outcomes)["transplanted-seed0"] == "waiting"
    assert states_of(outcomes)["transplanted-seed1"] == "done"


def test_stop_is_for_all_and_the_last_one_removes_it(tmp_path):
    stop = tmp_path / "STOP"
    stop.touch()
    (tmp_path / ".stop-other-1-aa").touch()
    with taking_part(tmp_path, was_asked=True) as (first, mine):
        assert not stop.exists()  # it was for processes that have ended
        assert not list(tmp_path.glob(".stop*"))
        assert not first.received
        stop.touch()
        mine.touch()
        with taking_part(tmp_path, was_asked=True) as (second, other):
            assert second.received
            assert other != mine
            assert not other.exists()
            assert mine.exists()
        assert stop.exists()
        assert first.received
    assert not stop.exists()
    assert not mine.exists()


def test_what_was_handed_to_jobs_goes_once_nobody_uses_it(tmp_path):
    left = tmp_path / ".slurm-7-0011"
    (tmp_path / "a-seed0").mkdir()
    (left / "job").mkdir(parents=True)
    (left / "job" / "call.pkl").touch()
    # a run is under way, in a job for all that is known
    with Lock(tmp_path / "a-seed0" / "lock"), taking_part(tmp_path, was_asked=False):
        assert left.exists()
    # another process is at the sweep, whose folder it may be
    with taking_part(tmp_path, was_asked=False):
        assert not left.exists()
        left.mkdir()
        with taking_part(tmp_path, was_asked=False):
            assert left.exists()


@pytest.mark.parametrize("killed", [False, True], ids=["asked now", "asked before"])
def test_stop_counts_from_the_moment_the_directory_is_there(plan, tmp_path, monkeypatch, killed):
    def write(folder, *arguments):
        if not killed:
            folder.mkdir()
            (folder / "lock").touch()
            (folder / "STOP").touch()
        write_entries(folder, *arguments)

    monkeypatch.setattr(sys.modules[conduct.__module__], "write_entries", write)
    if killed:  # a start that had only made the directory and its lock, and was asked to stop
        (tmp_path / "sweep").mkdir()
        (tmp_path / "sweep" / "lock").touch()
        (tmp_path / "sweep" / "STOP").touch()
    few = replace(plan, members=[member for member in plan.members if member.condition == "quick"])
    outcomes, _ = conduct(few, tmp_path / "sweep", backend=BackendTable(workers=1))
    assert {outcome.state for outcome in outcomes} == {"done" if killed else "waiting"}
    assert not (tmp_path / "sweep" / "STOP").exists()


def test_entries_of_several_processes_at_once_are_all_kept(tmp_path):
    entries = [Entry(f"a-seed{seed}", "a", seed) for seed in range(24)]
    (tmp_path / ".sweep.json.tmp-1").touch()  # of a start that was killed
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda entry: write_entries(tmp_path, "x", [entry]), entries))
    assert sorted(read_entries(tmp_path), key=lambda entry: entry.seed) == entries
    before = (tmp_path / "sweep.json").stat().st_mtime_ns
    write_entries(tmp_path, "x", entries[:3])
    assert (tmp_path / "sweep.json").stat().st_mtime_ns == before
    assert {path.name for path in tmp_path.iterdir()} == {"sweep.json", "lock"}


# --- whole processes


@pytest.fixture
def start(file, tmp_path):
    """Start a process at the sweep, in a session of its own; at the end none is left."""
    hetevo, started = Path(sys.executable).parent / "hetevo", []
    command = [str(part) for part in (hetevo, "sweep", file, "-o", tmp_path / "sweep", "--workers", 1, "--json")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}

    def start():
        started.append(subprocess.Popen(command, **pipes, text=True, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for(condition):
    while not condition():
        time.sleep(0.02)


@pytest.fixture
def paused(start, tmp_path):
    """Start a process that is paused in the first run of the sweep."""
    process = start()
    wait_for(lambda: is_held(tmp_path / "sweep" / "slow-seed0" / "lock"))
    os.killpg(process.pid, signal.SIGSTOP)
    return process


def wait_for_the_others(folder):
    runs = [RunDirectory(folder / name) for name in ("slow-seed1", "quick-seed0", "quick-seed1", "transplanted-seed1")]
    wait_for(lambda: all(run.provenance.path.exists() and run.provenance.outcome() == "done" for run in runs))


def printed(process):
    out, errors = process.communicate()
    assert "Traceback" not in errors
    assert "failed" not in errors
    return {run["run"]: run["state"] for run in json.loads(out)["runs"]}


def test_two_processes_share_a_sweep(start, plan, tmp_path, alone):
    both = [start(), start()]
    for process in both:
        assert set(printed(process).values()) == {"done"}
        assert process.returncode == 0
    assert digests_of(tmp_path / "sweep", plan) == alone


def test_a_process_that_is_killed_leaves_its_run_to_the_other(start, paused, plan, tmp_path, alone):
    other = start()
    wait_for_the_others(tmp_path / "sweep")
    os.killpg(paused.pid, signal.SIGKILL)
    assert set(printed(other).values()) == {"done"}
    assert (other.returncode, paused.wait()) == (0, -signal.SIGKILL)
    assert digests_of(tmp_path / "sweep", plan) == alone


def test_a_signal_stops_only_the_runs_of_its_process(start, paused, plan, tmp_path, alone):
    other = start()
    wait_for_the_others(tmp_path / "sweep")
    os.killpg(other.pid, signal.SIGTERM)
    states = printed(other)
    assert (states["slow-seed0"], states["transplanted-seed0"]) == ("elsewhere", "waiting")
    assert other.returncode == 143
    os.killpg(paused.pid, signal.SIGCONT)
    assert set(printed(paused).values()) == {"done"}
    assert paused.returncode == 0
    assert digests_of(tmp_path / "sweep", plan) == alone
    assert not list((tmp_path / "sweep").rglob("*STOP*"))


def test_stop_in_the_folder_stops_all_processes(start, paused, tmp_path):
    other = start()
    wait_for_the_others(tmp_path / "sweep")
    (tmp_path / "sweep" / "STOP").touch()
    printed(other)
    assert other.returncode == 1
    assert (tmp_path / "sweep" / "STOP").exists()
    late = start()
    assert printed(late)["slow-seed0"] != "done"
    assert late.returncode == 1
    os.killpg(paused.pid, signal.SIGCONT)
    assert printed(paused)["slow-seed0"] == "stopped"
    assert paused.returncode == 1
    assert not (tmp_path / "sweep" / "STOP").exists()


def test_a_claim_is_not_judged_before_all_its_runs_are_done(tmp_path):
    write_entries(tmp_path / "minimal", "minimal", [])
    share = Share(tmp_path / "minimal" / "running", alone=lambda: None)
    (tmp_path / "minimal" / "STOP").touch()  # for that process, and for whoever joins it
    done = CliRunner().invoke(app, ["claims", "minimal", "-o", str(tmp_path), "--workers", "1", "--json"])
    share.release(alone=lambda: None)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the claim" not in done.stderr
    assert f"go on: hetevo claims minimal -o {tmp_path}" in done.stderr
