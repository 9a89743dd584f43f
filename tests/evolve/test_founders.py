"""Founders that a user brings, from a file or as arrays."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from faults import go, outcome, tiny
from typer.testing import CliRunner

from hetevo.evolve import Experiment, GenesError, Space, preset, resume, save_genes
from hetevo.evolve.config import ConfigError, dump_toml, from_mapping, load_config
from hetevo.evolve.rundir import DamagedError, RunDirectory
from hetevo.evolve.verify import verify
from hetevo.scripts.main import app

SPACE = Space(tiny())
KEEP = "checkpoint={every=1,keep=9}"


@pytest.fixture
def genes():
    found = dict(SPACE.founders(seed=77, size=6))
    found["gains_ascending"] = found["gains_ascending"] * 3
    return found


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def first_genes(path, config, **options):
    with Experiment(config, **options).open(path) as run:
        return next(run).genes


def same(found, expected, rows):
    assert all(np.array_equal(found[name], expected[name][rows]) for name in expected)


def test_founders_from_a_file_and_from_arrays_are_the_same(here, genes):
    save_genes("genes.npz", genes)
    same(first_genes("one", tiny('genome.founders="genes.npz"')), genes, np.arange(6))
    by_file = go("two", 'genome.founders="genes.npz"', KEEP)
    by_arrays = Experiment(tiny(KEEP), founders=genes).run("three")
    assert outcome(by_file) == outcome(by_arrays) != outcome(go("four"))
    for run in (by_file, by_arrays):
        report = verify(run.path, replay=True, workers=1, generation=0)
        assert report.ok, report.problems
        assert "data/founders.npz: the SHA-256 of the founders" in report.checked
    assert (here / "two" / "data" / "founders.npz").read_bytes() == (here / "genes.npz").read_bytes()


@pytest.mark.parametrize("size", [1, 4])
def test_fewer_individuals_are_repeated_in_turn(here, genes, size):
    few = {name: values[:size] for name, values in genes.items()}
    same(first_genes("run", tiny(), founders=few), genes, np.arange(6) % size)


def test_a_run_needs_its_file_no_more(here, genes):
    save_genes("genes.npz", genes)
    whole = go("whole", 'genome.founders="genes.npz"', "evolution.generations=3")
    with Experiment(tiny('genome.founders="genes.npz"', "evolution.generations=3")).open("unborn"):
        pass
    Path("genes.npz").unlink()
    assert outcome(resume("unborn")) == outcome(whole)
    assert go("unborn", 'genome.founders="genes.npz"', "evolution.generations=3").digest == whole.digest
    with pytest.raises(GenesError, match=r"cannot read 'genes\.npz'"):
        go("new", 'genome.founders="genes.npz"')
    assert not (here / "new").exists()


def test_other_genes_under_the_same_name_are_another_experiment(here, genes):
    save_genes("genes.npz", genes)
    go("run", 'genome.founders="genes.npz"')
    config = from_mapping(RunDirectory("run").config())
    assert Experiment(config).run("again").digest == resume("run").digest
    save_genes("genes.npz", SPACE.founders(seed=1, size=6))
    with pytest.raises(ConfigError, match=r"genome\.founders_sha256"):
        go("run", 'genome.founders="genes.npz"')
    with pytest.raises(GenesError, match="other genes than the ones that were named"):
        Experiment(config).run("third")


def test_a_branch_keeps_the_founders_of_its_origin(here, genes):
    origin = Experiment(tiny(KEEP), founders=genes).run("origin")
    config = from_mapping(RunDirectory("origin").config(), overrides=["evolution.mask_flip=0.5"])
    branch = Experiment(config).run("branch", origin="origin@1")
    assert branch.digest != origin.digest
    assert verify("branch").ok
    with pytest.raises(ConfigError, match="begins with genes of its origin"):
        Experiment(tiny(KEEP), founders=SPACE.founders(1, 6)).run("other", origin="origin@1")
    assert not (here / "other").exists()


def test_a_copy_that_was_changed_is_noticed(here, genes):
    Experiment(tiny(KEEP), founders=genes).run("run")
    save_genes("run/data/founders.npz", SPACE.founders(seed=1, size=6))
    assert any("does not fit genome.founders_sha256" in problem for problem in verify("run").problems)
    with Experiment(tiny(), founders=genes).open("unborn"):
        pass
    shutil.rmtree("unborn/data")
    with pytest.raises(DamagedError, match="it is missing"):
        resume("unborn")


def wrong_genes(genes):
    yield "no mask_descending", {name: values for name, values in genes.items() if name != "mask_descending"}
    yield "'gain', which is none", {**genes, "gain": genes["gains_ascending"]}
    yield "expected the shape", {**genes, "gains_ascending": genes["gains_ascending"][:, :1]}
    yield "expected the shape", {name: values[:0] for name, values in genes.items()}
    yield "truth values", {**genes, "mask_ascending": genes["mask_ascending"].astype(float)}
    yield "expected numbers", {**genes, "decay_ascending": np.array([b"x"] * 6)}
    yield "finite numbers", {**genes, "gains_ascending": np.full_like(genes["gains_ascending"], np.nan)}
    yield "0 or more", {**genes, "decay_ascending": -genes["decay_ascending"]}
    yield "allows them", {**genes, "mask_ascending": np.ones_like(genes["mask_ascending"])}
    yield "as many individuals", {**genes, "decay_ascending": genes["decay_ascending"][:3]}
    yield "at most", {name: np.concatenate([values, values]) for name, values in genes.items()}


def test_wrong_genes_are_refused_before_anything_is_written(here, genes):
    for message, wrong in wrong_genes(genes):
        with pytest.raises(GenesError, match=message):
            Experiment(tiny(), founders=wrong).run("run")
        save_genes("wrong.npz", wrong)
        with pytest.raises(GenesError, match=message):
            go("run", 'genome.founders="wrong.npz"')
    np.savez("pickled.npz", **{**genes, "gains_ascending": np.array([object()] * 6)})
    (here / "text.npz").write_text("genes")
    (here / "folder.npz").mkdir()
    for name in ("pickled.npz", "text.npz", "folder.npz", "/dev/zero", "no\\u0000name"):
        with pytest.raises(GenesError):
            go("run", f'genome.founders="{name}"')
    assert not (here / "run").exists()


def test_numpy_writes_such_files_too(here, genes):
    np.savez_compressed("genes.npz", **genes)
    same(first_genes("run", tiny('genome.founders="genes.npz"')), genes, np.arange(6))


def test_founders_and_a_transplant_exclude_each_other():
    with pytest.raises(ConfigError, match="Leave one of them out"):
        tiny('genome.founders="genes.npz"', 'transplant.source="run"')


def test_the_command_line_takes_a_file(here):
    config = ["-s", "evolution.size=6", "-s", "lifetime.presentations=5", "-s", "evolution.generations=0"]
    genes = Space(preset("smoke")).founders(seed=5, size=2)
    save_genes("genes.npz", genes)
    command = ["run", "smoke", *config, "--workers", "1", "-s", "genome.founders=genes.npz", "-o", "run"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert RunDirectory("run").config()["genome"]["founders"] == "genes.npz"
    assert "founders=genes.npz" in RunDirectory("run").config()["preset"]
    missing = CliRunner().invoke(app, [*command[:-3], "genome.founders=gene.npz", "-o", "other"])
    assert missing.exit_code == 2
    assert "Did you mean" in missing.output


def test_a_configuration_file_names_founders_beside_it(here, genes):
    (here / "mine").mkdir()
    save_genes("mine/genes.npz", genes)
    save_genes("elsewhere.npz", genes)
    text = dump_toml(tiny()).replace('founders = ""', 'founders = "genes.npz"')
    (here / "mine" / "own.toml").write_text(text)
    run = Experiment(load_config("mine/own.toml")).run("run")
    assert run.digest == Experiment(tiny(), founders=genes).run("same").digest
    # a run's own configuration finds the copy
    (here / "mine" / "genes.npz").unlink()
    assert Experiment(load_config("run/config.toml")).run("again").digest == run.digest
    assert Experiment(load_config("run/config.toml")).run("run", or_resume=True).digest == run.digest
    # a stranger's names no file outside of its folder
    (here / "mine" / "own.toml").write_text(text.replace("genes.npz", "../elsewhere.npz"))
    with pytest.raises(ConfigError, match=r"genome\.founders: a configuration file may name files in its own folder"):
        load_config("mine/own.toml")
    assert Experiment(load_config("mine/own.toml", trust=True)).run("trusted").digest == run.digest
