"""Runs that are wired as a file says: what follows from it, its copy in the run, and the same results everywhere."""

import pickle
import shutil

import pytest
import tomli_w
from faults import go, outcome, tiny
from typer.testing import CliRunner

import hetevo
from hetevo.evolve import Experiment, resume
from hetevo.evolve.config import ConfigError, dump_toml, from_mapping, load_config
from hetevo.evolve.graphs import GraphError
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError, RunExistsError
from hetevo.evolve.saved import read_saved_config
from hetevo.evolve.species import build_species
from hetevo.evolve.sweeps import load_plan
from hetevo.evolve.verify import verify
from hetevo.scripts.main import app

EDGES = """\
from,to,sign,from_role,to_role
i0,h0,1,input,
i1,h1,,input,
h0,h1,-1,,
h1,h0,,,
h1,h2,,,
h2,o0,,,output
h0,o0,-1,,output
o0,h2,,output,
h2,h2,,,
"""
OWN = 'network={wiring="file",options={file="own.csv"},dale=true,density_ascending=1.0,density_descending=1.0}'


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Stand in a folder with a graph."""
    (tmp_path / "own.csv").write_text(EDGES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def own(null="none", **values):
    return {
        "seed": 3,
        "network": {"wiring": "file", "dale": True, "options": {"file": "own.csv", "null": null}, **values},
        "evolution": {"size": 8, "elites": 2, "generations": 2},
        "lifetime": {"presentations": 12, "batch": 4, "tasks": 1, "test_samples": 16},
        "checkpoint": {"every": 1, "keep": 5},
        "backend": {"name": "local", "workers": 1},
    }


def hetevo_says(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_sizes_and_hash_follow_from_the_file():
    config = from_mapping(own())
    assert (config.task.inputs, config.task.outputs, list(config.network.levels)) == (2, 1, [3])
    assert len(config.network.options["sha256"]) == 64
    # what was chosen otherwise beside another file does not count any more
    chosen = ['network.options.inputs=["i0"]', "network.wiring=file", "network.options.file=own.csv"]
    config = hetevo.preset("emergence", overrides=[*chosen, 'network.options.outputs=["o0","h0"]'])
    assert (config.task.inputs, config.task.outputs, list(config.network.levels)) == (1, 2, [3])
    with pytest.raises(ConfigError, match=r"got task.inputs = 2, network.levels = \[4\].*Give -s task.inputs=2 -s net"):
        from_mapping(own(), overrides=["network.levels=[4]"])


def test_a_configuration_holds_its_file_and_saves_its_name(here):
    config = from_mapping(own())
    (here / "own.csv").unlink()
    again = pickle.loads(pickle.dumps(from_mapping(config.model_dump())))
    assert build_species(again).family.known.names == ("i0", "h0", "i1", "h1", "h2", "o0")
    assert 'file = "own.csv"' in dump_toml(config)
    assert (
        config.hash() == from_mapping(own(), overrides=[("network.options.file", again.network.options["file"])]).hash()
    )


@pytest.mark.parametrize("null", ["none", "degree-preserving"])
def test_results_are_the_same_in_one_process_in_two_and_after_going_on(here, null):
    whole = Experiment(from_mapping(own(null=null))).run(here / "one")
    two = from_mapping(own(null=null), overrides=["backend.workers=2", "evolution.generations=1"])
    Experiment(two).run(here / "two")
    (here / "own.csv").unlink()  # the run has a copy
    (here / "two").rename(here / "moved")
    assert outcome(resume(here / "moved", 2)) == outcome(whole)
    assert (here / "moved/data/own.csv").read_text() == EDGES
    assert verify(here / "moved", replay=True, workers=1).ok
    session = RunDirectory(here / "one").provenance.read()["sessions"][0]
    assert session["files"][0]["file"] == "own.csv"
    assert session["files"][0]["sha256"] == read_saved_config(RunDirectory(here / "one")).network.options["sha256"]


def test_the_wiring_is_the_files_whatever_mutates(here):
    config = from_mapping(own(density_ascending=1.0, density_descending=1.0), overrides=["evolution.mask_flip=0.2"])
    said = []
    ended = Experiment(config).run(here / "run", notice=said.append)
    assert any("own.csv: 6 neurons, 7 synapses; left out: 1 that end at inputs" in line for line in said)
    species = build_species(config)
    from hetevo.evolve.loading import load

    state = load(RunDirectory(ended.path).checkpoints / "gen-000002", species, 8)[0]
    genes = state.generation.population
    assert not (genes.mask_ascending & ~species.allowed.ascending).any()
    assert 0 < genes.mask_ascending.mean() < species.allowed.ascending.mean()


def test_a_run_goes_on_with_its_own_file_alone(here):
    Experiment(from_mapping(own())).run(here / "run")
    copy = here / "run/data/own.csv"
    copy.write_text(EDGES + "i0,h2,,,\n")
    with pytest.raises(ConfigError, match=r"own.csv is not the file that was named: expected the SHA-256 \w{64}"):
        resume(here / "run", 3)
    copy.unlink()
    with pytest.raises(GraphError, match=r"run/data/own.csv does not exist"):
        resume(here / "run", 3)
    copy.symlink_to(here / "own.csv")
    with pytest.raises(RunDirectoryError, match="symbolic link"):
        resume(here / "run", 3)
    copy.unlink()
    shutil.copy(here / "own.csv", copy)
    assert resume(here / "run", 3).generation == 3


def test_other_data_are_another_experiment(here):
    Experiment(from_mapping(own())).run(here / "run")
    (here / "own.csv").write_text(EDGES + "i0,h2,,,\n")
    with pytest.raises(ConfigError, match=r"another experiment[\s\S]*sha256"):
        Experiment(from_mapping(own())).run(here / "run", or_resume=True)


def test_a_run_is_repeated_and_branched_off_with_its_copy(here):
    whole = Experiment(from_mapping(own())).run(here / "run")
    (here / "own.csv").unlink()
    repeated = Experiment(load_config(here / "run/config.toml")).run(here / "again")
    assert repeated.digest == whole.digest
    done = hetevo_says("run", "--from", "run@1", "-o", "branch", "-s", "evolution.mask_flip=0")
    assert done.exit_code == 0, done.output
    assert (here / "branch/data/own.csv").read_text() == EDGES


def test_a_start_that_was_killed_after_the_copy_can_be_repeated(here):
    Experiment(from_mapping(own())).run(here / "run")
    (here / "killed").mkdir()
    for name in ("lock", "provenance.json", "data"):
        source = here / "run" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, here / "killed" / name)
    assert Experiment(from_mapping(own())).run(here / "killed").generation == 2
    # data alone are somebody's
    (here / "mine/data").mkdir(parents=True)
    with pytest.raises(RunExistsError):
        Experiment(from_mapping(own())).run(here / "mine")


def test_a_configuration_file_names_files_beside_it_unless_it_is_trusted(here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.move(here / "own.csv", folder / "own.csv")
    text = '[network]\nwiring = "file"\noptions = {file = "FILE"}\n'
    (folder / "beside.toml").write_text(text.replace("FILE", "own.csv"))
    assert load_config(folder / "beside.toml").task.inputs == 2
    (here / "far.toml").write_text(text.replace("FILE", str(folder / "own.csv")))
    with pytest.raises(ConfigError, match=r"may name files in its own folder and below, got '/.*--trust"):
        load_config(here / "far.toml")
    assert load_config(here / "far.toml", trust=True).task.inputs == 2
    assert load_config(here / "far.toml", [("network.options.file", str(folder / "own.csv"))]).task.inputs == 2


def test_a_sweep_names_files_beside_it(here, tmp_path_factory, monkeypatch):
    text = """
        base = "mine.toml"
        [conditions.own]
        [conditions.other]
        "network.options.file" = "FILE"
        """
    (here / "mine.toml").write_text(tomli_w.dumps(own()))
    (here / "other.csv").write_text(EDGES + "i0,h2,,,\n")
    (here / "sweep.toml").write_text(text.replace("FILE", "other.csv"))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    members = load_plan(here / "sweep.toml").members
    assert [build_species(member.config).family.known.senders.size for member in members] == [8, 9]
    (here / "sweep.toml").write_text(text.replace("FILE", "../other.csv"))
    with pytest.raises(ConfigError, match=r"may name files in its own folder and below, got '../other.csv'"):
        load_plan(here / "sweep.toml")


def test_two_files_of_one_name_are_refused_and_a_second_one_leads_down(here):
    (here / "down").mkdir()
    (here / "down/own.csv").write_text("from,to\no0,h0\n")
    with pytest.raises(ConfigError, match=r"two files are called 'own.csv'"):
        Experiment(from_mapping(own(), overrides=["network.options.descending=down/own.csv"]))
    (here / "down/own.csv").rename(here / "feedback.csv")
    config = from_mapping(own(), overrides=["network.options.descending=feedback.csv"])
    assert build_species(config).allowed.descending.sum() == 1
    ended = Experiment(config).run(here / "run")
    assert sorted(file.name for file in (ended.path / "data").iterdir()) == ["feedback.csv", "own.csv"]
    assert resume(here / "run", 3).generation == 3
    with pytest.raises(ConfigError, match=r"network.feedback: \"transposed\" leaves no choice"):
        from_mapping(own(), overrides=["network.options.descending=feedback.csv", "network.feedback=transposed"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("network.options.file=nowhere.csv", r"nowhere.csv does not exist"),
        ("network.options.file=.", r"expected a file of a directed graph|is a folder|not a plain file"),
        ("network.options.file=package:worm.csv", r"no file 'worm.csv' ships with Hetevo"),
        ("network.options.null=random", r"network.options.null: expected 'none', 'degree-preserving' or 'erdos-renyi'"),
        ("network.options.sha256=1234", r"own.csv is not the file that was named: expected the SHA-256 1234"),
        ("network.options.inputs=i0", r"network.options.inputs: expected a list"),
    ],
)
def test_what_is_wrong_is_an_error_before_anything_is_written(here, change, message):
    done = hetevo_says("run", "smoke", "-o", "run", "-s", OWN, "-s", change)
    assert done.exit_code == 2
    with pytest.raises(hetevo.HetevoError, match=message):
        from_mapping(own(), overrides=[change])
    assert not (here / "run").exists()


def test_signs_are_refused_where_no_circuit_has_them():
    with pytest.raises(ConfigError, match=r"network.dale: networks of a single layer"):
        hetevo.preset("chalmers", overrides=["network.dale=true"])
    with pytest.raises(ConfigError, match=r"plasticity.rule: weight transport"):
        tiny("network.dale=true", "plasticity.rule=transported")


def test_a_run_of_signs_is_the_same_after_going_on(tmp_path):
    change = ("network.dale=true", "network.excitatory=0.6", 'genome.innate="inherited"')
    whole = go(tmp_path / "whole", *change, "evolution.generations=3")
    go(tmp_path / "part", *change)
    assert outcome(resume(tmp_path / "part", 3)) == outcome(whole)


def test_a_table_and_a_wiring_of_ones_own_live_in_one_run(here):
    rows = "".join(f"{n % 7},{n % 5},{n % 7 - n % 5}\n" for n in range(60))
    (here / "rows.csv").write_text("a,b,y\n" + rows)
    table = {"name": "table", "options": {"file": "rows.csv", "targets": ["y"], "kind": "regression"}}
    config = from_mapping({**own(), "task": table})
    ended = Experiment(config).run(here / "run")
    assert sorted(file.name for file in (ended.path / "data").iterdir()) == ["own.csv", "rows.csv"]
    (here / "own.csv").unlink()
    (here / "rows.csv").unlink()
    assert resume(here / "run", 3).generation == 3
    assert verify(here / "run", replay=True, workers=1).ok
    # a second file of one name would take the place of the first
    (here / "rows").mkdir()
    (here / "rows/own.csv").write_text("a,b,y\n" + rows)
    (here / "own.csv").write_text(EDGES)
    table["options"]["file"] = "rows/own.csv"
    with pytest.raises(hetevo.SettingError, match=r"another file that is called 'own.csv' too"):
        Experiment(from_mapping({**own(), "task": table})).run(here / "other")
    assert not (here / "other").exists()
