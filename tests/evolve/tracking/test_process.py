"""A tracker's process: it outlives its run by a while at most, and waits for nobody for ever."""

import os
import subprocess
import sys

import pytest

from hetevo.evolve.tracking import process

# a process that starts a tracker as a run does, and is killed while the tracker hangs, as may its workers be later
RUN = """
import os, sys, time
from hetevo.evolve.tracking import link
soon = "import hetevo.evolve.tracking.process as p; p.ORPHAN_SECONDS = 0.1; serve()"
link._BEGIN = link._BEGIN.replace("serve()", soon)
one = link.Link("own_trackers:Stuck")
about = dict(group="a", name="b", tags={{}}, settings={{}})
one.start(dict(tracker=one.name, folder="stuck", path=sys.argv[1], about=about))
while not os.path.exists(sys.argv[1] + "/tracking/stuck/stuck"):
    time.sleep(0.02)
{fork}
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("fork", ["", "if os.fork() == 0: os.close(1); time.sleep(20)"], ids=["alone", "with a worker"])
def test_a_tracker_that_hangs_ends_when_its_run_is_killed(tmp_path, monkeypatch, fork):
    program = RUN.format(fork=fork)
    run = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert run.wait(30) == -9
    # it has the journal until it ends
    monkeypatch.setattr(process, "LOCK_SECONDS", 10)
    process.Journal(tmp_path / "tracking" / "stuck.jsonl")


def test_whoever_has_what_is_remembered_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    first = process.Journal(tmp_path / "mine.jsonl")
    monkeypatch.setattr(process, "LOCK_SECONDS", 0.1)
    with pytest.raises(TimeoutError, match=r"still works and has tracking/mine.jsonl after 0.1 seconds"):
        process.Journal(first.path)
