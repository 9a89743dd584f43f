"""An installed wheel works without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("analysis", "evolve", "populations", "scripts")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("hetevo-*.whl")
    return built


def test_the_wheel_holds_one_package_with_four_rooms_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0].split("-")[0] for name in names} == {"hetevo"}
    assert {"hetevo/__init__.py", "hetevo/__main__.py", "hetevo/py.typed"} <= names
    listed = subprocess.run(["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = {f"hetevo/{name}" for name in listed.stdout.splitlines() if not name.endswith(".md")}
    assert "hetevo/evolve/experiments/emergence.toml" in expected
    assert {name for name in names if name.startswith(tuple(f"hetevo/{room}/" for room in ROOMS))} >= expected


def test_a_source_distribution_gives_the_same_wheel(wheel, tmp_path):
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    (built,) = tmp_path.glob("hetevo-*.whl")
    assert zipfile.ZipFile(built).namelist() == zipfile.ZipFile(wheel).namelist()


def test_the_installed_wheel_runs_hetevo(wheel, tmp_path):
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, timeout=120)
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def call(*arguments):
        # the console command itself; the site comes before the checkout's editable install
        command = [sys.executable, "-P", str(site / "bin" / "hetevo"), *arguments]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert call("--version").startswith("hetevo ")
    assert "emergence" in call("presets")
    listing = "from hetevo import analysis, evolve, populations, scripts as s; print(analysis, evolve, populations, s)"
    where = [sys.executable, "-P", "-c", listing]
    found = subprocess.run(where, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert found.count(str(site)) == 4
    assert {file.name.split("-")[0] for file in site.iterdir()} == {"bin", "hetevo"}
    small = ["-s", "evolution.size=4", "-s", "evolution.elites=1", "-s", "lifetime.presentations=5"]
    call("run", "smoke", *small, "--workers", "1", "-o", "run")
    assert (tmp_path / "run" / "generations").is_dir()
