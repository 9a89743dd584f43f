"""What others in the process do with global generators, DEAP, settings or runs of their own changes no run."""

import decimal
import random
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import deap.tools
import numpy as np
import pytest

from hetevo.evolve import Experiment, islands, preset, reproduction

SETTINGS = ["evolution.size=24", "evolution.generations=5", "lifetime.presentations=8", "backend.workers=1"]
ISLANDS = ["islands.count=3", "islands.every=1", "islands.topology=random", "islands.emigrants=lot"]


def digests(path, seed=0):
    ended = Experiment(preset("smoke", seed=seed, overrides=[*SETTINGS, *ISLANDS])).run(path)
    return ended.digest, ended.probe_digest


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Runs of three seeds, one after another, with nobody else there."""
    return [digests(tmp_path_factory.mktemp("alone") / str(seed), seed) for seed in range(3)]


def interrupted(function, do):
    """Let another thread do something just before a function is called, and wait for it."""

    def call(*given):
        thread = threading.Thread(target=do)
        thread.start()
        thread.join()
        return function(*given)

    return call


def seed_all():
    random.seed(1)
    np.random.seed(1)


@pytest.mark.parametrize("unit", ["selection", "migration"])
@pytest.mark.parametrize("deed", ["draws", "seeds"])
def test_another_thread_that_draws_or_seeds_changes_no_run_and_is_not_disturbed(
    alone, tmp_path, monkeypatch, unit, deed
):
    drawn = []
    do = seed_all if deed == "seeds" else lambda: drawn.append((random.random(), np.random.random()))
    # both are called between draws
    if unit == "selection":
        monkeypatch.setattr(reproduction, "select", interrupted(reproduction.select, do))
    else:
        monkeypatch.setitem(islands.TOPOLOGIES, "random", interrupted(islands.random, do))
    seed_all()
    assert digests(tmp_path / "run") == alone[0]
    python, numpy = random.Random(1), np.random.RandomState(1)
    assert drawn == [(python.random(), numpy.random()) for _ in drawn]
    assert bool(drawn) == (deed == "draws")
    assert (random.random(), np.random.random()) == (python.random(), numpy.random())  # as if no run had been there


def test_a_changed_deap_changes_no_run(alone, tmp_path, monkeypatch):
    for name in ("selBest", "selTournament", "selRandom", "migRing", "Statistics"):
        monkeypatch.setattr(deap.tools, name, None)
    monkeypatch.setattr(deap.tools.selection, "selRandom", None)
    monkeypatch.setattr(deap.tools.selection, "random", None)
    monkeypatch.setattr(random, "choice", None)
    assert digests(tmp_path / "run") == alone[0]


def test_runs_in_three_threads_at_once_are_those_that_run_alone(alone, tmp_path):
    together = threading.Barrier(3)

    def run(seed):
        together.wait()
        return digests(tmp_path / str(seed), seed)

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(run, range(3))) == alone


def test_settings_of_the_main_script_change_no_run(alone, tmp_path):
    errors, size = np.geterr(), np.getbufsize()
    try:
        np.seterr(all="raise")
        np.setbufsize(16)
        with decimal.localcontext(prec=2), np.printoptions(precision=1), warnings.catch_warnings():
            warnings.simplefilter("error")
            assert digests(tmp_path / "run") == alone[0]
        assert (np.geterr(), np.getbufsize()) == (dict.fromkeys(errors, "raise"), 16)
    finally:
        np.seterr(**errors)
        np.setbufsize(size)
