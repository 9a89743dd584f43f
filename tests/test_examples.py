"""The examples in docstrings and pages run, in a folder with tiny runs in it."""

import doctest
import importlib
import subprocess
import sys

import pytest
from faults import tiny
from pages import PAGES, ROOT, examples, is_file
from planted import plant

import hetevo
from hetevo.evolve.rundir.sweep import Entry, write_entries

ROOMS = ["populations", "evolve", "analysis", "scripts"]
SOURCES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py") if ">>> " in file.read_text())
NEEDS_RAY = ["cluster.md"]
"""Pages whose examples `test_ray_session` does."""
SWEEP = "runs/emergence-and-neutral"


def module_of(file):
    return ".".join(["hetevo", *file.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")


def plant_sweep(folder):
    """Make the sweep that pages speak of: runs under selection and neutral ones."""
    entries = [Entry(f"{name}-seed{seed}", name, seed) for name in ("emergence", "neutral") for seed in range(3)]
    write_entries(folder, "emergence-and-neutral", entries)
    for entry in entries:
        neutral = entry.condition == "neutral"
        options = {"condition": entry.condition, "neutral": neutral, "slope": 0.0 if neutral else 0.1}
        plant(folder / entry.run, seed=entry.seed, generations=9, **options)


@pytest.mark.parametrize("module", ["hetevo", *map(module_of, SOURCES)])
def test_docstrings(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(importlib.import_module(module), optionflags=options)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in NEEDS_RAY], ids=lambda page: page.name)
def test_pages(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hetevo, "preset", lambda name, seed=0: tiny(f"seed={seed}"), raising=False)
    if SWEEP in page.read_text():
        plant_sweep(tmp_path / SWEEP)
    names = {"__name__": f"example_of_{page.stem}"}
    for example in examples(page):
        exec(compile(example, str(page), "exec"), names)


FILES = [(page, number) for page in PAGES for number, example in enumerate(examples(page)) if is_file(example)]


@pytest.mark.parametrize(("page", "number"), FILES, ids=lambda value: getattr(value, "name", value))
def test_examples_that_are_whole_files_pass_the_linter(page, number):
    for words in (["check"], ["format", "--diff"]):
        command = [sys.executable, "-m", "ruff", *words, "--no-cache", "--stdin-filename", "analysis/example.py", "-"]
        text = examples(page)[number]
        done = subprocess.run(command, input=text, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
