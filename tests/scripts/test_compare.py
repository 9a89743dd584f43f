"""`hetevo compare`, and freezing by `hetevo claims`: what is printed, written and refused."""

import json

import pandas as pd
import pytest
from planted import plant
from typer.testing import CliRunner

from hetevo.evolve.rundir import RunDirectory
from hetevo.scripts.main import app


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    where = tmp_path_factory.mktemp("runs")
    planted = [(name, slope, seed) for name, slope in (("more", 0.1), ("less", 0.05)) for seed in range(3)]
    return [plant(where / f"{name}{seed}", condition=name, slope=slope, seed=seed) for name, slope, seed in planted]


def test_compare_shows_alignment_and_loss(paths):
    done = hetevo("compare", *paths)
    assert done.exit_code == 0, done.stderr
    head, first, second = done.stdout.splitlines()
    assert head.split()[:3] == ["measure", "first", "second"]
    assert first.split()[:3] == ["alignment_end", "more", "less"]
    assert first.endswith("3, paired")
    assert second.startswith("loss_median")
    assert "Holm's correction over all rows" in done.stderr


def test_compare_writes_the_same_as_csv_and_json(paths, tmp_path):
    done = hetevo("compare", *paths, "--measure", "hs_end", "--against", "more", "--json", "--csv", tmp_path / "c.csv")
    rows = json.loads(done.stdout)["contrasts"]
    assert [(row["measure"], row["first"], row["second"]) for row in rows] == [
        (measure, "less", "more") for measure in ("alignment_end", "loss_median", "hs_end")
    ]
    written = pd.read_csv(tmp_path / "c.csv")
    assert written["effect"].tolist() == pytest.approx([row["effect"] for row in rows])
    assert written["effect"][0] == pytest.approx(-0.2, abs=0.02)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([0], "at least two conditions, got 1: more"),
        ([0, 3, "--against", "mor"], "Did you mean 'more'"),
        ([0, 3, "--measure", "hs"], "no run has recorded 'hs'. Near it: hs_"),
        (
            [0, 3, "--measure", "synapses"],
            "no run has recorded 'synapses'. Recorded are activity_neuron_1_end, alignment_",
        ),
    ],
)
def test_compare_explains_what_cannot_be(paths, words, said):
    done = hetevo("compare", *(paths[word] if isinstance(word, int) else word for word in words))
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_one_seed_is_shown_without_an_interval(paths):
    done = hetevo("compare", paths[0], paths[3])
    assert done.exit_code == 0
    assert "need two seeds a condition" in done.stderr
    assert "nan" not in done.stdout


def test_claims_are_frozen_into_a_file_that_is_never_replaced(tmp_path):
    file = tmp_path / "frozen.toml"
    done = hetevo("claims", "--freeze", "minimal", "-o", file, "--seeds", "200..203")
    assert (done.exit_code, done.stdout) == (0, f"{file}\n"), done.stderr
    written = file.read_text()
    assert 'seeds = "200..203"' in written
    again = hetevo("claims", "--freeze", "minimal", "-o", file, "--seeds", "200..204")
    assert again.exit_code == 2
    assert file.read_text() == written
    other = hetevo("claims", "lattice", "--frozen", file, "-o", tmp_path / "runs")
    assert other.exit_code == 2
    assert "lattice is not among what was frozen there: minimal" in other.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--freeze", "minimal"], "say which, such as -o"),
        (["--freeze", "minimal", "-o", "f", "--seeds", "5..9"], "holds seed 5, whose results are known"),
        (["--freeze", "minimal", "-o", "f", "--seeds", "x"], "expected seeds such as"),
        (["minimal", "--seeds", "200..201"], "belongs to --freeze"),
        (["minimal", "--frozen", "none", "--recorded", "none"], "leave out"),
        (["minimal", "--frozen", "none"], "there is no file"),
    ],
)
def test_options_of_freezing_that_cannot_be_are_explained(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    done = hetevo("claims", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert not list(tmp_path.iterdir())


def test_compare_and_plot_say_which_plugins_were_changed_between_runs(tmp_path):
    runs = [plant(tmp_path / f"{name}{seed}", condition=name, seed=seed) for name in ("a", "b") for seed in (0, 1)]
    for run, source in zip(runs, ("1111", "1111", "1111", "2222"), strict=True):
        provenance = RunDirectory(run).provenance
        provenance.create()
        provenance.begin_session(plugins=[{"package": "my_rule", "sha256": source}])
    said = (
        "my_rule was changed while runs were lived, which may not be comparable: source 1111 (a0, a1, b0), source 2222"
    )
    assert f"{said} (b1)" in hetevo("compare", *runs).stderr
    assert said in hetevo("plot", *runs, "--order", "nothing").stderr
    assert "my_rule" not in hetevo("compare", runs[0], runs[2]).stderr
