"""The loop in the user's hands: however it is left, the run is the same."""

import os
import random
import shutil
import signal
import threading
import time
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from faults import child, go, outcome, tiny

from hetevo.evolve import Experiment, open_run, resume
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.verify import verify
from hetevo.populations.errors import RunFailedError

MORE = "evolution.generations=4"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return go(tmp_path_factory.mktemp("whole") / "run", MORE)


def opened(path, *overrides, **options):
    return Experiment(tiny(MORE, *overrides)).open(path, **options)


@pytest.mark.parametrize("overrides", [(), ("backend.workers=2",), ("checkpoint.every=1000",), ("checkpoint.every=3",)])
def test_a_loop_has_the_outcome_of_an_experiment(whole, tmp_path, overrides):
    with opened(tmp_path / "run", *overrides) as run:
        assert [generation.number for generation in run] == [0, 1, 2, 3, 4]
        assert run.outcome == "done"
    assert outcome(run.result) == outcome(whole)
    assert (run.result.stopped_by, run.result.reason) == ("", "")
    assert RunDirectory(run.path).status()["state"] == "done"


def leave_by_break(run):
    for generation in run:
        if generation.number == 1:
            break


def leave_by_stop(run):
    for generation in run:
        if generation.number == 1:
            run.stop("good enough")
            assert verify(run.path).ok  # saved already


def leave_by_error(run):
    for generation in run:
        if generation.number == 1:
            raise ValueError("mine")


def leave_by_interrupt(run):
    for generation in run:
        if generation.number == 1:
            raise KeyboardInterrupt


def leave_by_signal(run):
    for generation in run:
        if generation.number == 1:
            os.kill(os.getpid(), signal.SIGINT)  # the first one asks, and the body goes on


def leave_by_two_signals(run):
    for generation in run:
        if generation.number == 1:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)


LEAVING = {
    leave_by_break: ("loop", "its own loop was left"),
    leave_by_stop: ("loop", "good enough"),
    leave_by_error: ("loop", "its own loop was left by ValueError"),
    leave_by_interrupt: ("loop", "its own loop was left by KeyboardInterrupt"),
    leave_by_signal: ("signal 2", ""),
    leave_by_two_signals: ("signal 2", ""),
}


@pytest.mark.parametrize(
    ("leave", "overrides"),
    [*((leave, ("checkpoint.every=1000",)) for leave in LEAVING), (leave_by_break, ("backend.workers=2",))],
)
def test_a_loop_that_is_left_is_saved_and_goes_on(whole, tmp_path, leave, overrides):
    handler = signal.getsignal(signal.SIGINT)
    with suppress(ValueError, KeyboardInterrupt), opened(tmp_path / "run", *overrides) as run:
        leave(run)
    assert signal.getsignal(signal.SIGINT) is handler
    assert (run.outcome, run.result.generation) == ("stopped", 1)
    assert (run.result.stopped_by, run.result.reason) == LEAVING[leave]
    status = RunDirectory(run.path).status()
    assert (status["state"], status["generation"], status["reason"]) == ("stopped", 1, LEAVING[leave][1])
    assert verify(run.path).ok
    with open_run(run.path) as again:
        assert [generation.number for generation in again] == [2, 3, 4]
    assert outcome(again.result) == outcome(whole)


def live_and_hang(path):
    with opened(path, "checkpoint.every=1") as run:
        for generation in run:
            if generation.number == 2:
                (path / "ready").touch()
                time.sleep(600)


def test_a_loop_that_is_killed_in_its_body_goes_on(whole, tmp_path):
    process = child(live_and_hang, tmp_path / "run")
    while not (tmp_path / "run" / "ready").exists():
        time.sleep(0.02)
    process.kill()
    process.join()
    (tmp_path / "run" / "ready").unlink()
    assert RunDirectory(tmp_path / "run").status()["generation"] == 2  # it was saved before the body ran
    assert outcome(resume(tmp_path / "run")) == outcome(whole)


def test_what_the_body_does_changes_nothing(whole, tmp_path):
    with opened(tmp_path / "run") as run:
        for generation in run:
            random.seed(generation.number)
            np.random.seed(generation.number)
            random.random(), np.random.random()
            arrays = [
                generation.loss,
                generation.status,
                generation.parents,
                generation.identifiers,
                generation.accuracy,
            ]
            for array in [*arrays, *generation.genes.values(), *generation.columns.values()]:
                with pytest.raises(ValueError, match="read-only"):
                    array[...] = 0
                array.flags.writeable = True  # by force: it is a copy all the same
                array[...] = 0
            with pytest.raises(TypeError):
                generation.genes["gains_ascending"] = generation.loss
    assert outcome(run.result) == outcome(whole)


def test_a_generation_is_what_was_recorded(whole):
    individuals = pd.read_parquet(whole.path / "individuals").set_index("generation")
    with opened(whole.path.with_name("recorded")) as run:
        seen = list(run)
    for generation in seen:
        rows = individuals.loc[generation.number]
        assert generation.loss.tolist() == rows["loss"].tolist()
        assert generation.identifiers.tolist() == rows["id"].tolist()
        assert generation.parents.tolist() == rows[["parent_a", "parent_b"]].to_numpy().tolist()
        assert generation.columns["alignment_end"].tolist() == pytest.approx(
            rows["alignment_end"].tolist(), nan_ok=True
        )
        assert generation.genes["gains_ascending"].shape[0] == generation.loss.size == 6
        assert generation.row["loss_best"] == generation.loss.min()


def test_representations_are_readable(tmp_path):
    with opened(tmp_path / "run") as run:
        assert repr(run) == f"<run {tmp_path / 'run'}: generation -1 of 4, running>"
        generation = next(run)
        assert repr(generation).startswith("<generation 0: 6 individuals, loss ")
    assert repr(run) == f"<run {tmp_path / 'run'}: generation 0 of 4, stopped>"


def test_the_lock_is_held_in_the_block_and_given_back_after_it(tmp_path):
    with opened(tmp_path / "run") as run:
        next(run)
        assert RunDirectory(run.path).status()["state"] == "running"
        with pytest.raises(RunFailedError, match="goes on still"):
            _ = run.result
    with RunDirectory(run.path).lock():
        pass
    assert list(run) == []  # it has ended


def test_a_run_that_is_done_opens_and_is_over(whole, tmp_path):
    before = {file: file.read_bytes() for file in whole.path.rglob("*") if file.is_file()}
    for context in (open_run(whole.path), opened(whole.path, or_resume=True)):
        with context as run:
            assert list(run) == []
            run.stop("too late")
        assert (run.outcome, run.number, run.digest, run.result.digest) == ("done", 4, whole.digest, whole.digest)
    assert before == {file: file.read_bytes() for file in whole.path.rglob("*") if file.is_file()}
    with open_run(shutil.copytree(whole.path, tmp_path / "longer"), 6) as run:
        assert [generation.number for generation in run] == [5, 6]


def test_a_block_without_a_loop_leaves_a_run_that_begins_when_it_is_resumed(whole, tmp_path):
    with opened(tmp_path / "run") as run:
        assert (run.number, run.digest) == (-1, "")
    assert run.outcome == "stopped"
    with pytest.raises(RunFailedError, match="before anything lived"):
        _ = run.result
    assert outcome(resume(tmp_path / "run")) == outcome(whole)


def test_a_loop_goes_on_in_the_same_block_after_a_break(whole, tmp_path):
    with opened(tmp_path / "run") as run:
        leave_by_break(run)
        assert [generation.number for generation in run] == [2, 3, 4]
    assert outcome(run.result) == outcome(whole)


def test_runs_can_be_open_inside_each_other(whole, tmp_path):
    other = Experiment(tiny(MORE, "seed=3")).run(tmp_path / "alone")
    with opened(tmp_path / "outer") as outer, Experiment(tiny(MORE, "seed=3")).open(tmp_path / "inner") as inner:
        for generation, beside in zip(outer, inner, strict=False):
            assert generation.number == beside.number
    assert outcome(outer.result) == outcome(whole)
    assert outcome(inner.result) == outcome(other)


def test_a_loop_in_a_thread(whole, tmp_path):
    results = []

    def loop(name):
        with opened(tmp_path / name) as run:
            for _ in run:
                pass
        results.append(run.result)

    threads = [threading.Thread(target=loop, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome(result) for result in results] == [outcome(whole)] * 2


def test_a_branch_can_be_looped_over(whole, tmp_path):
    experiment = Experiment(tiny(MORE, "evolution.mask_flip=0.5"))
    with experiment.open(tmp_path / "branch", origin=f"{whole.path}@3") as run:
        assert run.number == 3
        assert [generation.number for generation in run] == [4]
    assert run.digest == experiment.run(tmp_path / "same", origin=f"{whole.path}@3").digest


def test_an_error_of_the_run_itself_is_one_of_the_loop(whole, tmp_path, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("of its own")

    with opened(tmp_path / "run") as run:
        next(run)
        monkeypatch.setattr("hetevo.evolve.algorithms.generational.reproduce", fail)
        with pytest.raises(RuntimeError, match="of its own"):
            next(run)
        assert list(run) == []
    assert run.outcome == "failed"
    assert RunDirectory(run.path).status()["state"] == "failed"
    monkeypatch.undo()
    assert outcome(resume(run.path)) == outcome(whole)
