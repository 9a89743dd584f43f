"""When a run is saved, and when what is told of it is written."""

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from faults import go, tiny

from hetevo.evolve import recorder as recorder_module
from hetevo.evolve import schedule
from hetevo.evolve.recorder import Recorder
from hetevo.evolve.rundir import RunDirectory, StorageError
from hetevo.evolve.rundir.checkpoint import generation_of, list_checkpoints


class Clock:
    """Stands in for `time` in the recorder: seconds pass when a test says so."""

    def __init__(self):
        self.seconds = self.processor = 0.0

    def perf_counter(self):
        return self.seconds

    def thread_time(self):
        return self.processor


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return go(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture
def clock(run, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(recorder_module, "time", clock)
    monkeypatch.setattr(schedule, "time", clock)
    return clock


@pytest.fixture
def recorder(run, clock):
    with Recorder(RunDirectory(run.path), tiny('checkpoint.every="auto"'), None, print) as recorder:
        yield recorder


def saved(run):
    return [generation_of(path) for path in list_checkpoints(run / "checkpoints")]


def live(recorder, clock, monkeypatch, *, generation=0.1, save=0.01, telemetry=0.0, seconds=300.0):
    """Let short generations live for some time; return the longest time between two saves."""

    def commit(state):
        clock.processor += save

    def event(**facts):
        clock.seconds += telemetry

    monkeypatch.setattr(recorder, "_commit", commit)
    monkeypatch.setattr(recorder.directory, "event", event)
    last, longest = clock.seconds, 0.0
    for number in range(int(seconds / (generation + telemetry))):
        clock.seconds += generation
        due = recorder.is_due(number)
        recorder.write("a state", due=due)
        recorder.flush()
        if due:
            last, longest = clock.seconds, max(longest, clock.seconds - last)
    return max(longest, clock.seconds - last)


def test_auto_saves_as_often_as_two_percent_of_the_time_allow(recorder, clock, monkeypatch):
    longest = live(recorder, clock, monkeypatch, save=0.01)
    assert longest == pytest.approx(0.01 / schedule.SHARE, abs=0.15)


def test_waiting_for_telemetry_is_no_cost_of_saving(recorder, clock, monkeypatch):
    """A log that is slow to write must not stop a run from being saved."""
    assert live(recorder, clock, monkeypatch, save=0.01, telemetry=5.0) <= 5.2


def test_auto_saves_after_the_longest_time_whatever_it_costs(recorder, clock, monkeypatch):
    assert live(recorder, clock, monkeypatch, save=100.0, seconds=600) <= recorder.config.checkpoint.longest + 0.2


def test_one_costly_save_does_not_decide_when_the_next_one_is(recorder, clock, monkeypatch):
    live(recorder, clock, monkeypatch, save=0.01, seconds=30)
    live(recorder, clock, monkeypatch, save=1.0, seconds=0.7)  # one save meets a busy disk
    assert live(recorder, clock, monkeypatch, save=0.01, seconds=30) < 2


def test_rows_that_take_much_memory_are_saved_whatever_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "UNSAVED_BYTES", 0)
    run = go(tmp_path / "run", "checkpoint={every=1000,keep=9}")
    assert saved(run.path) == [0, 1, 2]


@pytest.mark.parametrize("every", ['"auto"', '"3600s"', "1000"])
def test_a_generation_that_is_to_be_kept_is_saved(tmp_path, monkeypatch, every):
    monkeypatch.setattr(schedule, "SHARE", 0.0)
    changes = "evolution.generations=7", f"checkpoint={{every={every},keep=1,keep_every=2}}"
    assert saved(go(tmp_path / "run", *changes).path) == [0, 2, 4, 6, 7]


def test_news_is_written_at_once_from_whatever_thread(run, recorder):
    before = events(run)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(recorder.log, [f"line {number}" for number in range(40)]))
    deadline = time.monotonic() + 30
    while len(events(run)) < len(before) + 40:
        assert time.monotonic() < deadline, "it was never written"
        time.sleep(0.01)
    assert {event["message"] for event in events(run)[len(before) :]} == {f"line {number}" for number in range(40)}


def events(run):
    lines = (run.path / "events.jsonl").read_text().split("\n")
    return [json.loads(line) for line in lines[:-1]]  # the last one may be half written


def test_what_was_not_due_is_saved_when_an_error_ends_the_run_unless_the_disk_failed(run, monkeypatch):
    assert [*ended_by(ValueError("no"), run, monkeypatch)] == ["a state"]
    assert [*ended_by(KeyboardInterrupt(), run, monkeypatch)] == ["a state"]
    assert [*ended_by(StorageError("write", run.path, OSError(28, "full")), run, monkeypatch)] == []


def ended_by(error, run, monkeypatch):
    kept = []
    with contextlib.suppress(type(error)), Recorder(RunDirectory(run.path), tiny(), None, print) as recorder:
        monkeypatch.setattr(recorder, "_commit", kept.append)
        recorder.write("a state", due=False)
        raise error
    return kept
