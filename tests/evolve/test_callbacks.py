"""Objects that are told what happens to a run, and cannot change it."""

import pytest
from faults import go, outcome, tiny

from hetevo.evolve import Callback, Experiment, resume
from hetevo.populations.errors import SettingError


class Notes(Callback):
    def __init__(self):
        self.said = []

    def on_start(self, run):
        self.said.append(("start", run.number))

    def on_generation(self, run, generation):
        self.said.append(("generation", generation.number, run.outcome))

    def on_checkpoint(self, run, number):
        self.said.append(("checkpoint", number))

    def on_end(self, run):
        self.said.append(("end", run.outcome, run.result.generation))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return go(tmp_path_factory.mktemp("whole") / "run")


def test_callbacks_are_told_in_order(whole, tmp_path):
    of_experiment, of_run, of_loop, later = Notes(), Notes(), Notes(), Notes()
    run = Experiment(tiny(), callbacks=[of_experiment]).run(tmp_path / "run", callbacks=[of_run])
    assert outcome(run) == outcome(whole)
    with Experiment(tiny()).open(tmp_path / "loop", callbacks=[of_loop]) as opened:
        list(opened)
    for notes in (of_experiment, of_run, of_loop):
        assert notes.said[0] == ("start", -1)
        assert notes.said[-1] == ("end", "done", 2)
        lived = [said for said in notes.said if said[0] == "generation"]
        assert lived == [("generation", number, "running") for number in range(3)]
        assert [said[1] for said in notes.said if said[0] == "checkpoint"] == [0, 1, 2]
    resume(tmp_path / "run", 3, callbacks=[later])
    assert [said[1] for said in later.said] == [2, 3, 3, "done"]


def test_a_callback_may_stop_a_run(whole, tmp_path):
    class Impatient:
        def on_generation(self, run, generation):
            if generation.number == 1:
                run.stop("long enough")

    run = Experiment(tiny()).run(tmp_path / "run", callbacks=[Impatient()])
    assert (run.generation, run.stopped_by, run.reason) == (1, "loop", "long enough")
    assert outcome(resume(run.path)) == outcome(whole)


def test_a_callback_that_fails_ends_nothing(whole, tmp_path, caplog):
    class Clumsy:
        def __getattr__(self, name):
            if not name.startswith("on_"):
                raise AttributeError(name)

            def fail(*arguments):
                raise RuntimeError("clumsy")

            return fail

    notes = Notes()
    run = Experiment(tiny(), callbacks=[Clumsy(), notes]).run(tmp_path / "run")
    assert outcome(run) == outcome(whole)
    assert caplog.text.count("Clumsy.on_generation has failed, and the run goes on: RuntimeError: clumsy") == 1
    assert notes.said[-1] == ("end", "done", 2)


@pytest.mark.parametrize("wrong", [object(), Notes, "on_start"])
def test_what_is_no_callback_is_refused_before_anything_is_written(tmp_path, wrong):
    with pytest.raises(SettingError, match="at least one of the methods on_start"):
        Experiment(tiny(), callbacks=[wrong]).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()
