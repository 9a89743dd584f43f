"""Whatever lies inside a run or sweep in the place of a file: no command hangs, or reads or writes outside."""

import os
import pickle
import shutil

import pytest
from faults import go, outcome
from typer.testing import CliRunner

from hetevo.evolve import resume
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.files import names, read_bounded, write_durably
from hetevo.evolve.rundir.places import Place, inside
from hetevo.evolve.rundir.sweep import Entry, write_entries
from hetevo.scripts.main import app

FILES = [
    *("config.toml", "provenance.json", "events.jsonl", "lock", "STOP", "report.html"),
    *("generations", "individuals", "failures", "checkpoints", "figures"),
    *("generations/part-000000.parquet", "individuals/part-000000.parquet"),
    *(f"checkpoints/gen-000002{name}" for name in ("", "/state.npz", "/manifest.json")),
    *(f"figures/alignment.{suffix}" for suffix in ("png", "pdf", "csv")),
]
LONG_AGO = 10**9


def hetevo(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exception)
    assert done.exit_code in (0, 1, 2)
    return done


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run with everything that commands leave in it."""
    run = go(tmp_path_factory.mktemp("places") / "run")
    assert hetevo("plot", run.path, "--kind", "alignment").exit_code == 0
    assert hetevo("report", run.path).exit_code == 0
    return run


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished.path, tmp_path / "run")


class Outside:
    """A folder that nobody may touch: the system notes when a file is read or changed, or a folder listed."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def seal(self):
        """Let everything look as if it was last read before it was last written: then the next reading is noted."""
        self.paths = [self.folder, *self.folder.rglob("*")]
        for path in self.paths:
            os.utime(path, (LONG_AGO, LONG_AGO + 1))

    def touched(self):
        times = {path: (path.stat().st_atime, path.stat().st_mtime) for path in self.paths}
        return [path for path, found in times.items() if found != (LONG_AGO, LONG_AGO + 1)]


@pytest.fixture
def outside(tmp_path):
    outside = Outside(tmp_path / "outside")
    yield outside
    assert not outside.touched()


def test_reading_writing_and_listing_are_noted(outside):
    (outside.folder / "file").write_text("content")
    for act in (lambda file: file.read_text(), lambda file: file.write_text(""), lambda file: [*file.parent.iterdir()]):
        outside.seal()
        assert not outside.touched()
        act(outside.folder / "file")
        assert outside.touched()
    outside.seal()


def to_the_same(path, outside):
    """Put a link to what was there, in perfect order, or to an empty file."""
    target = outside.folder / path.name
    if path.exists():
        shutil.move(path, target)
    else:
        target.touch()
    path.symlink_to(target)


def to_a_folder(path, outside):
    move_away(path)
    (outside.folder / "folder").mkdir()
    path.symlink_to(outside.folder / "folder")


def to_nothing(path, outside):
    move_away(path)
    path.symlink_to(outside.folder / "nothing")


def pipe(path, outside):
    move_away(path)
    os.mkfifo(path)


def move_away(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("put", [to_the_same, to_a_folder, to_nothing, pipe])
@pytest.mark.parametrize("name", FILES)
def test_whatever_is_in_the_place_of_a_file_of_a_run(run, outside, name, put):
    put(run / name, outside)
    outside.seal()
    branch = run.parent / "branch"
    for command in (
        ("status", run),
        ("verify", run),
        ("plot", run, "--kind", "alignment"),
        ("report", run),
        ("draw", run),
        ("run", "--from", f"{run}@2", "--generations", 3, "-o", branch),
        ("resume", run, "--generations", 3),
    ):
        hetevo(*command)


@pytest.fixture(scope="module")
def drawn(finished, tmp_path_factory):
    """A sweep with two runs, as if it had been drawn."""
    folder = tmp_path_factory.mktemp("places") / "sweep"
    write_entries(folder, "sweep", [Entry("one-seed0", "one", 0), Entry("two", "b", 0)])
    for entry in ("one-seed0", "two"):
        shutil.copytree(finished.path, folder / entry)
    assert hetevo("plot", folder, "--kind", "alignment").exit_code == 0
    assert hetevo("report", folder).exit_code == 0
    return folder


@pytest.fixture
def sweep(drawn, tmp_path):
    return shutil.copytree(drawn, tmp_path / "sweep")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("put", [to_the_same, to_a_folder, to_nothing, pipe])
@pytest.mark.parametrize(
    "name",
    ["sweep.json", "lock", "running", "STOP", "one-seed0", "one-seed0/generations", "figures", "figures/alignment.csv"],
)
def test_whatever_is_in_the_place_of_a_file_of_a_sweep(sweep, outside, name, put, tmp_path):
    put(sweep / name, outside)
    outside.seal()
    (tmp_path / "sweep.toml").write_text('base = "smoke"\nseeds = [0]\n[[conditions]]\nname = "one"\n')
    for command in (
        ("plot", sweep, "--kind", "alignment"),
        ("report", sweep),
        ("status", sweep),
        ("sweep", tmp_path / "sweep.toml", "-o", sweep, "--workers", 1),
    ):
        hetevo(*command)


def test_a_run_of_a_sweep_that_is_a_link_is_neither_read_nor_written(sweep, outside):
    to_the_same(sweep / "one-seed0", outside)
    outside.seal()
    for act in (resume, RunDirectory.open):
        with pytest.raises(RunDirectoryError, match="one-seed0 is a symbolic link"):
            act(inside(sweep) / "one-seed0")
    assert "one-seed0 is a symbolic link" in hetevo("plot", sweep).stderr
    config = "transplant.source=one-seed0"
    assert "one-seed0 is a symbolic link" in hetevo("run", "smoke", "-s", config, "-o", sweep / "three").stderr


def test_a_file_of_the_users_to_which_a_link_leads_stays(sweep, outside, tmp_path):
    """A figure's data are known by the image beside them: a link to a file with the same content is none of them."""
    to_the_same(sweep / "figures" / "alignment.csv", outside)
    outside.seal()
    done = hetevo("plot", sweep, "--kind", "alignment")
    assert done.exit_code == 2
    assert "alignment.csv: expected nothing there" in done.stderr
    assert hetevo("plot", sweep, "--kind", "alignment", "--force").exit_code == 0
    assert not (sweep / "figures" / "alignment.csv").is_symlink()


def test_a_link_of_the_users_to_a_run_is_as_good_as_the_run(run, finished, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(run)
    for command in (
        ("status", link),
        ("verify", link),
        ("plot", link),
        ("draw", link),
        ("report", link),
        ("run", "--from", f"{link}@2", "--generations", 3, "-o", tmp_path / "branch"),
        ("resume", link, "--generations", 3),
        ("verify", link),
    ):
        done = hetevo(*command)
        assert done.exit_code == 0, (command, done.output)
    assert link.is_symlink()
    assert outcome(resume(link)) == outcome(resume(run)) == outcome(go(tmp_path / "whole", "evolution.generations=3"))
    (tmp_path / "empty").mkdir()
    (tmp_path / "to-empty").symlink_to(tmp_path / "empty")
    assert go(tmp_path / "to-empty").digest == finished.digest


# --- places


def test_a_place_stays_one_however_it_is_made(tmp_path):
    place = inside(tmp_path) / "folder" / "file.txt"
    for path in (
        place,
        place.with_name("b"),
        place.with_suffix(".csv"),
        place.parent,
        pickle.loads(pickle.dumps(place)),
    ):
        assert isinstance(path, Place)
        assert path.within.path == tmp_path
        assert str(path).startswith(str(tmp_path))
    assert place == tmp_path / "folder" / "file.txt"
    assert type(inside(tmp_path).parent) is type(tmp_path)
    for way_out in ("..", "/etc", "a/../../b"):
        with pytest.raises(ValueError, match="leads out"):
            place / way_out


def test_a_held_directory_is_followed_wherever_it_is_moved(tmp_path):
    root = inside(tmp_path / "here").within
    (tmp_path / "here").mkdir()
    root.hold()
    (tmp_path / "here").rename(tmp_path / "there")
    (tmp_path / "here").mkdir()
    write_durably(root.place / "file", b"content")
    assert read_bounded(root.place / "file", 10) == b"content"
    assert (names(root.place), [*(tmp_path / "here").iterdir()]) == (["file"], [])
    assert root.is_moved()
    assert root.find() == tmp_path / "there"
    root.release()
    assert names(root.place) == []
