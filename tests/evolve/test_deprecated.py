"""What is to go is still understood, and warned about in one line that says what to write instead."""

import shutil
import warnings
from pathlib import Path

import pytest
from typer.testing import CliRunner

import hetevo
from hetevo._deprecated import KEYS, NAMES, HetevoDeprecationWarning, Successor
from hetevo.analysis.runs import load_run
from hetevo.evolve.config import Config, ConfigError, load_config, preset
from hetevo.evolve.config.sources import shipped
from hetevo.evolve.deprecated import rename_keys
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.saved import read_saved_config
from hetevo.populations.errors import SettingError
from hetevo.scripts.main import app

RUN = Path(__file__).parent / "fixtures" / "run-0.1.0"
WARNING = "evolution.individuals is deprecated, and goes with Hetevo 0.3. Write evolution.size instead."


@pytest.fixture(autouse=True)
def old_names(monkeypatch):
    monkeypatch.setitem(KEYS, "evolution.individuals", Successor("evolution.size", "0.3"))
    monkeypatch.setitem(KEYS, "plasticity.scale", Successor("genome.gain_scale", "0.3"))
    monkeypatch.setitem(KEYS, "computing", Successor("backend", "0.3"))
    monkeypatch.setitem(NAMES, "hetevo.read_run", Successor("hetevo.load_run", "0.3"))


def warned(make):
    """Return what something makes, and what it warned about."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        made = make()
    assert {warning.category for warning in caught} <= {HetevoDeprecationWarning}
    assert {warning.filename for warning in caught} <= {__file__}, "expected the line of whoever wrote the old name"
    return made, [str(warning.message) for warning in caught]


def test_an_old_key_of_a_file_means_the_new_one_and_warns_once(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("evolution.individuals = 32\nplasticity.scale = 0.5\n")
    config, messages = warned(lambda: load_config(file))
    assert (config.evolution.size, config.genome.gain_scale) == (32, 0.5)
    assert messages == [
        f"{file}: {WARNING}",
        f"{file}: plasticity.scale is deprecated, and goes with Hetevo 0.3. Write genome.gain_scale instead.",
    ]
    file.write_text("evolution.size = 32\ngenome.gain_scale = 0.5\n")
    assert load_config(file) == config


@pytest.mark.parametrize(
    "make",
    [
        lambda: preset("smoke", overrides=["evolution.individuals=32"]),
        lambda: preset("smoke", overrides=[("evolution.individuals", 32)]),
        lambda: preset("smoke", overrides=["evolution={individuals=32}"]),
        lambda: Config(evolution={"individuals": 32}),
    ],
)
def test_an_old_key_of_a_change_means_the_new_one_and_warns_once(make):
    config, messages = warned(make)
    assert config.evolution.size == 32
    assert messages == [WARNING] or messages == [f"preset smoke: {WARNING}"]


def test_an_old_name_of_a_table_is_guarded_like_the_new_one(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('computing.address = "example.org:1"')
    with pytest.warns(HetevoDeprecationWarning), pytest.raises(ConfigError, match="stands in this file alone"):
        load_config(file)
    config, messages = warned(lambda: preset("smoke", overrides=["computing.workers=2"]))
    assert config.backend.workers == 2
    assert len(messages) == 1


def test_both_names_at_once_are_refused():
    content = {"evolution": {"individuals": 4, "size": 8}}
    with pytest.raises(SettingError, match=r"mine: evolution\.individuals is the old name of evolution\.size"):
        rename_keys(content, "mine")
    assert content == {"evolution": {"individuals": 4, "size": 8}}


def test_a_run_with_an_old_key_is_read_without_a_word(tmp_path):
    run = shutil.copytree(RUN, tmp_path / "run")
    text = (run / "config.toml").read_text()
    (run / "config.toml").write_text(text.replace("\nsize = ", "\nindividuals = "))
    assert "individuals = 6" in (run / "config.toml").read_text()
    assert read_saved_config(RunDirectory(run)).evolution.size == 6
    assert load_run(run).number("evolution.size") == 6


def test_a_command_says_it_in_one_line(tmp_path):
    (tmp_path / "mine.toml").write_text("evolution.individuals = 4\nevolution.elites = 1\nevolution.generations = 0\n")
    words = ["run", str(tmp_path / "mine.toml"), "-o", str(tmp_path / "run"), "--workers", "1"]
    done = CliRunner().invoke(app, [*words, "-s", "lifetime.presentations=5"])
    assert done.exit_code == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "deprecated" in line] == [f"{tmp_path}/mine.toml: {WARNING}"]
    assert "size = 4" in (tmp_path / "run" / "config.toml").read_text()


def test_an_old_public_name_is_the_new_one_and_warns():
    found, messages = warned(lambda: hetevo.read_run)
    assert found is hetevo.load_run
    assert messages == ["hetevo.read_run is deprecated, and goes with Hetevo 0.3. Write hetevo.load_run instead."]
    assert "read_run" not in dir(hetevo)


def test_nothing_of_hetevo_itself_uses_an_old_key(monkeypatch):
    monkeypatch.undo()  # those that there are
    for name in shipped("presets"):
        preset(name)  # a warning would be an error here
