"""Worker processes: they end with their driver, say what is wrong, and need nothing but a pipe."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from hetevo.evolve.backends import pool as pools
from hetevo.evolve.backends import process
from hetevo.evolve.backends.pool import WorkerPool
from hetevo.evolve.backends.process import NoWorkersError, WorkerDiedError
from hetevo.evolve.backends.worker import NotLoadableError
from hetevo.evolve.posix import SIGNALS

WAIT_SECONDS = 30.0


@pytest.fixture
def pool():
    pool = WorkerPool(2)
    yield pool
    pool.close()


def wait_until(condition):
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def is_alive(pid):
    """Whether a process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def workers_of(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(line) for line in found.stdout.split()]


def script(text, folder, *, wait=True, **options):
    """Run a script of a user's, from a folder of theirs."""
    file = folder / "mine.py"
    file.write_text(textwrap.dedent(text))
    command = [sys.executable, str(file)]
    if not wait:
        return subprocess.Popen(command, cwd=folder, text=True, start_new_session=True, **options)
    return subprocess.run(command, cwd=folder, text=True, capture_output=True, timeout=300, **options)


LONG = """
    import sys
    from hetevo.evolve import Experiment, preset
    changes = ["evolution.generations=100000", "backend.workers=2", "checkpoint.every=1"]
    if __name__ == "__main__":
        print("begun", flush=True)
        Experiment(preset("smoke", overrides=changes)).run(sys.argv[1] if len(sys.argv) > 1 else "run")
"""


def begun(tmp_path):
    """A run of a user's that has workers and has been saved."""
    process = script(LONG, tmp_path, wait=False)
    wait_until(lambda: list((tmp_path / "run" / "checkpoints").glob("gen-??????")))
    workers = workers_of(process.pid)
    assert len(workers) == 2
    return process, workers


@pytest.mark.parametrize("then", [None, signal.SIGTERM, signal.SIGHUP])
def test_workers_end_when_their_driver_is_killed(tmp_path, then):
    process, workers = begun(tmp_path)
    process.kill()
    process.wait()
    if then is not None:
        for worker in workers:
            try:
                os.kill(worker, then)
            except ProcessLookupError:
                continue  # it was faster
    wait_until(lambda: not any(map(is_alive, workers)))


def test_workers_that_are_busy_end_when_their_driver_is_killed(tmp_path):
    text = """
        import os, time
        from hetevo.evolve.backends.pool import WorkerPool
        if __name__ == "__main__":
            pool = WorkerPool(1)
            print(pool.submit(os.getpid).result(), flush=True)
            pool.submit(time.sleep, 3600)
            time.sleep(3600)
    """
    process = script(text, tmp_path, wait=False, stdout=subprocess.PIPE)
    with process:
        worker = int(process.stdout.readline())
        process.kill()
    wait_until(lambda: not is_alive(worker))


def test_workers_leave_signals_to_their_driver_as_long_as_it_lives(pool):
    pids = set()
    while len(pids) < 2:  # one worker may take many calls while the other still starts
        pids |= {answer.result() for answer in [pool.submit(os.getpid) for _ in range(8)]}
    for pid in pids:
        for number in SIGNALS:
            os.kill(pid, number)
    assert {pool.submit(os.getpid).result() for _ in range(8)} <= pids


def test_a_pool_leaves_no_thread_and_no_process(pool):
    import threading

    threads, pids = set(threading.enumerate()), [pool.submit(os.getpid).result() for _ in range(4)]
    pool.close()
    assert set(threading.enumerate()) <= threads
    assert not any(map(is_alive, pids))


def test_closing_ends_what_is_under_way_and_fails_what_waits(pool):
    futures = [pool.submit(time.sleep, 3600) for _ in range(4)]
    wait_until(lambda: len(workers_of(os.getpid())) >= 2)
    pool.close()
    for future in futures:
        with pytest.raises(pools.BrokenExecutor):
            future.result()
    assert pool.submit(os.getpid).result() != os.getpid()


def test_a_death_names_the_signal_and_takes_nobody_with_it(pool):
    waiting = pool.submit(time.sleep, 0.5)
    with pytest.raises(WorkerDiedError, match="SIGKILL") as died:
        pool.submit(_die, signal.SIGKILL).result()
    assert died.value.status == -signal.SIGKILL
    assert waiting.result() is None
    with pytest.raises(WorkerDiedError, match="exit status 3"):
        pool.submit(os._exit, 3).result()
    assert pool.submit(os.getpid).result()


def _die(number):
    os.kill(os.getpid(), number)


class UnfriendlyError(Exception):
    def __init__(self, first, second):
        super().__init__("it is mine")


def _raise(kind):
    raise kind("no") if kind is not UnfriendlyError else UnfriendlyError(1, 2)


@pytest.mark.parametrize(
    ("kind", "seen"), [(ValueError, ValueError), (UnfriendlyError, RuntimeError), (SystemExit, RuntimeError)]
)
def test_what_is_raised_in_a_worker_is_raised_here(pool, kind, seen):
    with pytest.raises(seen):
        pool.submit(_raise, kind).result()


def test_what_a_worker_prints_is_no_output_of_the_command(tmp_path):
    text = """
        from hetevo.evolve.backends.pool import WorkerPool
        pool = WorkerPool(1)
        pool.submit(print, "a message").result()
        pool.close()
    """
    done = script(text, tmp_path)
    assert (done.stdout, done.stderr) == ("", "a message\n")


@pytest.mark.parametrize("stderr", [pytest.param("/dev/full", marks=pytest.mark.linux), None])
def test_a_task_that_prints_does_not_fail_because_nobody_reads(tmp_path, stderr):
    text = """
        from hetevo.evolve.backends.pool import WorkerPool
        pool = WorkerPool(1)
        print(pool.submit(print, "a message" * 10_000).result())
        pool.close()
    """
    (tmp_path / "mine.py").write_text(textwrap.dedent(text))
    reader, writer = os.pipe()
    os.close(reader)  # a pipe that nobody reads
    with open(stderr or writer, "w") as stream:
        done = subprocess.run([sys.executable, tmp_path / "mine.py"], stdout=subprocess.PIPE, stderr=stream, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"None\n")


OWN = """
    from dataclasses import dataclass
    from hetevo.evolve import Experiment, preset
    from hetevo.evolve.evolution import Evolution

    class Own:
        def measure(self, snapshot):
            return {{}}

    try:
        run = Experiment(preset("smoke", overrides=["backend.workers={workers}"]), probe=Own()).run("run")
        print("done", run.generation)
    except Exception as error:
        print(type(error).__name__, error)
"""


def test_a_class_of_the_script_is_refused_at_once_with_the_way_out(tmp_path):
    done = script(OWN.format(workers=2), tmp_path)
    assert done.stdout.startswith("NotLoadableError Expected a task, rule and probe that a worker process can load"), (
        done
    )
    assert "Can't get attribute 'Own'" in done.stdout
    assert "put it into a module of its own" in done.stdout
    assert not (tmp_path / "run").exists()
    assert script(OWN.format(workers=1), tmp_path).stdout == "done 3\n"


@pytest.mark.verification
def test_a_class_of_the_script_is_refused_on_ray_too(tmp_path):
    text = OWN.format(workers=1).replace("overrides=[", 'overrides=["backend.name=ray", ')
    done = script(text, tmp_path)
    assert done.stdout.startswith("NotLoadableError Expected a task"), done
    assert not (tmp_path / "run").exists()


def test_a_module_beside_the_script_is_found_and_needs_no_guard(tmp_path):
    (tmp_path / "own.py").write_text("class Own:\n    def measure(self, snapshot):\n        return {}\n")
    text = (
        OWN.format(workers=2)
        .replace("class Own:", "class Unused:")
        .replace("import Evolution", "import Evolution; from own import Own")
    )
    done = script(text, tmp_path)
    assert done.stdout == "done 3\n", done


def test_what_cannot_be_pickled_is_refused(pool):
    with pytest.raises(NotLoadableError, match="put it into a module"):
        pool.submit(lambda: 1).result()
    assert pool.submit(os.getpid).result()


def test_modules_in_the_folder_of_the_start_do_not_get_in_the_way(tmp_path):
    """A notebook's import path begins with the folder in which it was started."""
    for name in ("multiprocessing", "pydantic", "numpy", "threading"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a stranger was imported')")
    (tmp_path / "own.py").write_text("def answer():\n    return 42\n")
    text = """
        import sys
        sys.path.remove(sys.path[0])
        from hetevo.evolve.backends.pool import WorkerPool
        sys.path.insert(0, "")
        import own
        import os
        os.chdir("/")
        pool = WorkerPool(1)
        print(pool.submit(own.answer).result())
        pool.close()
    """
    done = script(text, tmp_path)
    assert done.stdout == "42\n", done


def test_a_worker_that_cannot_import_says_what(tmp_path):
    (tmp_path / "threadpoolctl.py").write_text("raise ImportError('out of order')")
    text = f"""
        import sys
        from hetevo.evolve.backends.pool import WorkerPool
        sys.path.insert(0, {str(tmp_path)!r})
        pool = WorkerPool(1)
        try:
            pool.submit(print).result()
        except Exception as error:
            print(type(error).__name__, error)
        pool.close()
    """
    other = tmp_path / "elsewhere"
    other.mkdir()
    done = script(text, other)
    assert done.stdout.startswith("NoWorkersError A worker process cannot begin: ImportError: out of order"), done


def test_where_no_process_can_be_started_everything_is_computed_here(tmp_path, monkeypatch, caplog):
    from hetevo.evolve import Experiment, preset

    def refuse(*args, **options):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(process.subprocess, "Popen", refuse)
    changes = ["backend.workers=2", "evolution.generations=1"]
    run = Experiment(preset("smoke", overrides=changes)).run(tmp_path / "run")
    assert run.generation == 1
    assert "Resource temporarily unavailable. Everything is computed in this one process" in caplog.text


def test_a_worker_that_ends_while_it_starts_is_started_again(monkeypatch):
    monkeypatch.setattr(pools, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(process, "_BEGIN", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    pool = WorkerPool(1)
    with pytest.raises(NoWorkersError, match=r"started 3 times, and each time it ended .*SIGKILL"):
        pool.submit(os.getpid).result()
    pool.close()


def test_workers_need_no_semaphore_and_no_shared_memory(tmp_path):
    """What a full or missing /dev/shm does to everything that asks for them."""
    text = """
        import _multiprocessing
        from multiprocessing import shared_memory
        from hetevo.evolve import Experiment, preset

        def refuse(*args, **options):
            raise OSError(28, "No space left on device")

        _multiprocessing.SemLock = _multiprocessing.sem_unlink = shared_memory.SharedMemory = refuse
        if __name__ == "__main__":
            print(Experiment(preset("smoke", overrides=["backend.workers=2"])).run("run").generation)
    """
    done = script(text, tmp_path)
    assert done.stdout == "3\n", done


def test_a_daemonic_process_can_have_workers(tmp_path):
    text = """
        import multiprocessing
        from hetevo.evolve import Experiment, preset

        def live(path):
            return Experiment(preset("smoke", overrides=["backend.workers=2"])).run(path).digest

        if __name__ == "__main__":
            with multiprocessing.Pool(1) as pool:
                print(*pool.map(live, ["one", "two"]))
    """
    done = script(text, tmp_path)
    first, second = done.stdout.split()
    assert first == second, done
    assert done.returncode == 0
