"""The examples in docstrings and pages run, in a folder with tiny runs in it."""

import doctest
import importlib.util
import re
from pathlib import Path

import pytest
from faults import tiny
from planted import plant

import hetevo
from hetevo.evolve.rundir.sweep import Entry, write_entries

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ["populations", "evolve", "analysis", "scripts"]
SOURCES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py") if ">>> " in file.read_text())
PAGES = sorted(page for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")] if "```python" in page.read_text())
OPTIMISERS = sorted((ROOT / "docs" / "examples" / "optimisers").glob("with_*.py"))
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
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        exec(compile(block, str(page), "exec"), names)


@pytest.mark.parametrize("file", OPTIMISERS, ids=lambda file: file.stem)
@pytest.mark.filterwarnings("default")
def test_optimisers(file, tmp_path, monkeypatch):
    pytest.importorskip(file.stem.removeprefix("with_"))
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location(f"example_{file.stem}", file)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    found = example.main(3, ("evolution.size=8", "lifetime.presentations=20", "backend.workers=1"))
    assert found == example.main(3, ("evolution.size=8", "lifetime.presentations=20", "backend.workers=2"))
    assert len(file.read_text().splitlines()) < 40
