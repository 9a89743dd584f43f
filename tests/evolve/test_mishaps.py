"""What becomes of individuals that cannot be evaluated, in this process and in worker processes."""

import io
import random

import numpy as np
import pandas as pd
import pytest
from builders import make_species
from mishaps import SEED, SIZE, Fault, assert_quarantined, cohort_of, evaluated

from evolve import Experiment, preset
from evolve.backends import Job, LocalBackend
from evolve.backends.failures import EvaluationError
from evolve.backends.pieces import LAST_CRASHES, RETURNS, Pieces
from evolve.config import BackendTable
from populations.errors import RunFailedError
from populations.outcome import Evaluation, Status


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    return evaluated(LocalBackend(BackendTable(workers=1)), Fault("none", ""))


@pytest.mark.parametrize(("workers", "block"), [(1, 4), (2, 4), (2, 0)])
def test_who_raises_is_found_and_nobody_else_notices(calm, tmp_path, workers, block):
    found = evaluated(LocalBackend(BackendTable(workers=workers)), Fault("raise", str(tmp_path)), block=block)
    assert_quarantined(found, calm)
    assert all(failure.reason == "ValueError: this network is not to my taste" for failure in found.failures)
    assert all("mishaps.py" in failure.traceback for failure in found.failures)


def test_who_kills_its_process_is_found_and_nobody_else_notices(calm, tmp_path):
    assert_quarantined(evaluated(LocalBackend(BackendTable(workers=2)), Fault("kill", str(tmp_path))), calm)


def test_a_worker_that_was_killed_by_chance_changes_nothing(calm, tmp_path):
    found = evaluated(LocalBackend(BackendTable(workers=2)), Fault("kill", str(tmp_path), times=1))
    assert_quarantined(found, calm, bad=())


@pytest.mark.parametrize("workers", [1, 2])
def test_with_stop_a_failure_is_an_error_that_says_all(tmp_path, workers):
    settings = BackendTable(workers=workers, on_failure="stop")
    with pytest.raises(EvaluationError) as caught:
        evaluated(LocalBackend(settings), Fault("raise", str(tmp_path)))
    for part in ("Generation 0", f"seed {SEED}", "individual 5 (id 5)", "ValueError", "mishaps.py", "on_failure"):
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
    cohort, results = cohort_of(species), []
    for seed in range(3):
        pieces = Pieces(Job(species, SEED), cohort, "stop")
        cut = [piece for size in (3, 1, 5, 2, 9, 9) if (piece := pieces.next(size))]
        random.Random(seed).shuffle(cut)
        for piece in cut:
            who = np.arange(piece.start, piece.stop, dtype=np.float64)
            pieces.place(piece, Evaluation(who, who.astype(np.int64), who, {}))
        assert pieces.finished
        results.append(pieces.join().loss.tolist())
    assert results == [list(range(SIZE))] * 3


def test_a_crash_of_many_is_halved_and_of_one_is_given_up():
    species = make_species()
    pieces = Pieces(Job(species, SEED), cohort_of(species), "quarantine")
    deaths = 0
    while piece := pieces.next(SIZE):
        if piece.start <= 6 < piece.stop:
            deaths += 1
            pieces.crashed(piece)
        else:
            nobody = np.zeros(piece.size)
            pieces.place(piece, Evaluation(nobody, nobody.astype(np.int64), nobody, {}))
    assert [failure.individual for failure in pieces.join().failures] == [6]
    assert deaths <= 2 + LAST_CRASHES + int(np.log2(SIZE))


def test_what_never_comes_back_ends_the_run():
    species = make_species()
    pieces = Pieces(Job(species, SEED), cohort_of(species), "quarantine")
    for _ in range(RETURNS):
        pieces.returned(pieces.next(SIZE), "the node died")
    piece = pieces.next(SIZE)
    with pytest.raises(RunFailedError, match="the node died"):
        pieces.returned(piece, "the node died")
