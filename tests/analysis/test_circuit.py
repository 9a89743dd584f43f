"""Drawings of individuals hold every synapse, or every term; other figures know that layers have no hidden neurons."""

import re

import numpy as np
import pytest
from builders import make_error_species, make_population, make_species
from legibility import check_legibility

from hetevo.analysis import load_run
from hetevo.analysis.figures import FIGURES, save
from hetevo.analysis.figures.circuit import draw_individual
from hetevo.analysis.verdict import verdict
from hetevo.evolve import Experiment, preset
from hetevo.evolve.rundir import RunDirectoryError
from hetevo.evolve.species import build_species
from hetevo.populations.errors import SettingError
from hetevo.populations.formulas import FORMULAS
from hetevo.populations.wiring import WIRINGS

DELTA = FORMULAS["chalmers"].written((1, 8), [(1, 0)] * 7 + [(-1, 2), (1, 2), (1, 0)])


@pytest.mark.parametrize(("wiring", "levels"), [*((name, (5, 4)) for name in sorted(WIRINGS)), ("amorphous", (60, 30))])
def test_every_synapse_is_in_the_data_with_the_gain_of_its_receiver(wiring, levels, tmp_path):
    species = make_species(levels, wiring=wiring)
    genes = make_population(species)
    plot = draw_individual(species, genes, 1, "a title")
    for pathway, mask, gains in (
        ("ascending", genes.mask_ascending[1], genes.gains_ascending[1]),
        ("descending", genes.mask_descending[1], genes.gains_descending[1]),
    ):
        rows = plot.data[plot.data["pathway"] == pathway]
        assert len(rows) == mask.sum()
        assert set(rows["receiver"]) <= {f"h{n + 1}" for n in range(sum(levels))} | {"out1", "out2"}
        to, come = np.argwhere(mask)[0]
        assert rows.iloc[0]["gain"] == pytest.approx(gains[to])
        if pathway == "ascending" and come < 4:
            assert rows.iloc[0]["sender"] == f"in{come + 1}"
    drawn = [axes.images for axes in plot.figure.axes]
    assert all(drawn) == (levels == (60, 30))
    if wiring == "amorphous":  # written once as nodes, and once as a picture
        assert all(file.stat().st_size > 1000 for file in save(plot, tmp_path / "circuit.png")[:-1])
    else:
        plot.figure.draw_without_rendering()


@pytest.mark.parametrize("levels", [(5, 4), (80, 40)])
def test_error_neurons_are_drawn_with_all_kinds_of_synapses(levels, tmp_path):
    species = make_error_species(levels, errors={"sizes": (3, 6)})
    genes = make_population(species)
    plot = draw_individual(species, genes, 1, "a title")
    names = {
        "ascending": (r"h\d+|out\d", r"in\d|bias|h\d+"),
        "sensing": (r"e\d", r"h\d+"),
        "teaching": (r"h\d+", r"e\d"),
        "descending": (r"e\d", r"e\d|error\d"),
    }
    for kind, (receiver, sender) in names.items():
        rows, mask = plot.data[plot.data["pathway"] == kind], genes[f"mask_{kind}"][1]
        assert len(rows) == mask.sum()
        assert rows["receiver"].str.fullmatch(receiver).all()
        assert rows["sender"].str.fullmatch(sender).all()
        to, _ = np.argwhere(mask)[0]
        assert rows.iloc[0]["gain"] == pytest.approx(genes[f"gains_{kind}"][1][to])
    drawn = [bool(axes.images) for axes in plot.figure.axes]
    assert drawn == ([False, False] if levels == (5, 4) else [True] * 4)
    assert all(file.stat().st_size > 1000 for file in save(plot, tmp_path / "circuit.png")[:-1])


@pytest.mark.parametrize(("width", "millimetres"), [(None, 183), ("one", 89)])
@pytest.mark.parametrize("levels", [(5, 4), (80, 40)])
@pytest.mark.parametrize("make", [make_species, make_error_species])
def test_a_drawing_is_as_wide_as_it_is_told_and_has_a_caption(make, levels, width, millimetres):
    species = make(levels)
    plot = draw_individual(species, make_population(species), 1, "A title", about="individual 1", width=width)
    assert plot.figure.get_size_inches()[0] * 25.4 == pytest.approx(millimetres)
    check_legibility(plot.figure)
    assert plot.caption.startswith("A title. ")
    assert "Of individual 1; n = 1 individual. a, " in plot.caption
    for pathway, rows in plot.data.groupby("pathway"):
        assert re.search(rf"\b(?i:{pathway})\b.*\b{len(rows)} synapses", plot.caption)
    assert plot.figure.get_suptitle() == "A title"


def test_a_drawing_without_a_title_says_above_who_that_is():
    species = make_species()
    assert draw_individual(species, make_population(species), about="me").figure.get_suptitle() == "me"


def test_a_drawing_cannot_have_more_columns_than_panels():
    species = make_species()
    with pytest.raises(SettingError, match="columns: this figure has 2 panels, so expected 1 to 2, got 3"):
        draw_individual(species, make_population(species), columns=3)


def test_shared_gains_are_those_of_every_neuron():
    species = make_species(gains_shared=True)
    genes = make_population(species)
    data = draw_individual(species, genes).data
    assert set(data.groupby("pathway")["gain"].nunique()) == {1}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = preset("chalmers", overrides=["evolution.size=6", "evolution.generations=20", "lifetime.tasks=2"])
    return load_run(Experiment(config).run(tmp_path_factory.mktemp("runs") / "rules").path)


def test_every_term_is_drawn_with_its_coefficient(tmp_path):
    species = build_species(preset("chalmers"))
    plot = draw_individual(species, make_population(species, formula=DELTA), 1, "a title")
    found = dict(zip(plot.data["term"], plot.data["coefficient"], strict=True))
    assert found == {**dict.fromkeys(["w", "a", "o", "t", "w a", "w o", "w t", "o t"], 0), "a o": -1, "a t": 1}
    assert [file.suffix for file in save(plot, tmp_path / "rule.png")] == [".png", ".pdf", ".csv", ".txt"]


@pytest.mark.parametrize("kind", ["levels", "phi", "phase-plane", "gains", "signs"])
def test_figures_of_hidden_neurons_and_gains_say_that_there_are_none(run, kind):
    with pytest.raises(RunDirectoryError, match=r"single layer|has no gains"):
        FIGURES[kind]([run])


@pytest.mark.parametrize("kind", ["alignment", "lifetime", "fitness", "distribution"])
def test_other_figures_draw_such_runs(run, kind):
    assert len(FIGURES[kind]([run]).data)


def test_what_is_said_of_runs_that_were_measured_now_and_then(run, tmp_path):
    assert "may follow the gradient from birth on; best tenth" in verdict([run])
    brief = preset("chalmers", overrides=["evolution.size=6", "evolution.generations=5", "lifetime.tasks=2"])
    once = load_run(Experiment(brief).run(tmp_path / "once").path)
    assert "in generation 0, the only one that was measured" in verdict([once])
    assert "in the last generation that was measured" in verdict([once, once])
    assert "in the last generation, mean" in verdict([run, run])
