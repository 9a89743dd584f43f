"""`hetevo bench rules`: a table of learning rules. Nothing here asserts a time."""

import csv
import json

import pytest
from typer.testing import CliRunner

from hetevo.populations.errors import SettingError
from hetevo.scripts.bench import rules
from hetevo.scripts.main import app


@pytest.fixture
def classes():
    """Return changes that make everything small."""
    return [
        *("task.name=glyphs", "task.inputs=64", "task.outputs=2", "task.options={noise=0.1,deformation=0.2}"),
        *("network.levels=[6,4]", "lifetime.presentations=60", "backend.workers=1"),
        *("evolution.size=6", "evolution.generations=1", "evolution.elites=1"),
    ]


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in ("bench", "rules", *arguments)])


def test_every_row_is_measured(classes, tmp_path):
    options = [part for change in classes for part in ("-s", change)]
    done = hetevo(*options, "--seeds", "0..1", "--repeats", 1, "--csv", tmp_path / "a.csv", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    rows = {row["rule"]: row for row in found["rules"]}
    assert list(rows) == list(rules.COMPARED)
    assert rows["backpropagation"]["cost"] == 1
    for name, row in rows.items():
        assert len(row["accuracy"]) == len(row["loss"]) == 2
        assert all(0 <= value <= 1 for value in row["accuracy"])
        assert row["cost"] > 0
        assert (row["rate"] is None) == (name == "evolved")
        # what changes no hidden neuron has no angle
        assert len(row["angles"]) == 2
        assert all((value is None) == (name == "readout-only") for level in row["angles"] for value in level)
    assert max(max(level) for level in rows["backpropagation"]["angles"]) < 0.01
    assert min(min(level) for level in rows["feedback-alignment"]["angles"]) > 5
    assert rows["evolved"]["pilot_lives"] == 12
    lines = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert len(lines) == 2 * len(rows)
    assert [line["seed"] for line in lines[:2]] == ["0", "1"]
    # a table for people; what is there is not replaced
    again = hetevo(*options, "--seeds", "0..0", "--rule", "sign-symmetry", "--repeats", 1)
    assert again.exit_code == 0, again.stderr
    assert "| sign-symmetry |" in again.stdout
    refused = hetevo(*options, "--csv", tmp_path / "a.csv")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr


def test_a_rule_of_another_module_is_a_row(classes, tmp_path, monkeypatch):
    (tmp_path / "own_rule_of_bench.py").write_text(
        "from hetevo.populations.rules import Rule\n\nclass Slow(Rule):\n"
        "    def update(self, circuits):\n        circuits.update()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    plan = rules.plan(["own_rule_of_bench:Slow"], [0], classes)
    (row,) = rules.compare(plan, 1, lambda message: None)
    assert row["rule"] == "own_rule_of_bench:Slow"
    assert row["rate"] in rules.RATES


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rule", "backpropagatoin"], ["no rule 'backpropagatoin'", "'backpropagation'", "module:NAME"]),
        (["--seeds", "8999..9003"], ["9000 is a pilot seed"]),
        (["--seeds", "three"], ['"0..9"']),
        (["--task", "sine"], ["expected a classification", "'sine'"]),
        (["--task", "sin"], ["no task 'sin'", "'sine'"]),
        (["-s", "plasticity.rule=hebbian"], ["--rule NAME"]),
        (["--rule", "own_of_nobody:Rule"], ["own_of_nobody"]),
    ],
)
def test_mistakes_are_explained_before_anything_lives(arguments, words, monkeypatch):
    monkeypatch.setattr(rules, "compare", None)
    done = hetevo(*arguments)
    assert done.exit_code == 2, done.output
    assert all(word in done.stderr for word in words), done.stderr


def test_a_task_brings_its_sizes():
    assert rules.sizes_of("glyphs") == [("task.name", "glyphs"), ("task.inputs", 784), ("task.outputs", 10)]
    assert rules.sizes_of("table") == [("task.name", "table")]
    with pytest.raises(SettingError, match="no task"):
        rules.sizes_of("glyph")
