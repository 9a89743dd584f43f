"""Going on, extending, moving, branching, verifying, stopping; one writer; older formats."""

import contextlib
import errno
import json
import os
import shutil
import signal
from pathlib import Path

import pandas as pd
import pytest
from faults import CHILDREN, child, failing, go, operations, outcome, tiny
from sealing import reseal
from typer.testing import CliRunner

from hetevo.evolve import Experiment, resume
from hetevo.evolve.config import ConfigError
from hetevo.evolve.rundir import (
    NothingIntactError,
    RunDirectory,
    RunDirectoryError,
    RunExistsError,
    SchemaError,
    StorageError,
    manifest,
    records,
)
from hetevo.evolve.rundir.checkpoint import list_checkpoints
from hetevo.evolve.saved import read_saved_config
from hetevo.evolve.verify import verify
from hetevo.scripts.main import app

SCHEMA_1 = Path(__file__).parent / "fixtures" / "schema-1"
MORE = "evolution.generations=6"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Six generations in one go."""
    return go(tmp_path_factory.mktemp("whole") / "run", MORE, "checkpoint={every=1,keep=9}")


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def stopped(path, after, *overrides, number=signal.SIGTERM):
    def ask(report):
        if report.generation == after:
            os.kill(os.getpid(), number)

    return go(path, *overrides, progress=ask)


def test_a_run_extended_from_two_to_six_is_a_run_of_six(whole, tmp_path):
    assert go(tmp_path / "run").generation == 2
    assert outcome(resume(tmp_path / "run", 6)) == outcome(whole)
    assert RunDirectory(tmp_path / "run").config()["evolution"]["generations"] == 6
    sessions = RunDirectory(tmp_path / "run").provenance.read()["sessions"]
    assert [session["generations"] for session in sessions] == [2, 6]
    assert [session["after"] for session in sessions] == [None, 2]
    assert verify(tmp_path / "run", replay=True, workers=1).ok


def test_a_run_without_a_bound_goes_on(tmp_path):
    go(tmp_path / "run", "lifetime.signal_clip=inf", "evolution.generations=1")
    assert resume(tmp_path / "run", 2).generation == 2


@pytest.mark.parametrize("every", ['"auto"', "1", "2", "4", '"1s"'])
def test_a_stopped_run_goes_on_wherever_it_is_moved(whole, tmp_path, every):
    first = stopped(tmp_path / "here", 1, MORE, f"checkpoint.every={every}")
    assert first.stopped_by
    (tmp_path / "far").mkdir()
    shutil.copytree(first.path, tmp_path / "far" / "copy")
    moved = first.path.rename(tmp_path / "far" / "moved")
    for path in (moved, tmp_path / "far" / "copy"):
        assert outcome(resume(path)) == outcome(whole)


def test_going_on_with_other_workers_gives_the_same(whole, tmp_path):
    first = stopped(tmp_path / "run", 2, MORE)
    assert outcome(resume(first.path, workers=2)) == outcome(whole)


def test_resuming_a_finished_run_changes_nothing(whole, tmp_path):
    path = shutil.copytree(whole.path, tmp_path / "run")
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    for run in (resume(path), go(path, MORE), go(path, MORE, "checkpoint.keep=2", "backend.workers=2")):
        assert (run.digest, run.probe_digest, run.generation) == (whole.digest, whole.probe_digest, 6)
    assert before == {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_a_shorter_run_than_stands_is_refused_and_the_target_can_be_lowered_to_where_it_stands(whole, tmp_path):
    path = shutil.copytree(whole.path, tmp_path / "run")
    with pytest.raises(ConfigError, match="stands at generation 6"):
        resume(path, 5)
    first = stopped(tmp_path / "stopped", 2, MORE)
    run = resume(first.path, 3)
    assert (run.generation, run.stopped_by) == (3, "")
    assert outcome(resume(first.path, 6)) == outcome(whole)


def test_records_beyond_a_lowered_target_are_dropped(whole, tmp_path):
    path = shutil.copytree(whole.path, tmp_path / "run")
    for folder in list_checkpoints(path / "checkpoints")[3:]:
        shutil.rmtree(folder)
    resume(path, 2)
    assert pd.read_parquet(path / "generations")["generation"].tolist() == [0, 1, 2]
    assert verify(path, replay=True, workers=1).ok
    assert outcome(resume(path, 6)) == outcome(whole)


def test_another_configuration_is_refused_key_by_key(whole):
    with pytest.raises(ConfigError) as caught:
        go(whole.path, "evolution.mask_flip=0.5", "seed=9", "records.individuals_every=2")
    for part in ("evolution.mask_flip: 0.002 is saved, 0.5 was given", "seed: 0 is saved, 9 was given"):
        assert part in str(caught.value)
    for part in ("records.individuals_every", "evolution.generations: 6 is saved, 2 was given", "hetevo resume"):
        assert part in str(caught.value)


def test_an_edited_configuration_is_refused_unless_it_changes_no_result(whole, tmp_path):
    path = shutil.copytree(whole.path, tmp_path / "run")
    text = (path / "config.toml").read_text()
    (path / "config.toml").write_text(text.replace("mask_flip = 0.002", "mask_flip = 0.003"))
    with pytest.raises(ConfigError, match=r"evolution.mask_flip: 0.002 is saved, 0.003 was given"):
        resume(path)
    assert not verify(path).ok
    (path / "config.toml").write_text(text.replace("workers = 1", "workers = 2").replace("keep = 9", "keep = 1"))
    assert resume(path).digest == whole.digest


def test_a_new_run_does_not_begin_where_something_is(whole, tmp_path):
    with pytest.raises(RunExistsError, match="hetevo resume"):
        Experiment(tiny()).run(whole.path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "checkpoints").mkdir()
    (tmp_path / "mine" / "checkpoints" / "model.pt").write_text("precious")
    for options in ({}, {"or_resume": True}):
        with pytest.raises(RunExistsError):
            Experiment(tiny()).run(tmp_path / "mine", **options)
    with pytest.raises(RunDirectoryError, match="no config"):
        resume(tmp_path / "mine")
    with pytest.raises(RunDirectoryError, match="does not exist"):
        resume(tmp_path / "nowhere")


def test_damaged_records_are_lived_again_from_a_checkpoint_before_them(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "ROWS_IN_PART", 6)
    run = go(tmp_path / "run", MORE, "checkpoint={every=1,keep=9}")
    assert len(RunDirectory(run.path).individuals.files()) == 7
    damaged = run.path / "individuals" / "part-000004.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-9])
    said = []
    assert outcome(resume(run.path, notice=said.append)) == outcome(whole)
    skipped = [line for line in said if line.startswith("skipped")]
    assert [line.split(":")[0] for line in skipped] == [f"skipped gen-00000{g}" for g in (6, 5, 4)]
    assert all(str(damaged) in line for line in skipped)
    assert verify(run.path, replay=True, workers=1).ok


def test_parts_that_are_closed_survive_faults_too(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "ROWS_IN_PART", 12)
    for at in range(20, 400, 29):
        path = tmp_path / f"{at}"
        with contextlib.suppress(StorageError), operations(failing(at, errno.EIO)):
            go(path, MORE, notices=[])
        assert outcome(go(path, MORE, notices=[])) == outcome(whole)
        assert verify(path).ok
        shutil.rmtree(path)


# ---------------------------------------------------------------- branches


def test_a_branch_without_a_change_is_the_run_itself(whole, tmp_path):
    config = tiny(MORE)
    run = Experiment(config).run(tmp_path / "branch", origin=f"{whole.path}@3")
    assert (run.digest, run.probe_digest) == (whole.digest, whole.probe_digest)
    assert pd.read_parquet(run.path / "generations")["generation"].tolist() == [4, 5, 6]
    origin = RunDirectory(run.path).provenance.read()["origin"]
    assert origin["run"] == whole.path.name
    assert origin["generation"] == 3
    facts = json.loads((list_checkpoints(run.path / "checkpoints")[-1] / "manifest.json").read_text())["facts"]
    assert facts["origin"] == origin
    assert verify(run.path, replay=True, workers=1).ok


def test_a_branch_goes_another_way_from_there_and_is_resumed_like_any_run(whole, tmp_path):
    neutral = ['evolution.select={name="selRandom"}', 'evolution.select_elites={name="selRandom"}', MORE]
    one = Experiment(tiny(*neutral)).run(tmp_path / "one", origin=f"{whole.path}@3")
    assert one.digest != whole.digest

    def ask(report):
        os.kill(os.getpid(), signal.SIGTERM)

    two = Experiment(tiny(*neutral)).run(tmp_path / "two", origin=f"{whole.path}@3", progress=ask)
    assert two.generation < 6
    assert outcome(resume(two.path)) == outcome(one)
    shutil.rmtree(tmp_path / "two" / "checkpoints")
    with pytest.raises(NothingIntactError, match="branch"):
        resume(tmp_path / "two")


def test_a_branch_of_other_sizes_or_genes_is_refused(whole, tmp_path):
    for override, part in {
        "evolution.size=7": "evolution.size",
        "network.levels=[3]": "gains_ascending",
        "genome.innate=inherited": "innate_ascending",
        "evolution.generations=2": "begins at generation 3",
        "evolution.generations=3": "nothing is left to do. Name a later end, such as --generations 13, or an earlier",
        "network.density_descending=0.9": "acts only when founders are drawn.*-s network.density_descending=0.6",
        "genome.gain_scale=0.5": "acts only when founders are drawn",
    }.items():
        with pytest.raises(ConfigError, match=part):
            Experiment(tiny(MORE, override)).run(tmp_path / "branch", origin=f"{whole.path}@3")
    with pytest.raises(RunDirectoryError, match="it has: 0 to 6"):
        Experiment(tiny(MORE)).run(tmp_path / "branch", origin=f"{whole.path}@7")
    with pytest.raises(RunDirectoryError, match="RUN@GENERATION"):
        Experiment(tiny(MORE)).run(tmp_path / "branch", origin=f"{whole.path}@last")
    assert not (tmp_path / "branch").exists()


# ---------------------------------------------------------------- stopping


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_interrupt_ends_at_once_and_leaves_a_valid_run(whole, tmp_path, workers):
    def ask(report):
        if report.generation == 3:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "run", MORE, f"backend.workers={workers}", progress=ask)
    status = RunDirectory(tmp_path / "run").status()
    assert (status["state"], status["generation"]) == ("stopped", 3)
    assert verify(tmp_path / "run").ok
    assert outcome(resume(tmp_path / "run")) == outcome(whole)


def test_a_met_request_to_stop_is_withdrawn_and_an_old_one_does_not_stop_the_next_start(whole, tmp_path):
    stop = tmp_path / "run" / "STOP"
    run = go(tmp_path / "run", MORE, progress=lambda report: stop.touch())
    assert run.stopped_by == "STOP"
    assert not stop.exists()
    stop.touch()
    said = []
    assert outcome(resume(run.path, notice=said.append)) == outcome(whole)
    assert any("STOP" in line for line in said)


# ---------------------------------------------------------------- one writer


def contend(path, barrier, results, over):
    barrier.wait()
    try:
        go(path, progress=lambda report: over.wait())
        results.put("ran")
    except RunDirectoryError as error:
        results.put(str(error))


@pytest.mark.parametrize("begun", [False, True])
def test_of_many_starts_on_one_directory_exactly_one_runs(tmp_path, begun):
    path, number = tmp_path / "run", 4
    if begun:
        stopped(path, 0)
    barrier, results, over = CHILDREN.Barrier(number), CHILDREN.Queue(), CHILDREN.Event()
    processes = [child(contend, path, barrier, results, over) for _ in range(number)]
    refused = [results.get() for _ in range(number - 1)]
    over.set()
    assert results.get() == "ran"
    for process in processes:
        process.join()
    assert [line for line in refused if "is being written by" not in line] == []
    # who asked in the instant before the winner had written its name cannot be told who it is
    assert sum(any(f"process {process.pid} on " in line for process in processes) for line in refused) >= 1
    assert RunDirectory(path).status()["state"] == "done"
    assert verify(path).ok


def test_a_lock_that_a_killed_process_left_is_taken_over_and_said(whole, tmp_path):
    first = stopped(tmp_path / "run", 2, MORE)
    owner = {"host": "node7", "pid": 4711, "started": "2026-11-23T00:00:00+00:00"}
    (first.path / "lock").write_text(json.dumps(owner))
    said = []
    assert outcome(resume(first.path, notice=said.append)) == outcome(whole)
    assert "process 4711 on node7 since 2026-11-23T00:00:00+00:00" in said[0]
    assert (first.path / "lock").read_text() == ""


def test_looking_at_the_lock_never_keeps_a_writer_out(whole, tmp_path):
    import fcntl
    import threading

    path = shutil.copytree(whole.path, tmp_path / "run")
    with open(path / "lock") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        timer = threading.Timer(0.05, fcntl.flock, (handle, fcntl.LOCK_UN))
        timer.start()
        assert resume(path).digest == whole.digest
        timer.join()


# ---------------------------------------------------------------- formats


def test_a_run_of_the_first_schema_is_read_verified_and_gone_on_with(tmp_path):
    path = shutil.copytree(SCHEMA_1, tmp_path / "run")
    report = verify(path)
    assert report.ok, report.problems
    assert any("digest of the run" in line for line in report.checked)
    assert resume(path).digest == "a3afe313ed12ec04cea9b55c9ff23df9da44eef48c6e23d06af80b409b3bcb7d"
    assert resume(path, 3).generation == 3
    assert verify(path).ok


def test_a_newer_format_is_refused_and_never_taken_for_damage(tmp_path):
    path = shutil.copytree(SCHEMA_1, tmp_path / "run")
    reseal(path, schema=2, written_by="hetevo 7.1")
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    for action in (lambda: resume(path, 5), lambda: Experiment(tiny()).run(tmp_path / "b", origin=f"{path}@1")):
        with pytest.raises(SchemaError, match=r"format 2; hetevo .* reads format 1.*'hetevo 7.1', which reads it"):
            action()
    assert "format 2" in verify(path).problems[0]
    assert {f: c for f, c in before.items() if f.name != "lock"} == {
        file: file.read_bytes() for file in path.rglob("*") if file.is_file() and file.name != "lock"
    }


def test_an_older_format_names_the_version_that_reads_it(tmp_path, monkeypatch):
    path = shutil.copytree(SCHEMA_1, tmp_path / "run")
    monkeypatch.setattr(manifest, "SCHEMA", 2)
    with pytest.raises(SchemaError, match=r"format 1; hetevo .* reads format 2. .*hetevo 0.1 reads it"):
        resume(path)


SEVERAL = ["evolution.pool=2", 'evolution.select={name="selLexicase"}']


@pytest.fixture
def lexicase(tmp_path, monkeypatch):
    """A run from the time when an operator was not refused yet."""
    with monkeypatch.context() as before:
        before.setattr("hetevo.evolve.config.operators.REFUSED_ANEW", {})
        go(tmp_path / "old", *SEVERAL, "checkpoint.every=1", "checkpoint.keep=9")
        return tmp_path / "old", go(tmp_path / "longer", MORE, *SEVERAL)


@pytest.mark.usefixtures("undrawn")
def test_a_run_with_an_operator_that_new_runs_are_refused_goes_on_and_is_read(lexicase):
    path, longer = lexicase
    assert outcome(resume(path, 4, workers=1)) != outcome(longer)
    assert outcome(resume(path, 6)) == outcome(longer)
    assert verify(path, replay=True, workers=1).ok
    for command in ("status", "verify", "plot", "draw"):
        assert hetevo(command, path).exit_code == 0, command
    assert hetevo("report", path, "-o", path / "report.html").exit_code == 0
    assert hetevo("resume", path, "--generations", 7).exit_code == 0
    again = hetevo("run", path / "config.toml", "-o", path, "--or-resume", "--json")
    assert (again.exit_code, json.loads(again.stdout)["generation"]) == (0, 7)


def test_such_an_operator_is_refused_wherever_a_run_begins(lexicase, tmp_path):
    path, _ = lexicase
    config, new = path / "config.toml", tmp_path / "new"
    (tmp_path / "sweep.toml").write_text(f'base = "{config}"\nseeds = [1]\n')
    changed = ["-s", 'evolution.select={name="selTournament", tournsize=2}']
    for refused in (
        ["run", config, "-o", new],
        ["run", config, "-o", new, "--or-resume"],
        ["run", config, "-o", new, "--seeds", "0..1"],
        ["run", "smoke", "-s", 'evolution.select={name="selNSGA2"}', "-s", "evolution.pool=4", "-o", new],
        ["run", "--from", f"{path}@1", "-o", new],
        ["run", "--from", f"{path}@1", "-o", new, "--or-resume"],
        ["sweep", tmp_path / "sweep.toml", "-o", new],
    ):
        ended = hetevo(*refused)
        assert ended.exit_code == 2, refused
        assert "a single one" in ended.stderr
        assert "evolution.select: expected an operator that selects by one loss" in ended.stderr
    with pytest.raises(ConfigError, match="selects by one loss"):
        Experiment(read_saved_config(RunDirectory(path))).run(new)
    assert not new.exists()
    assert hetevo("run", "--from", f"{path}@1", *changed, "-o", new).exit_code == 0
    assert verify(new).ok
