"""The examples in docstrings and pages run, in a folder with tiny runs in it."""

import doctest
import importlib.util
import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from faults import tiny
from pages import PAGES, ROOT, examples, is_file
from planted import plant

import hetevo
from hetevo.evolve.rundir.sweep import Entry, write_entries

ROOMS = ["populations", "evolve", "analysis", "scripts"]
SOURCES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py") if ">>> " in file.read_text())
OPTIMISERS = sorted((ROOT / "docs" / "examples" / "optimisers").glob("with_*.py"))
NEEDS_RAY = ["cluster.md"]
"""Pages whose examples `test_ray_session` does."""
SWEEP = "runs/emergence-and-neutral"


def module_of(file):
    return ".".join(["hetevo", *file.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")


def plant_sweep(folder):
    """Make the sweep that pages and docstrings speak of: runs under selection and neutral ones."""
    entries = [Entry(f"{name}-seed{seed}", name, seed) for name in ("emergence", "neutral") for seed in range(3)]
    write_entries(folder, "emergence-and-neutral", entries)
    for entry in entries:
        neutral = entry.condition == "neutral"
        options = {"condition": entry.condition, "neutral": neutral, "slope": 0.0 if neutral else 0.1}
        plant(folder / entry.run, seed=entry.seed, generations=9, **options)


@pytest.mark.parametrize("module", ["hetevo", "hetevo.testing", *map(module_of, SOURCES)])
def test_docstrings(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if SWEEP in Path(inspect.getsourcefile(importlib.import_module(module))).read_text():
        plant_sweep(tmp_path / SWEEP)
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


def test_the_script_of_the_quickstart_ends_when_its_run_was_interrupted(monkeypatch):
    begun, explained = [], hetevo.Experiment.run.__doc__

    class Interrupted:
        def __init__(self, config):
            assert config.seed == 0

        def run(self, path):
            begun.append(path)
            return hetevo.Run(Path(path), 0, "", None, "signal 2", signal=2)

    monkeypatch.setattr(hetevo, "Experiment", Interrupted, raising=False)
    (script,) = examples(ROOT / "docs" / "quickstart.md")
    with pytest.raises(SystemExit) as ended:
        exec(compile(script, "quickstart.md", "exec"), {})
    assert (ended.value.code, begun) == (130, ["runs/mine-seed0"])
    # and whoever reads elsewhere how to run finds the same line
    line = "if run.signal: sys.exit(128 + run.signal)"
    assert line in explained
    assert f"`{line}`" in (ROOT / "docs" / "running.md").read_text()


FILES = [(page, number) for page in PAGES for number, example in enumerate(examples(page)) if is_file(example)]


@pytest.mark.parametrize(("page", "number"), FILES, ids=lambda value: getattr(value, "name", value))
def test_examples_that_are_whole_files_pass_the_linter(page, number):
    # docstrings are a rule of this house, not of its readers'
    theirs = ["--extend-ignore", "D1"] if page.name.startswith("own") else []
    for words in (["check", *theirs], ["format", "--diff"]):
        command = [sys.executable, "-m", "ruff", *words, "--no-cache", "--stdin-filename", "analysis/example.py", "-"]
        text = examples(page)[number]
        done = subprocess.run(command, input=text, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_everything_on_the_page_about_ones_own_can_be_done(tmp_path):
    """Its modules are saved under their names, and its commands run in that folder, as a reader would."""
    page = (ROOT / "docs" / "own.md").read_text()
    modules = dict(re.findall(r"^```python\n# (own_\w+\.py)\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    for name, content in modules.items():
        (tmp_path / name).write_text(content)
    blocks = re.findall(r"^```bash\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    assert len(modules) >= 2
    assert len(commands) >= 3
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "hetevo"
        done = subprocess.run(
            [str(Path(sys.executable).parent / program), *arguments], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    # what is promised to be enough
    assert len([line for line in modules["own_wiring.py"].splitlines() if line.strip()]) <= 30


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
