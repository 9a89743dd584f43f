"""What becomes of individuals that cannot be evaluated, and of those whom a machine hinders, without a cluster."""

import io
import os
import random
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import make_species
from faulty_probes import Fault, Switch
from process_faults import SEED, SIZE, assert_quarantined, evaluated, killed, marked_generation

from hetevo.evolve import Experiment, preset, resume
from hetevo.evolve.backends import Job, LocalBackend, alone, block_queue
from hetevo.evolve.backends.block_queue import BlockQueue
from hetevo.evolve.backends.failures import EvaluationError
from hetevo.evolve.config import BackendTable
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.verify import verify
from hetevo.populations.errors import MachineFailedError
from hetevo.populations.evaluation import Evaluation, Status


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    return evaluated(LocalBackend(BackendTable(workers=1)), Fault("none", ""))


@pytest.fixture
def quick(monkeypatch):
    """What is waited for is not there in these tests."""
    monkeypatch.setattr(block_queue, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(alone, "TRY_SECONDS", 0.1)


@pytest.mark.parametrize(("workers", "block"), [(1, 4), (2, 4), (2, 0)])
def test_who_raises_is_found_and_nobody_else_notices(calm, tmp_path, workers, block):
    found = evaluated(LocalBackend(BackendTable(workers=workers)), Fault("raise", str(tmp_path)), block=block)
    assert_quarantined(found, calm)
    assert all(failure.reason == "ValueError: this network is not to my taste" for failure in found.failures)
    assert all("faulty_probes.py" in failure.traceback for failure in found.failures)


@pytest.mark.parametrize(
    ("kind", "how"), [pytest.param("crash", "SIGSEGV", marks=pytest.mark.verification), ("leave", "exit status 7")]
)
def test_who_ends_its_process_is_found_and_nobody_else_notices(tmp_path, quick, kind, how):
    calm = evaluated(LocalBackend(BackendTable(workers=1)), Fault("none", ""), marked=[5])
    found = evaluated(LocalBackend(BackendTable(workers=2)), Fault(kind, str(tmp_path)), marked=[5])
    assert_quarantined(found, calm, bad=[5])
    assert len(found.failures) == 1
    for failure in found.failures:
        assert "3 times in a row, although it lived alone" in failure.reason
        assert how in failure.reason


def test_who_leaves_by_an_exception_of_pythons_own_is_found(calm, tmp_path):
    assert_quarantined(evaluated(LocalBackend(BackendTable(workers=2)), Fault("exit", str(tmp_path))), calm)


@pytest.mark.parametrize("kind", ["crash", "kill", "memory"])
@pytest.mark.parametrize("times", [1, pytest.param(3, marks=pytest.mark.verification)])
def test_a_worker_that_is_lost_by_chance_changes_nothing(calm, tmp_path, quick, kind, times):
    found = evaluated(LocalBackend(BackendTable(workers=2)), Fault(kind, str(tmp_path), times=times))
    assert_quarantined(found, calm, bad=())


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGSEGV, marks=pytest.mark.verification)])
def test_workers_that_are_all_killed_for_some_seconds_change_nothing(calm, tmp_path, number):
    """What the system does when memory is short; of whatever they die, those who do nothing die too."""
    with killed(os.getpid(), tmp_path / "started", number, seconds=4) as deaths:
        found = evaluated(LocalBackend(BackendTable(workers=2)), Fault("slow", str(tmp_path)), block=1)
    assert len(deaths) > 1
    assert_quarantined(found, calm, bad=())


def test_who_is_killed_from_outside_whenever_it_lives_is_not_blamed(tmp_path, quick):
    with pytest.raises(MachineFailedError, match=r"lost 5 times in a row.*individuals 5 to 5.*SIGKILL.*hetevo resume"):
        evaluated(LocalBackend(BackendTable(workers=2, losses=5)), Fault("kill", str(tmp_path)), marked=[5])


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_that_does_not_suffice_says_what_to_make_smaller(calm, tmp_path, quick, workers):
    (tmp_path / "once").mkdir()
    once = Fault("memory", str(tmp_path / "once"), times=1)
    assert_quarantined(evaluated(LocalBackend(BackendTable(workers=workers)), once), calm, bad=())
    with pytest.raises(MachineFailedError, match=r"memory ran out.*Unable to allocate.*backend\.workers") as caught:
        evaluated(LocalBackend(BackendTable(workers=workers, losses=3)), Fault("memory", str(tmp_path)), marked=[5])
    assert "\n" not in str(caught.value)


FEW = [
    "evolution.size=4",
    "evolution.elites=1",
    "evolution.generations=4",
    "lifetime.presentations=20",
    "checkpoint.every=1000",
]


def broken_after_two(tmp_path, kind, *, stop=False, **backend):
    """Begin a run in which something goes wrong as soon as generation 1 has lived; return how it ended."""
    settings = [f"backend.{name}={value}" for name, value in {"workers": 2, "losses": 3, **backend}.items()]
    switch = Switch(kind, str(tmp_path / "now"))

    def progress(report):
        if report.generation == 1:
            Path(switch.file).touch()
            if stop:
                os.kill(os.getpid(), signal.SIGTERM)

    return Experiment(preset("smoke", overrides=[*FEW, *settings]), probe=switch).run(
        tmp_path / "run", progress=progress
    )


def assert_saved_and_goes_on(tmp_path):
    assert RunDirectory(tmp_path / "run").status()["generation"] == 1
    assert verify(tmp_path / "run").ok
    (tmp_path / "now").unlink()
    calm = Experiment(preset("smoke", overrides=[*FEW, "backend.workers=1"]), probe=Switch("kill", "")).run(
        tmp_path / "calm"
    )
    ended = resume(tmp_path / "run", probe=Switch("kill", ""))
    assert (ended.digest, ended.probe_digest) == (calm.digest, calm.probe_digest)


@pytest.mark.parametrize(
    ("kind", "workers", "error"),
    [
        ("kill", 2, MachineFailedError),
        ("memory", 1, MachineFailedError),
        pytest.param("crash", 2, EvaluationError, marks=pytest.mark.verification),
        ("raise", 1, EvaluationError),
    ],
)
def test_what_had_lived_is_saved_when_the_next_generation_cannot(tmp_path, quick, kind, workers, error):
    with pytest.raises(error, match="Generation 2"):
        broken_after_two(tmp_path, kind, workers=workers)
    assert_saved_and_goes_on(tmp_path)


def test_a_request_to_stop_ends_a_run_whose_workers_are_lost_again_and_again(tmp_path, quick):
    ended = broken_after_two(tmp_path, "kill", stop=True, losses=1000)
    assert (ended.generation, ended.signal) == (1, signal.SIGTERM)
    assert RunDirectory(tmp_path / "run").status()["state"] == "stopped"
    assert_saved_and_goes_on(tmp_path)


@pytest.mark.parametrize("workers", [1, 2])
def test_with_stop_a_failure_is_an_error_that_says_all(tmp_path, workers):
    settings = BackendTable(workers=workers, on_failure="stop")
    with pytest.raises(EvaluationError) as caught:
        evaluated(LocalBackend(settings), Fault("raise", str(tmp_path)))
    expected = "Generation 0", f"seed {SEED}", "individual 5 (id 5)", "ValueError", "faulty_probes.py", "on_failure"
    for part in expected:
        assert part in str(caught.value)


def test_if_everyone_fails_it_is_an_error_whatever_the_policy(tmp_path):
    with pytest.raises(EvaluationError, match="Everyone failed"):
        evaluated(LocalBackend(BackendTable(workers=1)), Fault("raise", str(tmp_path)), marked=range(SIZE))


def test_failures_are_recorded_with_what_it_takes_to_repeat_them(tmp_path):
    class Choosy:
        def measure(self, snapshot):
            if (snapshot.gains_ascending[:, 0] > 0.05).any():
                raise ValueError("too eager")
            return {"gain": snapshot.gains_ascending[:, 0].astype(np.float64)}

    options = ["evolution.size=10", "evolution.generations=2", "lifetime.presentations=20", "backend.workers=1"]
    run = Experiment(preset("smoke", overrides=options), probe=Choosy()).run(tmp_path / "run")
    failures = pd.read_parquet(run.path / "failures")
    individuals = pd.read_parquet(run.path / "individuals")
    failed = individuals[individuals["status"] == Status.FAILED]
    assert len(failures) > 0
    assert failures["id"].tolist() == failed["id"].tolist()
    assert set(failed["loss"]) == {4.0}
    row = failures.iloc[0]
    assert (row["seed"], row["id"]) == (0, row["generation"] * 10 + row["individual"])
    assert "too eager" in row["reason"]
    assert "too eager" in row["traceback"]
    with np.load(io.BytesIO(row["genes"]), allow_pickle=False) as genes:
        assert genes["gains_ascending"][0, 0] > 0.05


def test_the_order_in_which_pieces_come_back_changes_nothing():
    species = make_species()
    generation, results = marked_generation(species), []
    for seed in range(3):
        queue = BlockQueue(Job(species, SEED), generation, "stop")
        cut = [block for size in (3, 1, 5, 2, 9, 9) if (block := queue.next(size))]
        random.Random(seed).shuffle(cut)
        for block in cut:
            who = np.arange(block.start, block.stop, dtype=np.float64)
            queue.keep(block, Evaluation(who, who.astype(np.int64), who, {}))
        assert queue.finished
        results.append(queue.join().loss.tolist())
    assert results == [list(range(SIZE))] * 3


def lived(block):
    nobody = np.zeros(block.size)
    return Evaluation(nobody, nobody.astype(np.int64), nobody, {})


def queue_of(limit=20):
    species = make_species()
    return BlockQueue(Job(species, SEED), marked_generation(species), "quarantine", limit)


def test_what_is_lost_again_is_halved_until_one_has_to_live_alone(quick):
    some, losses = queue_of(), 0
    while (block := some.next(SIZE)) and not (block.alone and block.start == 6):
        if block.start <= 6 < block.stop:
            losses += 1
            some.take_back(block, "its worker died", suspect=True)
        else:
            some.keep(block, lived(block))
    assert (block.start, block.stop) == (6, 7)
    assert losses <= block_queue.HALVED + int(np.log2(SIZE))
    some.take_back(block, "its node died")
    assert not some.next(SIZE).alone  # for a reason that is not its own, it need not


def test_losses_in_a_row_end_the_run_and_a_block_that_comes_back_forgets_them(quick):
    some = queue_of(limit=4)
    first = some.next(1)
    for _ in range(3):
        some.take_back(some.next(1), "the node died")
    assert some.is_in_trouble
    some.keep(first, lived(first))
    assert not some.is_in_trouble
    assert some.pause == 0
    for _ in range(3):
        some.take_back(some.next(1), "the node died")
    with pytest.raises(MachineFailedError, match=r"lost 4 times in a row.*the node died.*hetevo resume RUN"):
        some.take_back(some.next(1), "the node died")


def test_what_was_on_its_way_together_is_one_loss(quick):
    some = queue_of(limit=2)
    for block in [some.next(1) for _ in range(SIZE)]:
        some.take_back(block, "the node died")
    with pytest.raises(MachineFailedError):
        some.take_back(some.next(1), "the node died")


def test_pauses_grow_to_a_limit():
    found = [block_queue.pause_after(losses) for losses in (1, 2, 3, 9, 10**6)]
    assert found == [0.5, 1.0, 2.0, block_queue.LONGEST_SECONDS, block_queue.LONGEST_SECONDS]


def test_long_lives_never_end_a_run_but_a_request_to_stop_is_heard(quick):
    some = queue_of(limit=1)
    some.check(lambda: True)  # all is well: the generation is finished first
    for _ in range(100):
        some.take_back_late(some.next(1), "no answer")
    some.check(lambda: False)
    with pytest.raises(MachineFailedError, match="asked to stop"):
        some.check(lambda: True)
