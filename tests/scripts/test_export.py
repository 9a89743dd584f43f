"""The commands for one individual, as a user meets them."""

import json

import numpy as np
import pytest
from faults import go
from typer.testing import CliRunner

from hetevo.scripts.main import app


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return go(tmp_path_factory.mktemp("runs") / "run").path


@pytest.mark.parametrize("form", ["npz", "json", "networkx", "graphml"])
def test_export_writes_the_champion_beside_the_run(run, form):
    done = hetevo("export", run, "--to", form)
    assert done.exit_code == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith(str(run / "exports"))
    # again: the same file
    assert hetevo("export", run, "--to", form).exit_code == 0
    assert hetevo("verify", run).exit_code == 0


def test_export_writes_whom_and_where_one_says_and_over_nobody(run, tmp_path):
    place = tmp_path / "mine.npz"
    assert hetevo("export", run, "--individual", 13, "-o", place).exit_code == 0
    assert np.load(place)["id"] == 13
    refused = hetevo("export", run, "--individual", 14, "-o", place)
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert np.load(place)["id"] == 13
    assert hetevo("export", run, "--individual", 14, "-o", place, "--force").exit_code == 0
    assert np.load(place)["id"] == 14


def test_export_writes_genealogies(run, tmp_path):
    place = tmp_path / "tree.nwk"
    assert hetevo("export", run, "--genealogy", "newick", "-o", place).exit_code == 0
    assert place.read_text().endswith("founders;\n")
    done = hetevo("export", run, "--genealogy", "csv")
    assert done.stdout.splitlines() == [str(run / "exports" / "genealogy.csv")]
    refused = hetevo("export", run, "--genealogy", "csv", "--to", "npz")
    assert refused.exit_code == 2
    assert "leave out --to" in refused.stderr


def test_mistakes_are_explained_in_a_line(run, tmp_path):
    for arguments, words in (
        (("export", run, "--individual", 999), "kept are those of"),
        (("export", tmp_path), "is not a run"),
        (("assess", run, "-s", "task.nam=xor"), "Did you mean"),
        (("trace", run, "-o", tmp_path / "trace.txt"), ".npz"),
        (("trace", run, "-o", tmp_path / "trace.npz", "--width", "three"), "--width: expected one, two or mm"),
        (("trace", run, "-o", tmp_path / "trace.npz", "--columns", 9), "columns: this figure has"),
    ):
        done = hetevo(*arguments)
        assert done.exit_code == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_trace_writes_arrays_and_a_figure(run, tmp_path):
    done = hetevo("trace", run, "-o", tmp_path / "life.npz", "--every", 1, "--title", "A life")
    assert done.exit_code == 0, done.stderr
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".npz", ".pdf", ".png", ".txt"]
    assert (tmp_path / "life.txt").read_text().startswith("A life. One life, moment by moment. Of individual ")
    assert np.load(tmp_path / "life.npz")["presented"].tolist() == [0, 1, 2, 3]


def test_assess_prints_a_table_and_json(run):
    text = hetevo("assess", run, "--lives", 3, "--control", run)
    assert text.exit_code == 0, text.stderr
    assert "founders" in text.stdout
    found = json.loads(hetevo("assess", run, "--lives", 3, "-s", "lifetime.presentations=4", "--json").stdout)
    assert found["changes"] == ["lifetime.presentations=4"]
    assert [group["who"] for group in found["groups"]] == ["individual", "generation", "founders"]


def test_no_link_in_a_run_is_written_through(tmp_path):
    run = go(tmp_path / "run").path
    (tmp_path / "elsewhere").mkdir()
    (run / "exports").symlink_to(tmp_path / "elsewhere")
    for command in (("export", run), ("export", run, "--genealogy", "csv"), ("trace", run)):
        done = hetevo(*command)
        assert done.exit_code == 2
        assert "Traceback" not in done.stderr
    assert not list((tmp_path / "elsewhere").iterdir())
