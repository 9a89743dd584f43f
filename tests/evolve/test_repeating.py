"""A recorded failure can be lived again with nothing but the run directory."""

import json
import shutil
from concurrent.futures import Future

import pytest
from typer.testing import CliRunner

from hetevo.analysis.probe import AlignmentProbe
from hetevo.evolve import Experiment, preset, replay, resume
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.evolve.verify import verify
from hetevo.scripts.main import app

SMALL = [
    "evolution.size=6",
    "evolution.elites=1",
    "evolution.generations=2",
    "lifetime.presentations=4",
    "backend.workers=1",
]


class Clumsy:
    """A probe that stumbles over networks whose first gain is positive."""

    def measure(self, snapshot):
        if (snapshot.gains_ascending[:, 0] > 0).any():
            raise ZeroDivisionError("planted")
        return AlignmentProbe().measure(snapshot)


class Inline:
    """A pool in this process, so that what a test plants is there too."""

    def __init__(self, workers, *, portable):
        del workers, portable

    def submit(self, function, *args):
        future = Future()
        future.set_result(function(*args))
        return future

    def close(self):
        pass


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "failed"
    Experiment(preset("smoke", overrides=[*SMALL, "backend.workers=1"]), probe=Clumsy()).run(path)
    return path


def test_a_failure_that_is_still_there_is_found_again(failed, monkeypatch):
    monkeypatch.setattr(replay, "WorkerPool", Inline)
    monkeypatch.setattr("hetevo.evolve.evolution.load_probe", lambda *names: Clumsy())
    found = replay.repeat(failed, 0)
    assert found.recorded == found.found == "ZeroDivisionError: planted"
    assert "measure" in found.traceback
    assert found.generation == 0
    assert found.identifier == found.individual


def test_a_failure_that_was_repaired_lives(failed):
    done = CliRunner().invoke(app, ["verify", str(failed), "--failure", "0", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["recorded"] == "ZeroDivisionError: planted"
    assert said["found"] == ""


def test_a_failure_that_is_not_there_is_refused(failed, tmp_path):
    with pytest.raises(RunDirectoryError, match=r"counted from 0\), got 999"):
        replay.repeat(failed, 999)
    whole = tmp_path / "whole"
    Experiment(preset("smoke", overrides=SMALL)).run(whole)
    with pytest.raises(RunDirectoryError, match="it has none"):
        replay.repeat(whole, 0)


def test_a_run_with_failures_verifies_and_can_be_extended(failed, tmp_path):
    path = shutil.copytree(failed, tmp_path / "copy")
    assert verify(path).ok
    resume(path, 3)
    assert verify(path, replay=False).ok


@pytest.mark.parametrize("every", [0, 1])
def test_a_replay_compares_measures_where_they_were_recorded(tmp_path, every):
    run = Experiment(preset("smoke", overrides=["backend.workers=1", f"records.individuals_every={every}"])).run(
        tmp_path / "run"
    )
    report = verify(run.path, replay=True, workers=1)
    assert report.ok
    assert report.checked[-1].endswith("measures") == bool(every)
