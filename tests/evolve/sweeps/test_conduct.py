"""Sweeps: every run once, whatever interrupts them."""

import errno
import json
import os
import shutil
import signal
import sys
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path

import pytest
from faults import failing, full, operations, tiny
from typer.testing import CliRunner

from hetevo.analysis import load_all, load_runs
from hetevo.evolve import Experiment
from hetevo.evolve.backends.process import NoWorkersError, WorkerDiedError
from hetevo.evolve.config import BackendTable, ConfigError
from hetevo.evolve.plugins import hash_plugins
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError, SchemaError, StorageError
from hetevo.evolve.rundir.places import inside
from hetevo.evolve.rundir.sweep import Entry, read_entries, write_entries
from hetevo.evolve.sweeps import Outcome, Plan, conduct, load_plan, pools
from hetevo.evolve.sweeps.making import Member
from hetevo.evolve.sweeps.outcomes import conclude, describe_other_sources, run_member
from hetevo.evolve.sweeps.pools import LocalPool, ThreadPool
from hetevo.evolve.verify import verify
from hetevo.populations.errors import MachineFailedError
from hetevo.scripts.main import app

SWEEP = """
base = "smoke"
seeds = [0, 1]
[set]
evolution = {size = 6, elites = 1, generations = 3}
lifetime.presentations = 4
[conditions.selected]
[conditions.drift]
evolution.select = {name = "selRandom"}
"""


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(SWEEP)
    return load_plan(file)


def digests(outcomes):
    return {outcome.run: outcome.digest for outcome in outcomes}


def test_a_sweep_is_its_runs_and_repeating_it_changes_nothing(plan, tmp_path):
    looks = []
    outcomes, signal = conduct(plan, tmp_path / "sweep", backend=BackendTable(workers=2), watch=looks.append)
    assert signal == 0
    assert [outcome.state for outcome in outcomes] == ["done"] * 4
    assert [outcome.run for outcome in outcomes] == [member.name for member in plan.members]
    assert looks
    for member, outcome in zip(plan.members, outcomes, strict=True):
        config = member.config.model_copy(update={"backend": BackendTable(workers=1)})
        assert Experiment(config).run(tmp_path / "alone" / member.name).digest == outcome.digest
    before = {file: file.read_bytes() for file in (tmp_path / "sweep").rglob("*.parquet")}
    again, _ = conduct(plan, tmp_path / "sweep", backend=BackendTable(workers=1))
    assert digests(again) == digests(outcomes)
    assert {file: file.read_bytes() for file in (tmp_path / "sweep").rglob("*.parquet")} == before
    table = load_runs([tmp_path / "sweep"])
    assert set(table["condition"]) == {"selected", "drift"}
    assert len(table) == 4 * 4


def test_a_changed_sweep_is_refused_once_before_anything_starts(plan, tmp_path):
    folder = tmp_path / "sweep"
    folder.mkdir()
    member = plan.members[2]
    Experiment(member.config).run(folder / member.name, or_resume=True)
    (tmp_path / "mine.toml").write_text(SWEEP.replace("presentations = 4", "presentations = 5"))
    with pytest.raises(ConfigError, match="drift-seed0 was begun with other settings") as caught:
        conduct(load_plan(tmp_path / "mine.toml"), folder, backend=BackendTable(workers=1))
    assert str(caught.value).count("lifetime.presentations") == 1
    assert [path.name for path in folder.iterdir()] == [member.name]


def test_an_interrupted_sweep_goes_on(plan, tmp_path):
    folder = tmp_path / "sweep"

    def interrupt(outcomes):
        if any(outcome.state == "done" for outcome in outcomes):
            (folder / "STOP").touch()

    first, _ = conduct(plan, folder, backend=BackendTable(workers=1), watch=interrupt)
    assert {outcome.state for outcome in first} >= {"done", "waiting"}
    outcomes, _ = conduct(plan, folder, backend=BackendTable(workers=1))
    assert [outcome.state for outcome in outcomes] == ["done"] * 4
    whole, _ = conduct(plan, tmp_path / "whole", backend=BackendTable(workers=2))
    assert digests(outcomes) == digests(whole)


def test_a_run_that_cannot_go_on_does_not_disturb_the_others(plan, tmp_path):
    spoilt = plan.members[1]
    (tmp_path / "sweep" / spoilt.name).mkdir(parents=True)
    write_entries(tmp_path / "other", "x", [])
    (tmp_path / "sweep" / "sweep.json").write_bytes((tmp_path / "other" / "sweep.json").read_bytes())
    (tmp_path / "sweep" / spoilt.name / "notes.txt").write_text("mine")
    outcomes, _ = conduct(plan, tmp_path / "sweep", backend=BackendTable(workers=2))
    assert [outcome.state for outcome in outcomes] == ["done", "failed", "done", "done"]
    assert "exists" in outcomes[1].error
    assert len(load_all([tmp_path / "sweep"])) == 3


def test_local_pool_starts_other_processes_when_one_has_died():
    pool = LocalPool(1)
    with pytest.raises(BrokenExecutor):
        pool.submit(os._exit, 3).result()
    assert pool.submit(abs, -1).result() == 1
    pool.close()


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (WorkerDiedError(-signal.SIGKILL), "interrupted", "WorkerDiedError"),
        (WorkerDiedError(-signal.SIGSEGV), "failed", "WorkerDiedError"),
        (MemoryError(), "interrupted", "Memory ran out. Make evolution.size"),
        (NoWorkersError("none"), "interrupted", "NoWorkersError"),
        (ValueError("no"), "failed", "ValueError"),
    ],
)
def test_a_run_whose_worker_the_machine_ended_has_not_failed(error, state, said):
    future = Future()
    future.set_exception(error)
    outcome = conclude(future, Outcome("a", "b", 0))
    assert outcome.state == state
    assert said in outcome.error


def test_a_run_whose_disk_fails_is_interrupted(plan, tmp_path):
    with operations(failing(12, errno.ENOSPC)):
        outcome = run_member(plan.members[1], tmp_path / plan.members[1].name, ())
    assert (outcome.state, "No space left" in outcome.error) == ("interrupted", True)
    assert run_member(plan.members[1], tmp_path / plan.members[1].name, ()).state == "done"


def test_a_sweep_can_grow(plan, tmp_path):
    conduct(Plan(plan.name, plan.members[:1]), tmp_path / "sweep", backend=BackendTable(workers=1))
    conduct(Plan(plan.name, plan.members[1:2]), tmp_path / "sweep", backend=BackendTable(workers=1))
    assert [entry.run for entry in read_entries(tmp_path / "sweep")] == [member.name for member in plan.members[:2]]


def test_nothing_else_is_overwritten_or_believed(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    with pytest.raises(RunDirectoryError, match="not a sweep"):
        write_entries(tmp_path / "full", "x", [])
    write_entries(tmp_path / "sweep", "x", [Entry("a-seed0", "a", 0)])
    with pytest.raises(RunDirectoryError, match="Choose another"):
        write_entries(tmp_path / "sweep", "x", [Entry("a-seed0", "b", 0)])
    for content in (b"", b"[]", b'{"schema": 0, "runs": []}', b"[" * 100_000):
        (tmp_path / "sweep" / "sweep.json").write_bytes(content)
        with pytest.raises(RunDirectoryError, match="damaged"):
            read_entries(tmp_path / "sweep")
    strange = {"schema": 1, "name": "x", "runs": [{"run": "../outside", "condition": "a", "seed": 0}]}
    (tmp_path / "sweep" / "sweep.json").write_text(json.dumps(strange))
    with pytest.raises(RunDirectoryError, match="outside"):
        read_entries(tmp_path / "sweep")


@pytest.mark.verification
@pytest.mark.timeout(120)
def test_a_sweep_on_ray_is_the_same_sweep(plan, tmp_path):
    pytest.importorskip("ray")
    here, _ = conduct(plan, tmp_path / "here", backend=BackendTable(workers=2))
    there, signal = conduct(plan, tmp_path / "there", backend=BackendTable(name="ray", workers=2))
    assert signal == 0
    assert [outcome.state for outcome in there] == ["done"] * 4
    assert digests(there) == digests(here)


def test_a_sweep_is_no_run_and_says_which_it_holds(tmp_path):
    (tmp_path / "sweep.json").write_text("{}")
    with pytest.raises(RunDirectoryError, match=r"but a sweep\. Name one of its runs.*RUN\."):
        RunDirectory.open(tmp_path)
    (tmp_path / "first-seed0").mkdir()
    (tmp_path / "first-seed0" / "config.toml").write_text("")
    with pytest.raises(RunDirectoryError, match=r"Name one of its runs.*first-seed0\."):
        RunDirectory.open(tmp_path)


# ---------------------------------------------------------------- what is done, broken or gone


@pytest.fixture
def threads(monkeypatch):
    """Let runs go on in this process, where file operations can be made to fail."""
    monkeypatch.setattr(sys.modules[conduct.__module__], "choose_pool", lambda settings: ThreadPool())


@pytest.fixture
def two(plan):
    return Plan(plan.name, plan.members[:2])


def test_what_is_done_counts_as_done_on_a_full_disk(plan, two, tmp_path, threads):
    done, _ = conduct(two, tmp_path / "sweep")
    with operations(full):
        again, _ = conduct(two, tmp_path / "sweep")
        assert again == done
        with pytest.raises(StorageError, match="with a sweep, with the same command"):
            conduct(plan, tmp_path / "sweep")  # there are more
    conduct(plan, tmp_path / "sweep")
    shutil.rmtree(tmp_path / "sweep" / plan.members[3].name)
    with operations(full):
        states = [outcome.state for outcome in conduct(plan, tmp_path / "sweep")[0]]
    assert states == ["done"] * 3 + ["interrupted"]


def test_a_broken_run_is_named_with_what_repairs_it_and_does_not_live_in_vain(two, tmp_path, threads):
    folder = tmp_path / "sweep"
    done, _ = conduct(two, folder)
    path = folder / two.members[0].name
    shutil.rmtree(path / "checkpoints")
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    for _ in range(2):
        outcomes, _ = conduct(two, folder)
        assert [outcome.state for outcome in outcomes] == ["failed", "done"]
        assert f"hetevo resume {path} --force" in outcomes[0].error
        assert f"Or move {path} away: repeating the sweep runs it anew" in outcomes[0].error
        assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before
    path.rename(tmp_path / "away")
    assert digests(conduct(two, folder)[0]) == digests(done)


def test_the_command_does_not_say_that_repeating_alone_repairs(two, tmp_path, threads):
    folder = tmp_path / "sweep"
    conduct(two, folder)
    shutil.rmtree(folder / two.members[0].name / "checkpoints")
    ended = CliRunner().invoke(app, ["sweep", str(tmp_path / "mine.toml"), "-o", str(folder)])
    assert ended.exit_code == 1
    assert "repair what failed, then go on: hetevo sweep" in ended.stderr


@pytest.mark.parametrize("what", ["run", "sweep"])
@pytest.mark.parametrize("begun", [False, True])
def test_a_run_that_somebody_deletes_before_it_begins_has_not_failed(tmp_path, begun, what):
    """Deleted before one of the file operations until something lives."""
    member, folder, states = Member("a-seed0", "a", 0, tiny("evolution.generations=0")), tmp_path / "sweep", set()
    path = inside(folder) / member.name
    for number in [*range(1, 14), *range(14, 64, 6)]:
        write_entries(folder, "x", [])
        if begun:
            with operations(failing_once_begun):
                assert run_member(member, path, ()).state == "interrupted"

        def delete(count, name, arguments, at=number):
            if count == at:
                shutil.rmtree(path if what == "run" else folder, ignore_errors=True)

        with operations(delete):
            states.add(run_member(member, path, ()).state)
        shutil.rmtree(folder, ignore_errors=True)
    assert "interrupted" in states
    assert states <= {"interrupted", "done"}


def failing_once_begun(number, name, arguments):
    """Let a start end as soon as there is a configuration."""

    def refuse(original, *arguments):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    begun = (
        name == "rename" and arguments[1].name == "provenance.json" and (arguments[1].parent / "config.toml").exists()
    )
    return refuse if begun else None


def test_the_advice_for_a_damaged_list_works(two, plan, tmp_path, threads):
    folder = tmp_path / "sweep"
    done, _ = conduct(plan, folder)
    (folder / "sweep.json").write_text("{")
    with pytest.raises(RunDirectoryError, match="remove it, and repeat each 'hetevo sweep'"):
        conduct(plan, folder)
    (folder / "sweep.json").unlink()
    (folder / "alignment.png").touch()
    assert conduct(two, folder)[0] == done[:2]
    assert conduct(plan, folder)[0] == done
    assert len(load_all([folder])) == 4
    assert all(verify(folder / member.name).ok for member in plan.members)


def test_a_list_of_a_newer_version_is_not_called_damaged(two, tmp_path):
    write_entries(tmp_path / "sweep", "x", [])
    (tmp_path / "sweep" / "sweep.json").write_text('{"schema": 3, "runs": []}')
    with pytest.raises(SchemaError, match="use the version that wrote it"):
        conduct(two, tmp_path / "sweep")


def test_a_list_that_cannot_be_read_is_no_reason_to_resume_a_sweep(tmp_path):
    write_entries(tmp_path, "x", [])

    def refuse(number, name, arguments):
        return (lambda original, *arguments: failed()) if name == "read" else None

    def failed():
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with operations(refuse), pytest.raises(StorageError, match="with a sweep, with the same command"):
        read_entries(tmp_path)


def test_a_pool_on_a_cluster_leaves_it_if_no_thread_can_be_started(monkeypatch):
    closed = []

    class Cluster:
        workers = 1

        def __init__(self, settings):
            pass

        def close(self):
            closed.append(self)

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(pools, "RayBackend", Cluster)
    monkeypatch.setattr(pools.Thread, "start", refuse)
    with pytest.raises(MachineFailedError, match="one more thread"):
        pools.RayPool(BackendTable(name="ray"))
    assert len(closed) == 1


def test_a_plugin_that_was_changed_is_named_before_a_sweep_goes_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    rule = "from hetevo.populations.rules import RULES\nX = RULES['heterosynaptic']\n"
    Path("swept_rule.py").write_text(rule)
    config = tiny().model_copy(update={"plasticity": tiny().plasticity.model_copy(update={"rule": "swept_rule:X"})})
    members = [Member(f"a-seed{seed}", "a", seed, config) for seed in range(6)]
    source = hash_plugins([config.model_dump()])["swept_rule"]
    assert describe_other_sources(members, tmp_path) == []
    for member in members[:5]:
        directory = RunDirectory.new(tmp_path / member.name)
        directory.begin("= damaged, which the run says itself\n")
        directory.provenance.create()
        directory.provenance.begin_session(plugins=[{"package": "swept_rule", "sha256": source}])
    assert describe_other_sources(members, tmp_path) == []
    Path("swept_rule.py").write_text(f"{rule}# otherwise\n")
    (said,) = describe_other_sources(members, tmp_path)
    assert "swept_rule was changed since runs were lived with it: a-seed0, a-seed1, a-seed2 and 2 more." in said
    # before anything starts
    notices = []
    with pytest.raises(RuntimeError, match="no pool"):
        conduct(Plan("a", members), tmp_path, make_pool=no_pool, notice=notices.append)
    assert notices == [said]


def no_pool(place):
    raise RuntimeError("no pool")
