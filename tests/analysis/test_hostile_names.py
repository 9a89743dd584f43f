"""Every kind of figure, its table, and the report, of runs whose names are hostile."""

import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import matplotlib
import pandas as pd
import pytest
from figure_runs import ALONE, TOGETHER, runs_for
from hostile import NAMES, is_text
from legibility import check_legibility
from matplotlib.text import Text
from pages import ROOT, defined_in
from planted import plant

from hetevo.analysis import load_run
from hetevo.analysis.figures import FIGURES
from hetevo.analysis.figures.circuit import draw_individual
from hetevo.analysis.figures.plot import for_table, render
from hetevo.analysis.figures.style import for_figure, for_figures
from hetevo.analysis.report import report
from hetevo.analysis.verdict import verdict
from hetevo.evolve import preset
from hetevo.evolve.generation import draw_generation_zero
from hetevo.evolve.species import build_species

AIMS = ["loss", "$x$\x1b"]
"""Objectives, of which one has a hostile name."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    return [
        load_run(
            plant(folder / str(seed), seed=seed, checkpoints=seed == 0, neutral=True, generations=3, objectives=AIMS)
        )
        for seed in range(3)
    ]


@pytest.mark.parametrize("kind", FIGURES)
@pytest.mark.filterwarnings("error::UserWarning")
def test_every_figure_shows_hostile_names_as_text(kind, planted):
    plot = FIGURES[kind](runs_for(kind).hostile(planted))
    check_legibility(plot.figure)
    plot.figure.set_layout_engine("none")  # everything has its place by now
    ElementTree.fromstring(render(plot.figure, ".svg"))  # a control character would be no XML
    texts = [text.get_text() for text in plot.figure.findobj(Text)]
    assert all(map(is_text, texts))
    table = for_table(plot.data)
    cells = [cell for cell in [*table.columns, *table.to_numpy().ravel()] if isinstance(cell, str)]
    assert not [cell for cell in cells if re.match(r"[=@\t\r]|[+-]\D", cell) or not cell.isprintable()]
    assert not [cell for cell in cells if cell.startswith("/")]
    read = pd.read_csv(io.StringIO(table.to_csv(index=False)), keep_default_na=False)
    assert len(read) == len(plot.data)


@pytest.mark.filterwarnings("error::UserWarning")
def test_the_example_in_the_documentation_shows_hostile_names_as_text(planted, monkeypatch):
    monkeypatch.setitem(FIGURES.own, "example", defined_in(ROOT / "docs" / "figures.md")["stability"])
    test_every_figure_shows_hostile_names_as_text("example", planted)


@pytest.mark.parametrize("kind", ["alignment", "lineage", "phase-plane", "lifetime"])
def test_a_legend_has_every_name_and_each_once(kind, planted):
    conditions = [name for name in NAMES.values() if name]
    figure = FIGURES[kind]([replace(planted[0], label=name) for name in conditions]).figure
    shown = {text.get_text() for legend in figure.legends for text in legend.get_texts()}
    markers = {"generation 0", "generation 2"} if kind == "lifetime" else set()
    assert markers <= shown
    assert len(shown - markers) == len(conditions)


@pytest.mark.parametrize("kind", ["alignment", "lineage", "lifetime", "fitness", "levels"])
def test_a_figure_of_one_run_shows_its_name_as_text(kind, planted):
    figure = FIGURES[kind]([replace(planted[0], label=ALONE)]).figure
    render(figure, ".svg")
    check_legibility(figure)


def test_names_in_a_figure_differ_as_the_names_do():
    assert len(set(for_figures(NAMES.values()).values())) == len(NAMES)
    assert for_figure("emergence") == "emergence"
    assert for_figure("größe, φ = 1") == "größe, φ = 1"
    assert for_figure("中") == r"\u4e2d"


def test_a_circuit_has_any_title_and_its_own_symbols():
    species = build_species(preset("smoke"))
    plot = draw_individual(species, draw_generation_zero(species, 0, 2).population, 0, ALONE[:200], about=ALONE)
    render(plot.figure, ".svg")
    assert any(text.get_text().startswith("ascending pathway $W$") and text.get_parse_math() for text in
               plot.figure.findobj(Text))  # fmt: skip
    assert matplotlib.rcParams["text.parse_math"]  # the user's own figures are as they were


def test_the_verdict_has_two_lines_whatever_the_names_are(planted):
    said = verdict([replace(run, label=name) for run in planted for name in NAMES.values() if name])
    assert len(said.splitlines()) == 2
    assert is_text(said)


def test_a_report_holds_hostile_names_as_text_and_no_places(tmp_path):
    toml = {name: json.dumps(name)[1:-1] for name in [*TOGETHER[:4], NAMES["HTML"]]}
    extra = '[backend]\naddress = "10.1.2.3:6379"\n[transplant]\nsource = "/lab/jane/runs/one@2"\n'
    paths = [
        plant(tmp_path / str(number), condition=condition, generations=2, extra=extra)
        for number, condition in enumerate(toml.values())
    ]
    made = report(paths)
    page = made.html.decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for secret in (str(tmp_path), "jane", "10.1.2.3"):
        assert secret not in page
    assert "…/one@2" in page
    assert all(line.isprintable() for line in made.headline)
