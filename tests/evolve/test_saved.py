"""A directory is that directory: moved, it is followed; deleted, the run is saved beside it, nothing is made anew."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from faults import go, operations, outcome, tiny, traced
from typer.testing import CliRunner

from hetevo.evolve import Experiment, resume
from hetevo.evolve.backends import LocalBackend
from hetevo.evolve.config import BackendTable
from hetevo.evolve.rundir import LostError, RunDirectory, StorageError, system
from hetevo.evolve.sweeps import conduct, plan_of_seeds
from hetevo.evolve.verify import verify
from hetevo.populations.errors import MachineFailedError
from hetevo.scripts.main import app

LONGER = "evolution.generations=5"


def delete(path):
    """Remove a directory into which another thread may write meanwhile."""
    while path.exists():
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(autouse=True, scope="module")
def unsynced():
    """Let nothing wait for the disk: a tiny run does so 58 times, which takes minutes where others keep it busy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(system, "sync", lambda descriptor: None)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return go(tmp_path_factory.mktemp("whole") / "run", LONGER)


def start(path, *overrides, after, act):
    """Start a run, and do something to it after one of its generations has lived."""

    def progress(report):
        if report.generation == after:
            act()

    said = []
    run = Experiment(tiny(LONGER, *overrides)).run(path, or_resume=True, progress=progress, notice=said.append)
    return run, said


def rescued(error):
    found = re.search(r"was saved after generation (\d+) in (\S+),", str(error))
    assert found, str(error)
    assert f"hetevo resume {found[2]}" in str(error)
    return int(found[1]), Path(found[2])


@pytest.mark.parametrize("after", [0, 2, 4, 5])
@pytest.mark.parametrize("every", [1, 2, 1000])
def test_a_run_whose_directory_is_deleted_is_saved_beside_it(whole, tmp_path, after, every):
    path = tmp_path / "run"
    with pytest.raises(MachineFailedError, match="was deleted") as caught:
        start(path, f"checkpoint.every={every}", after=after, act=lambda: delete(path))
    generation, place = rescued(caught.value)
    assert generation == after
    assert (place.parent, place.name.startswith("run-rescued-")) == (tmp_path, True)
    assert not path.exists()
    assert verify(place).ok
    assert RunDirectory(place).status()["state"] == "stopped"
    assert outcome(resume(place)) == outcome(whole)  # all records were in memory still
    assert verify(place, replay=True, workers=1).ok
    assert "rescued_from" in RunDirectory(place).provenance.read()


@pytest.mark.usefixtures("undrawn")
def test_records_that_were_lost_are_named_and_the_others_begin_later(whole, tmp_path, monkeypatch):
    monkeypatch.setattr("hetevo.evolve.rundir.records.ROWS_IN_PART", 12)  # parts of two generations of individuals
    path = tmp_path / "run"
    with pytest.raises(MachineFailedError, match="individuals before generation 2") as caught:
        start(path, after=3, act=lambda: delete(path))
    _, place = rescued(caught.value)
    assert verify(place).ok
    run = resume(place)
    assert (run.digest, run.probe_digest) == (whole.digest, whole.probe_digest)
    assert sorted(set(pd.read_parquet(place / "individuals")["generation"])) == [2, 3, 4, 5]
    assert pd.read_parquet(place / "generations")["generation"].tolist() == [0, 1, 2, 3, 4, 5]
    assert verify(place, replay=True, workers=1).ok
    for command in (
        ["plot"],
        ["report"],
        ["draw"],
        ["plot", "--kind", "lineage"],
        ["run", "-o", tmp_path / "b", "--generations", 6, "--from"],
    ):
        done = CliRunner().invoke(app, [*map(str, command), str(place)])
        assert done.exit_code == 0, (command, done.output)
    with pytest.raises(MachineFailedError):  # and once more
        resume(place, 7, progress=lambda report: shutil.rmtree(place, ignore_errors=True))


def test_another_run_of_that_name_is_left_alone(whole, tmp_path):
    path, other = tmp_path / "run", []

    def act():
        delete(path)
        other.append(go(path, "seed=7"))

    with pytest.raises(MachineFailedError) as caught:
        start(path, after=2, act=act)
    assert outcome(resume(rescued(caught.value)[1])) == outcome(whole)
    assert verify(path).ok
    assert (RunDirectory(path).status()["digest"], RunDirectory(path).status()["seed"]) == (other[0].digest, 7)


@pytest.mark.parametrize("part", ["generations", "checkpoints", "lock", "individuals/part-000000.parquet"])
def test_what_was_there_is_never_made_anew(whole, tmp_path, part):
    path = tmp_path / "run"

    def act():
        shutil.rmtree(path / part) if (path / part).is_dir() else (path / part).unlink()

    with pytest.raises(MachineFailedError, match="was deleted") as caught:
        start(path, after=2, act=act)
    assert not (path / part).exists()
    assert outcome(resume(rescued(caught.value)[1])) == outcome(whole)


def test_the_folders_above_may_be_deleted_too(whole, tmp_path):
    path = tmp_path / "a" / "b" / "run"
    with pytest.raises(MachineFailedError) as caught:
        start(path, after=2, act=lambda: delete(tmp_path / "a"))
    place = rescued(caught.value)[1]
    assert place.parent == tmp_path
    assert outcome(resume(place)) == outcome(whole)


def test_whatever_ends_a_run_whose_directory_is_deleted_it_is_saved(whole, tmp_path):
    path = tmp_path / "run"

    def act():
        delete(path)
        raise KeyboardInterrupt

    with pytest.raises(MachineFailedError) as caught:
        start(path, after=2, act=act)
    assert outcome(resume(rescued(caught.value)[1])) == outcome(whole)


@pytest.mark.parametrize("after", [0, 3, 5])
def test_a_run_that_is_moved_goes_on_where_it_is(whole, tmp_path, after):
    path, there = tmp_path / "run", tmp_path / "elsewhere" / "moved"
    there.parent.mkdir()

    def act():
        path.rename(there)
        if after == 3:
            go(path, "seed=7")

    run, said = start(path, after=after, act=act)
    assert run.path == there
    assert outcome(run) == outcome(whole)
    assert verify(there).ok
    assert RunDirectory(there).status()["state"] == "done"
    assert path.exists() == (after == 3)
    if after < 5:
        assert [line for line in said if f"was moved: the run goes on in {there}" in line]


def test_a_run_that_was_moved_is_stopped_where_it_is(tmp_path):
    path, there = tmp_path / "run", tmp_path / "moved"

    def act():
        path.rename(there)
        (there / "STOP").touch()

    assert start(path, after=1, act=act)[0].generation == 1
    assert not (there / "STOP").exists()


@pytest.mark.parametrize("way", ["resume", "or_resume"])
def test_a_run_that_is_moved_while_workers_start_goes_on_where_it_is(whole, tmp_path, monkeypatch, way):
    path, there = shutil.copytree(whole.path, tmp_path / "run"), tmp_path / "moved"
    shutil.rmtree(path / "checkpoints" / "gen-000005")
    prepare = LocalBackend.prepare

    def moving(backend, job):
        path.rename(there)
        prepare(backend, job)

    monkeypatch.setattr(LocalBackend, "prepare", moving)
    assert outcome(resume(path) if way == "resume" else go(path, LONGER)) == outcome(whole)
    assert not path.exists()
    assert verify(there).ok


def test_a_directory_that_is_gone_before_it_is_locked_is_said_to_be(tmp_path):
    directory = RunDirectory.new(tmp_path / "run")
    directory.path.rmdir()
    with pytest.raises(LostError, match=r"moved or deleted before this command had begun in it.*hetevo resume RUN"):
        directory.lock()


def test_a_sweep_that_is_deleted_is_not_made_anew_and_its_runs_are_saved(tmp_path):
    folder = tmp_path / "sweep"

    def watch(outcomes):
        while any(one.state == "running" and one.generation for one in outcomes) and folder.exists():
            shutil.rmtree(folder, ignore_errors=True)  # a run that writes just now is in the way

    plan = plan_of_seeds("sweep", tiny("evolution.generations=100000"), "0..1")
    outcomes, _ = conduct(plan, folder, backend=BackendTable(workers=1), watch=watch)
    assert [one.state for one in outcomes] == ["interrupted", "interrupted"]
    generation, place = rescued(outcomes[0].error)
    assert not folder.exists()
    assert place.parent == tmp_path
    assert resume(place, generation + 1).generation == generation + 1
    assert f"{folder} was deleted before anything lived in it" in outcomes[1].error


def test_deleted_inside_any_file_operation(tmp_path):
    """Once something has lived it is saved; the digest is that of a run that was never touched."""
    expected, path = go(tmp_path / "untouched"), tmp_path / "run"
    names, ended = traced(lambda: go(tmp_path / "traced")), []
    for at in range(12, len(names), 19):

        def act(number, name, arguments, at=at):
            if number == at:
                delete(path)

        try:
            with operations(act):
                run = go(path, notices=[])
            ended.append(at)
            assert run.digest == expected.digest
        except StorageError:
            assert at < names.index("truncate") + 40  # it had not begun
        except MachineFailedError as error:
            if "Nothing had lived yet" not in str(error):
                place = rescued(error)[1]
                assert resume(place).digest == expected.digest
                assert verify(place).ok
                shutil.rmtree(place)
        assert not path.exists()
    assert all(at > len(names) - 12 for at in ended)


def test_a_deleted_directory_is_one_message_and_exit_3(tmp_path):
    path = tmp_path / "run"
    go(path, "evolution.generations=0")

    def act(number, name, arguments):
        if name == "make_directory":
            shutil.rmtree(path, ignore_errors=True)

    with operations(act):
        done = CliRunner().invoke(app, ["resume", str(path), "--generations", "3"])
    assert done.exit_code == 3
    assert "Traceback" not in done.output
    assert "intact" not in done.stderr
    assert resume(rescued(done.stderr)[1]).generation == 3
