"""Portable arithmetic: pins, what refuses to compute without them, and that digests do not depend on the processor."""

import math
import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from builders import make_population, make_species
from processors import OLD, digests_on, why_not

from hetevo.analysis.individuals import load_individual
from hetevo.evolve import Experiment, preset, resume
from hetevo.evolve.backends import LocalBackend, portable, worker
from hetevo.evolve.backends.fingerprint import fingerprint, workers_fingerprint
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.lives import live_block
from hetevo.evolve.backends.pool import WorkerPool, calling
from hetevo.evolve.backends.portable import PortableError, find_problem, pins, require_pins
from hetevo.evolve.config import BackendTable, ConfigError
from hetevo.evolve.generation import draw_generation_zero
from hetevo.evolve.identity import config_hash, differences
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.sweeps import plan_of_seeds
from hetevo.evolve.sweeps.plan import with_portable
from hetevo.evolve.verify import verify
from hetevo.populations.elementary import exp, log

TINY = ("evolution.size=6", "evolution.generations=2", "lifetime.presentations=12", "backend.workers=1")
SOFT = ("network.activation=softplus", "checkpoint.keep_every=1", *TINY)
PINNED = "backend.portable=true"

needs_pins = pytest.mark.skipif(bool(why_not()), reason=why_not())


def without_cache(monkeypatch):
    monkeypatch.setattr(portable, "find_problem", find_problem.__wrapped__)


@pytest.mark.parametrize(
    ("dispatched", "disabled"),
    [
        (["X86_V3", "X86_V4", "AVX512_ICL"], "X86_V4 AVX512_ICL"),
        (["SSE41", "AVX", "F16C", "FMA3", "AVX2", "AVX512F", "AVX512_SKX"], "AVX512F AVX512_SKX"),
        (["AVX2"], ""),
    ],
)
def test_pins_leave_numpy_what_every_such_processor_has(monkeypatch, dispatched, disabled):
    monkeypatch.setattr(portable, "_umath", SimpleNamespace(__cpu_dispatch__=dispatched))
    assert pins() == {
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": disabled,
        "NPY_ENABLE_CPU_FEATURES": "",
    }


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("platform.machine", lambda: "aarch64"), "x86-64-v3.*got aarch64"),
        (("_processor", lambda: {"FMA3": True, "F16C": True}), "without AVX2"),
        (("blas_libraries", lambda: [{"internal_api": "mkl"}]), "OpenBLAS.*got mkl"),
        (("blas_libraries", list), "OpenBLAS.*got none"),
    ],
)
def test_a_machine_that_cannot_is_refused_before_anything_is_written(monkeypatch, tmp_path, change, found):
    monkeypatch.setattr(f"hetevo.evolve.backends.portable.{change[0]}", change[1])
    with pytest.raises(PortableError, match=found):
        Experiment(preset("smoke", overrides=[PINNED])).run(tmp_path / "run")
    with pytest.raises(PortableError, match=found):
        with_portable(plan_of_seeds("some", preset("smoke"), "0..1"), BackendTable(portable=True))
    assert not [*tmp_path.iterdir()]
    # what is only looked at is computed as well as it can be
    with calling(make_species(), portable=True) as call:
        assert call(lambda species: species.layout.inputs) == 4


@needs_pins
def test_a_process_that_was_started_otherwise_lets_nobody_live():
    species = make_species()
    assert "without the pins" in find_problem()
    with pytest.raises(PortableError, match="without the pins"):
        live_block(Job(species, 0, portable=True), make_population(species, 2), np.arange(2), 0)


@needs_pins
@pytest.mark.parametrize(
    ("what", "value", "found"),
    [
        ("blas_libraries", lambda: [{"architecture": "Zen"}], "kernels of Zen"),
        ("cpu_features", lambda: ["X86_V3", "X86_V4"], "features X86_V3 X86_V4"),
    ],
)
def test_pins_that_took_no_effect_are_noticed(monkeypatch, what, value, found):
    for name, text in pins().items():
        monkeypatch.setenv(name, text)
    features = [name for name in portable._umath.__cpu_dispatch__ if name in portable.LEVEL]
    # a process as it should be, and one in which a library has chosen otherwise
    monkeypatch.setattr(portable, "blas_libraries", lambda: [{"architecture": "Haswell"}])
    monkeypatch.setattr(portable, "cpu_features", lambda: features)
    without_cache(monkeypatch)
    require_pins()
    monkeypatch.setattr(portable, what, value)
    with pytest.raises(PortableError, match=found):
        require_pins()


@needs_pins
def test_a_worker_whose_pins_took_no_effect_ends_the_run(monkeypatch, tmp_path):
    monkeypatch.setattr(worker, "pins", lambda: pins() | {"OPENBLAS_CORETYPE": OLD["OPENBLAS_CORETYPE"]})
    with pytest.raises(PortableError, match="expected a process that computes with the kernels of Haswell"):
        Experiment(preset("smoke", overrides=[PINNED, *TINY])).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


@needs_pins
def test_without_workers_nothing_is_computed_here_instead(monkeypatch):
    monkeypatch.setattr("hetevo.evolve.backends.process.get_executable", lambda: "/nowhere/python")
    species = make_species()
    with LocalBackend(BackendTable(workers=2, portable=True)) as backend, pytest.raises(Exception, match="start a wor"):
        backend.prepare(Job(species, 0, portable=True))
    with LocalBackend(BackendTable(workers=2)) as backend:
        backend.prepare(Job(species, 0))
        assert backend.evaluate(Job(species, 0), draw_generation_zero(species, 0, 2)).loss.size == 2


@needs_pins
def test_digests_are_those_of_another_processor(tmp_path):
    asked = {"portable": [*SOFT, PINNED], "plain": [*SOFT]}
    there = digests_on(
        OLD, {name: ["emergence", *changes, "evolution.generations=1"] for name, changes in asked.items()}, tmp_path
    )
    assert there["kernels"] == ["Nehalem"]
    assert there["portable"][0] != there["plain"][0]
    # what lived there lives here again, with the same bits
    assert verify(tmp_path / "portable", replay=True, workers=1).ok
    found = load_individual(tmp_path / "portable")
    assert found.is_exact
    assert found.learned.ascending.any()
    assert found.life.moments[-1].feedback_update().any()
    # a run on this processor, and one that began on the other one and goes on here
    here = Experiment(preset("emergence", overrides=asked["portable"])).run(tmp_path / "here")
    gone_on = resume(tmp_path / "portable", 2)
    assert (gone_on.digest, gone_on.probe_digest) == (here.digest, here.probe_digest)
    # the run knows what it was
    session = RunDirectory(tmp_path / "portable").provenance.read()["sessions"][0]
    assert session["portable"] == workers_fingerprint(portable=True).machine
    assert "portable" not in RunDirectory(tmp_path / "plain").provenance.read()["sessions"][0]
    with pytest.raises(ConfigError, match=r"backend\.portable: True is saved, False was given"):
        Experiment(preset("emergence", overrides=asked["plain"])).run(tmp_path / "here", or_resume=True)


@needs_pins
def test_a_worker_shows_what_is_expected_of_every_machine():
    pool = WorkerPool(1, portable=True)
    try:
        assert pool.submit(fingerprint).result() == workers_fingerprint(portable=True)
    finally:
        pool.close()
    assert workers_fingerprint() == fingerprint()


def test_a_run_that_is_not_portable_is_what_it_was_before_there_was_such_a_key():
    plain = preset("minimal").model_dump(mode="json")
    pinned = preset("minimal", overrides=[PINNED]).model_dump(mode="json")
    older = plain | {"backend": {key: value for key, value in plain["backend"].items() if key != "portable"}}
    assert config_hash(older) == config_hash(plain) != config_hash(pinned)
    assert not differences(older, plain, ignored=("backend",))
    assert differences(older, pinned, ignored=("backend",)) == ["backend.portable: False is saved, True was given"]


def test_exponentials_are_those_of_the_c_library():
    values = np.random.default_rng(0).normal(size=(40, 25)) * 9
    assert exp(values).tolist() == [[math.exp(value) for value in row] for row in values.tolist()]
    assert log(np.abs(values)).tolist() == [[math.log(abs(value)) for value in row] for row in values.tolist()]
    assert exp(np.array([1e4, -1e4])).tolist() == [math.inf, 0]
    assert exp(0.0).shape == ()


def test_all_runs_of_a_sweep_are_portable_where_that_is_asked_for(monkeypatch):
    monkeypatch.setattr("hetevo.evolve.sweeps.plan.check_machine", lambda: None)
    plan = plan_of_seeds("some", preset("smoke"), "0..1")
    same, settings = with_portable(plan, BackendTable())
    assert same == plan
    assert not settings.portable
    asked, settings = with_portable(plan, BackendTable(portable=True))
    assert settings.portable
    assert all(member.config.backend.portable for member in asked.members)
    # where only some are, their processes are nobody's
    some = replace(plan, members=[asked.members[0], plan.members[1]])
    assert not with_portable(some, BackendTable())[1].portable
    assert with_portable(asked, BackendTable())[1].portable


def test_errors_come_back_as_they_were():
    error = PortableError("one thing", "another")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
