"""What pruning leaves goes on, verifies, and says what is missing, whenever the process is killed."""

import contextlib
import json
import re
import shutil

import pytest
from faults import go, operations
from typer.testing import CliRunner

from hetevo.analysis.runs import load_run
from hetevo.evolve import pruning, resume
from hetevo.evolve.pruning import prune
from hetevo.evolve.rundir import NothingIntactError, RunBusyError, RunDirectory, RunDirectoryError, records
from hetevo.evolve.rundir.checkpoint import generation_of, list_checkpoints
from hetevo.evolve.rundir.sweep import Entry, write_entries
from hetevo.evolve.verify import verify
from hetevo.populations.errors import SettingError
from hetevo.scripts.main import app

CHANGING = {"write", "sync", "rename", "unlink", "make_directory", "remove_directory"}
LONG = "evolution.generations=7", "checkpoint={every=1,keep=1,keep_every=1}"


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A run of eight generations in parts of two, with every checkpoint."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "ROWS_IN_PART", 12)
        return go(tmp_path_factory.mktemp("pruning") / "run", *LONG)


@pytest.fixture
def copy(long, tmp_path):
    return shutil.copytree(long.path, tmp_path / "run")


@pytest.fixture(scope="module")
def further(long, tmp_path_factory):
    """The same run, gone on with as it was."""
    return resume(shutil.copytree(long.path, tmp_path_factory.mktemp("further") / "run"), 8)


def content(path):
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


def generations(path):
    return [generation_of(checkpoint) for checkpoint in list_checkpoints(path / "checkpoints")]


def test_without_remove_nothing_changes_and_the_plan_says_what_would(copy):
    before = content(copy)
    (plan,) = prune([copy], checkpoints=4, individuals=3)
    assert content(copy) == before
    assert (plan.checkpoints, plan.kept) == ((1, 2, 3, 5, 6), (0, 4, 7))
    # in parts of two, of which the first generation stays with the second: 1 and 5
    assert plan.individuals == 2


def test_a_pruned_run_verifies_and_goes_on_to_the_same_end(copy, further):
    size = sum(map(len, content(copy).values()))
    (plan,) = prune([copy], checkpoints=0, individuals=3, remove=True)
    assert size - plan.bytes < sum(map(len, content(copy).values())) < size  # and the note of it
    assert generations(copy) == [7]
    report = verify(copy)
    assert report.ok
    assert "pruned on" in report.notes[0]
    assert "7 checkpoints (generation 0-6)" in report.notes[0]
    assert verify(copy, replay=True, workers=1).ok
    again = resume(copy, 8)
    assert (again.digest, again.probe_digest) == (further.digest, further.probe_digest)
    assert verify(copy).ok


def test_what_is_left_is_read_by_its_generations(copy):
    whole = load_run(copy).individuals
    prune([copy], checkpoints=0, individuals=3, remove=True)
    run = load_run(copy)
    assert run.individuals_every == 3
    left = run.individuals
    assert {0, 3, 6, 7} <= {*left["generation"]} < {*range(8)}
    same = whole[whole["generation"].isin(left["generation"])].reset_index(drop=True)
    assert left.equals(same)
    assert run.individuals_in([3])["generation"].tolist() == [3] * 6


def test_a_checkpoint_that_stays_can_be_gone_on_from_although_records_are_thinner(copy, further):
    prune([copy], checkpoints=4, individuals=100, remove=True)
    (copy / "checkpoints" / "gen-000007" / "state.npz").write_bytes(b"")
    again = resume(copy, 8)
    assert again.digest == further.digest
    assert verify(copy).ok


def test_pruning_twice_keeps_what_both_keep(copy):
    prune([copy], checkpoints=4, individuals=2, remove=True)
    assert verify(copy).ok
    assert load_run(copy).individuals_every == 2
    prune([copy], checkpoints=0, individuals=3, remove=True)
    assert verify(copy).ok
    assert load_run(copy).individuals_every == 6
    assert len(RunDirectory(copy).pruned().prunings) == 2
    before = content(copy)
    (plan,) = prune([copy], checkpoints=0, individuals=3, remove=True)
    assert not plan.bytes
    assert content(copy) == before


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


def killed(path, at):
    """Prune, and end at a change of the directory; tell whether it came so far."""
    count, dead = 0, False

    def act(number, name, arguments):
        nonlocal count, dead
        count += name in CHANGING
        dead = dead or count == at
        return die if dead and name in CHANGING else None

    def die(original, *arguments):
        raise Killed

    with pytest.MonkeyPatch.context() as patch, operations(act), contextlib.suppress(Killed):
        patch.setattr(pruning, "require_whole", lambda directory, done: None)  # it is as it was
        prune([path], checkpoints=4, individuals=5, remove=True)
    return dead


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.verification)])
def test_killed_at_any_change_it_leaves_a_run_that_verifies_and_can_be_pruned_again(long, tmp_path, step):
    at = 3
    while True:
        path = shutil.copytree(long.path, tmp_path / str(at))
        if not killed(path, at):
            break
        prune([path], checkpoints=4, individuals=5, remove=True)  # which verifies it first
        assert verify(path).ok, at
        assert generations(path) == [0, 4, 7]
        at += step
    assert at > 20


def test_a_run_under_way_is_refused_whether_or_not_anything_is_removed(copy):
    before = content(copy)
    with RunDirectory.open(copy).lock():
        for remove in (False, True):
            with pytest.raises(RunBusyError, match="under way"):
                prune([copy], checkpoints=0, remove=remove)
    assert content(copy) == before


def test_a_damaged_run_is_refused_and_so_are_all_that_were_named_with_it(copy, tmp_path, long):
    other = shutil.copytree(long.path, tmp_path / "other")
    (other / "checkpoints" / "gen-000003" / "state.npz").write_bytes(b"")
    with pytest.raises(RunDirectoryError, match="not what was written"):
        prune([copy, other], checkpoints=0, remove=True)
    assert len(generations(copy)) == 8


def test_files_of_others_stay(copy):
    mine = copy / "checkpoints" / "gen-000003" / "thesis.txt"
    mine.write_text("mine")
    (copy / "notes.txt").write_text("mine")
    (plan,) = prune([copy], checkpoints=0, individuals=9, remove=True)
    assert plan.left == ("gen-000003",)
    assert mine.read_text() == (copy / "notes.txt").read_text() == "mine"
    assert generations(copy) == [3, 7]


def test_without_the_note_or_with_a_changed_one_thin_records_are_not_what_was_written(copy):
    prune([copy], checkpoints=0, individuals=5, remove=True)
    note = copy / "pruned.json"
    whole = note.read_bytes()
    note.write_bytes(whole.replace(b'"individuals": ', b'"individuals":  '))
    assert "pruned.json: its content does not fit its checksum" in " ".join(verify(copy).problems)
    with pytest.raises(NothingIntactError):
        resume(copy, 8)
    note.unlink()
    assert any("individuals/part" in problem for problem in verify(copy).problems)
    note.write_bytes(whole)
    assert verify(copy).ok


def test_numbers_that_make_no_sense_are_refused(copy):
    for wrong in ({"checkpoints": -1}, {"individuals": 0}):
        with pytest.raises(SettingError, match=r"--(checkpoints|individuals) -?\d+: expected a whole number"):
            prune([copy], **wrong)


def in_sweep(copy, folder, *others):
    folder.mkdir()
    shutil.copytree(copy, folder / "one")
    entries = [{"run": name, "condition": "a", "seed": seed} for seed, name in enumerate(("one", *others))]
    (folder / "sweep.json").write_text(json.dumps({"schema": 1, "name": "s", "runs": entries}))
    return folder


def test_the_command_asks_for_yes_and_prunes_the_runs_of_a_sweep(copy, tmp_path):
    sweep = in_sweep(copy, tmp_path / "sweep")
    done = CliRunner().invoke(app, ["prune", str(sweep), str(copy), "--checkpoints", "0"])
    assert done.exit_code == 0, done.output
    assert "add --yes" in done.output
    assert len(generations(sweep / "one")) == 8
    done = CliRunner().invoke(app, ["prune", str(sweep), "--checkpoints", "0", "--individuals", "4", "--yes", "--json"])
    assert done.exit_code == 0, done.output
    (run,) = json.loads(done.output)["runs"]
    assert run["checkpoints"] == [*range(7)]
    assert generations(sweep / "one") == [7]


def test_the_command_says_once_what_is_the_same_of_several_runs_and_the_sum_last(copy, tmp_path):
    others = [shutil.copytree(copy, tmp_path / name) for name in ("b", "c")]
    prune(others, checkpoints=0, remove=True)
    done = CliRunner().invoke(app, ["prune", *map(str, [*others, copy]), "--checkpoints", "0"])
    nothing, some, _, total = done.stdout.splitlines()
    assert nothing == f"2 runs ({others[0]} to {others[1]}): nothing would be removed"
    assert some.startswith(f"{copy}: 7 checkpoints (generation 0-6) would be removed, ")
    assert total.startswith(f"{some.split()[-2]} bytes in all.")


def test_a_folder_of_runs_names_them_and_what_is_not_there_is_no_advice_to_make_it(copy, tmp_path):
    for name in ("one", "two"):
        write_entries(tmp_path / name, name, [Entry("run", "a", 0)])
    with pytest.raises(RunDirectoryError, match=r"is a folder of 2 sweeps and 1 run\. Name them: .*/one .*/run .*/two"):
        prune([tmp_path])
    (tmp_path / "empty").mkdir()
    for name, words in (("empty", "there is no run in it"), ("none", "does not exist")):
        with pytest.raises(RunDirectoryError, match=words) as refused:
            prune([tmp_path / name])
        assert "make" not in str(refused.value).lower()


def test_all_checkpoints_stay_that_a_waiting_run_of_the_sweep_may_need(copy, tmp_path):
    sweep = in_sweep(copy, tmp_path / "sweep", "not-begun")
    for path in (sweep, sweep / "one"):
        done = CliRunner().invoke(app, ["prune", str(path), "--checkpoints", "0", "--yes"])
        assert done.exit_code == 0, done.output
        assert "1 run of this sweep has not begun, which may need them" in done.output
        assert len(generations(sweep / "one")) == 8


def test_a_generation_stays_that_an_unfinished_neighbour_or_a_file_beside_the_run_names(copy, tmp_path):
    neighbour = shutil.copytree(copy, tmp_path / "neighbour")
    config = neighbour / "config.toml"
    changed, count = re.subn(r'(?m)^source = ""', 'source = "run@3"', config.read_text())
    changed, longer = re.subn(r"(?m)^generations = 7", "generations = 9", changed)
    assert count == longer == 1
    config.write_text(changed)
    note = neighbour / "provenance.json"
    content = json.loads(note.read_text())
    content["sessions"][-1]["outcome"] = "interrupted"
    note.write_text(json.dumps(content))
    (tmp_path / "next.toml").write_text('[[condition]]\nset = {"transplant.source" = "ru{seed}@4"}\n')
    (tmp_path / "run.toml").write_text('[transplant]\nsource = "run@5"\n')
    (plan,) = prune([copy], checkpoints=0, remove=True)
    assert generations(copy) == [3, 5, 7]
    assert "generation 3 stays: neighbour begins with it; generation 5 stays: run.toml" in plan.needed
