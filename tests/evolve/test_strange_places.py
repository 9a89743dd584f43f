"""What lies in the folder in which a command is started, or stands in git's variables, decides nothing."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from hetevo.evolve.rundir import provenance

pytestmark = pytest.mark.timeout(300)

MODULES = [
    "ray", "loky", "multiprocessing", "pydantic", "numpy", "threading", "evolve", "populations", "analysis", "scripts",
    "scipy", "deap", "pickle", "json", "cloudpickle", "threadpoolctl", "pyarrow", "sitecustomize", "default_worker",
]  # fmt: skip


@pytest.fixture
def hostile(tmp_path):
    """A folder of modules that note that they were imported."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in MODULES:
        text = f"open({str(tmp_path / 'taken')!r}, 'a').write({name!r} + ' ')\nraise SystemExit('a stranger')\n"
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.mark.parametrize("place", [["--workers", "2"], ["--backend", "ray", "--workers", "1"]])
def test_a_command_imports_nothing_from_the_folder_of_its_start(hostile, tmp_path, place):
    if "ray" in place:
        pytest.importorskip("ray")
    command = [str(Path(sys.executable).parent / "hetevo"), "run", "smoke", "-o", str(tmp_path / "run"), *place]
    done = subprocess.run(command, cwd=hostile, capture_output=True, text=True)
    assert not (tmp_path / "taken").exists(), (tmp_path / "taken").read_text()
    assert done.returncode == 0, done.stderr
    assert [file.stem for file in sorted(hostile.iterdir())] == sorted(MODULES)  # and nothing was left there


OWN = """
    import sys
    from hetevo.evolve import Experiment, preset
    sys.path.insert(0, "")  # as in a notebook
    from own import Own
    changes = ["backend.name=ray", "backend.workers=1", "evolution.generations=1"]
    print("done", Experiment(preset("smoke", overrides=changes), probe=Own()).run("run").generation)
"""


@pytest.mark.verification
def test_workers_of_ray_find_a_module_of_a_notebook_but_no_stranger_there(hostile, tmp_path):
    pytest.importorskip("ray")
    (hostile / "own.py").write_text("class Own:\n    def measure(self, snapshot):\n        return {}\n")
    command = [sys.executable, "-P", "-c", textwrap.dedent(OWN)]
    done = subprocess.run(command, cwd=hostile, capture_output=True, text=True)
    assert not (tmp_path / "taken").exists(), (tmp_path / "taken").read_text()
    assert done.stdout == "done 1\n", done.stderr


def git(folder, *arguments):
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout from which Hetevo seems to run."""
    folder = tmp_path / "checkout"
    (folder / "evolve" / "rundir").mkdir(parents=True)
    (folder / "evolve" / "rundir" / "provenance.py").write_text("")
    git(tmp_path, "init", "-q", "checkout")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    monkeypatch.setattr(provenance, "__file__", str(folder / "evolve" / "rundir" / "provenance.py"))
    return folder


source = provenance._source.__wrapped__


def test_variables_of_git_do_not_decide_what_ran(checkout, tmp_path, monkeypatch):
    right = source()
    assert right is not None
    assert len(right["commit"]) == 40
    assert right["dirty"] is False
    git(tmp_path, "init", "-q", "other")
    (tmp_path / "other" / "file").write_text("")
    git(tmp_path / "other", "add", ".")
    git(tmp_path / "other", "commit", "-qm", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no such file"))
    assert source() == right
    (checkout / "evolve" / "rundir" / "provenance.py").write_text("changed")
    assert source() == {**right, "dirty": True}


def program(tmp_path, name):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\necho {name} >> {tmp_path / 'taken'}\n")
    file.chmod(0o755)
    return str(file)


def test_asking_git_runs_no_other_program(checkout, tmp_path, monkeypatch):
    git(checkout, "config", "core.fsmonitor", program(tmp_path, "monitor"))
    program(checkout / ".git" / "hooks", "post-index-change")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", program(tmp_path, "another"))
    (tmp_path / "here").mkdir()
    program(tmp_path / "here", "git")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", os.environ["PATH"]]))
    (checkout / "evolve" / "rundir" / "provenance.py").touch()  # git has to look at it
    before = (checkout / ".git" / "index").read_bytes()
    assert source()["dirty"] is False
    assert not list(tmp_path.rglob("taken"))
    assert (checkout / ".git" / "index").read_bytes() == before


def test_a_checkout_without_a_repository_is_none_of_the_folder_above(checkout, tmp_path):
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "above")
    for file in (checkout / ".git").iterdir():
        file.rename(tmp_path / f"moved-{file.name}")
    assert source() is None
