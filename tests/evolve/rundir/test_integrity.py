"""What belongs to a run is known by its checkpoints, and nothing is dropped in silence."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from faults import full, go, operations, outcome, tiny
from sealing import reseal, rewrite_facts
from typer.testing import CliRunner

from hetevo.evolve import Experiment, resume
from hetevo.evolve.config import ConfigError
from hetevo.evolve.record_checks import Kept, Report, check_records
from hetevo.evolve.rundir import NothingIntactError, RunDirectory
from hetevo.evolve.rundir.checkpoint import Checkpoint, list_checkpoints, load_manifest
from hetevo.evolve.rundir.parts import encode_part, hash_rows, parts, read_part
from hetevo.evolve.verify import verify
from hetevo.scripts.main import app

SCHEMA_1 = Path(__file__).parents[1] / "fixtures" / "schema-1"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return go(tmp_path_factory.mktemp("integrity") / "run")


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A longer run of another seed."""
    return go(tmp_path_factory.mktemp("integrity") / "other", "seed=5", "evolution.generations=4")


@pytest.fixture
def copy(finished, tmp_path):
    return shutil.copytree(finished.path, tmp_path / "run")


def content(path):
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file() and file.name != "lock"}


def problems(path):
    return " ".join(verify(path).problems)


# ---------------------------------------------------------------- checkpoints


@pytest.mark.parametrize("made", ["here", "by the first version"])
def test_a_run_whose_checkpoints_are_gone_is_not_well_and_keeps_its_records(finished, copy, tmp_path, made):
    if made != "here":
        copy = shutil.copytree(SCHEMA_1, tmp_path / "old")
    before = outcome(finished) if made == "here" else None
    shutil.rmtree(copy / "checkpoints")
    held = content(copy)
    assert "there is no checkpoint any more" in problems(copy)
    for again in (lambda: resume(copy), lambda: resume(copy, 9)):
        with pytest.raises(NothingIntactError, match=r"hetevo resume .* --force"):
            again()
    assert content(copy) == held
    done = CliRunner().invoke(app, ["resume", str(copy), "--force"])
    assert done.exit_code == 0, done.output
    assert verify(copy).ok
    assert before in (None, outcome(resume(copy)))


def test_so_does_one_whose_checkpoints_are_all_damaged_and_force_begins_anew(finished, copy):
    for folder in list_checkpoints(copy / "checkpoints"):
        (folder / "state.npz").write_bytes(b"")
    held = content(copy)
    with pytest.raises(NothingIntactError, match="--force"):
        resume(copy)
    assert content(copy) == held
    assert outcome(resume(copy, force=True)) == outcome(finished)
    assert verify(copy).ok


def test_lost_provenance_does_not_let_records_be_dropped(copy):
    shutil.rmtree(copy / "checkpoints")
    (copy / "provenance.json").unlink()
    with pytest.raises(NothingIntactError):
        resume(copy)


def test_a_finished_run_without_its_last_checkpoint_is_not_well(finished, copy):
    shutil.rmtree(list_checkpoints(copy / "checkpoints")[-1])
    assert "done at generation 2, but its newest checkpoint is that of generation 1" in problems(copy)
    assert outcome(resume(copy)) == outcome(finished)
    assert verify(copy).ok


# ---------------------------------------------------------------- records


def test_the_table_of_another_run_is_found_even_if_it_reaches_further(copy, other):
    shutil.rmtree(copy / "generations")
    shutil.copytree(other.path / "generations", copy / "generations")
    assert "does not fit the checksum" in problems(copy)
    with pytest.raises(NothingIntactError):
        resume(copy, 3)
    assert len(pd.read_parquet(copy / "generations")) == 5


def test_so_it_is_in_a_run_of_the_first_version_by_what_its_individuals_give(tmp_path, other):
    path = shutil.copytree(SCHEMA_1, tmp_path / "run")
    shutil.copyfile(other.path / "generations" / "part-000000.parquet", path / "generations" / "part-000000.parquet")
    assert "loss_best of generation 0 is not that of its individuals" in problems(path)


@pytest.mark.parametrize("column", ["loss_best", "loss_mean", "failures", "alignment_end", "alignment_end_elite"])
def test_rows_of_generations_are_held_against_their_individuals(copy, column):
    """Even where whoever changed them made the checksums fit."""
    (part,) = parts(copy / "generations")
    table = read_part(part)
    place = table.column_names.index(column)
    changed = [value + 1 for value in table[column].to_pylist()]
    part.write_bytes(encode_part(table.set_column(place, column, pa.array(changed, table[column].type))))
    reseal(copy)
    assert f"{column} of generation 0 is not that of its individuals" in problems(copy)


def test_individuals_that_are_not_recorded_are_held_against_the_checkpoints(tmp_path):
    path = go(tmp_path / "run", "records.individuals_every=0").path
    assert verify(path).ok
    (part,) = parts(path / "generations")
    table = read_part(part)
    place = table.column_names.index("loss_best")
    part.write_bytes(encode_part(table.set_column(place, "loss_best", pa.array([0.0] * 3))))
    reseal(path)
    assert "loss_best of generation 2 is not" in problems(path)


THINNED = "probe.share=0.8", "records.share=0.4", "evolution.size=10"


def test_a_share_of_the_individuals_is_recorded_and_measured_and_the_evolution_is_the_same(tmp_path):
    whole, part = go(tmp_path / "whole", THINNED[-1]), go(tmp_path / "part", *THINNED)
    assert whole.digest == part.digest
    assert whole.probe_digest != part.probe_digest
    all_rows, rows = (pd.read_parquet(run.path / "individuals").set_index("id") for run in (whole, part))
    # fewer than all, with the best one of each generation
    assert 2 * 3 < len(rows) < 8 * 3
    best = all_rows.groupby("generation")["loss"].idxmin()
    assert set(best) <= set(rows.index)
    # what is there is what it was; who is not measured has none
    same = all_rows.loc[rows.index]
    assert rows[["loss", "parent_a", "operator"]].equals(same[["loss", "parent_a", "operator"]])
    measured = rows["hs_end"].notna()
    assert rows["hs_end"][measured].equals(same["hs_end"][measured])
    # a generation's row is about those that were measured
    generations = pd.read_parquet(part.path / "generations")
    assert (generations["undefined_share"] == pd.read_parquet(whole.path / "generations")["undefined_share"]).all()
    report = verify(part.path, replay=True, workers=1)
    assert report.ok, report.problems
    assert any("a share of 0.4" in line for line in report.checked)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.slice(1), "somebody of the share of 0.4"),
        (lambda rows: rows.filter(pc.not_equal(rows["loss"], pc.min(rows["loss"]))), "best one of generation"),
        (lambda rows: pa.concat_tables([rows, rows.slice(0, 1)]), "in order"),
        (lambda rows: rows.filter(pc.not_equal(rows["generation"], 1)), "expected those of 3 generations"),
    ],
)
def test_rows_that_are_missing_from_a_share_are_found(tmp_path, change, words):
    path = go(tmp_path / "run", *THINNED, "seed=3").path
    (part,) = parts(path / "individuals")
    rows = change(read_part(part))
    part.write_bytes(encode_part(rows))
    reseal(path)
    rewrite_facts(path, rows={})
    assert words in problems(path)


@pytest.mark.parametrize("generation", [0, 1, 9])
def test_a_part_that_no_checkpoint_knows_is_found(copy, generation):
    (copy / "failures").mkdir(exist_ok=True)
    rows = pa.table({"generation": pa.array([generation], pa.int64()), "id": pa.array([1], pa.int64())})
    (copy / "failures" / f"part-{generation:06d}.parquet").write_bytes(encode_part(rows))
    assert "failures" in problems(copy)


def test_what_readers_would_take_for_records_is_found(copy):
    shutil.copyfile(copy / "generations" / "part-000000.parquet", copy / "generations" / "copy.parquet")
    assert "copy.parquet: it is no part of the records" in problems(copy)


def test_the_hash_of_rows_does_not_depend_on_how_they_are_stored():
    table = pa.table({"generation": [0, 0, 1], "loss": [0.5, None, 0.25], "operator": ["elite", "", "mutation"]})
    known = hash_rows(table)
    assert hash_rows(pa.concat_tables([table.slice(0, 1), table.slice(1)])) == known
    assert hash_rows(table.append_column("later", pa.nulls(3, pa.float64()))) == known
    for changed in (
        table.set_column(1, "loss", pa.array([0.5, 0.25, None])),
        table.set_column(2, "operator", pa.array(["elit", "e", "mutation"])),
        table.slice(0, 2),
        table.rename_columns(["generation", "lost", "operator"]),
    ):
        assert hash_rows(changed) != known


# ---------------------------------------------------------------- provenance, configuration


def altered(path, change):
    file = path / "provenance.json"
    fields = json.loads(file.read_text())
    change(fields)
    file.write_text(json.dumps(fields, indent=1))


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields["sessions"][0]["versions"].update(numpy="1.0"),
        lambda fields: fields["sessions"][0].update(outcome="failed"),
        lambda fields: fields["sessions"][0].update(host="elsewhere"),
        lambda fields: fields["sessions"].append({"started": "yesterday"}),
        lambda fields: fields.pop("sha256"),
    ],
)
def test_altered_provenance_is_found(copy, change):
    altered(copy, change)
    assert "provenance.json" in problems(copy)


def test_so_is_that_of_another_run(copy, other):
    shutil.copyfile(other.path / "provenance.json", copy / "provenance.json")
    assert "does not begin with the sessions" in problems(copy)


def test_what_was_altered_stays_noted_when_the_run_goes_on(copy):
    altered(copy, lambda fields: fields["sessions"][0].update(host="elsewhere"))
    said = []
    resume(copy, 3, notice=said.append)
    assert any("cannot be trusted" in line for line in said)
    report = verify(copy)
    assert report.ok
    assert any("earlier sessions cannot be trusted" in note for note in report.notes)


@pytest.mark.parametrize(
    ("old", "new"), [('preset = "smoke', 'preset = "rule'), ("individuals_every = 1", "individuals_every = 2")]
)
def test_what_does_not_decide_the_results_is_not_altered_either(copy, old, new):
    text = (copy / "config.toml").read_text()
    assert old in text
    (copy / "config.toml").write_text(text.replace(old, new))
    assert "was given" in problems(copy)
    with pytest.raises(ConfigError, match="Put the saved values back"):
        resume(copy)


def test_what_is_not_covered_is_said(copy, tmp_path):
    (copy / "events.jsonl").write_text("nonsense")
    report = verify(copy)
    assert report.ok
    assert any("not covered: telemetry (events.jsonl)" in note for note in report.notes)
    report = verify(shutil.copytree(SCHEMA_1, tmp_path / "old"))
    assert report.ok
    assert any("not covered: provenance.json" in note for note in report.notes)


def test_manifests_stay_small(finished):
    folder = list_checkpoints(finished.path / "checkpoints")[-1]
    assert set(load_manifest(folder).facts["rows"]) == {"generations", "individuals"}
    assert (folder / "manifest.json").stat().st_size < 6_000


# ---------------------------------------------------------------- in motion


def watched(action, look):
    """Do something, and look before each file operation that changes what others see."""
    looking = False

    def act(number, name, arguments):
        nonlocal looking
        if not looking and name in ("rename", "unlink", "remove_directory", "make_directory"):
            looking = True
            look()
            looking = False

    with operations(act):
        return action()


def test_whatever_a_kill_leaves_is_well_and_goes_on(finished, tmp_path):
    """Also between the note of a new session and its first checkpoint, and before the very first one."""
    path, left = tmp_path / "run", []

    def look():
        if (path / "config.toml").exists():
            left.append(shutil.copytree(path, tmp_path / f"left-{len(left)}"))

    watched(lambda: go(path), look)
    watched(lambda: resume(path, 3), look)
    whole = outcome(resume(path))
    assert len(left) > 15
    for number, one in enumerate(left):
        assert verify(one).ok, (number, verify(one).problems)
        if number % 5 == 0:
            assert outcome(resume(one, 3)) == whole


def test_what_a_run_is_just_doing_is_no_problem(tmp_path):
    path, reports = tmp_path / "run", []

    def look():
        if (path / "config.toml").exists():
            reports.append(verify(path))

    watched(lambda: go(path, "checkpoint.keep=1"), look)
    watched(lambda: resume(path, 3), look)
    assert len(reports) > 15
    assert [report.problems for report in reports if not report.ok] == []


def test_a_checkpoint_that_is_pruned_while_it_is_read_is_no_problem(copy, monkeypatch):
    from hetevo.evolve import verify as verifying

    original = verifying.load

    def load(path, *arguments):
        if path.name == "gen-000001":
            shutil.rmtree(path)
        return original(path, *arguments)

    monkeypatch.setattr(verifying, "load", load)
    assert verify(copy).ok


# ---------------------------------------------------------------- done


def test_a_run_that_is_done_needs_no_write(finished, copy):
    with operations(full):
        for run in (resume(copy), Experiment(tiny()).run(copy, or_resume=True)):
            assert (run.digest, run.saved) == (finished.digest, "it was done already")
    assert RunDirectory(copy).status()["state"] == "done"


def test_a_generation_that_somebody_made_up_is_not_counted_to(finished):
    directory = RunDirectory(finished.path)
    newest = Checkpoint(10**15, {}, {"chain": ""})
    report = Report()
    check_records(directory, Kept(4), newest, [], report)
    assert any("generations are missing" in problem for problem in report.problems)
