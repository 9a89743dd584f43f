"""Every figure against a picture of it that was looked at: planted runs, compared pixel by pixel.

After a change that is meant, draw them anew and look at each before it is committed:
HETEVO_DRAW=1 .venv/bin/pytest tests/analysis/test_pictures.py
"""

import os
from pathlib import Path

import pytest
from builders import make_population, make_species
from figure_runs import SEEDS, runs_for
from matplotlib.testing.compare import compare_images
from planted import plant

from hetevo.analysis import load_run
from hetevo.analysis.figures import FIGURES
from hetevo.analysis.figures.circuit import draw_individual
from hetevo.analysis.figures.style import style
from hetevo.evolve import preset
from hetevo.evolve.species import build_species

PICTURES = Path(__file__).parent / "pictures"
TOLERANCE = 4
"""Root mean square of the differences in grey levels (0..255); a missing curve is far above."""

CIRCUITS = {
    "circuit": {"levels": (8, 6), "wiring": "amorphous"},
    "circuit-loops": {"levels": (6, 5), "wiring": "cortical"},
    "circuit-matrix": {"levels": (50, 30), "wiring": "small-world", "density": (0.2, 0.2)},
}
RULE = "inherited-rule"


def draw(kind, where, path):
    if kind == RULE:
        genes = make_population(species := build_species(preset("chalmers")), seed=0)
        plot = draw_individual(species, genes, about="a title")
    elif kind in CIRCUITS:
        species = make_species(**CIRCUITS[kind])
        plot = draw_individual(species, make_population(species), about="a title")
    else:
        runs = [load_run(plant(where / str(n), **options)) for n, options in enumerate(runs_for(kind).picture)]
        plot = FIGURES[kind](runs)
    with style():
        plot.figure.savefig(path, dpi=80, metadata={"Software": None})


@pytest.mark.parametrize("kind", [*sorted(FIGURES), *CIRCUITS, RULE])
def test_a_figure_looks_as_it_did(kind, tmp_path):
    expected = PICTURES / f"{kind}.png"
    if os.environ.get("HETEVO_DRAW"):
        draw(kind, tmp_path, expected)
    how = f"HETEVO_DRAW=1 .venv/bin/pytest 'tests/analysis/test_pictures.py::test_a_figure_looks_as_it_did[{kind}]'"
    assert expected.exists(), f"{expected} is missing. Draw it, and look at it before you commit it: {how}"
    found = tmp_path / f"{kind}.png"
    draw(kind, tmp_path / "again", found)
    different = compare_images(str(expected), str(found), TOLERANCE)
    assert different is None, f"{different}\nIf this is meant, draw it anew and look at it: {how}"


def test_a_missing_picture_says_how_to_draw_it(tmp_path, monkeypatch):
    monkeypatch.delenv("HETEVO_DRAW", raising=False)
    monkeypatch.setitem(FIGURES.own, "new", FIGURES["alignment"])
    with pytest.raises(
        AssertionError, match=r"new\.png is missing.*HETEVO_DRAW=1 .*test_a_figure_looks_as_it_did\[new\]"
    ):
        test_a_figure_looks_as_it_did("new", tmp_path)


def test_the_comparison_notices_a_missing_curve(tmp_path):
    runs = [load_run(plant(tmp_path / str(n), **options)) for n, options in enumerate(SEEDS)]
    plot = FIGURES["alignment"](runs)
    plot.figure.axes[0].lines[0].remove()
    with style():
        plot.figure.savefig(tmp_path / "less.png", dpi=80)
    assert compare_images(str(PICTURES / "alignment.png"), str(tmp_path / "less.png"), TOLERANCE)
