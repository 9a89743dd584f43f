"""Options of families: any type of TOML, checked by annotations."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

import hetevo
from hetevo.evolve.config import from_mapping
from hetevo.evolve.config.options import check_options, check_values
from hetevo.populations.settings import Setting


@dataclass(frozen=True)
class Family:
    file: str
    inputs: int = 3
    columns: tuple[str, ...] = ()
    noise: Annotated[float, Setting("noise", least=0, most=1)] = 0.1
    order: Literal["up", "down"] = "up"
    whole: bool = False


GOOD = {"file": "a.csv", "columns": ["a", "b"], "noise": 1, "order": "down", "whole": True}


def test_options_have_any_type_of_toml():
    check_options("task.options", "own", Family, GOOD)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"noise": 2.0}, "task.options.noise: expected less than or equal to 1, got 2.0"),
        ({"noise": "much"}, "task.options.noise: expected a number such as 0.1, got 'much'"),
        ({"columns": [1]}, "task.options.columns.0: expected text in quotation marks"),
        ({"columns": "a"}, "task.options.columns: expected a list"),
        ({"order": "left"}, "task.options.order: expected 'up' or 'down', got 'left'"),
        ({"whole": 1}, "task.options.whole: expected true or false, got 1"),
        (
            {"colums": ["a"]},
            "has no option 'colums'; it has file, columns, noise, order, whole. Did you mean 'columns'",
        ),
        ({"inputs": 3}, "has no option 'inputs'"),
    ],
)
def test_wrong_options_are_explained(change, message):
    with pytest.raises(ValueError, match=r"task\.options") as caught:
        check_options("task.options", "own", Family, GOOD | change)
    assert message in str(caught.value)


def test_a_missing_option_is_named():
    with pytest.raises(ValueError, match=r"the task 'own' needs file, got noise. For example: -s task.options.file="):
        check_options("task.options", "own", Family, {"noise": 0.5})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), ["a", float("inf")], {"a": {"b": None}}])
def test_values_that_toml_or_json_do_not_have_are_refused(value):
    with pytest.raises(ValueError, match=r"task.options.x.*: expected a finite number, text"):
        check_values("task.options", {"x": value})


def test_options_come_back_from_a_file(tmp_path):
    content = {"task": {"options": {"amplitude": 1}}, "network": {"options": {}}}
    config = from_mapping(content)
    file = tmp_path / "c.toml"
    file.write_text(hetevo.evolve.config.dump_toml(config))
    assert hetevo.load_config(file) == config
