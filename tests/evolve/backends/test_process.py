"""Worker processes that are started before anybody knows whether they are needed."""

import os
import sys

import pytest

from hetevo.evolve.backends import process
from hetevo.evolve.backends.pool import WorkerPool
from hetevo.evolve.backends.process import end_spares, spare_workers


@pytest.fixture
def started(monkeypatch):
    """The processes that are started in a test."""
    found = []

    class Noted(process.subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            found.append(self)

    monkeypatch.setattr(process.subprocess, "Popen", Noted)
    return found


def take_one():
    pool = WorkerPool(1)
    try:
        return pool.submit(os.getpid).result()
    finally:
        pool.close()


def test_a_pool_takes_a_spare_worker_and_the_rest_ends_with_the_block(started):
    with spare_workers(2):
        assert len(started) == 2
        assert take_one() in {spare.pid for spare in started}
        assert len(started) == 2
    assert all(spare.returncode is not None for spare in started)
    assert take_one() == started[2].pid


def test_spare_workers_end_when_everybody_has_what_they_need(started):
    with spare_workers(2):
        end_spares()
        assert all(spare.returncode is not None for spare in started)


@pytest.mark.parametrize("change", ["path", "arguments", "environment"])
def test_a_spare_worker_that_would_be_started_otherwise_by_now_is_not_taken(started, monkeypatch, tmp_path, change):
    with spare_workers(1):
        if change == "path":
            monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
        elif change == "arguments":
            monkeypatch.setattr(sys, "argv", [*sys.argv, "another"])
        else:
            monkeypatch.setenv("OF_A_USER", "1")
        assert take_one() == started[1].pid
        assert started[0].returncode is not None


def test_spare_workers_that_cannot_be_started_are_nobodys_mistake(monkeypatch):
    def refuse(*arguments, **options):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(process.subprocess, "Popen", refuse)
    with spare_workers(2):
        pass
