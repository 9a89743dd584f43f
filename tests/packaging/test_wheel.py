"""An installed wheel works without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("hetevo-*.whl")
    return built


def test_the_wheel_holds_the_four_rooms_presets_and_types_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        "analysis",
        "evolve",
        "populations",
        "scripts",
        "hetevo",
    }
    presets = {path.relative_to(ROOT).as_posix() for path in (ROOT / "evolve" / "presets").glob("*.toml")}
    assert "evolve/presets/emergence.toml" in presets
    assert presets <= set(names)
    assert {f"{room}/py.typed" for room in ("analysis", "evolve", "populations", "scripts")} <= set(names)


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
    listing = "import analysis, evolve, populations, scripts as s; print(analysis, evolve, populations, s)"
    where = [sys.executable, "-P", "-c", listing]
    found = subprocess.run(where, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert found.count(str(site)) == 4
    small = ["-s", "evolution.size=4", "-s", "evolution.elites=1", "-s", "lifetime.presentations=5"]
    call("run", "smoke", *small, "--workers", "1", "-o", "run")
    assert (tmp_path / "run" / "generations").is_dir()
