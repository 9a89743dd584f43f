"""The address of a cluster in somebody else's file: nothing is sent there until the user says so."""

import select
import socket

import pytest
from typer.testing import CliRunner

from hetevo.evolve import Experiment, load_config, preset, resume
from hetevo.evolve.config import ConfigError, dump_toml
from hetevo.evolve.sweeps import conduct, load_plan
from hetevo.populations.errors import HetevoError
from hetevo.scripts.main import app

SMALL = ["evolution.size=8", "evolution.generations=1", "lifetime.presentations=20", "backend.workers=1"]
REFUSED = "stands in this file alone, so it is not contacted"


class Stranger:
    """Listens; who connects hears nothing."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"

    def heard(self):
        return bool(select.select([self.server], [], [], 0)[0])


@pytest.fixture
def stranger(monkeypatch, tmp_path):
    stranger = Stranger()
    with stranger.server:
        monkeypatch.chdir(tmp_path)
        yield stranger


@pytest.fixture
def file(stranger, tmp_path):
    config = preset("smoke", overrides=[*SMALL, "backend.name=ray", f'backend.address="{stranger.address}"'])
    (tmp_path / "given.toml").write_text(dump_toml(config))
    return "given.toml"


@pytest.fixture
def run(stranger, tmp_path):
    """A run that says that it was computed at an address."""
    run = Experiment(preset("smoke", overrides=SMALL)).run(tmp_path / "run")
    text = (run.path / "config.toml").read_text()
    text = text.replace('name = "auto"', 'name = "ray"').replace('address = ""', f'address = "{stranger.address}"')
    (run.path / "config.toml").write_text(text)
    return run


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    "more", [[], ["--backend", "ray"], ["--backend", "auto"], ["--seeds", "0..1"], ["--or-resume"], ["-s", "seed=3"]]
)
def test_a_file_with_an_address_is_refused_before_anything_is_contacted(stranger, file, tmp_path, more):
    done = hetevo("run", file, *more, "-o", "new")
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert REFUSED in done.stderr
    for way in ("--address HOST:PORT", "--backend local", "--trust"):
        assert way in done.stderr
    assert not stranger.heard()
    assert not (tmp_path / "new").exists()


def test_trust_contacts_the_address_of_a_file(stranger, file, monkeypatch):
    config = load_config(file, trust=True)
    assert config.backend.address == stranger.address
    monkeypatch.setattr(
        "hetevo.evolve.experiment.Experiment.run", lambda self, path, **others: asked.append(self.config)
    )
    asked = []
    assert hetevo("run", file, "--trust").exit_code == 1  # there is no run to speak of
    assert asked == [config]


def test_what_is_given_beside_a_file_counts(stranger, file):
    for change in ('backend.address="127.0.0.1:1"', ("backend.address", "127.0.0.1:1")):
        assert load_config(file, [change]).backend.address == "127.0.0.1:1"
    there = hetevo("run", file, "--address", "127.0.0.1:1", "-o", "new")
    assert "a Ray cluster at 127.0.0.1:1, but nothing answers there" in there.stderr
    for change in ("backend.name=local", 'backend.name="local"', ("backend.name", "local"), 'backend={name="auto"}'):
        assert load_config(file, [change]).backend.address == ""
    assert hetevo("run", file, "--backend", "local", "-o", "new").exit_code == 0
    assert not stranger.heard()


def test_to_draw_a_file_contacts_nobody_and_needs_no_trust(stranger, file):
    assert hetevo("draw", file, "-o", "drawn.png").exit_code == 0
    assert not stranger.heard()


def test_a_saved_address_is_asked_for_again(stranger, run):
    for command in (["resume", run.path], ["resume", run.path, "--backend", "ray"], ["run", "--from", run.path]):
        done = hetevo(*command, "--generations", 2)
        assert done.exit_code == 2, done.output
        assert REFUSED in done.stderr
        assert "--address HOST:PORT" in done.stderr
        assert "--backend local" in done.stderr
        assert "--trust" not in done.stderr
    with pytest.raises(ConfigError, match=REFUSED):
        resume(run.path, backend="auto")
    with pytest.raises(HetevoError, match=r"127\.0\.0\.1:1, but nothing answers there"):
        resume(run.path, address="127.0.0.1:1")
    assert resume(run.path, 2, backend="local").generation == 2
    assert resume(run.path, 3, address="", backend="auto").generation == 3
    assert hetevo("run", "--from", run.path, "--backend", "local", "--generations", 4, "-o", "branch").exit_code == 0
    assert not stranger.heard()


def test_or_resume_goes_on_where_the_command_says(stranger, run):
    changes = [word for change in SMALL for word in ("-s", change)]
    done = hetevo("run", "smoke", *changes, "-o", run.path, "--or-resume")
    assert done.exit_code == 0, done.output
    assert not stranger.heard()


def test_a_sweep_takes_no_address_of_its_files(stranger, file, tmp_path):
    address = f'"backend.address" = "{stranger.address}"\n"backend.name" = "ray"\n'
    (tmp_path / "sweep.toml").write_text(
        f'base = "{file}"\n[conditions.one]\n"lifetime.batch" = 5\n[conditions.two]\n{address}'
    )
    plan = load_plan("sweep.toml")
    assert {member.config.backend.address for member in plan.members} == {""}
    outcomes, _ = conduct(plan, "sweep")
    assert [one.state for one in outcomes] == ["done", "done"]
    assert not stranger.heard()


def test_a_stopped_run_says_how_to_go_on_with_its_address(capsys):
    import typer

    from hetevo.evolve.messages import Run
    from hetevo.scripts.run import finish

    ended = Run("run", 3, "0" * 64, None, "signal 15", 15, "")
    with pytest.raises(typer.Exit):
        finish(ended, ["--address", "10.0.0.1:6379"], as_json=False)
    assert "hetevo resume run --address 10.0.0.1:6379" in capsys.readouterr().err
