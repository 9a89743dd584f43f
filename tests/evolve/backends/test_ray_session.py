"""A Ray session of the user's own: refused, or used if asked for, and never touched."""

import json
import os
import subprocess
import sys

import pytest

from hetevo.evolve import Experiment, preset, resume
from hetevo.evolve.backends import BACKENDS
from hetevo.evolve.config import BackendTable, ConfigError
from hetevo.populations.errors import SettingError

pytest.importorskip("ray")

pytestmark = pytest.mark.timeout(150)

SMALL = ["evolution.size=16", "evolution.generations=2", "lifetime.presentations=20"]

OWN = """
import json, os, signal, sys, threading
from pathlib import Path
import ray
from hetevo.evolve import Experiment, preset, resume
from hetevo.evolve.config import BackendTable
from hetevo.evolve.sweeps import conduct, plan_of_seeds
from hetevo.populations.errors import HetevoError

SMALL, ADDRESS = json.loads(sys.argv[1]), 'backend.address="current"'

@ray.remote(num_cpus=0)
class Counter:
    count = 0
    def add(self):
        self.count += 1
        return self.count

def begin():
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")

def config(*options):
    return preset("smoke", overrides=[*SMALL, "backend.name=ray", *options])

def outside():
    handlers = [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)]
    return dict(os.environ), handlers

def attempt(action):
    try:
        action()
    except HetevoError as error:
        return f"{type(error).__name__}: {error}"

def session():
    context = ray.get_runtime_context()
    return [context.gcs_address, context.get_job_id(), ray.get(counter.add.remote()), ray.get(kept)]
"""

USED = (
    OWN
    + """
if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    begin()
    counter, kept = Counter.remote(), ray.put("mine")
    before, found = outside(), {"before": session()}
    nowhere = 'backend.address="127.0.0.1:1"'
    found["refused"] = [
        attempt(lambda: Experiment(config()).run("refused")),
        attempt(lambda: Experiment(config(nowhere)).run("refused")),
        attempt(lambda: Experiment(config(nowhere, "backend.name=auto")).run("refused")),
        attempt(lambda: conduct(plan_of_seeds("smoke", config(), "0..1"), "refused", backend=BackendTable(name="ray"))),
    ]
    found["made"], found["same outside"] = Path("refused").exists(), outside() == before
    found["after"] = session()
    run = Experiment(config(ADDRESS)).run("run")
    extended = resume("run", 3, address="current", backend="ray")
    plan = plan_of_seeds("smoke", config(), "0..1")
    outcomes, _ = conduct(plan, "sweep", backend=BackendTable(name="ray", address="current"))
    found["digests"] = [run.digest, extended.digest, *(one.digest for one in outcomes)]
    found["too many"] = attempt(lambda: Experiment(config(ADDRESS, "backend.workers=64")).run("refused"))
    found["still outside"], found["end"] = outside() == before, session()
    print(json.dumps(found))
"""
)

ENDED = (
    OWN
    + """
def end(report):
    if report.generation == 1:
        ray.shutdown()

def end_soon(report):
    threading.Timer(0.2, ray.shutdown).start()

def end_sweep(outcomes):
    ray.shutdown()

if __name__ == "__main__":
    endless, found = config(ADDRESS, "evolution.generations=100000"), []
    place = BackendTable(name="ray", address="current")
    plan = plan_of_seeds("smoke", config("evolution.generations=100000"), "0..1")
    for action in (
        lambda: Experiment(endless).run("callback", progress=end),
        lambda: Experiment(endless).run("thread", progress=end_soon),
        lambda: conduct(plan, "sweep", backend=place, watch=end_sweep),
    ):
        begin()
        found.append([attempt(action), ray.is_initialized()])
    print(json.dumps(found))
"""
)


def output_of(program, folder):
    (folder / "program.py").write_text(program)
    command = [sys.executable, str(folder / "program.py"), json.dumps(SMALL)]
    environment = {**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_ADDRESS": "127.0.0.1:1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    folder = tmp_path_factory.mktemp("used")
    return folder, output_of(USED, folder)


def test_a_session_that_was_not_asked_for_is_refused_and_left_as_it_is(used):
    _, found = used
    for error in found["refused"]:
        assert 'expected "current"' in error
        assert error.startswith("SettingError: backend.address: this process called ray.init() itself")
    assert not found["made"]
    assert found["same outside"]
    address, job, count, kept = found["before"]
    assert found["after"] == [address, job, count + 1, kept]


def test_current_computes_in_the_session_and_leaves_it_as_it_is(used, tmp_path):
    folder, found = used
    run, extended, *sweep = found["digests"]
    here = [*SMALL, "backend.workers=1"]
    assert run == Experiment(preset("smoke", overrides=here)).run(tmp_path / "run").digest
    assert extended == resume(tmp_path / "run", 3).digest
    other = Experiment(preset("smoke", overrides=here, seed=1)).run(tmp_path / "other")
    assert sweep == [run, other.digest]
    assert found["too many"].startswith("ClusterError: backend.workers: expected a cluster with at least 64 CPUs")
    assert found["still outside"]
    address, job, count, kept = found["before"]
    assert found["end"] == [address, job, count + 2, kept]
    # it is saved without the session, which another process does not have
    assert 'address = ""' in (folder / "run" / "config.toml").read_text()
    assert resume(folder / "run", 4, backend="local", workers=1).digest == resume(tmp_path / "run", 4).digest


@pytest.mark.verification
def test_a_session_that_ends_meanwhile_is_one_error_and_no_other_is_begun(tmp_path):
    for error, connected in output_of(ENDED, tmp_path):
        assert error.startswith("ClusterLostError: Expected this process to stay connected to Ray")
        assert "hetevo resume" in error
        assert not connected


@pytest.mark.parametrize("name", ["ray", "auto"])
def test_current_without_a_session_says_what_is_expected(name):
    with pytest.raises(SettingError, match=r"expected ray\.init\(\) to be called") as caught:
        BACKENDS[name](BackendTable(name=name, address="current"))
    assert "--address HOST:PORT" in str(caught.value)


def test_a_saved_current_is_explained_and_the_run_goes_on_elsewhere(tmp_path):
    options = [*SMALL, "backend.workers=1"]
    run = Experiment(preset("smoke", overrides=options)).run(tmp_path / "run")
    file = run.path / "config.toml"
    text = file.read_text().replace('name = "auto"', 'name = "ray"')
    file.write_text(text.replace('address = ""', 'address = "current"'))
    with pytest.raises(SettingError, match="--backend local"):
        resume(run.path)
    assert resume(run.path, backend="local").digest == run.digest


def test_an_address_for_this_machine_alone_names_both_kinds():
    with pytest.raises(ConfigError, match='"host:port" or "current"'):
        preset("smoke", overrides=["backend.name=local", 'backend.address="current"'])
