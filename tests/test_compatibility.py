"""Run directories of earlier versions are read, verified, gone on with, drawn, pruned and packed.

Those in ``tests/evolve/fixtures`` were written by the code of their time, with six individuals in two or three
generations. One is added with every release, and none is changed; docs/compatibility.md says what is promised.
"""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hetevo.analysis import figures
from hetevo.analysis.runs import load_run
from hetevo.evolve import resume
from hetevo.evolve.archiving import archive
from hetevo.evolve.pruning import prune
from hetevo.evolve.software import installed_version
from hetevo.evolve.unpacking import verify_archive
from hetevo.evolve.verify import verify
from hetevo.scripts.main import app

RUNS = sorted(
    path for path in (Path(__file__).parent / "evolve" / "fixtures").iterdir() if (path / "config.toml").is_file()
)
NAMES = {"pruned-0.1.0", "run-0.1.0", "run-2026-11-25", "schema-1"}


@pytest.fixture(params=RUNS, ids=lambda path: path.name)
def old(request, tmp_path):
    return shutil.copytree(request.param, tmp_path / request.param.name)


def content(path):
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_there_is_a_run_of_every_version():
    assert {path.name for path in RUNS} == NAMES
    version = installed_version("hetevo")
    assert f"run-{version}" in NAMES, f"a release begins: put a run of it into {RUNS[0].parent}"


def test_an_old_run_is_read_verified_and_drawn_and_nothing_in_it_changes(old):
    before = content(old)
    report = verify(old)
    assert report.ok, report.problems
    run = load_run(old)
    assert run.size == 6
    assert len(run.generations) == run.last + 1
    assert set(run.individuals["generation"]) <= set(run.generations["generation"])
    assert {"loss", "parent_a", "operator", "alignment_end"} <= set(run.individuals)
    assert figures.alignment(run).data["alignment_end"].notna().any()
    status = CliRunner().invoke(app, ["status", str(old), "--json"])
    assert json.loads(status.stdout)["state"] == "done"
    assert content(old) == before


def test_an_old_run_goes_on(old):
    last = load_run(old).last
    run = resume(old, last + 1)
    assert run.generation == last + 1
    report = verify(old)
    assert report.ok, report.problems


def test_an_old_run_is_pruned_and_packed(old, tmp_path):
    prune([old], checkpoints=0, individuals=2, remove=True)
    report = verify_archive(archive(old, tmp_path / "old.zip").path)
    assert report.ok, report.problems
