"""Whole processes with Ray on this machine: how they end, and that nothing of them is left."""

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from clusters import processes

from hetevo.evolve import Experiment, preset, resume
from hetevo.evolve.backends.ray.local import LONGEST_FOLDER
from hetevo.evolve.rundir import RunDirectory

pytestmark = [
    pytest.mark.timeout(150),
    pytest.mark.linux,
]

OPTIONS = ["-s", "evolution.size=16", "-s", "lifetime.presentations=40", "--backend", "ray", "--workers", "2"]
ENDLESS = ["--generations", "100000"]


@pytest.fixture
def place():
    folder = tempfile.mkdtemp(prefix="place-", dir="/tmp")  # short, for Ray's sockets
    yield Path(folder)
    for used in (folder, *Path(folder).iterdir()):
        for pid in processes(used):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)


def start(place, *arguments):
    command = [str(Path(sys.executable).parent / "hetevo"), "run", "smoke", *OPTIONS, *arguments]
    environment = {**os.environ, "TMPDIR": str(place), "RAY_ADDRESS": "127.0.0.1:1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **pipes, text=True, env=environment, start_new_session=True)


def wait_for_generation(process, run, generation):
    events = run / "events.jsonl"
    while not events.exists() or events.read_text().count('"generation"') <= generation:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)


def assert_nothing_left(place):
    deadline = time.monotonic() + 30
    while left := [*processes(place), *place.glob("*")]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    assert not list(Path("/dev/shm").glob("plasma*"))


def test_success_leaves_nothing_and_has_the_digest_of_this_machine(place, tmp_path):
    process = start(place, "-o", str(tmp_path / "run"), "--json")
    printed, errors = process.communicate()
    assert process.returncode == 0, errors
    config = preset("smoke", overrides=[*OPTIONS[1:4:2], "backend.workers=1"])
    assert json.loads(printed)["digest"] == Experiment(config).run(tmp_path / "local").digest
    assert_nothing_left(place)


def listening(pids):
    """List the addresses at which processes listen, as /proc/net/tcp and tcp6 write them, without the port."""
    sockets = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").glob("*"):
            with contextlib.suppress(OSError):
                sockets.add(str(entry.readlink()).removeprefix("socket:[").removesuffix("]"))
    lines = [line.split() for kind in ("tcp", "tcp6") for line in Path("/proc/net", kind).read_text().splitlines()[1:]]
    return [line[1].partition(":")[0] for line in lines if line[3] == "0A" and line[9] in sockets]


@pytest.mark.verification
def test_other_users_and_machines_reach_nothing_of_a_local_ray(place, tmp_path):
    inner = place / ("x" * (LONGEST_FOLDER - len(f"{place}/")))  # the longest place in which its sockets fit
    inner.mkdir()
    process = start(inner, *ENDLESS, "-o", str(tmp_path / "run"))
    wait_for_generation(process, tmp_path / "run", 2)
    (folder,) = inner.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder.stat().st_uid, len(list(folder.rglob("plasma_store")))) == (os.getuid(), 1)
    here = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    found = listening(processes(inner))
    assert len(found) > 5
    assert set(found) <= here
    process.terminate()
    process.communicate()
    assert_nothing_left(inner)


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.verification)])
def test_a_signal_to_the_process_group_finishes_the_generation(place, tmp_path, number):
    process = start(place, *ENDLESS, "-o", str(tmp_path / "run"))
    wait_for_generation(process, tmp_path / "run", 2)
    os.killpg(process.pid, number)
    printed, errors = process.communicate()
    assert process.returncode == 128 + number, errors
    assert printed == ""
    assert "Traceback" not in errors
    status = RunDirectory(tmp_path / "run").status()
    assert status["state"] == "stopped"
    assert status["generation"] >= 2
    assert_nothing_left(place)


@pytest.mark.verification
def test_a_second_interrupt_ends_at_once_and_leaves_nothing(place, tmp_path):
    process = start(
        place, "-s", "lifetime.presentations=2000000", "-s", "lifetime.batch=1", "-o", str(tmp_path / "run")
    )
    while not (tmp_path / "run" / "lock").exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    while process.poll() is None:  # the first is for a generation that would last for hours
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(2)
    _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert_nothing_left(place)


def test_a_failure_leaves_nothing(place, tmp_path):
    (tmp_path / "run").write_text("mine")
    process = start(place, "-o", str(tmp_path / "run"))
    _, errors = process.communicate()
    assert process.returncode == 2, errors
    assert_nothing_left(place)


def test_a_driver_that_is_killed_leaves_nothing_of_ray(place, tmp_path):
    process = start(place, *ENDLESS, "-o", str(tmp_path / "run"))
    wait_for_generation(process, tmp_path / "run", 2)
    process.kill()
    process.communicate()
    assert_nothing_left(place)
    # and the run goes on, on another cluster, to the bits of a run that never saw one
    last = RunDirectory(tmp_path / "run").last_generation().get("generation", 0) + 3
    ended = resume(tmp_path / "run", last)
    config = preset("smoke", overrides=[*OPTIONS[1:4:2], "backend.workers=1", f"evolution.generations={last}"])
    assert ended.digest == Experiment(config).run(tmp_path / "local").digest


def test_no_such_cluster_exits_2_and_writes_nothing(place, tmp_path):
    process = start(place, "--address", "127.0.0.1:1", "-o", str(tmp_path / "run"))
    printed, errors = process.communicate()
    assert process.returncode == 2
    assert "nothing answers there" in errors
    assert "Traceback" not in errors
    assert printed == ""
    assert not (tmp_path / "run").exists()
