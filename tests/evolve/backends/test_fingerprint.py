"""Workers show what they compute with, and results of a stranger are never used."""

import importlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from builders import make_species
from clusters import Nodes, alone
from faulty_probes import Fault
from process_faults import SEED, assert_quarantined, evaluated, marked_generation

import hetevo
from hetevo.evolve import Experiment, preset, resume
from hetevo.evolve.backends import BACKENDS, Job, LocalBackend
from hetevo.evolve.backends.fingerprint import Fingerprint, check_same, fingerprint
from hetevo.evolve.backends.lives import Lived
from hetevo.evolve.backends.ray import ClusterError, tasks
from hetevo.evolve.backends.ray.connection import compare
from hetevo.evolve.config import BackendTable
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.software import hash_sources
from hetevo.populations.errors import MachineFailedError, RunFailedError

pytestmark = pytest.mark.timeout(300)

HERE = Fingerprint("here", {"numpy": "2.4", "sources of evolve": "ab"}, {"processor": "AVX2"})


def like(**changes):
    return Fingerprint(**{"host": "there", "software": HERE.software, "machine": HERE.machine, **changes})


@pytest.mark.parametrize("mixed", [False, True])
def test_other_software_is_a_problem_that_names_the_host_and_what_differs(mixed):
    assert like().problem(HERE, mixed=mixed) == ""
    other = like(software={"numpy": "2.3", "sources of evolve": "cd"}).problem(HERE, mixed=mixed)
    for part in ("there computes otherwise", "numpy: 2.3 there, 2.4 here", "sources of evolve: cd there, ab here"):
        assert part in other
    assert "scipy: 1.17 there, none here" in like(software={**HERE.software, "scipy": "1.17"}).problem(
        HERE, mixed=mixed
    )


def test_other_processors_are_a_problem_unless_they_may_be_mixed():
    other = like(machine={"processor": "NEON"})
    assert "processor: NEON there, AVX2 here" in other.problem(HERE, mixed=False)
    assert other.problem(HERE, mixed=True) == ""


def test_a_cluster_is_refused_if_its_processors_differ_unless_they_may_be_mixed(caplog):
    compare(HERE, [like(), like()], mixed=False)
    other = like(machine={"processor": "NEON"})
    with pytest.raises(ClusterError, match=r"there computes otherwise .*NEON there(.|\n)*backend\.mixed=true"):
        compare(HERE, [like(), other], mixed=False)
    assert not caplog.text
    compare(HERE, [like(), other], mixed=True)
    assert "digests are those of no single kind of processor" in caplog.text
    with pytest.raises(ClusterError, match=r"requirements\.lock"):
        compare(HERE, [like(software={"numpy": "2.3"})], mixed=True)


def test_a_run_of_a_sweep_is_not_begun_by_a_stranger(monkeypatch):
    mine = fingerprint()
    same = Fingerprint("here", mine.software, {})
    assert tasks._call(same, pow, (2, 3)) == (8, None)
    nothing, error = tasks._call(same, divmod, (1, 0))  # shown by one that computes as the sender does
    assert (nothing, type(error)) == (None, RuntimeError)
    assert str(error).startswith("Traceback")
    assert str(error).endswith("ZeroDivisionError: integer division or modulo by zero")
    monkeypatch.setattr(tasks, "STRANGER_SECONDS", 0.0)
    with pytest.raises(tasks.StrangerError, match="computes otherwise"):
        tasks._call(HERE, pytest.fail, ("it was begun",))


def test_a_worker_that_shows_nothing_is_a_stranger():
    """Such as one of a version that knew no fingerprints."""
    lived = Lived(None, 0.0)
    del lived.__dict__["worker"]
    assert "shows no fingerprint" in pickle.loads(pickle.dumps(lived)).worker.problem(HERE, mixed=True)


def test_a_stranger_that_raises_loses_its_block_and_does_not_end_the_run():
    """Whoever has not shown what it computes with may raise whatever it likes."""
    pytest.importorskip("ray")
    lost = alone(_raised_by_a_stranger)
    assert len(lost) == 1
    assert "shows no fingerprint" in lost[0]
    assert "process 77 on 10.0.0.7: KeyError: 'of another version'" in lost[0]


def _raised_by_a_stranger():
    import ray

    from hetevo.evolve.backends.block_queue import Block, BlockQueue
    from hetevo.evolve.backends.ray import in_flight

    def get(reference):
        text = "Traceback (most recent call last):\nKeyError: 'of another version'"
        error = ray.exceptions.RayTaskError("live", text, KeyError("of another version"), "ray::live", 77, "10.0.0.7")
        raise error.as_instanceof_cause()

    in_flight.ray.get, lost = get, []
    queue = BlockQueue(Job(make_species(), SEED), marked_generation(make_species()), "stop")
    queue.take_back = lambda block, reason: lost.append(reason)
    assert in_flight._result(None, Block(0, 4), queue) is None
    return lost


def test_the_fingerprint_says_what_decides_a_result():
    mine = fingerprint(Job(make_species(), 0, probe=Fault("none", "")))
    assert {"python", "hetevo", "numpy", "scipy", "linear algebra", "sources of faulty_probes"} < mine.software.keys()
    assert {"sources of hetevo.evolve", "sources of hetevo.populations"} < fingerprint().software.keys()
    assert "sources of faulty_probes" not in fingerprint().software
    assert all(mine.software.values())
    assert all(mine.machine.values())


def test_sources_count_wherever_they_lie(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for place in ("first", "second"):
        monkeypatch.syspath_prepend(tmp_path / place)
        (tmp_path / place / "mine").mkdir(parents=True)
        (tmp_path / place / "mine" / "__init__.py").write_text("")
        (tmp_path / place / "mine" / "part.py").write_text("answer = 42")
        importlib.invalidate_caches()
        found.append(hash_sources("mine"))
    assert found[0] == found[1] != ""
    (tmp_path / "second" / "mine" / "part.py").write_text("answer = 43")
    assert hash_sources("mine") != found[0]
    assert hash_sources("nowhere") == hash_sources("sys") == ""


def test_a_process_that_was_started_with_other_code_is_refused():
    check_same(fingerprint())
    changed = {**fingerprint().software, "sources of hetevo.evolve": "0"}
    changed_there = r"sources of hetevo\.evolve: \w{12} there, 0 here(.|\n)*hetevo resume"
    with pytest.raises(MachineFailedError, match=changed_there):
        check_same(Fingerprint("here", changed, fingerprint().machine))


@pytest.mark.linux
@pytest.mark.parametrize("line", ["# changed", "raise KeyError('changed')"])
def test_code_that_is_changed_during_a_run_ends_it_before_it_counts(tmp_path, monkeypatch, line):
    """A worker that dies is replaced by one that loads what lies there by then."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_probe.py").write_text("class Own:\n    def measure(self, snapshot):\n        return {}\n")
    monkeypatch.delitem(sys.modules, "own_probe", raising=False)
    from own_probe import Own

    def change(report):
        if report.generation == 1:
            with open(tmp_path / "own_probe.py", "a") as file:
                file.write(line)
            found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True, text=True)
            for pid in map(int, found.stdout.split()):
                if b"hetevo.evolve.backends.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)

    config = preset("smoke", overrides=["backend.workers=2", "checkpoint.every=1"])
    with pytest.raises(MachineFailedError, match="sources of own_probe"):
        Experiment(config, probe=Own()).run(tmp_path / "run", progress=change)
    assert RunDirectory(tmp_path / "run").status()["generation"] == 1
    assert resume(tmp_path / "run", probe=Own(), workers=1).digest == Experiment(config).run(tmp_path / "other").digest


def test_a_mixed_run_says_so(tmp_path):
    for mixed in (True, False):
        options = ["evolution.generations=0", "backend.workers=1", f"backend.mixed={str(mixed).lower()}"]
        run = Experiment(preset("smoke", overrides=options)).run(tmp_path / f"{mixed}")
        assert RunDirectory(run.path).provenance.read()["sessions"][0]["mixed"] is mixed


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Nodes, and the path of another code, in which every network is worse."""
    pytest.importorskip("ray")
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(Path(hetevo.__file__).parent, other / "hetevo")
    with open(other / "hetevo" / "evolve" / "backends" / "lives.py", "a") as file:
        file.write(
            "\n_right = _evaluate\n\ndef _evaluate(*given):\n    import os\n"
            "    if 'RAISES' in os.environ:\n        raise KeyError('of another version')\n"
            "    found = _right(*given)\n    found.loss[:] += 1.0\n    return found\n"
        )
    tests = str(Path(__file__).parents[2] / "support")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("PYTHONPATH", tests)
        nodes = Nodes()
        nodes.add(1)
        yield nodes, {"PYTHONPATH": f"{other}:{tests}"}
        nodes.close()


def backend(nodes, **settings):
    return BACKENDS["ray"](BackendTable(name="ray", address=nodes.address, **settings))


@pytest.mark.verification
def test_a_node_with_other_code_that_joins_later_is_found_out(cluster, tmp_path, caplog, monkeypatch):
    nodes, changed = cluster
    monkeypatch.chdir(tmp_path)  # workers would look for modules in a clone in which the tests are started
    species, calm = make_species(), evaluated(LocalBackend(BackendTable(workers=1)), Fault("none", ""))
    slow, quick = Job(species, SEED, 1, Fault("slow", str(tmp_path))), Job(species, SEED, 4, Fault("none", ""))

    def join():
        wait_for((tmp_path / "started").exists)
        nodes.add(1, **changed)

    thread = threading.Thread(target=join)
    thread.start()
    with backend(nodes) as computing:
        while "its results are not used" not in caplog.text:
            assert_quarantined(computing.evaluate(slow, marked_generation(species)), calm, bad=())
        assert "sources of evolve" in caplog.text
        assert_quarantined(computing.evaluate(quick, marked_generation(species)), calm, bad=())
        thread.join()
        nodes.remove(1)
        with pytest.raises(RunFailedError, match=r"computes otherwise than this run \(sources of evolve"):
            computing.evaluate(quick, marked_generation(species))
    with pytest.raises(ClusterError, match=r"same software on every node as here, but .*sources of evolve"):
        backend(nodes)


@pytest.mark.verification
def test_a_node_with_other_code_that_raises_changes_nothing(cluster, tmp_path, caplog, monkeypatch):
    nodes, changed = cluster
    monkeypatch.chdir(tmp_path)
    nodes.remove(len(nodes.raylets()) - 1)
    nodes.add(1)
    species, calm = make_species(), evaluated(LocalBackend(BackendTable(workers=1)), Fault("none", ""))
    with backend(nodes) as computing:
        nodes.add(1, **changed, RAISES="1")
        while "KeyError: 'of another version'" not in caplog.text:
            found = computing.evaluate(Job(species, SEED, 1, Fault("slow", str(tmp_path))), marked_generation(species))
            assert_quarantined(found, calm, bad=())


def wait_for(condition):
    while not condition():
        time.sleep(0.05)
