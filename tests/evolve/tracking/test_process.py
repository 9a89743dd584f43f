"""A tracker's process: it outlives its run by a while at most, and waits for nobody for ever."""

import os
import signal
import subprocess
import sys
import time

import pytest

from hetevo.evolve.tracking import mlflow, process

# a process that starts a tracker as a run does, and is killed while the tracker hangs, as may its workers be later
RUN = """
import os, sys, time
from hetevo.evolve.tracking import link
soon = "import hetevo.evolve.tracking.process as p; p.ORPHAN_SECONDS = {seconds}; serve("
link._BEGIN = link._BEGIN.replace("serve(", soon)
one = link.Link("own_trackers:Stuck")
about = dict(group="a", name="b", tags={{}}, settings={{}})
one.start(dict(tracker=one.name, folder="stuck", path=sys.argv[1], about=about))
print(one._process.pid, flush=True)
while not os.path.exists(sys.argv[1] + "/tracking/stuck/stuck"):
    time.sleep(0.02)
{fork}
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("fork", ["", "if os.fork() == 0: os.close(1); time.sleep(20)"], ids=["alone", "with a worker"])
def test_a_tracker_that_hangs_ends_when_its_run_is_killed(tmp_path, monkeypatch, fork):
    program = RUN.format(fork=fork, seconds=0.1)
    run = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert run.wait(30) == -9
    # it has the journal until it ends
    monkeypatch.setattr(process, "LOCK_SECONDS", 10)
    process.Journal(tmp_path / "tracking" / "stuck.jsonl")


def test_a_tracker_whose_run_lives_hears_no_signal_and_ends_by_one_when_it_was_killed(tmp_path, monkeypatch):
    program = RUN.format(fork="sys.stdin.readline()", seconds=60)
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], env=environment, **streams) as run:
        tracker = int(run.stdout.readline())
        while not (tmp_path / "tracking" / "stuck" / "stuck").exists():
            time.sleep(0.02)
        # as long as the run lives, it alone says when to end
        os.kill(tracker, signal.SIGTERM)
        time.sleep(1.2)
        os.kill(tracker, 0)
        run.communicate("\n")
    assert run.returncode == -9
    monkeypatch.setattr(process, "LOCK_SECONDS", 0.1)
    with pytest.raises(TimeoutError):
        process.Journal(tmp_path / "tracking" / "stuck.jsonl")
    os.kill(tracker, signal.SIGTERM)
    monkeypatch.setattr(process, "LOCK_SECONDS", 10)
    process.Journal(tmp_path / "tracking" / "stuck.jsonl")


def test_the_store_of_mlflow_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(mlflow, "STORE_SECONDS", 0.1)
    held = pytest.raises(TimeoutError, match=r"has held the store's .hetevo-lock for 0.1 seconds; end it")
    with mlflow._alone(tmp_path), held, mlflow._alone(tmp_path):
        pass
    with mlflow._alone(tmp_path):
        pass  # given back


def test_whoever_has_what_is_remembered_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    first = process.Journal(tmp_path / "mine.jsonl")
    monkeypatch.setattr(process, "LOCK_SECONDS", 0.1)
    with pytest.raises(TimeoutError, match=r"still works and has tracking/mine.jsonl after 0.1 seconds"):
        process.Journal(first.path)
