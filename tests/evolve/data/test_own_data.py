"""A table of one's own as the task of a run: kept with it, found again, never another one, and the same everywhere."""

import copy
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hetevo.evolve import Experiment, load_config, resume
from hetevo.evolve.backends import Job
from hetevo.evolve.backends.alone import live_alone
from hetevo.evolve.backends.lives import live_block
from hetevo.evolve.config import Config, ConfigError, from_mapping, preset
from hetevo.evolve.data import DataError, keeping, open_rows, sharing
from hetevo.evolve.data.places import Located, called
from hetevo.evolve.generation import draw_generation_zero
from hetevo.evolve.origin import Origin
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.species import build_species
from hetevo.evolve.sweeps import load_plan
from hetevo.evolve.sweeps.conduct import conduct
from hetevo.evolve.verify import verify
from hetevo.populations.errors import HetevoError, MachineFailedError, SettingError

IRIS = Path(keeping.__file__).parents[1] / "experiments" / "iris.csv"
BRIEF = """
[task]
name = "table"

[task.options]
file = "flowers.csv"
targets = ["species"]

[network]
levels = [5]

[evolution]
size = 6
elites = 1
generations = 3

[lifetime]
presentations = 12
batch = 4
tasks = 1
test_samples = 20
clip_every = 4

[probe]
samples = 16

[checkpoint]
every = 1

[backend]
name = "local"
workers = 1
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a folder with a configuration and its data, from another one."""
    folder = tmp_path / "mine"
    (tmp_path / "elsewhere").mkdir()
    folder.mkdir()
    shutil.copy(IRIS, folder / "flowers.csv")
    (folder / "flowers.toml").write_text(BRIEF)
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(sharing.tempfile, "tempdir", str(tmp_path / "temporary"))
    return folder


@pytest.fixture
def large(monkeypatch):
    """Let every file be too large to be kept."""
    monkeypatch.setattr(keeping, "KEPT_BYTES", 100)


def config(place, *overrides):
    return load_config(place / "flowers.toml", overrides)


def left_behind():
    return [folder.name for folder in Path(sharing.tempfile.gettempdir()).glob(f"{sharing.PREFIX}*")]


def test_a_configuration_is_completed_from_its_file(place):
    found = config(place)
    assert (found.task.inputs, found.task.outputs) == (4, 3)
    assert found.task.options["kind"] == "classification"
    assert found.task.options["sha256"] == preset("iris").task.options["sha256"]
    assert found.task.options["file"] == "flowers.csv"
    # the same, whatever the folder and the way it is named
    os.chdir(place)
    assert load_config("./flowers.toml") == found
    assert from_mapping(found.model_dump(mode="json")) == found
    # on the command line a path begins in the current folder, and sizes follow from the other file
    again = preset(
        "emergence", overrides=["task.name=table", "task.options.file=flowers.csv", "task.options.targets=species"]
    )
    assert again.task == found.task


def test_a_preset_with_another_file_has_its_sizes(place):
    np.savez(place / "a.npz", x=np.random.default_rng(0).standard_normal((20, 7)), targets=np.arange(20.0))
    found = preset(
        "iris", overrides=[f"task.options.file={place}/a.npz", "task.options.targets=[]", "task.options.kind=auto"]
    )
    assert (found.task.inputs, found.task.outputs, found.task.options["kind"]) == (7, 1, "regression")
    assert str(place) not in json.dumps(found.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["task.options.file=flower.csv"], ["no file", "Did you mean 'flowers.csv'?"]),
        (["task.options.file=nowhere/a.csv"], ["there is no folder"]),
        (["task.options.file=."], ["expected the name of a file"]),
        (['task.options.file="a\\u0000.csv"'], ["expected the name of a file"]),
        (["task.options.file=../mine"], ["is a folder", "flowers.csv"]),
        (["task.options.file=/dev/null"], ["is not a plain file"]),
        (["task.options.file=package:wine.csv"], ["no file 'wine.csv' ships", "package:iris.csv"]),
        (["task.options.file=package:../../toml.py"], ["ships with Hetevo"]),
        (["task.options.split=0"], ["task.options.split: expected greater than 0, got 0"]),
        (["task.options.kind=classes"], ["task.options.kind: expected 'auto'"]),
        (["task.options.target=species"], ["no option 'target'"]),
        (["task.inputs=5"], ["4 columns of inputs and 3 classes", "-s task.inputs=4 -s task.outputs=3"]),
        (["task.options.sha256=abc"], ["expected the SHA-256 abc"]),
        (["task.options.file="], ["needs a file"]),
        (["heldout.every=1", 'heldout.families=["table"]', "task.name=sine", "task.options={}"], ["needs a file"]),
        (["plasticity.rule=chalmers"], ["patterns"]),
    ],
)
def test_wrong_settings_are_errors_before_anything_is_written(place, changes, words):
    os.chdir(place)
    with pytest.raises(SettingError) as caught:
        config(place, *changes)
    assert [word for word in words if word not in str(caught.value)] == []
    assert sorted(file.name for file in place.iterdir()) == ["flowers.csv", "flowers.toml"]


def test_a_configuration_file_reads_nothing_outside_its_folder_unless_trusted(place):
    path = place / "sub" / "a.toml"
    path.parent.mkdir()
    path.write_text(BRIEF.replace("flowers.csv", "../flowers.csv"))
    with pytest.raises(ConfigError, match="in its own folder and below"):
        load_config(path)
    (path.parent / "flowers.csv").symlink_to(place / "flowers.csv")
    path.with_name("b.toml").write_text(BRIEF)
    with pytest.raises(ConfigError, match="in its own folder and below"):
        load_config(path.with_name("b.toml"))
    assert load_config(path, trust=True) == config(place)
    assert load_config(path, [f"task.options.file={place}/flowers.csv"]) == config(place)


def test_the_configuration_of_a_run_names_no_file_outside_of_it(place, tmp_path, large):
    first = Experiment(config(place, "evolution.generations=1")).run(tmp_path / "runs" / "first")
    for name in (str(place / "flowers.csv"), "../../mine/flowers.csv"):
        text = first.path.joinpath("config.toml").read_text()
        first.path.joinpath("config.toml").write_text(re.sub('file = ".*"', f'file = "{name}"', text))
        with pytest.raises(HetevoError, match=r"was changed since|Say where it is"):
            resume(first.path, 2)
        with pytest.raises(HetevoError, match=r"There is no file .*elsewhere/flowers\.csv"):
            Experiment(Origin.find(str(first.path)).change_config([])).run(tmp_path / "branch")
        with pytest.raises(ConfigError, match="in its own folder and below"):
            load_config(first.path / "config.toml")


def test_lives_that_are_tried_alone_have_the_rows_wherever_they_were(place):
    task = keeping.Table(4, 3, "flowers.csv", ("species",), kind="classification")
    rows = keeping.read_file(task, place / "flowers.csv").prepared.rows
    species = replace(build_species(config(place)), task=task.reading(OnlyHere(rows)))
    job, genes = Job(species, 0), draw_generation_zero(species, 0, 1).population
    np.testing.assert_array_equal(
        live_alone(job, genes, np.array([0]), 0).evaluation.loss,
        live_block(job, genes, np.array([0]), 0).evaluation.loss,
    )


class OnlyHere:
    """Rows of which other processes cannot be told."""

    def __init__(self, rows):
        self.rows = lambda: rows


def test_held_out_lives_draw_from_the_table_too(place, tmp_path):
    changes = ["heldout.every=1", 'heldout.families=["table"]', "heldout.tasks=2"]
    ended = Experiment(config(place, *changes)).run(tmp_path / "run")
    assert 0 < RunDirectory(ended.path).last_generation()["heldout_table_loss"] < 5
    assert verify(ended.path, replay=True, workers=1).ok


def test_runs_are_the_same_bits_however_they_are_computed_and_interrupted(place, tmp_path):
    whole = Experiment(config(place)).run(tmp_path / "whole")
    shared = Experiment(config(place, "backend.workers=2", "backend.block=2")).run(tmp_path / "shared")
    assert (shared.digest, shared.probe_digest) == (whole.digest, whole.probe_digest)
    # stopped, moved to where nothing else is, and resumed
    brief = Experiment(config(place, "evolution.generations=1")).run(tmp_path / "brief")
    shutil.rmtree(place)
    moved = tmp_path / "moved"
    brief.path.rename(moved)
    ended = resume(moved, 3, workers=2)
    assert (ended.digest, ended.probe_digest) == (whole.digest, whole.probe_digest)
    report = verify(moved, replay=True, workers=1)
    assert report.ok, report.problems
    assert "flowers.csv: the SHA-256 of the data" in report.checked
    assert left_behind() == []
    # nobody learns where the file was
    for file in ("config.toml", "provenance.json", "events.jsonl"):
        assert str(tmp_path) not in (moved / file).read_text()


def test_branches_repeats_and_rescues_use_the_copy_of_a_run(place, tmp_path):
    first = Experiment(config(place)).run(tmp_path / "first")
    shutil.rmtree(place)
    branch = Origin.find(f"{first.path}@1").change_config(["evolution.mask_flip=0"])
    assert Experiment(branch).run(tmp_path / "branch", origin=f"{first.path}@1").generation == 3
    again = Experiment(load_config(first.path / "config.toml")).run(tmp_path / "again")
    assert again.digest == first.digest
    assert (again.path / "data" / "flowers.csv").read_bytes() == IRIS.read_bytes()

    def delete(report):
        if report.generation == 1:
            shutil.rmtree(tmp_path / "deleted")

    with pytest.raises(MachineFailedError, match="It was saved after generation"):
        Experiment(branch).run(tmp_path / "deleted", progress=delete)
    (rescued,) = tmp_path.glob("deleted-rescued-*")
    assert resume(rescued).generation == 3


def test_a_run_that_is_killed_goes_on_with_its_own_data(place, tmp_path):
    whole = Experiment(config(place, "evolution.generations=12")).run(tmp_path / "whole")
    script = (
        "import os, sys\nfrom hetevo.evolve import Experiment, load_config\n"
        "kill = lambda report: report.generation == 6 and os.kill(os.getpid(), 9)\n"
        "config = load_config(sys.argv[1], ['evolution.generations=12', 'backend.workers=2'])\n"
        "Experiment(config).run(sys.argv[2], progress=kill)\n"
    )
    command = [sys.executable, "-c", script, place / "flowers.toml", tmp_path / "killed"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    assert subprocess.run(command, check=False, env=environment).returncode == -9
    shutil.rmtree(place)
    assert resume(tmp_path / "killed").digest == whole.digest


def test_what_a_killed_process_left_is_removed_by_the_next_one(tmp_path, place):
    left = tmp_path / "temporary" / f"{sharing.PREFIX}killed"
    left.mkdir()
    (left / sharing.LOCK).touch()
    (left.parent / f"{sharing.PREFIX}somebody").mkdir()
    rows = keeping.read_file(
        keeping.Table(file="flowers.csv", targets=("species",)), place / "flowers.csv"
    ).prepared.rows
    with sharing.shared(rows) as source, sharing.shared(rows) as other:
        assert not left.exists()
        assert Path(source.folder).is_dir()
        assert source.folder != other.folder
    assert left_behind() == [f"{sharing.PREFIX}somebody"]  # without a lock nobody knows whose it is


def test_a_changed_file_is_refused_with_both_hashes(place, tmp_path):
    first = Experiment(config(place, "evolution.generations=1")).run(tmp_path / "first")
    kept = first.path / "data" / "flowers.csv"
    changed = kept.read_text().replace("5.1,", "5.2,", 1)
    kept.write_text(changed)
    with pytest.raises(DataError, match=r"is not the file that was named: expected the SHA-256 91eb.* got"):
        resume(first.path, 2)
    report = verify(first.path)
    assert not report.ok
    assert any("flowers.csv" in problem for problem in report.problems)
    # between reading the configuration and the start; with a start that was asked for again
    early = config(place)
    (place / "flowers.csv").write_text(changed)
    with pytest.raises(DataError, match="It was changed, or is another one"):
        Experiment(early).run(tmp_path / "early")
    assert not (tmp_path / "early").exists()
    with pytest.raises(ConfigError, match=r"task\.options: .*sha256.* is saved"):
        Experiment(config(place, "evolution.generations=1")).run(first.path, or_resume=True)


def test_a_large_file_is_not_kept_and_given_again(place, large, tmp_path):
    whole = Experiment(config(place)).run(tmp_path / "whole")
    assert not (whole.path / "data").exists()
    brief = Experiment(config(place, "evolution.generations=1")).run(tmp_path / "runs" / "brief")
    facts = RunDirectory(brief.path).provenance.read()["sessions"][0]["data"]
    assert (facts["file"], facts["kept"], facts["bytes"]) == ("flowers.csv", False, IRIS.stat().st_size)
    with pytest.raises(DataError, match=r"There is no copy in .*--data FILE"):
        resume(brief.path, 2)
    (tmp_path / "other.csv").write_text((place / "flowers.csv").read_text() + "1,2,3,4,setosa\n")
    with pytest.raises(DataError, match=r"other\.csv is not the file that was named"):
        resume(brief.path, 2, data=tmp_path / "other.csv")
    resume(brief.path, 2, data=place / "flowers.csv")
    # beside the run it is found by its name, unless it is another one
    shutil.copy(tmp_path / "other.csv", tmp_path / "elsewhere" / "flowers.csv")
    with pytest.raises(DataError, match="Say where it is"):
        resume(brief.path, 3)
    shutil.copy(place / "flowers.csv", brief.path.parent)
    assert resume(brief.path, 3).digest == whole.digest
    assert verify(brief.path, replay=True, workers=1, data=place / "flowers.csv").ok
    assert "not covered: the data, flowers.csv, of which the run has no copy" in verify(brief.path).notes


def test_data_are_refused_where_no_task_takes_them(tmp_path, place):
    first = Experiment(preset("smoke", overrides=["evolution.generations=0"])).run(tmp_path / "first")
    with pytest.raises(SettingError, match="only the task table has a file of data"):
        resume(first.path, 1, data=place / "flowers.csv")


def test_links_in_a_run_are_not_followed_to_data(place, tmp_path):
    first = Experiment(config(place, "evolution.generations=1")).run(tmp_path / "first")
    kept = first.path / "data" / "flowers.csv"
    kept.unlink()
    kept.symlink_to(place / "flowers.csv")
    with pytest.raises(HetevoError, match="symbolic link"):
        resume(first.path, 2)


def test_a_start_that_was_killed_after_its_copy_is_repeated(tmp_path, place):
    whole = Experiment(config(place)).run(tmp_path / "whole")
    begun = tmp_path / "begun"
    shutil.copytree(whole.path, begun)
    for name in ("config.toml", "checkpoints", "generations", "individuals", "events.jsonl"):
        shutil.rmtree(begun / name) if (begun / name).is_dir() else (begun / name).unlink(missing_ok=True)
    (begun / "data" / "flowers.csv").write_text("half of")
    assert Experiment(config(place)).run(begun).digest == whole.digest
    assert verify(begun).ok


def test_workers_map_one_copy_and_what_travels_is_small(tmp_path):
    inputs = np.random.default_rng(0).integers(0, 255, (2000, 100), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", inputs=inputs, targets=np.arange(2000) % 3)
    large = preset("smoke", overrides=["task.name=table", f"task.options.file={tmp_path}/a.npz"])
    species = build_species(large)
    with open_rows(species.task, tmp_path / "a.npz") as data:
        bound = data.bind(species)
        assert len(pickle.dumps(Job(bound, 0))) < 5000
        rows = bound.task.source.rows()
        assert isinstance(rows.inputs, np.memmap)
        assert rows.inputs.dtype == np.uint8  # one byte a number, as in the file
        assert rows is pickle.loads(pickle.dumps(bound)).task.source.rows()  # opened once
        assert data.file.prepared.rows is rows  # and this process holds no other copy
        assert not rows.inputs.flags.writeable
        drawn, _ = bound.task.draw(None).training(np.random.default_rng(0), 50)
        scaled = ((inputs - rows.input_scale[0]) / rows.input_scale[1]).astype(np.float32)
        assert all((row == scaled).all(axis=1).any() for row in drawn)


def test_a_folder_named_data_is_nobodys_start(tmp_path, place):
    (tmp_path / "run" / "data").mkdir(parents=True)
    (tmp_path / "run" / "data" / "thesis.txt").touch()
    with pytest.raises(HetevoError, match="exists already"):
        Experiment(config(place)).run(tmp_path / "run")
    assert (tmp_path / "run" / "data" / "thesis.txt").exists()


def test_a_sweep_finds_data_beside_its_file_and_keeps_them(place, tmp_path):
    (place / "sweep.toml").write_text(
        'base = "flowers.toml"\nseeds = "0..1"\n[conditions.all]\n[conditions.two]\n"task.inputs" = 2\n'
        '"task.options.columns" = ["petal_length", "petal_width"]\n"task.options.file" = "flowers.csv"\n'
    )
    plan = load_plan(place / "sweep.toml")
    assert [member.config.task.inputs for member in plan.members] == [4, 4, 2, 2]
    outcomes, _ = conduct(plan, tmp_path / "sweep")
    assert [outcome.state for outcome in outcomes] == ["done"] * 4
    shutil.rmtree(place)
    (copy,) = (tmp_path / "sweep" / "data").iterdir()
    assert copy.read_bytes() == IRIS.read_bytes()
    # a run that begins where only the sweep is seen
    member = plan.members[0]
    shutil.rmtree(tmp_path / "sweep" / member.name)
    ended = Experiment(member.config).run(tmp_path / "sweep" / member.name)
    assert ended.digest == outcomes[0].digest


def test_a_configuration_made_by_hand_is_completed_when_it_begins(place, tmp_path):
    made = config(place).model_dump()
    made["task"] = {"name": "table", "inputs": 4, "outputs": 3}
    made["task"]["options"] = {"file": str(place / "flowers.csv"), "targets": ["species"]}
    experiment = Experiment(Config.model_validate(made))
    assert experiment.config == config(place)
    assert experiment.run(tmp_path / "run").digest == Experiment(config(place)).run(tmp_path / "same").digest


def test_workers_hash_no_file_that_nobody_has_touched(place, monkeypatch):
    table = keeping.Table(file="flowers.csv", targets=("species",))
    with sharing.shared(keeping.read_file(table, place / "flowers.csv").prepared.rows) as source:
        hashed = []
        monkeypatch.setattr(sharing, "hash_array", lambda array: hashed.append(array) or "another")
        sharing._known.clear()
        assert isinstance(source.rows().inputs, np.memmap)
        assert not hashed
        # a new time of change is enough to look again
        sharing._known.clear()
        Path(source.folder, "targets.npy").touch()
        with pytest.raises(MachineFailedError, match="changed on their way"):
            source.rows()
        assert hashed


def test_rows_that_changed_on_their_way_are_nobodys_fault(place):
    rows = keeping.read_file(
        keeping.Table(file="flowers.csv", targets=("species",)), place / "flowers.csv"
    ).prepared.rows
    with sharing.shared(rows) as source:
        path = Path(source.folder, "inputs.npy")
        assert source.files
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        with pytest.raises(MachineFailedError, match="changed on their way"):
            source.rows()
        path.unlink()
        with pytest.raises(MachineFailedError, match="cannot be read"):
            source.rows()


def test_a_name_remembers_its_place_and_shows_only_itself():
    name = Located("a.csv")
    name.path = Path("/home/jane/a.csv")
    for other in (pickle.loads(pickle.dumps(name)), copy.deepcopy(name)):
        assert (other, other.path) == ("a.csv", Path("/home/jane/a.csv"))
    assert called("/home/jane/a.csv") == "a.csv"


def test_iris_is_learned(tmp_path):
    learned = preset("iris", overrides=["evolution.generations=0", "evolution.size=16", "backend.workers=1"])
    ended = Experiment(learned).run(tmp_path / "run")
    assert RunDirectory(ended.path).last_generation()["accuracy_best"] > 0.8
