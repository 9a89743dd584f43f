"""How figures look where somebody chooses: widths, panels, order, colours, names, and what stands in captions."""

from dataclasses import replace

import matplotlib
import pytest
from legibility import check_legibility
from matplotlib.text import Text
from planted import plant

from hetevo.analysis import load_run
from hetevo.analysis.figures import FIGURES, Design, save, style
from hetevo.analysis.figures.frame import Frame
from hetevo.analysis.figures.style import in_words
from hetevo.populations.errors import SettingError

RULES = ("heterosynaptic", "fixed-feedback")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder, found = tmp_path_factory.mktemp("runs"), []
    for rule in RULES:
        for density in (0.1, 0.2, 0.4):
            for seed in range(2):
                extra = f'[plasticity]\nrule = "{rule}"\n[network]\ndensity = {density}\n'
                name = f"{rule}, density={density}"
                found.append(load_run(plant(folder / str(len(found)), condition=name, seed=seed, extra=extra)))
    return found


def labels_of(plot):
    return [text.get_text() for legend in plot.figure.legends for text in legend.get_texts()]


@pytest.mark.parametrize(("width", "millimetres"), [("one", 89), ("two", 183), (120, 120), (None, 89)])
@pytest.mark.parametrize("kind", ["alignment", "levels", "onset", "claim"])
def test_a_figure_is_as_wide_as_it_is_told(kind, width, millimetres, runs):
    drift = replace(
        runs[0], config={**runs[0].config, "evolution": {"select": "selRandom", "select_elites": "selRandom"}}
    )
    some = [*runs[:4], *(replace(drift, label="drift", config={**drift.config, "seed": seed}) for seed in range(3))]
    plot = FIGURES[kind](some, width=width)
    expected = 183 if kind == "claim" and width is None else millimetres
    assert plot.figure.get_size_inches()[0] * 25.4 == pytest.approx(expected)
    check_legibility(plot.figure)


def test_panels_stand_side_by_side_as_they_are_told(runs):
    plot = FIGURES["alignment"](runs, columns=2)
    upper, lower = plot.figure.axes
    assert upper.get_position().y0 == pytest.approx(lower.get_position().y0)
    assert upper.get_xlabel() == lower.get_xlabel() == "generation"
    check_legibility(plot.figure)
    assert len({axes.get_position().x0 for axes in FIGURES["levels"](runs, columns=1).figure.axes}) == 1


@pytest.mark.parametrize(
    ("design", "says"),
    [
        (
            {"width": "three"},
            r"width: expected one, two or mm from 80 to 300, got 'three'\. Did you mean 'two'|width: expected one",
        ),
        ({"width": 20}, "width: expected one, two or mm from 80 to 300, got 20"),
        ({"width": float("nan")}, "width: expected"),
        ({"width": True}, "width: expected"),
        ({"columns": 0}, "columns: expected 1 to 12, got 0"),
        ({"columns": 3}, "columns: this figure has 2 panels, so expected 1 to 2, got 3"),
        ({"order": ["nobody"]}, "order: expected conditions of these runs .* got 'nobody'"),
        ({"hue": "seed"}, r"hue: expected condition, or one of .*plasticity\.rule, network\.density|hue: expected"),
        ({"hue": ["rule", "density", "condition"]}, "hue: expected one key, or two"),
        ({"labels": {"nobody": "x"}}, "labels: expected conditions of these runs"),
        ({"labels": {"heterosynaptic, density=0.1": "fixed-feedback, density=0.1"}}, "a name of its own"),
        ({"labels": {"heterosynaptic, density=0.1": " "}}, "got nothing"),
        ({"title": "x" * 201}, "title: expected at most 200 letters"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_a_figure_cannot_be_told_is_refused(design, says, runs):
    with pytest.raises((SettingError, TypeError), match=says):
        FIGURES["alignment"](runs, **design)


def test_order_labels_and_title_are_those_that_were_given(runs):
    plot = FIGURES["alignment"](
        runs,
        order=["fixed-feedback, density=0.4"],
        labels={"heterosynaptic, density=0.1": "Plastic V, sparse"},
        title="A $title$",
    )
    assert labels_of(plot)[:2] == ["fixed-feedback, density 0.4", "Plastic V, sparse"]
    assert plot.figure.get_suptitle() == "A $title$"
    assert "Plastic V, sparse" in set(plot.data["condition"])
    assert plot.caption.startswith("A $title$. Gradient alignment and loss over generations. a, ")


def test_colours_and_lines_stand_for_settings(runs):
    with style.style() as palette:
        looks = Frame(palette, runs, design=Design(hue="rule")).looks()
        both = Frame(palette, runs, design=Design(hue=["network.density", "plasticity.rule"])).looks()
    assert len({colour for colour, _ in looks.values()}) == 2
    assert looks["heterosynaptic, density=0.1"][0] == looks["heterosynaptic, density=0.4"][0]
    assert len({*looks.values()}) == len({*both.values()}) == 6
    # numbers from dark to light, and the rule by the line
    lightness = [sum(both[f"heterosynaptic, density={density}"][0]) for density in (0.1, 0.2, 0.4)]
    assert lightness == sorted(lightness)
    assert {line for name, (_, line) in both.items() if name.startswith("fixed")} == {"--"}


def vary(run, **settings):
    """Return runs of two seeds of a condition for each value of settings, whose values are walked together."""
    found = []
    for values in zip(*settings.values(), strict=True):
        network = {**run.config["network"], **dict(zip(settings, values, strict=True))}
        label = ", ".join(f"{key}={value}" for key, value in zip(settings, values, strict=True))
        for seed in range(2):
            found.append(replace(run, label=label, config={**run.config, "network": network, "seed": seed}))
    return found


def test_of_many_conditions_colours_and_lines_stand_for_what_differs(runs):
    drift = replace(
        runs[0], label="drift",
        config={**runs[0].config, "evolution": {"select": "selRandom", "select_elites": "selRandom"}},
    )  # fmt: skip
    grid = vary(runs[0], density=[0.1, 0.2, 0.3, 0.4] * 3, wiring=sorted(["amorphous", "layered", "lattice"] * 4))
    with style.style() as palette:
        frame = Frame(palette, [drift, *grid])
        looks = frame.looks()
        few = Frame(palette, grid[:16]).looks()
        ordered = Frame(palette, vary(runs[0], density=[n / 10 for n in range(1, 11)])).looks()
        # nothing but the palette where three settings differ
        others = vary(runs[0], density=[0.1, 0.2, 0.3] * 3, wiring=["layered"] * 4 + ["lattice"] * 5, levels=range(9))
        plain = Frame(palette, [*others, *grid[:2]]).looks()
    assert looks["drift"][0] == style.NEUTRAL
    of_density = {name: look[0] for name, look in looks.items() if "density=0.2" in name}
    assert len(of_density) == 3
    assert len({*of_density.values()}) == 1
    assert len({line for name, (_, line) in looks.items() if "lattice" in name}) == 1
    assert len({*looks.values()}) == 13
    assert {sentence for _, sentence in frame.caption.sentences} == {"Colours: density.", "Line styles: wiring."}
    assert {colour for colour, _ in few.values()} <= {*palette}
    assert len({colour for colour, _ in plain.values()}) == 6
    lightness = [sum(colour) for colour, _ in ordered.values()]
    assert lightness == sorted(lightness)
    assert [line for _, line in ordered.values()] == ["-", "--"] * 5


@pytest.mark.parametrize("kind", ["alignment", "lifetime", "levels", "claim"])
def test_many_conditions_have_their_whole_names_and_no_bands(kind, runs):
    names = [f"selection with gains of {n} and a descending density of 0.{n} in a wide circuit" for n in range(10)]
    many = [
        replace(run, label=name)
        for name, run in zip([name for name in names for _ in range(2)], vary(runs[0], density=range(10)), strict=True)
    ]
    plot = FIGURES[kind](many)
    check_legibility(plot.figure)
    shown = {" ".join(text.get_text().split()) for text in plot.figure.findobj(Text)}
    assert {*names} <= {name.partition(" (n")[0] for name in shown}
    if kind in ("alignment", "lifetime"):
        assert not [artist for axes in plot.figure.axes for artist in axes.collections]
        assert "no intervals, since conditions are many" in plot.caption


def test_captions_name_seeds_intervals_and_generations(runs, tmp_path):
    plot = FIGURES["alignment"](runs[:4])
    for said in ("bands, 95 % t intervals.", "95 % t intervals of the logarithm", "generations 0 to 5"):
        assert said in plot.caption
    assert (
        "n = 2 seeds (0, 1) of each condition: heterosynaptic, density 0.1; heterosynaptic, density 0.2" in plot.caption
    )
    *_, text = save(plot, tmp_path / "figure.png")
    assert text.read_text() == f"{plot.caption}\n"
    # it is known again, and a changed one is not replaced
    save(plot, tmp_path / "figure.png", named=False)
    text.write_text("mine")
    with pytest.raises(SettingError, match=r"figure\.txt.*--force"):
        save(plot, tmp_path / "figure.png")
    assert text.read_text() == "mine"


def test_the_font_is_the_first_that_is_there(monkeypatch):
    assert style.families()[-1] == "DejaVu Sans"
    monkeypatch.setattr(style, "FONTS", ("No Such Font", "STIXGeneral", "DejaVu Sans"))
    with style.style():
        assert matplotlib.rcParams["font.family"] == ["STIXGeneral", "DejaVu Sans"]


@pytest.mark.parametrize("name", ["", "=", "a=", "=b", "A=b", "a b=c", "0=1", "…=x"])
def test_what_is_no_key_stays_as_it_is(name):
    assert in_words(name) == name
