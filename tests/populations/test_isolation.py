"""No result depends on the caller's settings, or on how many threads a library uses."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from hetevo.populations.isolation import isolated, one_thread


def test_isolated_functions_take_and_return_what_they_did():
    @isolated
    def product(first, *, second):
        """Multiply."""
        return np.float64(first) * second

    assert (product.__name__, product.__doc__) == ("product", "Multiply.")
    with np.errstate(all="raise"):
        assert product(1e-300, second=1e-300) == 0.0
        with pytest.raises(FloatingPointError):
            np.float64(1e-300) * 1e-300


def threads():
    return {one["num_threads"] for one in ThreadpoolController().info() if one["user_api"] == "blas"}


@pytest.fixture
def two_threads():
    """Linear algebra that would use two threads, with no thread in charge of that."""
    limits = threadpool_limits(2)
    with one_thread():
        pass
    if threads() != {2}:
        pytest.skip("this linear algebra cannot use two threads")
    yield
    limits.restore_original_limits()
    with one_thread():
        pass


def test_linear_algebra_has_one_thread_although_another_block_ends(two_threads):
    inside, first_left, seen = threading.Event(), threading.Event(), []

    def second():
        with one_thread():
            inside.set()
            first_left.wait()
            seen.append(threads())

    thread = threading.Thread(target=second)
    with one_thread():
        thread.start()
        inside.wait(0.05)
        assert threads() == {1}
    first_left.set()
    thread.join()
    assert seen == [{1}]
    assert threads() == {2}


def test_threads_of_linear_algebra_are_given_back_after_an_error(two_threads):
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert threads() == {2}


LATER = """
from hetevo.populations.isolation import one_thread
from threadpoolctl import threadpool_info
with one_thread():
    pass
before = len(threadpool_info())
import scipy.linalg
with one_thread():
    print(len(threadpool_info()) > before, {library["num_threads"] for library in threadpool_info()})
"""


def test_a_library_that_is_loaded_later_has_one_thread_too():
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", LATER], capture_output=True, text=True, env=environment, check=True)
    if done.stdout.startswith("False"):
        pytest.skip("SciPy brings no library of its own")
    assert done.stdout == "True {1}\n"
