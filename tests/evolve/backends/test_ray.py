"""A real cluster of several nodes: the same bits as on this machine, whatever happens to it."""

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import make_species
from clusters import Nodes, alone
from faulty_probes import Fault
from process_faults import BAD, SEED, assert_quarantined, evaluated, killed, marked_generation, streamed

from hetevo.evolve import Experiment, preset
from hetevo.evolve.backends import BACKENDS, Job, LocalBackend
from hetevo.evolve.backends.failures import EvaluationError
from hetevo.evolve.backends.ray import ClusterError, ClusterLostError, RayBackend
from hetevo.evolve.backends.ray import backend as backends
from hetevo.evolve.backends.ray.connection import largest_block
from hetevo.evolve.backends.ray.in_flight import Sizes
from hetevo.evolve.backends.ray.process import Facts
from hetevo.evolve.config import BackendTable
from hetevo.evolve.data.sharing import shared
from hetevo.evolve.generation import draw_generation_zero
from hetevo.populations.errors import MachineFailedError, SettingError

PLUGIN = Path(__file__).parents[3] / "docs" / "examples" / "plugin"

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def nodes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "support"))  # where workers find the faults
        nodes = Nodes()
        nodes.add(2)
        yield nodes
        nodes.close()


@pytest.fixture(scope="module")
def calm():
    return evaluated(LocalBackend(BackendTable(workers=1)), Fault("none", ""))


def backend(nodes, **settings):
    return RayBackend(BackendTable(name="ray", address=nodes.address, **settings))


OPTIONS = ["evolution.size=24", "evolution.generations=3", "lifetime.presentations=40"]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    config = preset("smoke", overrides=[*OPTIONS, "backend.workers=1"])
    return Experiment(config).run(tmp_path_factory.mktemp("runs") / "reference")


@pytest.mark.parametrize(
    ("workers", "block"),
    [(2, 7), (0, 1), *(pytest.param(*rest, marks=pytest.mark.verification) for rest in ((1, 0), (2, 0)))],
)
def test_the_same_digests_as_on_this_machine(nodes, reference, tmp_path, workers, block):
    where = ["backend.name=ray", f'backend.address="{nodes.address}"']
    sizes = [f"backend.workers={workers}", f"backend.block={block}"]
    run = Experiment(preset("smoke", overrides=[*OPTIONS, *where, *sizes])).run(tmp_path / "run")
    assert (run.digest, run.probe_digest) == (reference.digest, reference.probe_digest)


@pytest.mark.verification
def test_the_same_digests_with_four_workers_and_a_stranger_is_not_joined(
    nodes, reference, tmp_path, monkeypatch, caplog
):
    caplog.set_level(logging.INFO, logger="hetevo")
    monkeypatch.setenv("RAY_ADDRESS", nodes.address)
    config = preset("smoke", overrides=[*OPTIONS, "backend.name=ray", "backend.workers=4"])
    run = Experiment(config).run(tmp_path / "run")
    assert (run.digest, run.probe_digest) == (reference.digest, reference.probe_digest)
    assert "backend: Ray on this machine, 4 workers" in caplog.messages
    assert nodes.address not in caplog.text


def test_births_without_generations_have_the_same_digest_as_on_this_machine(nodes, tmp_path):
    options = [*OPTIONS, ("evolution.algorithm", {"name": "asynchronous", "lag": 9}), "heldout.every=2"]
    options += [("heldout.families", ["xor"])]
    here = Experiment(preset("smoke", overrides=[*options, "backend.workers=1"])).run(tmp_path / "here")
    where = ["backend.name=ray", f'backend.address="{nodes.address}"']
    there = Experiment(preset("smoke", overrides=[*options, *where])).run(tmp_path / "there")
    assert (there.digest, there.probe_digest) == (here.digest, here.probe_digest)


@pytest.mark.parametrize("kind", ["kill", "hang"])
def test_a_stream_survives_workers_that_are_lost_or_hang(nodes, calm, tmp_path, kind):
    found = streamed(backend(nodes, deadline=2), Fault(kind, str(tmp_path), times=1), block=2, ahead=8)
    assert_quarantined(found[0], calm, bad=())


@pytest.mark.verification
def test_workers_of_a_cluster_import_nothing_from_the_folder_of_the_start(nodes, tmp_path):
    """Nor does what asks at the address."""
    for name in ("ray", "evolve", "populations", "analysis", "scripts", "numpy", "pickle"):
        (tmp_path / f"{name}.py").write_text("open('taken', 'w').write(__name__)\nraise SystemExit('a stranger')\n")
    command = [
        str(Path(sys.executable).parent / "hetevo"),
        "run",
        "smoke",
        "--address",
        nodes.address,
        "--backend",
        "ray",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "taken").exists()


@pytest.mark.verification
def test_members_of_other_packages_live_on_ray_as_here_and_a_node_without_them_is_refused(nodes, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(PLUGIN)])
    names = {"task.name": "hetevo_cosine.task:Cosine", "network.wiring": "hetevo_cosine.wiring:Ring"}
    own = [*names.items(), *OPTIONS]

    def lived(name, *where):
        run = Experiment(preset("smoke", overrides=[*own, *where])).run(tmp_path / name)
        return run.digest, run.probe_digest

    assert lived("here", "backend.workers=1") == lived("ray", "backend.name=ray", "backend.workers=2")
    with pytest.raises(ClusterError, match="Expected the packages hetevo_cosine on every node of the cluster"):
        lived("cluster", "backend.name=ray", f"backend.address={nodes.address}")
    assert not (tmp_path / "cluster").exists()


def test_a_worker_killed_in_mid_block_changes_nothing(nodes, calm, tmp_path):
    assert_quarantined(evaluated(backend(nodes), Fault("kill", str(tmp_path), times=1)), calm, bad=())


@pytest.mark.verification
@pytest.mark.parametrize(("kind", "how"), [("crash", "SIGSEGV"), ("leave", "exit status 7")])
def test_a_network_that_ends_its_process_is_found(nodes, calm, tmp_path, kind, how):
    found = evaluated(backend(nodes), Fault(kind, str(tmp_path)))
    assert_quarantined(found, calm)
    assert all(how in failure.reason for failure in found.failures)


@pytest.mark.verification
@pytest.mark.parametrize(("kind", "how"), [("kill", "SIGKILL"), ("memory", "memory ran out")])
def test_a_network_that_a_machine_cannot_hold_is_not_blamed(nodes, tmp_path, kind, how):
    with pytest.raises(MachineFailedError, match=rf"lost 4 times in a row.*individuals 5 to 5.*{how}.*hetevo resume"):
        evaluated(backend(nodes, losses=4), Fault(kind, str(tmp_path)), marked=[5], block=1)


@pytest.mark.verification
def test_workers_that_are_all_killed_for_some_seconds_change_nothing(nodes, calm, tmp_path):
    with contextlib.ExitStack() as stack:
        deaths = [
            stack.enter_context(killed(pid, tmp_path / "started", seconds=4, name=b"ray::live"))
            for pid in nodes.raylets()
        ]
        found = evaluated(backend(nodes), Fault("slow", str(tmp_path)), block=1)
    assert sum(map(len, deaths)) > 1
    assert_quarantined(found, calm, bad=())


def test_the_memory_of_the_head_does_not_grow_with_generations(nodes, calm, tmp_path):
    species, generation = make_species(), marked_generation(make_species(), ())
    with backend(nodes) as one:
        counts = []
        for _ in range(3):
            one.prepare(Job(species, SEED))
            one.evaluate(Job(species, SEED), generation)
            counts.append(one.ask(_exported))
    assert counts[0] == counts[1] == counts[2] > 0


def _exported():
    from ray._private.ray_constants import KV_NAMESPACE_FUNCTION_TABLE
    from ray._private.worker import global_worker

    return len(global_worker.gcs_client.internal_kv_keys(b"RemoteFunction", KV_NAMESPACE_FUNCTION_TABLE))


@pytest.mark.verification
def test_a_request_to_stop_is_heard_while_all_workers_are_gone(nodes, tmp_path, caplog):
    species = make_species()
    with backend(nodes) as one:
        nodes.remove(2)
        try:
            with pytest.raises(MachineFailedError, match="asked to stop"):
                one.evaluate(
                    Job(species, SEED, 1), marked_generation(species, ()), stopping=lambda: "0 now" in caplog.text
                )
        finally:
            nodes.add(2)


def test_a_network_that_raises_is_found(nodes, calm, tmp_path):
    found = evaluated(backend(nodes), Fault("raise", str(tmp_path)))
    assert_quarantined(found, calm)
    assert "faulty_probes.py" in found.failures[0].traceback


def test_with_stop_a_failure_is_an_error_that_says_all(nodes, tmp_path):
    with pytest.raises(EvaluationError, match=f"seed {SEED}.*individual {BAD[0]} "):
        evaluated(backend(nodes, on_failure="stop"), Fault("raise", str(tmp_path)), marked=BAD[:1])


@pytest.mark.verification
def test_a_block_that_hangs_is_sent_again(nodes, calm, tmp_path):
    hanging = backend(nodes, deadline=2.0)
    found = evaluated(hanging, Fault("hang", str(tmp_path), times=1), marked=BAD[:1], block=1)
    np.testing.assert_array_equal(np.delete(found.loss, BAD), np.delete(calm.loss, BAD))
    assert not found.failures
    assert hanging.telemetry["resent"] >= 1


@pytest.mark.verification
def test_nodes_that_leave_and_join_in_mid_block_change_nothing(nodes, calm, tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="hetevo")

    def replace():
        wait_for((tmp_path / "started").exists)
        nodes.remove(1)
        nodes.add(1)
        (tmp_path / "started").unlink()
        wait_for((tmp_path / "started").exists)
        nodes.remove(2)  # all of them
        wait_for(lambda: "0 now" in caplog.text)
        nodes.add(2)

    thread = threading.Thread(target=replace)
    thread.start()
    found = evaluated(backend(nodes), Fault("slow", str(tmp_path)), block=1)
    thread.join()
    assert_quarantined(found, calm, bad=())
    assert "waiting 600 seconds for others" in caplog.text
    assert "workers joined" in caplog.text


@pytest.mark.verification
def test_without_workers_patience_ends(nodes, tmp_path):
    impatient = backend(nodes, patience=1.0)
    nodes.remove(2)
    try:
        with pytest.raises(ClusterLostError, match="hetevo resume"):
            evaluated(impatient, Fault("slow", str(tmp_path)), block=1)
    finally:
        nodes.add(2)


def test_too_few_cpus_names_both_numbers(nodes):
    with pytest.raises(ClusterError, match=r"at least 64 CPUs .* it has 2\."):
        backend(nodes, workers=64)


@pytest.mark.parametrize("address", ["auto", "local", "ray://10.0.0.1:10001", "head", "head:", "127.0.0.1:port"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ClusterError, match="expected host:port"):
        RayBackend(BackendTable(address=address))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no-such-host.invalid:6379"])
def test_where_nothing_answers_is_refused(address):
    with pytest.raises(ClusterError, match="nothing answers there"):
        RayBackend(BackendTable(address=address))


def test_what_answers_but_is_no_cluster_is_refused():
    stranger = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{stranger.getsockname()[1]}"
    with stranger, pytest.raises(ClusterError, match="no answer of a Ray head"):
        alone(_check_briefly, address)


def _check_briefly(address):
    from hetevo.evolve.backends.ray import connection

    connection.ANSWER_SECONDS = 3.0
    connection.check(address)


def test_another_version_is_refused(nodes):
    with pytest.raises(ClusterError, match=r"other versions(.|\n)*2\.0\.0"):
        alone(_connect_as, "2.0.0", nodes.address)


def _connect_as(version, address):
    import ray

    from hetevo.evolve.backends.ray.connection import connect

    ray.__version__ = version
    connect(address)


def test_an_object_store_that_is_too_small_names_both_numbers():
    assert largest_block(80_000_000, 6, 1000) == 6666
    with pytest.raises(ClusterError, match=r"at least 120 MB(.|\n)*has 80 MB"):
        largest_block(80_000_000, 6, 10_000_000)


def test_without_ray_the_error_says_how_to_go_on(tmp_path, monkeypatch):
    (tmp_path / "ray.py").write_text("raise ImportError('No module named ray')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SettingError, match="--backend local"):
        BACKENDS["ray"](BackendTable(name="ray"))


def test_a_backend_of_ray_loads_nothing_of_it_here(tmp_path):
    code = """
import sys
from hetevo.evolve import Experiment, preset
Experiment(preset("smoke", overrides=["backend.name=ray", "backend.workers=1"])).run(sys.argv[1])
print([name for name in sys.modules if name.split(".")[0] == "ray"])
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done


@pytest.mark.verification
def test_a_process_that_speaks_to_ray_is_started_once_more(nodes, calm, tmp_path, caplog):
    fragile = backend(nodes)
    pid = fragile.ask(os.getpid)

    def kill():
        wait_for((tmp_path / "started").exists)
        os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    found = evaluated(fragile, Fault("slow", str(tmp_path)), block=1)
    thread.join()
    assert_quarantined(found, calm, bad=())
    assert "The process that speaks to Ray has ended" in caplog.text
    assert "It is started once more" in caplog.text


@pytest.mark.parametrize("deaths", [1, 5])
def test_a_process_that_is_killed_while_it_starts_is_started_once_more(monkeypatch, caplog, deaths):
    monkeypatch.setattr(backends, "pause_after", lambda losses: 0.0)
    left = iter([backends.ProcessLostError("The process that speaks to Ray has ended.")] * deaths)

    def begin(backend):
        for error in left:
            raise error
        return Facts(2, "Ray", {})

    monkeypatch.setattr(RayBackend, "_begin", begin)
    if deaths == 1:
        assert RayBackend(BackendTable(name="ray")).workers == 2
    else:
        with pytest.raises(ClusterLostError, match=r"in a row: 5.*hetevo resume RUN --backend local"):
            RayBackend(BackendTable(name="ray"))
    assert "It is started once more (loss 1 of 5)" in caplog.text


@pytest.mark.verification
def test_a_process_that_ends_again_and_again_ends_the_run(nodes, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("hetevo.evolve.backends.ray.backend.pause_after", lambda losses: 0.0)
    fragile, over = backend(nodes, losses=3), threading.Event()

    def kill():
        wait_for((tmp_path / "started").exists)
        while not over.wait(0.2):
            fragile._pool.signal(signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        with pytest.raises(ClusterLostError, match=r"in a row: 3.*hetevo resume RUN --backend local"):
            evaluated(fragile, Fault("slow", str(tmp_path)), block=1)
    finally:
        over.set()
        thread.join()
    assert "The process that speaks to Ray has ended" in caplog.text


@pytest.mark.verification
def test_the_end_of_a_head_is_a_clear_error_and_the_process_goes_on(calm, tmp_path, monkeypatch):
    """Ray gives up, together with its process, when the head has been gone for a minute; here for three seconds."""
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "support"))
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "3")
    others = Nodes()
    others.add(1)
    headless = backend(others)

    def end():
        wait_for((tmp_path / "started").exists)
        others.close()

    thread = threading.Thread(target=end)
    thread.start()
    with pytest.raises(ClusterLostError, match=r"cannot be started again(.|\n)*hetevo resume RUN --backend local"):
        evaluated(headless, Fault("slow", str(tmp_path)), block=1)
    thread.join()


def test_blocks_are_long_enough_to_pay_and_become_smaller_at_the_end():
    sizes = Sizes(32, 10_000, fixed=False)
    assert sizes.next(100_000, 100_000, 2) == 32
    sizes.learn(32, 0.032)
    assert sizes.next(100_000, 100_000, 2) == 224
    assert sizes.next(100_000_000, 100_000_000, 1000) == 1984  # longer for many workers
    assert sizes.next(480, 100_000, 2) == 120  # smaller at the end
    assert sizes.next(80, 100_000, 2) == 100  # but not shorter than a tenth of a second
    assert sizes.next(80, 80, 8) == 10  # unless there are too few for all workers
    assert Sizes(32, 10, fixed=False).next(1000, 1000, 2) == 10
    assert Sizes(7, 100, fixed=True).next(9, 9, 2) == 7


def test_auto_stays_here_without_an_address_or_when_it_is_quick(caplog):
    caplog.set_level(logging.INFO, logger="hetevo")
    species = make_species()
    for settings, reason in (({}, "no address"), ({"address": "127.0.0.1:1"}, "a cluster pays from")):
        with BACKENDS["auto"](BackendTable(**settings)) as chosen:
            chosen.evaluate(Job(species, SEED), marked_generation(species, ()))
            assert "local" in chosen.description
        assert reason in caplog.messages[-1]


def test_rows_of_a_table_go_through_the_object_store(nodes, tmp_path):
    species = make_species(task="table")
    generation = draw_generation_zero(species, SEED, 6)
    with shared(species.task.source.rows()) as source:
        job = Job(replace(species, task=species.task.reading(source)), SEED)
        here = LocalBackend(BackendTable(workers=1)).evaluate(job, generation)
        with backend(nodes) as cluster:
            cluster.prepare(job)
            shutil.rmtree(source.folder)  # as if the workers were on other machines
            there = cluster.evaluate(job, generation)
    np.testing.assert_array_equal(there.loss, here.loss)
    assert there.failures == ()


@pytest.mark.verification
def test_a_table_has_the_same_digests_as_on_this_machine(nodes, tmp_path):
    where = ["backend.name=ray", f'backend.address="{nodes.address}"']
    runs = [
        Experiment(preset("iris", overrides=[*OPTIONS, "evolution.generations=1", *place])).run(tmp_path / str(number))
        for number, place in enumerate((where, ["backend.workers=1"]))
    ]
    assert (runs[0].digest, runs[0].probe_digest) == (runs[1].digest, runs[1].probe_digest)


def test_auto_takes_the_cluster_for_what_is_long(nodes, calm, monkeypatch, caplog):
    caplog.set_level(logging.INFO, logger="hetevo")
    monkeypatch.setattr("hetevo.evolve.backends.auto.CLUSTER_SECONDS", 0.0)
    chosen = BACKENDS["auto"](BackendTable(address=nodes.address))
    assert_quarantined(evaluated(chosen, Fault("none", "")), calm, bad=())
    assert any(f"Ray at {nodes.address}" in message for message in caplog.messages)
    assert chosen.telemetry["workers"] == 2


def wait_for(condition):
    while not condition():
        time.sleep(0.05)
