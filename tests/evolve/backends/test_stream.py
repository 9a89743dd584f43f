"""Individuals that live as soon as they are there, whatever happens to those who compute."""

import numpy as np
import pytest
from faulty_probes import Fault
from process_faults import SIZE, assert_quarantined, evaluated, streamed

from hetevo.evolve.backends import LocalBackend, alone, block_queue
from hetevo.evolve.backends.auto import AutoBackend
from hetevo.evolve.backends.failures import EvaluationError
from hetevo.evolve.backends.ray.stream import Mirror, RayStream
from hetevo.evolve.backends.stream import QueueStream
from hetevo.evolve.config import BackendTable
from hetevo.populations.errors import MachineFailedError


def local(workers, **settings):
    return LocalBackend(BackendTable(workers=workers, **settings))


@pytest.fixture(scope="module")
def calm():
    return [evaluated(local(1), Fault("none", ""), number=number) for number in (0, 1)]


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(block_queue, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(alone, "TRY_SECONDS", 0.1)


@pytest.mark.parametrize(("workers", "block", "ahead"), [(1, 4, 5), (2, 0, SIZE), (2, 2, 9)])
def test_a_stream_gives_what_generations_give(calm, workers, block, ahead):
    found = streamed(local(workers), Fault("none", ""), block=block, ahead=ahead)
    for lived, expected in zip(found, calm, strict=True):
        assert_quarantined(lived, expected, bad=())


def test_auto_streams_where_it_evaluates(calm):
    found = streamed(AutoBackend(BackendTable(workers=1)), Fault("none", ""))
    assert_quarantined(found[1], calm[1], bad=())


def test_who_raises_is_found_and_nobody_else_notices(calm, tmp_path):
    found = streamed(local(1), Fault("raise", str(tmp_path)), ahead=6)
    for lived, expected in zip(found, calm, strict=True):
        assert_quarantined(lived, expected)


def test_who_ends_its_process_is_found_and_nobody_else_notices(calm, tmp_path, quick):
    found = streamed(local(2), Fault("leave", str(tmp_path)), marked=[5], ahead=6, generations=1)
    assert_quarantined(found[0], evaluated(local(1), Fault("none", ""), marked=[5]), bad=(5,))
    assert "3 times in a row, although it lived alone" in found[0].failures[0].reason


def test_a_worker_that_is_lost_by_chance_changes_nothing(calm, tmp_path, quick):
    found = streamed(local(2), Fault("kill", str(tmp_path), times=2), ahead=6)
    for lived, expected in zip(found, calm, strict=True):
        assert_quarantined(lived, expected, bad=())


def test_who_is_killed_whenever_it_lives_ends_the_stream(tmp_path, quick):
    with pytest.raises(MachineFailedError, match=r"lost 2 times in a row.*individuals 5 to 5.*SIGKILL"):
        streamed(local(2, losses=2), Fault("kill", str(tmp_path)), marked=[5], ahead=1)


def test_failures_end_a_stream_where_they_should(tmp_path):
    with pytest.raises(EvaluationError, match=r"failed for individual 5 \(id 5\)"):
        streamed(local(1, on_failure="stop"), Fault("raise", str(tmp_path)))
    with pytest.raises(EvaluationError, match="Everyone failed"):
        streamed(local(1), Fault("raise", str(tmp_path)), marked=range(SIZE))


class Losing:
    """Speaks to a process that lets individuals live here, and is lost, with all that it knows, now and then."""

    def __init__(self):
        self.begun, self.calls = 0, 0

    def stream(self, job, generation, ready):
        stream = RayStream(self.exchange, dict)
        stream.begin(job, generation, ready)
        return stream

    def exchange(self, give, meanwhile, stopping):
        if self.calls in (0, 5, 9):
            self.begun += 1
            self.mirror = Mirror(QueueStream(BackendTable(), local(1).carrier()))
        self.calls += 1
        meanwhile()
        return self.mirror.exchange(give(self.begun), stopping)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


def test_a_process_of_rays_that_is_lost_gets_everything_again(calm, tmp_path):
    backend = Losing()
    found = streamed(backend, Fault("raise", str(tmp_path)), block=1, ahead=4)
    assert backend.begun == 3
    for lived, expected in zip(found, calm, strict=True):
        assert_quarantined(lived, expected)
        assert np.isfinite(lived.loss).all()
