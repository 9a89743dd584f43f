"""The documentation: what it quotes exists, everything has its place, and its builders do what they say."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from messages import squeeze, texts
from pages import ROOT, TUTORIALS, cells

import hetevo
from hetevo.analysis.figures import FIGURES

DOCS = ROOT / "docs"
ROOMS = ["populations", "evolve", "analysis", "scripts"]


def builder(name):
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / "builders" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def follow(parts, text):
    place = 0
    for part in parts:
        place = text.find(part.strip(), place)
        if place < 0:
            return False
        place += len(part.strip())
    return True


def test_every_message_on_the_page_about_troubles_is_one_of_ours():
    quoted = re.findall(r"^> `(.+)`$", (DOCS / "troubleshooting.md").read_text(), re.MULTILINE)
    ours = texts([file for room in ROOMS for file in (ROOT / room).rglob("*.py")])
    ours |= {squeeze(line) for line in (ROOT / "Makefile").read_text().splitlines()}
    assert len(quoted) > 30
    # what stands between gaps follows each other in one text
    parts = {text: [part for part in squeeze(text).split("…") if part.strip()] for text in quoted}
    assert [text for text, wanted in parts.items() if not any(follow(wanted, one) for one in ours)] == []


def test_the_gallery_shows_every_kind_of_figure():
    gallery = builder("gallery")
    pictures = {picture.name: picture for picture in gallery.list_pictures()}
    assert set(FIGURES) <= pictures.keys()
    assert {"circuit", "trace", "rule"} <= pictures.keys()
    sweeps = {file.stem for file in (DOCS / "gallery").glob("*.toml")}
    assert {name.split("/")[0] for name in [*gallery.RUNS.values(), gallery.USUAL]} == sweeps
    assert set(gallery.RUNS) <= set(FIGURES)
    for picture in pictures.values():
        assert picture.says
        ast.parse(picture.python)
        for name in re.findall(r"hetevo\.figures\.(\w+)", picture.python):
            assert hasattr(hetevo.figures, name)


def test_the_reference_lists_every_public_name():
    page = (DOCS / "api.md").read_text()
    listed = re.findall(r"^   (\w+)$", page, re.MULTILINE) + re.findall(r"^`hetevo\.(\w+)` is", page, re.MULTILINE)
    listed += re.findall(r"and `hetevo\.(\w+)` one", page)
    assert sorted(listed) == sorted(hetevo.__all__)


def test_every_extra_is_on_the_page_about_installation():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    rows = re.findall(r"^\| (`.*?`) \|", (DOCS / "installation.md").read_text(), re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(extras)


PUBLIC = [hetevo, hetevo.populations, hetevo.evolve, hetevo.analysis]
"""What has names for users; some of `hetevo.figures` come to them below, and `hetevo.testing` has its own example."""

SHOWN_BY = {
    "Consistency": "consistency",
    "Factors": "alignment_factors",
    "GenesError": "ConfigError",
    "LoadedRun": "load_run",
    "LoadedSweep": "load_sweep",
    "MatrixStability": "matrix_stability",
    "Optimiser": "equivalent_optimiser",
    "Run": "Experiment",
    "open_run": "OpenRun",
    "save_genes": "Space",
    "weight_alignment": "angle",
    "WeightedConsistency": "weighted_consistency",
    # letting individuals live, measured
    "Evaluation": "AlignmentProbe",
    "InstrumentsProbe": "AlignmentProbe",
    "Probe": "AlignmentProbe",
    "Snapshot": "AlignmentProbe",
    "Status": "AlignmentProbe",
    "evaluate": "AlignmentProbe",
    "live_block": "AlignmentProbe",
    "Layout": "Species",
    "Network": "Species",
    "Plot": "save",
}
"""What is returned, taken or made by a public name, whose example shows it: no second one is needed."""

WITHOUT_EXAMPLE = {
    "Notice": "a type of functions",
    "Progress": "a type of functions",
    "RunFailedError": "something has to fail",
    "MachineFailedError": "a machine has to fail",
    "compose": "draws what a file says: docs/figures.md has some",
    # keys of a configuration, each explained by `hetevo init`
    "Environment": "settings",
    "Genome": "settings",
    "Lifetime": "settings",
    "Plasticity": "settings",
}
"""Public names that have no example in their docstring, with the reason."""


def test_every_public_name_has_an_example():
    names = {name: getattr(module, name) for module in PUBLIC for name in module.__all__}
    # kinds of figures have theirs in the gallery, see above
    drawn = {FIGURES[kind].__name__ for kind in FIGURES.own} | {"draw_individual", "trace", "FIGURES"}
    names |= {name: getattr(hetevo.figures, name) for name in hetevo.figures.__all__ if name not in drawn}
    names.pop("figures")  # a module
    shown = {name for name, found in names.items() if ">>>" in (found.__doc__ or "")}
    assert names.keys() - shown == SHOWN_BY.keys() | WITHOUT_EXAMPLE.keys()
    assert set(SHOWN_BY.values()) <= shown


def test_every_page_stands_in_one_table_of_contents():
    named = []
    for page in [*DOCS.glob("*.md"), *DOCS.glob("tutorials/*.md")]:
        for content in re.findall(r"^```\{toctree\}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            entries = [re.sub(r".*<(.*)>", r"\1", line) for line in content.splitlines() if line[:1] not in (":", "")]
            named += [(page.parent / entry).relative_to(DOCS).as_posix() for entry in entries if "*" not in entry]
    pages = [page.relative_to(DOCS).with_suffix("").as_posix() for page in DOCS.glob("*.md")]
    pages += [f"tutorials/{page.stem}" for page in TUTORIALS] + ["tutorials/index"]
    assert sorted([*named, "index"]) == sorted(pages)
    # Sphinx's own page for searching has that name
    assert not (DOCS / "search.md").exists()


def test_check_html_finds_dead_links_and_what_is_fetched_from_outside(tmp_path):
    check = builder("check_html").check
    (tmp_path / "style.css").write_text("p { background: url(//fonts.example/a.woff2) }")
    (tmp_path / "b.html").write_text("<h1 id=here>b</h1>")
    (tmp_path / "a.html").write_text(
        '<link rel="canonical" href="https://example.org/"><link rel="stylesheet" href="style.css">'
        '<script src="https://cdn.example/x.js"></script><img src="none.png"><img src="data:image/png;base64,">'
        '<a href="b.html#here">1</a><a href="b.html#there">2</a><a href="c.html">3</a><a href="https://example.org">4</a>'
    )
    assert list(check(tmp_path)) == [
        "a.html: https://cdn.example/x.js is fetched from outside",
        "a.html: none.png is not there",
        "a.html: the link b.html#there leads to no such place on that page",
        "a.html: the link c.html leads nowhere",
        "style.css: //fonts.example/a.woff2 is fetched from outside",
    ]


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_tutorials_are_notebooks_whose_cells_can_be_read(page):
    assert page.read_text().startswith("---\nfile_format: mystnb\n")
    for magic, content in cells(page):
        assert magic in ("", "bash") or magic.startswith("writefile ")
        if not magic or magic.endswith(".py"):
            ast.parse(content)
    assert "## What a real one takes" in page.read_text()


@pytest.mark.verification
@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
@pytest.mark.filterwarnings("default")
def test_tutorials_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    names = {"__name__": f"tutorial_{page.stem}"}
    for magic, content in cells(page):
        if magic == "bash":
            done = subprocess.run(["bash", "-ec", content], capture_output=True, text=True)
            assert done.returncode == 0, content + done.stderr
        elif magic:
            Path(magic.split()[1]).write_text(content)
        else:
            exec(compile(content, str(page), "exec"), names)
