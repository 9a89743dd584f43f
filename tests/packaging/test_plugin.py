"""A package of somebody's own, installed from its wheel beside that of Hetevo, in a folder that is no repository."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hetevo.evolve.rundir import RunDirectory

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "docs" / "examples" / "plugin"
LONG = ["cosine", "--generations", "20", "-s", "checkpoint.every=1"]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The environment of a process that finds both packages where they were installed, and nowhere else."""
    folder = tmp_path_factory.mktemp("installed")
    for source in (ROOT, PLUGIN):
        # a wheel is built in a copy: nothing is left in the example
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=240)
    site = folder / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*install, *map(str, folder.glob("*.whl"))], check=True, capture_output=True, timeout=240)
    return {**os.environ, "PYTHONPATH": str(site)}


@pytest.fixture
def hetevo(installed, tmp_path):
    """Return a function that begins a command in an empty folder."""
    script = Path(installed["PYTHONPATH"]) / "bin" / "hetevo"

    def begin(*arguments):
        command = [sys.executable, "-P", str(script), *arguments]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=installed, cwd=tmp_path, **streams)

    return begin


def finish(process):
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    return out


def digests(run):
    status = RunDirectory(run).status()
    return status["digest"], status["probe_digest"]


def test_its_members_keep_their_contracts(installed, tmp_path):
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(PLUGIN / "tests")]
    done = subprocess.run(command, env=installed, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    assert "11 passed" in done.stdout


def test_its_preset_is_listed_and_a_killed_run_goes_on_to_the_same_digest(hetevo, tmp_path):
    assert "cosine" in finish(hetevo("presets"))
    finish(hetevo("run", *LONG, "-o", "whole", "--workers", "1"))
    killed = hetevo("run", *LONG, "-o", "killed", "--workers", "2")
    while killed.poll() is None and not (tmp_path / "killed" / "checkpoints" / "gen-000002").exists():
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    finish(hetevo("resume", "killed", "--workers", "2"))
    finish(hetevo("run", *LONG, "-o", "ray", "--backend", "ray", "--workers", "2"))
    assert digests(tmp_path / "killed") == digests(tmp_path / "ray") == digests(tmp_path / "whole")
    assert "all is well" in finish(hetevo("verify", "killed", "--replay"))
    finish(hetevo("plot", "whole", "--kind", "losses", "-o", "losses.png"))
    assert (tmp_path / "losses.png").stat().st_size > 1000
