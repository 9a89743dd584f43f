"""Runs of a sweep as jobs, by submitit's executors that need no Slurm."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.sweeps import conduct, load_plan
from hetevo.evolve.sweeps.outcomes import Outcome, run_member
from hetevo.populations.errors import SettingError
from hetevo.scripts.main import app

SWEEP = """
base = "smoke"
seeds = [0, 1]
[set]
evolution = {size = 6, elites = 1, generations = 2}
lifetime.presentations = 4
"""


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(SWEEP)
    return load_plan(file)


@pytest.fixture
def make_pool(monkeypatch):
    """Return a function that makes a pool of jobs on this machine, and the pools that it made."""
    pytest.importorskip("submitit")
    from hetevo.evolve.sweeps.slurm import SlurmPool

    made, jobs = [], []
    send = SlurmPool._send

    def keep(self, call):
        jobs.append(send(self, call))
        return jobs[-1]

    monkeypatch.setattr(SlurmPool, "_send", keep)

    def make(folder, cluster="local", **settings):
        made.append(SlurmPool(folder, 2, settings, cluster=cluster))
        return made[-1]

    yield make, made
    for job in jobs:
        job._process.wait(timeout=60)


def test_runs_are_jobs_and_nothing_of_them_is_left(plan, tmp_path, make_pool):
    outcomes, _ = conduct(plan, tmp_path / "here")
    jobs, _ = conduct(plan, tmp_path / "jobs", make_pool=make_pool[0])
    assert [outcome.state for outcome in jobs] == ["done", "done"]
    assert [outcome.digest for outcome in jobs] == [outcome.digest for outcome in outcomes]
    assert sorted(path.name for path in (tmp_path / "jobs").iterdir() if path.is_dir()) == [
        "smoke-seed0",
        "smoke-seed1",
    ]


def test_a_job_that_is_killed_or_preempted_goes_on_in_another_one(tmp_path, make_pool, caplog):
    file = tmp_path / "mine.toml"
    file.write_text(SWEEP.replace("generations = 2", "generations = 1000000").replace("[0, 1]", "[0]"))
    sent, reached = [], [0]

    def disturb(outcomes):
        (pool,) = make_pool[1]
        generation = outcomes[0].generation or 0
        if len(sent) == 2 and generation > reached[-1] + 20:
            (tmp_path / "sweep" / "STOP").touch()
        for call in pool._calls:
            # first as a batch system does that gives notice, then as one that does not
            if len(sent) < 2 and call.sent == len(sent) + 1 and generation > reached[-1] + 20:
                sent.append(signal.SIGKILL if sent else signal.SIGUSR2)
                reached.append(generation)
                os.kill(_child_of(call.job._process.pid), sent[-1])

    outcomes, _ = conduct(load_plan(file), tmp_path / "sweep", make_pool=make_pool[0], watch=disturb)
    assert outcomes[0].state == "stopped", outcomes[0].error
    assert "its process was stopped by signal 12; its run is queued again" in caplog.text
    assert "has ended without a result" in caplog.text
    sessions = RunDirectory(tmp_path / "sweep" / "smoke-seed0").provenance.read()["sessions"]
    assert [session["outcome"] for session in sessions] == ["stopped", None, "stopped"]


def _child_of(pid):
    """Return the process that computes: the last of a line of children."""
    while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pid = int(children[0])
    return pid


def test_what_a_job_raises_fails_its_run_and_too_many_losses_interrupt_it(tmp_path, make_pool, monkeypatch):
    make, _ = make_pool
    from hetevo.evolve.rundir.places import inside
    from hetevo.evolve.sweeps import slurm

    monkeypatch.setattr(slurm, "LOSSES", 1)
    pool = make(inside(tmp_path))
    wrong, again = pool.submit(divmod, 1, 0), pool.submit(partial(Outcome, "a", "b", 0, "interrupted", signal=12))
    while not (wrong.done() and again.done()):
        pool.check()
        time.sleep(0.1)
    assert "ZeroDivisionError" in str(wrong.exception())
    assert again.result().signal == 12
    pool.close()
    assert not [*tmp_path.glob(".slurm-*")]


def test_a_run_whose_own_process_gets_a_signal_is_interrupted_not_stopped(plan, tmp_path, monkeypatch):
    member = plan.members[0]
    from hetevo.evolve.sweeps import outcomes

    run = outcomes.Experiment.run

    def disturbed(self, *arguments, **options):
        return run(self, *arguments, progress=lambda report: os.kill(os.getpid(), signal.SIGUSR2), **options)

    monkeypatch.setattr(outcomes.Experiment, "run", disturbed)
    outcome = run_member(member, tmp_path / member.name, ())
    assert (outcome.state, outcome.signal) == ("interrupted", signal.SIGUSR2)
    assert "signal 12" in outcome.error


def test_settings_that_are_none_are_explained(tmp_path, make_pool):
    from hetevo.evolve.rundir.places import inside

    with pytest.raises(SettingError, match=r"partitian.* Expected what Slurm calls its options"):
        make_pool[0](inside(tmp_path), partitian="short")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--slurm", "partition=short"], "expected --backend slurm beside it"),
        (["--backend", "slurm", "--slurm", "partition"], "expected KEY=VALUE"),
        (["--backend", "slurm", "--address", "a:1"], "need no cluster of Ray"),
        (["--backend", "slurm"], "--backend slurm"),  # not installed, or no Slurm here
    ],
)
def test_mistakes_are_explained_before_anything_is_written(plan, tmp_path, options, words):
    refused = CliRunner().invoke(app, ["sweep", str(tmp_path / "mine.toml"), "-o", str(tmp_path / "sweep"), *options])
    assert refused.exit_code == 2
    assert words in refused.stderr
    assert not (tmp_path / "sweep").exists()
