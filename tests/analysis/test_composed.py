"""Pages of several figures, from TOML files."""

import pandas as pd
import pytest
from legibility import check_legibility
from pages import ROOT
from planted import plant

from hetevo.analysis.figures import compose, save
from hetevo.analysis.figures.style import style
from hetevo.evolve.rundir.sweep import Entry, write_entries
from hetevo.populations.errors import HetevoError

CONDITIONS = ("plastic feedback", "fixed feedback")
ONE = '[[panel]]\nkind = "alignment"\nruns = ["sweep"]\n'
LEVELS = '[[panel]]\nkind = "levels"\nruns = ["sweep"]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a sweep of two conditions."""
    folder = tmp_path_factory.mktemp("page")
    entries = [Entry(f"{name[:5]}-{seed}", name, seed) for name in CONDITIONS for seed in range(2)]
    write_entries(folder / "sweep", "plastic-and-fixed", entries)
    for entry in entries:
        plant(folder / "sweep" / entry.run, condition=entry.condition, seed=entry.seed)
    return folder


def composed(folder, text, name="page.toml"):
    (folder / name).write_text(text)
    return compose(folder / name)


def letters_of(figure):
    return [text.get_text() for part in figure.subfigs for text in part.texts if text.get_fontweight() == "bold"]


def test_a_page_has_its_panels_with_letters_titles_and_one_caption(folder, tmp_path):
    head = '[figure]\ngrid = ["ab", "cc"]\ntitle = "All of it"\n[figure.labels]\n"fixed feedback" = "Fixed V"\n'
    plot = composed(folder, head + ONE + 'title = "Rise"\n' + LEVELS + ONE + 'order = ["fixed feedback"]\n')
    assert plot.figure.get_size_inches()[0] * 25.4 == pytest.approx(183)
    assert letters_of(plot.figure) == ["a", "b", "c"]
    check_legibility(plot.figure)
    assert plot.caption.startswith("All of it. a, Rise. Gradient alignment and loss over generations. Top: ")
    assert plot.caption.count("n = 2 seeds (0, 1) of each condition: plastic feedback; Fixed V.") == 1
    assert plot.data["panel"].unique().tolist() == ["a", "b", "c"]
    files = save(plot, tmp_path / "page.pdf")
    assert len(pd.read_csv(files[2])) == len(plot.data)
    # panels of one row begin and end alike, and a condition has one colour
    first, second, third = plot.figure.subfigs
    assert first.axes[1].get_position().y0 == pytest.approx(second.axes[0].get_position().y0)
    assert first.axes[0].get_position().y1 == pytest.approx(second.axes[0].get_position().y1)
    colours = [{line.get_label(): line.get_color() for line in part.axes[0].lines} for part in (first, third)]
    assert colours[0]["Fixed V"] == colours[1]["Fixed V"]
    assert [*colours[0]][:2] == [*colours[1]][1::-1]


def test_a_panel_draws_the_conditions_that_it_names(folder):
    plot = composed(folder, ONE + 'conditions = ["plastic feedback"]\n' + LEVELS)
    assert set(plot.data.loc[plot.data["panel"] == "a", "condition"]) == {"plastic feedback"}
    assert "plastic feedback, n = 2 seeds (0, 1)." in plot.caption
    # in their order, and what is not drawn may have a label
    head = '[figure.labels]\n"fixed feedback" = "Fixed V"\n'
    plot = composed(
        folder, head + ONE + f"conditions = {[*CONDITIONS[::-1]]}\n" + LEVELS + 'conditions = ["plastic feedback"]\n'
    )
    assert [*dict.fromkeys(plot.data.loc[plot.data["panel"] == "a", "condition"])] == ["Fixed V", "plastic feedback"]
    assert set(plot.data.loc[plot.data["panel"] == "b", "condition"]) == {"plastic feedback"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"expected 1 to 26 tables \[\[panel\]\], got 0"),
        ("[panels]\n" + ONE, r"expected \[figure\] and \[\[panel\]\], got 'panels'"),
        ("[figure]\nwidht = 3\n" + ONE, "widht"),
        ('[figure]\nwidth = "three"\n' + ONE, "width: expected 'one' or 'two', or a number, got 'three'"),
        (ONE + "hue = 3\n", "hue: expected a list, or text in quotation marks"),
        ("[figure]\nwidth = 10.0\n" + ONE, "width: expected one, two or mm from 80 to 300"),
        ('[figure]\ngrid = ["ab"]\n' + ONE, r"grid: expected lines of one length with the letters a, such as"),
        ('[figure]\ngrid = ["ab", "ba"]\n' + ONE + ONE, "expected a rectangle of each letter, got another of a"),
        ('[figure]\ncolumns = 6\nwidth = "one"\n' + ONE * 3, r"panel a would be 30 mm wide, expected at least 40"),
        (ONE.replace("alignment", "alinement"), r"\[\[panel\]\] 1: kind: expected .* Did you mean 'alignment'"),
        (ONE.replace('["sweep"]', '["nowhere"]'), r"\[\[panel\]\] 1: .*nowhere"),
        (ONE + LEVELS + 'hue = "seed"\n', r"\[\[panel\]\] 2: hue: expected condition"),
        (ONE + 'conditions = ["none"]\n', "conditions: expected conditions of these runs"),
        ('[figure.labels]\n"fixed fedback" = "V"\n' + ONE, r"\[figure.labels\]: .*Did you mean 'fixed feedback'"),
        (ONE + "options = {x = 1}\n", "options: 'alignment' has none, got 'x'"),
        (ONE.replace("alignment", "phase-diagram") + "options = {x = 1}\n", r"options\.x: expected a text, got 1"),
        (ONE.replace("alignment", "phase-diagram"), r"\[\[panel\]\] 1 .*exactly two parameters|exactly two parameters"),
        (ONE.replace("alignment", "gains"), "one run"),
        ("a = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(folder, text, says):
    with pytest.raises(HetevoError, match=says):
        composed(folder, text, "wrong.toml")


def test_labels_of_rows_keep_their_distance_from_the_edge_of_a_fine_page(tmp_path):
    entries = [
        Entry(f"{name.split()[0]}-{seed}", name, seed)
        for name in ("With crossover", "Without crossover")
        for seed in (0, 1)
    ]
    write_entries(tmp_path / "sweep", "crossover", entries)
    for entry in entries:
        plant(tmp_path / "sweep" / entry.run, condition=entry.condition, seed=entry.seed)
    figure = composed(tmp_path, ONE.replace("alignment", "claim") + LEVELS).figure
    with style():
        figure.dpi = 300
        figure.draw_without_rendering()
    labels = [text.get_window_extent().x0 for text in figure.subfigs[0].axes[0].get_yticklabels()]
    assert min(labels) > 0.02 * figure.dpi


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(HetevoError, match=r"There is no file .*none\.toml"):
        compose(tmp_path / "none.toml")
    with pytest.raises(HetevoError, match=r"give FILE\.toml"):
        compose("alignment")


def test_the_example_in_the_documentation_is_drawn(folder):
    text = (ROOT / "docs" / "example-figure.toml").read_text().replace("../runs/plastic-and-fixed", "sweep")
    assert letters_of(composed(folder, text).figure) == ["a", "b", "c"]
