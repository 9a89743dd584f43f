"""What is refused before it is tried, and what happens where memory, threads or workers run out all the same."""

import importlib
import resource
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from faults import go, outcome, tiny
from typer.testing import CliRunner

from hetevo.evolve import Experiment, evolution, loop, memory, preset, recorder, resume
from hetevo.evolve.algorithms import generational
from hetevo.evolve.backends import backend as backend_module
from hetevo.evolve.backends import process
from hetevo.evolve.backends.backend import bound_workers
from hetevo.evolve.backends.pool import WorkerPool
from hetevo.evolve.backends.process import NoWorkersError
from hetevo.evolve.config import BackendTable, ConfigError, from_mapping, load_config
from hetevo.evolve.machine import Memory, available_memory, keep_memory, process_limits
from hetevo.evolve.memory import count_needs
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.lock import Lock
from hetevo.evolve.species import build_species
from hetevo.evolve.sweeps import conduct, load_plan, plan_of_seeds
from hetevo.evolve.sweeps.conduct import _Conductor
from hetevo.populations.errors import MachineFailedError
from hetevo.scripts.main import app

GIB = 1 << 30
conducting, keeping = (importlib.import_module(f"hetevo.evolve.sweeps.{name}") for name in ("conduct", "keeping"))
MACHINE = {"proc/meminfo": "MemTotal: 16777216 kB\nMemAvailable: 12582912 kB\nSwapFree: 1048576 kB\n"}


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rooted(folder, files):
    for name, content in {**MACHINE, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(content))
    return folder


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, Memory("this machine", 16 * GIB, 13 * GIB)),
        (  # version 2: the tightest of the group and those around it; the cache of files is given back
            {
                "proc/self/cgroup": "0::/batch/job\n",
                "sys/fs/cgroup/batch/job/memory.max": "max\n",
                "sys/fs/cgroup/batch/memory.max": 4 * GIB,
                "sys/fs/cgroup/batch/memory.current": 3 * GIB,
                "sys/fs/cgroup/batch/memory.stat": f"anon {GIB}\ninactive_file {GIB}\nactive_file {GIB // 2}\n",
            },
            Memory("the control group /batch", 4 * GIB, 5 * GIB // 2),
        ),
        (  # beyond memory.high a group is slowed down until it stands still
            {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/memory.max": 8 * GIB,
                "sys/fs/cgroup/memory.high": 2 * GIB,
                "sys/fs/cgroup/memory.current": GIB,
            },
            Memory("the control group /", 2 * GIB, GIB),
        ),
        (  # version 1 inside a container: the group's own path is not there
            {
                "proc/self/cgroup": "4:memory:/docker/abc\n1:cpu,cpuacct:/\n0::/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": 2 * GIB,
                "sys/fs/cgroup/memory/memory.usage_in_bytes": GIB,
                "sys/fs/cgroup/memory/memory.stat": f"inactive_file 1\ntotal_inactive_file {GIB // 2}\n",
            },
            Memory("the control group /", 2 * GIB, 3 * GIB // 2),
        ),
        (  # no limit, in version 1
            {
                "proc/self/cgroup": "4:memory:/x\n",
                "sys/fs/cgroup/memory/x/memory.limit_in_bytes": 9223372036854771712,
                "sys/fs/cgroup/memory/x/memory.usage_in_bytes": GIB,
            },
            Memory("this machine", 16 * GIB, 13 * GIB),
        ),
        ({"proc/self/cgroup": "0::/../gone\n"}, Memory("this machine", 16 * GIB, 13 * GIB)),
    ],
)
def test_the_tightest_limit_of_machine_and_control_groups_counts(tmp_path, files, expected):
    assert available_memory(rooted(tmp_path, files)) == expected


def test_ulimit_counts_for_each_process(tmp_path, monkeypatch):
    limits = {resource.RLIMIT_AS: (2 * GIB, -1), resource.RLIMIT_RSS: (GIB, -1)}
    monkeypatch.setattr(resource, "getrlimit", lambda limit: limits.get(limit, (resource.RLIM_INFINITY,) * 2))
    found = process_limits(rooted(tmp_path, {"proc/self/status": "Name: x\nVmSize: 1048576 kB\nVmRSS:\t 1024 kB\n"}))
    assert found == {
        "RLIMIT_AS": Memory("ulimit -v", 2 * GIB, GIB),
        "RLIMIT_RSS": Memory("ulimit -m", GIB, GIB - (1 << 20)),
    }


def test_this_machine_has_memory():
    found = available_memory()
    assert 0 < found.free <= found.total


@pytest.fixture
def limited(monkeypatch):
    def limit(total, free=None, name="the control group /job", process=None):
        monkeypatch.setattr(memory, "available_memory", lambda: Memory(name, total, total if free is None else free))
        monkeypatch.setattr(memory, "process_limits", lambda: process or {})

    return limit


def test_workers_blocks_and_records_are_counted(limited):
    config = preset("emergence", overrides=["backend.workers=1"])
    species = build_species(config)
    one, four = (count_needs(config, species, workers).total(workers) for workers in (1, 4))
    assert four > one + 4 * memory.WORKER_BYTES
    larger = from_mapping(config.model_dump(), overrides=["evolution.size=100000", "backend.block=4096"])
    needs = count_needs(larger, species, 1)
    lives = next(size for what, size in needs.worker.items() if "backend.block" in what)
    assert lives > 10 * sum(count_needs(config, species, 1).worker.values())
    assert needs.driver["a generation's records (evolution.size, records.share)"] > 50 << 20
    thinned = from_mapping(larger.model_dump(), overrides=["records.share=0.01", "probe.every=0"])
    assert sum(count_needs(thinned, species, 1).driver.values()) < sum(needs.driver.values()) - (50 << 20)
    few, many = (sum(count_needs(larger, species, workers).driver.values()) for workers in (2, 4))
    assert many > few  # blocks are on their way to each of them
    assert count_needs(config, species, 0).worker == {}  # a cluster has its own memory
    limited(one + (50 << 20))
    Experiment(config)
    with pytest.raises(ConfigError, match=r"needs .* of memory; the control group /job has .*fewer processes"):
        Experiment(from_mapping(config.model_dump(), overrides=["backend.workers=4"]))


GENERATION = """
import sys
from pathlib import Path
import numpy as np
from hetevo.evolve import preset
from hetevo.evolve.config import dump_toml
from hetevo.evolve.generation import begin_with, draw_generation_zero
from hetevo.evolve.memory import count_needs
from hetevo.evolve.recorder import Recorder
from hetevo.evolve.reproduction import reproduce
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.species import build_species
from hetevo.evolve.state import advance
from hetevo.populations.evaluation import Evaluation

def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) * 1024

config = preset("emergence", overrides=[f"evolution.size={sys.argv[1]}", *sys.argv[3:]])
species, size = build_species(config), config.evolution.size
few = draw_generation_zero(species, 0, 50).population
directory = RunDirectory.new(Path(sys.argv[2]))
directory.provenance.create()
directory.begin(dump_toml(config))
directory.provenance.begin_session()
rng = np.random.default_rng(0)
names = [f"{name}_end" for name in "abcdefgh"] if config.probe.every else []
with Recorder(directory, config, None, print) as recorder:
    before = peak()
    generation, state = begin_with(few.take(np.arange(size) % 50)), None
    for _ in range(2):
        observed = {name: rng.random(size) for name in names}
        evaluation = Evaluation(rng.random(size), np.zeros(size, np.int64), np.full(size, np.nan), observed)
        state = advance(generation, evaluation, state)
        recorder.record(generation, evaluation)
        recorder.write(state)
        generation = reproduce(state.generation, state.loss, config, species)
        recorder.begin()
    recorder.flush()
print(peak() - before, sum(count_needs(config, species, 1).driver.values()))
"""
"""Two generations that need not live."""


@pytest.mark.linux
@pytest.mark.parametrize("changes", [[], ["records.share=0.01", "probe.every=0"]])
def test_the_driver_needs_what_is_counted(tmp_path, changes):
    found = []
    for size in (20_000, 80_000):
        command = [sys.executable, "-c", GENERATION, str(size), str(tmp_path / str(size)), *changes]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append([int(word) for word in done.stdout.split()])
    # what grows with the individuals, apart from what any process has
    (needed, counted), (more, counted_more) = found
    assert more - needed == pytest.approx(counted_more - counted, rel=1 / 3)


def test_a_check_says_which_limit_it_was(limited):
    limited(64 << 20)
    with pytest.raises(ConfigError, match=r"the control group /job has 64 MiB.*smaller what needs most, .*\(backend"):
        Experiment(preset("emergence"))
    limited(GIB, free=1 << 20, name="this machine")
    with pytest.raises(MachineFailedError, match=r"this machine has 1.0 GiB, of which 1 MiB are free. Free memory"):
        Experiment(preset("emergence"))
    limited(GIB, process={"RLIMIT_AS": Memory("ulimit -v", GIB, 1 << 20)})
    with pytest.raises(ConfigError, match=r"This process needs .*ulimit -v has 1.0 GiB, of which 1 MiB are free"):
        Experiment(preset("emergence"))
    limited(GIB, process={"RLIMIT_DATA": Memory("ulimit -d", 100 << 20, 100 << 20)})
    config = preset("emergence", overrides=["backend.workers=2"])
    with pytest.raises(ConfigError, match=r"worker process needs|This process needs"):
        Experiment(config)


def test_runs_of_a_sweep_are_counted_beside_each_other(limited, tmp_path, monkeypatch):
    limited(400 << 20)
    monkeypatch.setattr(conducting, "available_memory", lambda: Memory("this machine", 100 << 20, 100 << 20))
    with pytest.raises(ConfigError, match=r"3 runs side by side need .*this machine has 100 MiB"):
        conduct(plan_of_seeds("x", tiny(), "0..9"), tmp_path / "sweep", backend=BackendTable(workers=3))
    assert not (tmp_path / "sweep").exists()


@pytest.mark.parametrize(
    "options",
    ["task={name='teacher',options={hidden=1000000000000}}", "task={name='patterns',options={patterns=1000000000000}}"],
)
def test_options_of_a_task_are_counted(options):
    with pytest.raises(ConfigError, match=r"a task .task.options. needs .*TiB"):
        Experiment(preset("emergence", overrides=[options]))


def test_workers_are_bounded_by_blocks_and_cores(monkeypatch):
    monkeypatch.setattr(backend_module, "available_cores", lambda: 2)
    assert bound_workers(BackendTable(), 100).workers == 2
    assert bound_workers(BackendTable(workers=8), 100).workers == 8
    assert bound_workers(BackendTable(workers=1000), 6).workers == 6  # more would have nothing to do
    assert bound_workers(BackendTable(workers=1000), 100, oversubscribe=True).workers == 100
    with pytest.raises(ConfigError, match=r"expected at most 8, .*got 9: all would .*--oversubscribe"):
        bound_workers(BackendTable(workers=9), 100)
    far = BackendTable(name="ray", address="10.0.0.9:6379", workers=64)
    assert bound_workers(far, 100) == far  # a cluster says itself how many it has


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return go(tmp_path_factory.mktemp("runs") / "run")


def test_commands_refuse_too_many_workers_before_any_is_started(run, tmp_path, monkeypatch):
    def popen(*arguments, **options):
        raise AssertionError("a process was started")

    monkeypatch.setattr(process.subprocess, "Popen", popen)
    monkeypatch.setattr(backend_module, "available_cores", lambda: 1)
    many = ["--workers", 1000]
    for command in (
        ("run", "smoke", "-s", "evolution.size=512", "-o", tmp_path / "run", *many),
        ("run", "smoke", "--seeds", "0..999", "-o", tmp_path / "run", *many),
        ("sweep", "minimal", "-o", tmp_path / "run", *many),
        ("resume", run.path, "--generations", 9, "--workers", 6),
        ("verify", run.path, "--replay", "--workers", 6),
        ("bench", "generation", *many),
    ):
        done = hetevo(*command)
        assert (done.exit_code, done.stderr.count("\n")) == (2, 1), done.output
        assert "backend.workers: expected at most" in done.stderr
        assert not (tmp_path / "run").exists()


def test_oversubscribe_starts_any_number_of_workers(run, tmp_path, monkeypatch):
    asked = []

    class AskedError(Exception):
        pass

    def backend(settings):
        asked.append(settings.workers)
        raise AskedError

    monkeypatch.setattr(backend_module, "available_cores", lambda: 1)
    monkeypatch.setitem(evolution.BACKENDS, "auto", backend)
    for attempt in (
        lambda: Experiment(tiny("backend.workers=6"), oversubscribe=True).run(tmp_path / "run"),
        lambda: resume(run.path, 3, workers=6, oversubscribe=True),
    ):
        with pytest.raises(AskedError):
            attempt()
    for command in (("run", "smoke", "-o", tmp_path / "run"), ("resume", run.path)):
        done = hetevo(*command, "--workers", 6, "--oversubscribe")
        assert isinstance(done.exception, AskedError), done.output
        assert hetevo(*command, "--workers", 6).exit_code == 2
    refused = hetevo("resume", run.path, "--workers", 6, "--force")
    assert refused.exit_code == 2  # which means something else: to begin anew
    assert asked == [6, 6, 6, 6]


def out_of_memory(*arguments, **options):
    raise MemoryError("so much")


@pytest.mark.parametrize(
    "place", [(generational, "reproduce"), (loop, "advance"), (recorder, "individual_rows"), (recorder, "rows_of")]
)
def test_memory_that_runs_out_in_the_driver_ends_a_run_that_is_saved(run, tmp_path, monkeypatch, place):
    module, name = place
    real, calls = getattr(module, name), []

    def later(*arguments, **options):
        calls.append(name)
        return (out_of_memory if len(calls) == 4 else real)(*arguments, **options)

    monkeypatch.setattr(module, name, later)
    made, never = tmp_path / "run", "checkpoint.every=1000"
    with pytest.raises(MachineFailedError, match=r"^Memory ran out \(so much\). Make evolution.size") as caught:
        go(made, "evolution.generations=4", never)
    assert "\n" not in str(caught.value)
    assert RunDirectory(made).status()["generation"] >= 0
    assert outcome(resume(made)) == outcome(go(tmp_path / "whole", "evolution.generations=4", never))


def test_memory_that_runs_out_while_a_generation_is_written_leaves_it_saved(tmp_path, monkeypatch):
    real, calls = recorder.checkpoints.write, []

    def write(*arguments):
        calls.append(arguments)
        return (out_of_memory if len(calls) == 2 else real)(*arguments)

    monkeypatch.setattr(recorder.checkpoints, "write", write)
    with pytest.raises(MachineFailedError, match=r"Memory ran out"):
        go(tmp_path / "run", "evolution.generations=4")
    assert RunDirectory(tmp_path / "run").status()["generation"] == 1  # tried once more
    assert outcome(resume(tmp_path / "run")) == outcome(go(tmp_path / "whole", "evolution.generations=4"))


def test_memory_that_runs_out_is_one_line_of_a_command(tmp_path, monkeypatch):
    monkeypatch.setattr(generational, "reproduce", out_of_memory)
    done = hetevo("run", "smoke", "-s", "lifetime.presentations=3", "--workers", 1, "-o", tmp_path / "run")
    assert done.exit_code == 3
    assert done.stderr.splitlines()[-1].startswith("hetevo: error: Memory ran out (so much). Make evolution.size")
    assert "Traceback" not in done.output


def test_no_thread_is_one_line_and_gives_the_lock_back(run, tmp_path, monkeypatch):
    real = threading.Thread.start

    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(MachineFailedError, match=r"one more thread, but: can't start new thread"):
        Lock(tmp_path / "lock")
    with pytest.raises(NoWorkersError, match=r"one more thread"):
        WorkerPool(2).submit(print)
    with pytest.raises(MachineFailedError, match=r"one more thread"):
        go(tmp_path / "run")
    monkeypatch.setattr(threading.Thread, "start", real)
    Lock(tmp_path / "lock").release()
    assert go(tmp_path / "run").generation == run.generation


def test_fewer_threads_are_fewer_workers(monkeypatch, caplog):
    real, count = threading.Thread.start, []

    def start(thread):
        if thread.name == "worker":
            count.append(thread)
        if len(count) > 1:
            raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    workers = WorkerPool(3)
    assert [workers.submit(abs, -2).result() for _ in range(3)] == [2, 2, 2]
    workers.close()
    assert "It goes on with 1." in caplog.text


def test_no_descriptors_are_no_workers(monkeypatch):
    def pipe():
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(process, "Pipe", pipe)
    workers = WorkerPool(1)
    with pytest.raises(NoWorkersError, match=r"Too many open files. Raise 'ulimit -n'"):
        workers.submit(print).result()
    workers.close()


def test_a_thread_that_fails_says_so_in_one_line(capsys, caplog):
    from hetevo.evolve.messages import log_thread_failure as logged
    from hetevo.scripts.errors import report_failed_thread as said

    failed = SimpleNamespace(thread=SimpleNamespace(name="worker"), exc_type=MemoryError, exc_value=MemoryError("x"))
    for report in (logged, said):
        report(failed)
    assert capsys.readouterr().err == "hetevo: warning: the thread 'worker' has ended: MemoryError: x\n"
    assert "the thread 'worker' has ended: MemoryError: x" in caplog.text


def test_a_grid_is_counted_not_built(tmp_path, monkeypatch):
    file = tmp_path / "grid.toml"
    keys = [f'"genome.key{number}"' for number in range(60)]
    file.write_text("[grid]\n" + "".join(f"{key} = {list(range(10))}\n" for key in keys[:10]))
    monkeypatch.setattr(keeping, "conditions_of", out_of_memory)
    with pytest.raises(ConfigError, match=r"at most 100,000 runs, got 10,000,000,000"):
        load_plan(file)
    file.write_text("[grid]\n" + "".join(f"{key} = {list(range(1000))}\n" for key in keys))
    with pytest.raises(ConfigError, match=r"at most 100,000 runs, got far more"):
        load_plan(file)


def test_very_many_runs_that_wait_are_looked_at_a_few_at_a_time(tmp_path, monkeypatch):
    many = plan_of_seeds("x", tiny(), "0..9")
    conductor = _Conductor(many, tmp_path, SimpleNamespace(workers=1))
    seen = []
    monkeypatch.setattr(conductor, "_is_elsewhere", lambda member: bool(seen.append(member.seed)))
    conductor._look()
    assert seen == []  # no run was begun, so none is elsewhere
    for member in many.members:
        (tmp_path / member.name).mkdir()
    monkeypatch.setattr(conducting, "LOOK_SECONDS", -1.0)  # each look is over after one run
    for _ in range(11):
        conductor._look()
    assert seen == [*range(10), 0]


@pytest.mark.parametrize("size", [7, 10**15, 2.0**70])
def test_a_tournament_larger_than_the_population_is_refused(size):
    change = ("evolution.select", {"name": "selTournament", "tournsize": size})
    with pytest.raises(ConfigError, match=r"evolution.select: selTournament draws tournsize individuals, .* got"):
        tiny(change)


def test_a_run_that_has_a_large_tournament_already_keeps_it():
    content = tiny().model_dump()
    content["evolution"]["select"] = {"name": "selTournament", "tournsize": 7}
    assert from_mapping(content, saved=True).evolution.select["tournsize"] == 7
    content["evolution"]["select"]["tournsize"] = 10**9
    with pytest.raises(ConfigError, match=r"at most as many"):
        from_mapping(content, saved=True)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("network.settle=1000000000", "network.settle: expected"),
        ("hardware.delay=4", r"hardware.delay: expected at most .*presentations \(3\)"),
        ("hardware.stale=1000000000000000000000000", "hardware.stale: expected at most"),
        ("task.options=" + "[" * 9000 + "]" * 9000, "-s task.options: expected tables and lists in at most 16"),
        (".".join("a" * 3000) + "=1", "at most 16 levels"),
    ],
)
def test_what_would_never_end_is_refused(override, message):
    with pytest.raises(ConfigError, match=message):
        tiny(override)


def test_files_that_are_nested_too_deep_are_refused(tmp_path):
    file = tmp_path / "deep.toml"
    file.write_text(f"set.{'.'.join('a' * 100_000)} = 1\n")
    for read in (load_config, load_plan):
        with pytest.raises(ConfigError, match=r"at most 16 levels"):
            read(file)
    run = RunDirectory(tmp_path)
    run.config_file.write_text(f"{'a.' * 100_000}a = 1")
    with pytest.raises(RunDirectoryError, match=r"at most 16 levels"):
        run.config()
    run.config_file.write_text(f"seed = {'1' * 5000}")
    with pytest.raises(RunDirectoryError, match=r"is damaged: .*digits"):
        run.config()
    deep = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(ConfigError, match=r"at most 16 levels"):
        from_mapping({"task": {"options": deep}})


def test_a_long_name_of_a_run_is_shortened_for_its_directory(tmp_path):
    file = tmp_path / "long.toml"
    file.write_text(f'base = "smoke"\n[conditions.{"x" * 300}]\n')
    (member,) = load_plan(file).members
    assert len(member.name) < 200
    assert member.condition == "x" * 300


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, {-1: 256 << 20, -3: 32 << 20}),
        ({"MALLOC_TRIM_THRESHOLD_": "4096"}, {-3: 32 << 20}),
        ({"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"}, {}),
    ],
)
def test_memory_that_was_freed_is_kept_unless_the_user_says_otherwise(monkeypatch, variables, expected):
    asked = {}
    for variable in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr("ctypes.CDLL", lambda name: SimpleNamespace(mallopt=asked.__setitem__))
    keep_memory()
    assert asked == expected


def test_another_c_library_keeps_memory_as_it_likes(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda name: SimpleNamespace())
    keep_memory()
