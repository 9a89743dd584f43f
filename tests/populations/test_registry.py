"""Registries: our members, those that packages announce, and places."""

import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hetevo.populations import registry as registries
from hetevo.populations.errors import SettingError
from hetevo.populations.registry import Registry, accept_family, accept_instance, is_place, was_loaded
from hetevo.populations.rules import Rule
from hetevo.populations.tasks import Sine


@pytest.fixture
def announced(monkeypatch):
    """Let packages announce colours: a list of (name, value)."""
    points = []
    monkeypatch.setattr(
        registries, "entry_points", lambda group: tuple(EntryPoint(name, value, group) for name, value in points)
    )
    return points


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return a function that writes a module into the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)

    yield write
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def colours(**own):
    return Registry("colour", own or {"red": 1})


def test_names_are_ours_then_announced_ones_and_nothing_is_imported(announced):
    announced += [("green", "no_such_module:GREEN"), ("red", "no_such_module:RED")]
    known = colours()
    assert list(known) == ["red", "green"]
    assert len(known) == 2
    assert known["red"] == 1  # ours, whatever others announce
    assert known.place_of("red") == ""
    assert known.place_of("green") == "no_such_module:GREEN"
    assert "blue" not in known
    with pytest.raises(KeyError):
        known["blue"]


def test_a_place_is_imported_from_the_current_folder_after_everything_else(here, announced, tmp_path):
    here("own_colours", "GREEN = 2\nclass Dark:\n    BLUE = 3\n")
    known = colours()
    assert "own_colours:GREEN" in known
    assert not was_loaded("own_colours:GREEN")
    assert known["own_colours:GREEN"] == 2
    assert known["own_colours:Dark.BLUE"] == 3
    assert was_loaded("own_colours:GREEN")
    assert sys.path[-1] == str(tmp_path)
    here("json", "raise SystemExit('the wrong json')")
    assert Registry("tool", {})["json:dumps"]([1]) == "[1]"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("A = 1", "own_colours:B", "Cannot find the colour 'own_colours:B': own_colours has no 'B'"),
        ("GREEN = 1", "own_colours:GREN", "Did you mean 'GREEN'?"),
        ("x = 1 / 0", "own_colours:A", "when own_colours was imported, ZeroDivisionError: division by zero"),
        ("\nx = 1 / 0", "own_colours:A", "(own_colours.py, line 2) was raised. Correct it there."),
        ("def", "own_colours:A", "SyntaxError: invalid syntax (own_colours.py, line 1) was raised"),
        ("import sys; sys.exit(3)", "own_colours:A", "SystemExit: 3"),
        ("import not_there", "own_colours:A", "ModuleNotFoundError: No module named 'not_there'"),
        ("", "other_colours:A", "there is no module 'other_colours', neither installed nor"),
        ("", "own_colours.inner:A", "own_colours.inner"),
        ("A = 1", "own_colours.py:A", "expected the name of a module, got that of a file. Write own_colours:A."),
    ],
)
def test_what_cannot_be_imported_is_explained(here, announced, text, place, message):
    here("own_colours", text)
    with pytest.raises(SettingError) as caught:
        colours()[place]
    assert message in str(caught.value)


def test_two_packages_with_one_name_are_told_apart_by_their_places(here, announced):
    here("own_colours", "GREEN = 2")
    announced += [("green", "own_colours:GREEN"), ("green", "other_colours:GREEN")]
    known = colours()
    with pytest.raises(SettingError, match="own_colours:GREEN and other_colours:GREEN"):
        known["green"]
    assert known["red"] == 1
    assert list(known) == ["red", "green"]
    assert Registry("colour", {})["own_colours:GREEN"] == 2


@pytest.mark.parametrize("name", ["own_task:Cosine", "a.b.c:D.E", "ä:ö"])
def test_places_are_recognised(name):
    assert is_place(name)


@pytest.mark.parametrize("name", ["own_task", "own task:A", "../own:A", "a:b:c", ":b", "a:", "a.:b", "1a:b", ""])
def test_other_names_are_no_places(name):
    assert not is_place(name)


def test_members_of_the_wrong_kind_are_refused():
    with pytest.raises(TypeError, match="expected a dataclass whose fields are its options, got the class int"):
        accept_family(int, (), ())
    with pytest.raises(TypeError, match="it has no colour"):
        accept_family(Sine, ("inputs", "colour"), ())
    with pytest.raises(TypeError, match="expected an instance of hetevo's Rule, got the class int"):
        accept_instance(Rule, int)
    assert accept_instance(Rule, Rule) == Rule()


def test_find_names_what_there_is():
    colours = Registry("colour", {"red": 1, "green": 2})
    assert colours.find("red") == 1
    with pytest.raises(
        SettingError, match=r"no colour 'gren'. Did you mean 'green'\? Expected one of red, green, or the"
    ):
        colours.find("gren")


EXAMPLES = {
    "task": "class Cosine",
    "rule": "Rule(",
    "wiring": "(WiringFamily)",
    "activation": "Activation(",
    "measure": "def speed(view)",
    "figure": "return Plot(",
    "selection": "def half(individuals, k, rng",
    "objective": "def descending(lives)",
    "algorithm": "(Algorithm)",
    "crossover": "def cross(",
    "mutation": "A mutation takes",
    "tracker": "(Tracker)",
    "circuit": "a class like `hetevo.populations.circuits.circuit.Circuit`",
    "probe": "A probe is a class",
}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_page_that_a_refusal_names_has_an_example(here, kind):
    here("own_nothing", "Nothing = 3")

    def refuse(found):
        raise TypeError("expected more")

    with pytest.raises(SettingError) as caught:
        Registry(kind, {}, refuse)["own_nothing:Nothing"]
    page = re.search(
        r"expected more\. (docs/\S+\.md) (has an example of one|says what one needs)\.$", str(caught.value)
    )
    assert EXAMPLES[kind] in (Path(__file__).parents[2] / page[1]).read_text()
