"""Ends before the last generation."""

import json

import pandas as pd
import pytest
from faults import go, outcome, tiny
from typer.testing import CliRunner

from hetevo.evolve import Experiment, resume
from hetevo.evolve.config import ConfigError
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.verify import verify
from hetevo.scripts.main import app

LONG = "evolution.generations=8"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return go(tmp_path_factory.mktemp("whole") / "run", LONG)


@pytest.fixture(scope="module")
def losses(whole):
    return pd.read_parquet(whole.path / "generations")["loss_best"].tolist()


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def first(losses, limit):
    return next(number for number, loss in enumerate(losses) if loss <= limit)


@pytest.mark.parametrize("overrides", [(), ("checkpoint.every=1000",)])
def test_a_run_ends_at_a_loss_and_is_done(whole, losses, tmp_path, overrides):
    limit = sorted(losses)[1]
    end = first(losses, limit)
    run = go(tmp_path / "run", LONG, f"evolution.until={{loss_best={limit}}}", *overrides)
    assert (run.generation, run.stopped_by) == (end, "")
    assert run.reason.startswith("evolution.until: loss_best is ")
    status = RunDirectory(run.path).status()
    assert (status["state"], status["reason"]) == ("done", run.reason)
    assert verify(run.path).ok
    # it is done, and stays as it is
    before = {file: file.read_bytes() for file in run.path.rglob("*") if file.is_file()}
    again = resume(run.path)
    assert (again.generation, again.digest, again.reason) == (end, run.digest, run.reason)
    assert before == {file: file.read_bytes() for file in run.path.rglob("*") if file.is_file()}
    # without that end it is the run that never had it
    assert outcome(resume(run.path, until={})) == outcome(whole)
    assert RunDirectory(run.path).config()["evolution"]["until"] == {}
    assert verify(run.path).ok


def test_more_generations_alone_do_not_go_beyond_an_end(whole, tmp_path):
    run = go(tmp_path / "run", LONG, "evolution.until={evaluations=13}")  # three generations of six
    assert run.generation == 2
    notices = []
    longer = resume(run.path, 9, notice=notices.append)
    assert (longer.generation, longer.digest) == (2, run.digest)
    assert any("--until none" in notice for notice in notices)
    assert resume(run.path, 8, until={"evaluations": 6 * 9}).digest == whole.digest


def test_a_run_that_is_done_can_be_given_an_end_that_it_has_reached(whole, tmp_path):
    run = go(tmp_path / "run", "evolution.generations=2")
    ended = resume(run.path, 8, until={"loss_best": 1e6})
    assert (ended.generation, ended.digest) == (2, run.digest)
    assert outcome(resume(run.path, 8, until={})) == outcome(whole)


def test_seconds_count_the_work_of_all_sessions(whole, tmp_path):
    run = go(tmp_path / "run", LONG, "evolution.until={seconds=1e-9}")
    assert (run.generation, run.stopped_by) == (0, "")
    assert run.reason.startswith("evolution.until: seconds is ")
    facts = [json.loads(file.read_text())["facts"] for file in sorted(run.path.glob("checkpoints/gen-*/manifest.json"))]
    resumed = resume(run.path, until={"seconds": 1e9})
    later = [json.loads(file.read_text())["facts"] for file in sorted(run.path.glob("checkpoints/gen-*/manifest.json"))]
    assert later[-1]["seconds"] >= facts[-1]["seconds"] > 0
    assert outcome(resumed) == outcome(whole)


def test_an_end_is_no_part_of_the_experiment(whole):
    config = tiny(LONG)
    other = tiny(LONG, "evolution.until={loss_mean=0.5, seconds=60}")
    assert other.hash() == config.hash()
    assert other.preset == config.preset
    with pytest.raises(ConfigError, match=r"evolution\.until"):
        Experiment(other).run(whole.path, or_resume=True)


@pytest.mark.parametrize(
    ("until", "message"),
    [
        ("{alignment_end=0.5}", "fitness and stopping never see a gradient"),
        ("{loss_bets=0.5}", "did you mean"),
        ('{loss_best="low"}', "expected a number"),
        ("{loss_best=true}", "expected a number"),
        ("{loss_best=nan}", "expected a number"),
        ("{evaluations=0}", "above 0"),
        ("0.5", "evolution.until"),
    ],
)
def test_other_ends_are_refused(until, message):
    with pytest.raises(ConfigError, match=f"(?i){message}"):
        tiny(f"evolution.until={until}")


def test_the_command_line_names_ends(tmp_path):
    small = ["-s", "evolution.size=8", "-s", "lifetime.presentations=5", "--workers", 1]
    done = hetevo("run", "smoke", "--until", "loss_best=1e6", "--until", "seconds=3600", *small, "-o", tmp_path / "run")
    assert done.exit_code == 0, done.output
    assert "evolution.until: loss_best is" in done.stderr
    assert RunDirectory(tmp_path / "run").config()["evolution"]["until"] == {"loss_best": 1e6, "seconds": 3600}
    assert "evolution.until" in hetevo("status", tmp_path / "run").stdout
    gone_on = hetevo("resume", tmp_path / "run", "--until", "none", "--generations", 1, "--json")
    assert json.loads(gone_on.stdout)["generation"] == 1
    for wrong in ("loss_best", "alignment_end=0.5", "loss_best=low"):
        refused = hetevo("resume", tmp_path / "run", "--until", wrong)
        assert refused.exit_code == 2
        assert "Traceback" not in refused.output
