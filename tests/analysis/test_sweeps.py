"""Whole sweeps as tidy frames, and what a notebook shows of runs."""

import ast
import contextlib
import io

import numpy as np
import pytest
from pages import ROOT, cells
from planted import plant

import hetevo
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.evolve.rundir.sweep import Entry, write_entries


@pytest.fixture
def sweep(tmp_path):
    path = tmp_path / "sweep"
    entries = [Entry(f"{name}-seed{seed}", name, seed) for name in ("small", "large") for seed in range(2)]
    write_entries(path, "sizes", [*entries, Entry("small-seed0", "small at birth", 0, "birth")])
    for entry in entries:
        levels = "[4]" if entry.condition == "small" else "[8, 8]"
        extra = f"[network]\nlevels = {levels}\n"
        options = {"condition": entry.condition, "seed": entry.seed, "extra": extra}
        plant(path / entry.run, generations=4 if entry.seed else 6, **options)
    return path


def test_a_sweep_has_what_was_varied_as_columns(sweep):
    found = hetevo.load_sweep(sweep)
    assert len(found.runs) == 5
    settings = found.settings.set_index(["condition", "seed"])
    assert settings.loc[("large", 1), "network.levels"] == "8x8"
    # keys in which all agree are no columns
    assert "evolution.size" not in settings
    assert "network.levels" in repr(found)
    assert "5 runs, 3 conditions" in repr(found)
    generations = found.generations
    assert len(generations) == 2 * (6 + 4) + 6
    small = generations[(generations["condition"] == "small") & (generations["seed"] == 0)]
    expected = next(run for run in found.runs if run.label == "small" and run.seed == 0).generations
    assert np.array_equal(small["loss_best"], expected["loss_best"])
    assert len(found.individuals) == len(generations) * 8


def test_other_folders_are_no_sweeps(tmp_path):
    plant(tmp_path / "run")
    with pytest.raises(RunDirectoryError, match=r"hetevo\.load_run"):
        hetevo.load_sweep(tmp_path / "run")


def test_a_sweep_as_xarray(sweep):
    pytest.importorskip("xarray")
    found = hetevo.load_sweep(sweep).to_xarray()
    assert dict(found.sizes) == {"run": 5, "generation": 6}
    assert found["network.levels"].sel(run="large-seed1").item() == "8x8"
    assert np.isnan(found["loss_best"].sel(run="small-seed1", generation=5))
    assert found["stage"].sel(run="small-seed0@birth").item() == "birth"


def test_a_run_says_what_it_is_in_one_line(tmp_path):
    plant(tmp_path / "run", seed=3)
    said = repr(hetevo.load_run(tmp_path / "run"))
    assert said.startswith(f"<Run {tmp_path / 'run'}: planted, seed 3; generation 5 of 9, 8 individuals; best loss ")
    assert "alignment" in said
    assert "\n" not in said


def test_the_tutorial_on_reading_runs_and_shows_figures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, shown = {"__name__": "notebook"}, []
    for _, content in cells(ROOT / "docs" / "tutorials" / "reading.md"):
        statements = ast.parse(content).body
        # what a cell ends with is shown, as a picture if it can be one
        last = statements.pop() if isinstance(statements[-1], ast.Expr) else None
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(ast.Module(statements, []), "cell", "exec"), names)
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
        shown.append(value._repr_png_() if hasattr(value, "_repr_png_") else repr(value))
    pictures = [value for value in shown if isinstance(value, bytes)]
    assert len(pictures) == 1
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert any(str(value).startswith("<Run ") for value in shown)
