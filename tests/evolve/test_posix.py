"""What only POSIX systems have: present where it should be, unknown where the system does not say, refused without."""

import os
import subprocess
import sys

import pytest

from hetevo.evolve import posix


def test_without_the_locks_of_posix_one_line_says_what_to_do():
    text = """
import sys
sys.modules["fcntl"], sys.argv = None, ["hetevo", "run", "smoke"]
from hetevo.scripts.main import main
main()
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.returncode == 3
    assert "Hetevo needs Linux or macOS; this is" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lock_is_one_processes_or_shared(tmp_path):
    first, second = (os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    posix.lock_shared(first)
    posix.lock_shared(second, wait=False)
    with pytest.raises(BlockingIOError):
        posix.lock_alone(second)
    os.close(first)
    posix.lock_alone(second)
    os.close(second)


def test_processes_are_known_by_number_and_birth():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert posix.exists(os.getpid())
    assert posix.exists(child.pid)
    posix.kill(child.pid)
    child.wait()
    assert not posix.exists(child.pid)
    assert not posix.exists(0)
    posix.kill(child.pid)  # nothing happens
    assert posix.find_birth(child.pid) is None
    child.stdin.close()


@pytest.mark.linux
def test_linux_says_when_a_process_began_and_where_an_open_folder_lies(tmp_path):
    assert posix.find_birth(os.getpid()).isdecimal()
    assert posix.name_boot()
    assert posix.name_namespace().startswith("pid:")
    descriptor = os.open(tmp_path, os.O_RDONLY)
    tmp_path.rename(tmp_path.with_name("moved"))
    assert posix.find_path(descriptor) == tmp_path.with_name("moved").resolve()
    os.close(descriptor)


def test_limits_and_memory_are_bytes():
    assert posix.soft_limit("RLIMIT_NOTHING") is None
    assert posix.physical_memory() > 1 << 28
    assert 1 << 20 < posix.peak_memory() < posix.physical_memory()
    assert posix.allowed_cores()
