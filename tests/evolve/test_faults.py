"""A run that is killed, or whose disk fails, at any moment ends with the bits of a run that was never touched."""

import errno
import random
import shutil
import time

import pytest
from faults import (
    CHANGING,
    child,
    cut_short,
    failing,
    go,
    live,
    live_and_die,
    operations,
    outcome,
    traced,
    traced_by_thread,
)
from typer.testing import CliRunner

from hetevo.evolve import resume
from hetevo.evolve.rundir import RunDirectory, StorageError
from hetevo.evolve.verify import verify
from hetevo.scripts.main import app

SIGKILLED = -9
SOME_OR_ALL = pytest.mark.parametrize(
    "step", [pytest.param(31, id="some"), pytest.param(1, id="all", marks=pytest.mark.verification)]
)
"""Tests try every thirty-first place, and each kind of operation at least once; `make verify` tries all places."""


def chosen(names, step):
    """Yield numbers and names of file operations: every ``step``-th one, and the first of each kind."""
    first = {names.index(name) for name in set(names)}
    for index, name in enumerate(names):
        if index % step == 0 or index in first:
            yield index + 1, name


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """A run that was never interrupted: what must come out, and the file operations on the way."""
    path = tmp_path_factory.mktemp("untouched") / "run"
    names = traced(lambda: go(path))
    return outcome(go(path)), names


def test_the_places_of_the_faults_are_all_there(untouched):
    names = untouched[1]
    assert len(names) > 100
    assert {"lock", "open_file", "write", "sync", "rename", "make_directory", "unlink", "remove_directory"} <= {*names}


def test_each_thread_does_the_same_operations_in_the_same_order(tmp_path):
    first, second = (traced_by_thread(lambda name=name: go(tmp_path / name)) for name in ("first", "second"))
    assert first == second
    assert all(first)


@SOME_OR_ALL
def test_killed_inside_file_operations(untouched, tmp_path, step):
    """Writing checkpoints and records, pruning, taking the lock: the process dies in the midst of each."""
    expected, names = untouched
    wrong, survived, tried = [], [], 0
    for at, name in chosen(names, step):
        if name in ("read", "names", "look", "close"):
            continue  # they change nothing: a kill there is a kill at the next place
        path = tmp_path / f"{at}"
        for inside in (True, False) if name == "write" else (True,):
            process = child(live_and_die, path, at, inside)
            process.join()
            tried += 1
            if process.exitcode != SIGKILLED:
                survived.append((at, name, inside))
            if outcome(go(path, notices=[])) != expected or not verify(path).ok:
                wrong.append((at, name, inside))
            shutil.rmtree(path)
    assert not wrong
    # threads take turns as they like, so that another operation, at which nobody dies, may come at a place now and then
    assert len(survived) <= tried // 10, survived


@SOME_OR_ALL
def test_killed_while_going_on_after_a_kill(untouched, tmp_path, step):
    expected, names = untouched
    rng = random.Random(4)
    for at in range(10, len(names), 5 * step):
        path = tmp_path / f"{at}"
        for place in (at, *(rng.randrange(1, 70) for _ in range(2))):
            child(live_and_die, path, place, True).join()
        assert outcome(go(path, notices=[])) == expected
        shutil.rmtree(path)


@pytest.mark.parametrize(
    "most", [pytest.param(4, id="some"), pytest.param(20, id="all", marks=pytest.mark.verification)]
)
def test_killed_at_random_moments(tmp_path, most):
    kept = "checkpoint={every=1,keep=3,keep_every=50}"
    rng, path, kills = random.Random(0), tmp_path / "killed", 0
    while kills < most or not (path / "config.toml").exists() or not RunDirectory(path).status()["generation"]:
        process = child(live, path, ("evolution.generations=1000000", kept))
        time.sleep(rng.uniform(0, 0.25 + 0.01 * kills))  # longer where a busy machine has not yet begun
        process.kill()
        process.join()
        assert process.exitcode == SIGKILLED
        kills += 1
        if kills % 3 == 0 and (path / "config.toml").exists():
            assert verify(path).ok
    last = RunDirectory(path).status()["generation"] + 3
    expected = outcome(go(tmp_path / "untouched", f"evolution.generations={last}", "checkpoint.every=1000"))
    assert outcome(resume(path, last)) == expected
    assert verify(path, replay=True, workers=1).ok


@SOME_OR_ALL
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_file_operations_fail_once(untouched, tmp_path, code, step):
    expected, names = untouched
    wrong = []
    for at, name in chosen(names, step):
        if code == errno.ENOSPC and name not in CHANGING:
            continue
        path, notices, said = tmp_path / f"{at}", [], ""
        try:
            with operations(failing(at, code)):
                ended = outcome(go(path, notices=notices))
        except StorageError as error:
            ended, said = None, str(error)
        if ended is None:
            told = str(path) in said and "resume" in said
        else:  # nothing was lost by going on: it says so, unless nothing at all depends on it
            told = ended == expected and (any(str(path) in notice for notice in notices) or at > len(names) - 3)
        if not told or outcome(go(path, notices=[])) != expected or not verify(path).ok:
            wrong.append((at, name, said, notices))
        shutil.rmtree(path)
    assert not wrong


@SOME_OR_ALL
@pytest.mark.parametrize("code", [None, errno.ENOSPC])
def test_writes_are_cut_short_once(untouched, tmp_path, code, step):
    """The rest follows, or fails with the reason."""
    expected, names = untouched
    writes = [at for at, name in enumerate(names, start=1) if name == "write"]
    for at in writes[:: min(step, 3)]:
        path = tmp_path / f"{at}"
        said = ""
        try:
            with operations(cut_short(at, code)):
                assert outcome(go(path, notices=[])) == expected
        except StorageError as error:
            said = str(error)
        assert not said or (code is not None and str(path) in said)
        assert outcome(go(path, notices=[])) == expected
        shutil.rmtree(path)


def test_a_full_disk_is_one_message_with_the_space_needed_and_exit_3(untouched, tmp_path):
    go(tmp_path / "run", "evolution.generations=0")
    at = traced(lambda: resume(shutil.copytree(tmp_path / "run", tmp_path / "copy"), 2)).index("make_directory") + 4
    with operations(failing(at, errno.ENOSPC)):
        done = CliRunner().invoke(app, ["resume", str(tmp_path / "run"), "--generations", "2"])
    assert done.exit_code == 3
    assert "Traceback" not in done.output
    for part in ("Cannot write", "No space left on device", "It needs", "bytes", "hetevo resume", "intact"):
        assert part in done.stderr
    assert RunDirectory(tmp_path / "run").status()["state"] == "failed"
    again = CliRunner().invoke(app, ["resume", str(tmp_path / "run")])
    assert again.exit_code == 0, again.output
    assert outcome(go(tmp_path / "run")) == untouched[0]
