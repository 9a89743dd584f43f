"""`import hetevo` works beside a user's own modules of the same names as Hetevo's folders."""

import os
import subprocess
import sys

import pytest

import hetevo

SCRIPT = """
import analysis, evolve, populations, scripts
import hetevo

assert analysis.mine and evolve.mine and populations.mine and scripts.mine
changes = ["backend.workers=2", "evolution.generations=1", "backend.name=BACKEND"]
run = hetevo.Experiment(hetevo.preset("smoke", overrides=changes)).run("run")
print(run.generation, len(hetevo.load_run(run.path).individuals))
"""


@pytest.fixture(params=["beside the script", "on PYTHONPATH"])
def laboratory(request, tmp_path):
    """A folder with modules of a user's own, and the environment in which its script is run."""
    folder = tmp_path / "own" if request.param == "on PYTHONPATH" else tmp_path
    for package in ("scripts", "evolve"):
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").write_text("mine = True")
    for module in ("analysis", "populations"):
        (folder / f"{module}.py").write_text("mine = True")
    path = {"PYTHONPATH": str(folder)} if request.param == "on PYTHONPATH" else {}
    return tmp_path, {**os.environ, **path}


@pytest.mark.parametrize("backend", ["local", pytest.param("ray", marks=pytest.mark.verification)])
def test_hetevo_runs_beside_modules_named_like_its_folders(laboratory, backend):
    folder, environment = laboratory
    (folder / "script.py").write_text(SCRIPT.replace("BACKEND", backend))
    command = [sys.executable, "script.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 ")


def test_every_public_name_is_there_and_nothing_else():
    assert all(getattr(hetevo, name) is not None for name in hetevo.__all__)
    assert hetevo.__all__ == sorted(hetevo.__all__) == dir(hetevo)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        hetevo.nothing  # noqa: B018


def test_importing_hetevo_loads_no_library():
    listing = "import sys, hetevo; print({'numpy', 'pandas', 'pydantic', 'ray', 'typer'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
