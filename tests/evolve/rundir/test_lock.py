"""One writer a run, also where the locks of the system are no help."""

import errno
import json
import os
import signal
import threading
import time

import pytest
from faults import child, go, tiny
from typer.testing import CliRunner

from hetevo.evolve import Experiment, posix, resume
from hetevo.evolve.rundir import RunBusyError, RunDirectory, owner, system
from hetevo.evolve.rundir import lock as locking
from hetevo.evolve.rundir.lock import Lock
from hetevo.evolve.rundir.owner import is_held
from hetevo.evolve.sweeps.sharing import Share
from hetevo.populations.errors import MachineFailedError
from hetevo.scripts.main import app


def give_to_everybody(descriptor):
    pass


def refuse(descriptor):
    raise OSError(errno.ENOLCK, "No locks available")


@pytest.fixture(params=[give_to_everybody, refuse])
def no_locks(request, monkeypatch):
    """A mount on which `flock` is no help."""
    monkeypatch.setattr(system, "lock", request.param)
    monkeypatch.setattr(system, "share", request.param)
    monkeypatch.setattr(locking, "CLAIM_SECONDS", 0.01)


def record(path, *, age=0.0, **changes):
    """Write who has the lock, in the file alone; the last sign of life came ``age`` seconds ago."""
    path.write_text(json.dumps({**owner.make_record("another"), **changes}))
    os.utime(path, (time.time() - age,) * 2)
    return path


FAR = {"host": "far", "pid": 4711, "boot": "another", "namespace": "another"}


def hold(path):
    with Lock(path):
        (path.parent / "held").touch()
        time.sleep(3600)


@pytest.mark.usefixtures("no_locks")
def test_without_locks_of_the_system_a_second_writer_is_refused_while_the_first_lives(tmp_path):
    path = tmp_path / "lock"
    with Lock(path):
        assert is_held(path)
        with pytest.raises(RunBusyError, match=f"process {os.getpid()} on "):
            Lock(path)
    assert not is_held(path)
    with Lock(path) as lock:
        assert lock.taken_over == {}


@pytest.mark.usefixtures("no_locks")
def test_without_locks_of_the_system_a_killed_writer_is_known_to_be_gone(tmp_path):
    path, process = tmp_path / "lock", child(hold, tmp_path / "lock")
    while not (tmp_path / "held").exists():
        time.sleep(0.01)
    assert is_held(path)
    with pytest.raises(RunBusyError, match=f"process {process.pid} on "):
        Lock(path)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not is_held(path)
    with Lock(path) as lock:
        assert lock.taken_over["pid"] == str(process.pid)


@pytest.mark.usefixtures("no_locks")
@pytest.mark.parametrize(
    ("gone", "age", "changes"),
    [
        (True, 0, {"birth": "1"}),  # its number belongs to another process now
        (True, 0, {"pid": "nonsense"}),
        (True, 0, {}),  # of this process, which knows that it has no such lock
        (True, 0, {"token": ""}),
        (False, 0, {"pid": 1, "birth": posix.find_birth(1)}),
        (False, 50, {"namespace": "another"}),
        (True, 70, {"namespace": "another"}),
        (False, 15, {"boot": "another"}),
        (True, 25, {"boot": "another"}),
        (False, 50, FAR),
        (False, -50, FAR),  # the clocks differ
    ],
)
def test_who_is_gone(tmp_path, gone, age, changes):
    path = record(tmp_path / "lock", age=age, **changes)
    assert is_held(path) != gone
    if gone:
        Lock(path).release()
    else:
        with pytest.raises(RunBusyError):
            Lock(path)


def test_where_locks_work_the_system_knows_of_every_process_of_the_machine(tmp_path):
    path = record(tmp_path / "lock", pid=1, birth=posix.find_birth(1), namespace="another")
    assert not is_held(path)
    Lock(path).release()
    with pytest.raises(RunBusyError, match="process 4711 on far"):  # it may know nothing of another machine's
        Lock(record(path, age=30, **FAR))
    with pytest.raises(RunBusyError, match=r"last sign of life is 30 seconds old; it is taken over after 60\."):
        Lock(record(path, age=30, **FAR))


@pytest.mark.parametrize("age", [3600, -3600])
def test_a_silent_writer_of_another_machine_is_watched_before_it_is_taken_over(tmp_path, monkeypatch, age):
    monkeypatch.setattr(owner, "INTERVAL", 0.05)
    path = record(tmp_path / "lock", age=age, **FAR)
    with Lock(path) as lock:
        assert lock.taken_over["host"] == "far"
    record(path, age=age, **FAR)
    sleep = time.sleep

    def stir(seconds):
        os.utime(path, (time.time() - age,) * 2)
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", stir)
    with pytest.raises(RunBusyError, match="process 4711 on far"):
        Lock(path)


def test_who_holds_a_lock_gives_signs_of_life_as_long_as_it_has_it(tmp_path, monkeypatch):
    monkeypatch.setattr(owner, "INTERVAL", 0.01)
    path = tmp_path / "lock"
    with Lock(path):
        for _ in range(2):
            os.utime(path, (1, 1))
            while path.stat().st_mtime == 1:
                time.sleep(0.01)
        record(path, **FAR)
        content = path.read_text()
        time.sleep(0.05)  # one that began before
        os.utime(path, (1, 1))
        time.sleep(0.1)
        assert path.stat().st_mtime == 1
    assert path.read_text() == content


@pytest.mark.usefixtures("no_locks")
def test_of_two_that_begin_at_the_same_moment_one_has_the_lock(tmp_path, monkeypatch):
    monkeypatch.setattr(locking, "CLAIM_SECONDS", 0.3)
    monkeypatch.setattr(owner, "is_gone", lambda *who, **how: True)  # neither has seen the other
    held, refused, both = [], [], threading.Barrier(2)

    def start():
        both.wait()
        try:
            held.append(Lock(tmp_path / "lock"))
        except RunBusyError as error:
            refused.append(error)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(held), len(refused)) == (1, 1)
    held[0].check()
    held[0].release()


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_who_was_taken_over_writes_nothing_more_and_ends_with_status_3(tmp_path, monkeypatch):
    path, before = tmp_path / "run", []

    def progress(report):
        if report.generation == 1:
            record(path / "lock", **FAR)
            before.append(contents(tmp_path))

    with pytest.raises(MachineFailedError, match=r"is being written by process 4711 on far .* goes on there"):
        Experiment(tiny()).run(path, progress=progress)
    assert [contents(tmp_path)] == before  # also nothing beside it: the other one has what was saved
    monkeypatch.setattr("hetevo.evolve.recorder.Recorder.record", lambda *what: record(path / "lock", **FAR) and {})
    (path / "lock").unlink()
    done = CliRunner().invoke(app, ["resume", str(path)])
    assert done.exit_code == 3
    assert "process 4711 on far" in done.stderr


@pytest.mark.usefixtures("no_locks")
def test_a_run_without_locks_of_the_system(tmp_path):
    path, seen = tmp_path / "run", []

    def progress(report):
        seen.append(RunDirectory(path).status()["state"])
        try:
            resume(path)
        except RunBusyError as error:
            seen.append(f"process {os.getpid()} on " in str(error))

    run = Experiment(tiny()).run(path, progress=progress)
    assert seen == ["running", True] * 3
    assert run.digest == go(tmp_path / "other").digest
    assert RunDirectory(path).status()["state"] == "done"


@pytest.mark.usefixtures("no_locks")
def test_a_share_without_locks_of_the_system_is_alone(tmp_path):
    calls = []
    share = Share(tmp_path / "running", alone=lambda: calls.append("begin"))
    share.release(alone=lambda: calls.append("end"))
    assert calls == ["begin", "end"]
