"""A run directory can be given to others: nothing in it says whose it is, or where it was made."""

import json
import platform
import socket

import pytest
from faults import TINY, go
from hostile import call

from hetevo.evolve.rundir import RunDirectory, parts, read_part
from hetevo.populations import evaluation

SECRETS = ["jdoe-host", "jdoe-user", "jdoe-lab", "9.9.9-jdoe-kernel"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A machine, a user and folders whose names must not be told."""
    home = tmp_path / "jdoe-lab" / "jdoe-user"
    (home / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    for name in ("USER", "LOGNAME"):
        monkeypatch.setenv(name, "jdoe-user")
    monkeypatch.setattr(platform, "node", lambda: "jdoe-host")
    monkeypatch.setattr(socket, "gethostname", lambda: "jdoe-host")
    monkeypatch.setattr(platform, "release", lambda: "9.9.9-jdoe-kernel")
    monkeypatch.chdir(home / "work")
    return home


def written(folder):
    """Return everything that stands in the files of a folder; columns of records are compressed, so they are read."""
    for path in sorted(folder.rglob("*")):
        yield str(path.relative_to(folder))
        if path.is_file():
            yield path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            yield json.dumps(read_part(path).to_pylist(), default=str)


def test_a_published_run_tells_nothing_of_machine_user_and_folders(place, capfd, monkeypatch):
    run, branch, elsewhere = (place / name for name in ("work/runs/one", "work/runs/two", "else/three"))
    settings = [word for setting in TINY for word in ("-s", setting)]
    assert call(capfd, "run", "smoke", *settings, "-o", run)[0] == 0
    assert call(capfd, "resume", run, "--generations", 3)[0] == 0
    for new in (branch, elsewhere):
        assert call(capfd, "run", "--from", f"{run}@3", "--generations", 4, "-o", new)[0] == 0
    for made in (run, branch, elsewhere):
        assert call(capfd, "plot", made, "--kind", "phase-plane")[0] == 0
    assert call(capfd, "report", branch)[0] == 0
    for made in (run, branch, elsewhere):
        content = "\n".join(written(made))
        assert [secret for secret in SECRETS if secret in content] == []
        assert (made / "lock").read_bytes() == b""
    origins = [RunDirectory(made).provenance.read()["origin"]["run"] for made in (branch, elsewhere)]
    assert origins == ["../one", "one"]  # the second lies outside the folder from which it was made
    command = RunDirectory(run).provenance.read()["sessions"][0]["command"]
    assert command[-2:] == ["-o", "runs/one"]


def test_a_recorded_failure_tells_no_folders(place, monkeypatch):
    whole = evaluation.evaluate

    def sometimes(species, population, individuals, **options):
        if 3 in individuals:
            raise ValueError(f"cannot read {place}/data.npy")
        return whole(species, population, individuals, **options)

    monkeypatch.setattr("hetevo.evolve.backends.lives.evaluate", sometimes)
    run = go(place / "work" / "failing", notices=[])
    rows = [row for path in parts.parts(RunDirectory(run.path).failures.folder) for row in read_part(path).to_pylist()]
    content = "\n".join(written(run.path))
    assert [secret for secret in SECRETS if secret in content] == []
    assert rows
    assert all("data.npy" in row["reason"] for row in rows)
