"""What trackers are told of a run, and that no run depends on them."""

import json
import math
import re
import shutil

import pandas as pd
import pytest
from faults import go, outcome, tiny

from hetevo.evolve import Experiment, resume, tracked
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.sweeps import conduct, plan_of_seeds
from hetevo.evolve.tracking import MLflow, Wandb
from hetevo.evolve.tracking.link import Link
from hetevo.evolve.tracking.tracker import without_secrets
from hetevo.populations.errors import SettingError


def tracking(name, figures=False):
    return f'track={{to=["own_trackers:{name}"],figures={str(figures).lower()}}}'


def told(path):
    return [json.loads(line) for file in path.glob("tracking/*/notes.jsonl") for line in file.read_text().splitlines()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return go(tmp_path_factory.mktemp("whole") / "run")


def test_tracking_passes_on_the_numbers_of_the_records_and_changes_nothing(whole, tmp_path):
    run = go(tmp_path / "run", tracking("Notes"))
    assert outcome(run) == outcome(whole)
    start, *logged, end = told(run.path)
    assert (start[1:4], start[4]["network.levels"], end) == (["", "smoke", "run"], "2", ["end", "done"])
    rows = pd.read_parquet(run.path / "generations").set_index("generation")
    for _, generation, numbers in logged:
        assert numbers.pop("gains_ascending_size") > 0
        numbers.pop("gains_descending_size")
        recorded = {name: value for name, value in rows.loc[generation].items() if math.isfinite(value)}
        assert numbers == recorded
        assert "accuracy_best" not in numbers  # undefined in this task
    assert [generation for _, generation, _ in logged] == [0, 1, 2]


@pytest.mark.verification  # drawing takes its time
def test_tracking_hands_over_the_figure_of_a_run_that_is_done(tmp_path):
    run = go(tmp_path / "run", tracking("Notes", figures=True))
    assert told(run.path)[-2:] == [["figure", 2, ".png", True], ["end", "done"]]


def test_tracking_goes_on_in_the_same_run_and_logs_no_generation_twice(whole, tmp_path):
    run = go(tmp_path / "run", tracking("Notes"), "evolution.generations=1")
    # as if it had been killed before its last checkpoint: a generation lives again
    newest = checkpoints.list_checkpoints(run.path / "checkpoints")[-1]
    shutil.rmtree(newest)
    # and as if the tracker's process had been killed while it noted something
    journal = next((run.path / "tracking").glob("*.jsonl"))
    with journal.open("a") as file:
        file.write('{"generation": 9')
    again = resume(run.path, 2, notice=print, trust=True)
    assert outcome(again) == outcome(whole)
    notes = told(run.path)
    assert [note[1] for note in notes if note[0] == "log"] == [0, 1, 2]
    assert [note[1] for note in notes if note[0] == "start"] == ["", "mine"]


def test_a_tracker_that_hangs_is_left_alone_after_one_warning(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(tracked, "PATIENCE", 3.0)
    said = []
    run = go(tmp_path / "run", tracking("Hanging"), notices=said)
    assert outcome(run) == outcome(whole)
    assert [line for line in said if "told no more" in line] == [
        "own_trackers:Hanging is told no more, and the run goes on: it did nothing for 3 seconds"
        " (3 generations not delivered)"
    ]


def test_trackers_that_get_on_slowly_delay_the_end_by_a_limit_and_take_no_time_from_others(
    whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(tracked, "END_SECONDS", 5.0)
    said = []
    both = 'track={to=["own_trackers:Slow","own_trackers:Notes"],figures=false}'
    run = go(tmp_path / "run", both, "evolution.generations=20", notices=said)
    (line,) = [line for line in said if "told no more" in line]
    assert re.search(r"Slow .* not done in time when the run ended \(\d+ generations not delivered\)", line)
    assert told(run.path)[-1] == ["end", "done"]


@pytest.mark.parametrize(
    ("name", "why"), [("Breaking", "OSError: refused with the key … at https://…@"), ("Dying", "ended")]
)
def test_a_tracker_that_fails_ends_no_run_and_tells_no_secret(whole, tmp_path, monkeypatch, caplog, name, why):
    monkeypatch.setenv("OWN_API_KEY", "s3cret-key")
    said = []
    run = go(tmp_path / "run", tracking(name), notices=said)
    assert outcome(run) == outcome(whole)
    (line,) = {*(line for line in [*said, *caplog.messages] if "told no more" in line)}
    assert why in line
    for file in run.path.rglob("*"):
        assert not (file.is_file() and b"s3cret" in file.read_bytes()), file
    assert "s3cret" not in line + caplog.text
    assert "hidden" not in line


def test_a_tracker_that_takes_nothing_is_given_up_when_too_much_waits(whole, tmp_path, monkeypatch):
    monkeypatch.setattr("hetevo.evolve.tracking.link.MOST_BYTES", 10)
    monkeypatch.setattr(Link, "_push", lambda self: None)
    said = []
    assert outcome(go(tmp_path / "run", tracking("Notes"), notices=said)) == outcome(whole)
    assert sum("does not take what it is sent" in line for line in said) == 1


def test_what_is_not_installed_is_refused_before_anything_is_written(whole, tmp_path):
    with pytest.raises(SettingError, match=r"needs no_such_package, which is not installed. Install it: pip install"):
        Experiment(tiny(tracking("Lacking")))
    with pytest.raises(SettingError, match=r"needs no_such_package\.part, which is not installed"):
        Experiment(tiny(tracking("LackingPart")))
    plan = plan_of_seeds("lacking", tiny(tracking("Lacking")), "0..1")
    with pytest.raises(SettingError, match="no_such_package"):
        conduct(plan, tmp_path / "sweep")
    assert not [*tmp_path.iterdir()]
    # a run that came here from another machine goes on without
    run = go(tmp_path / "run", "evolution.generations=1", 'track.to=["own_trackers:Notes"]', "track.figures=false")
    text = (run.path / "config.toml").read_text().replace("own_trackers:Notes", "own_trackers:Lacking")
    (run.path / "config.toml").write_text(text)
    said = []
    assert outcome(resume(run.path, 2, trust=True, notice=said.append)) == outcome(whole)
    assert any("left out: no_such_package is not installed" in line for line in said)


def test_all_that_is_not_installed_is_named_at_once(monkeypatch):
    monkeypatch.setattr(MLflow, "package", "no_such.part")
    monkeypatch.setattr(Wandb, "package", "nor_this")
    needs = (
        r"'mlflow' needs no_such\.part and 'wandb' needs nor_this, which are not installed\. Install them: pip install"
    )
    with pytest.raises(SettingError, match=needs + r" 'hetevo\[mlflow,wandb\]'"):
        Experiment(tiny('track.to=["mlflow","wandb"]'))


def test_runs_of_a_sweep_are_grouped_and_called_by_condition_and_seed(tmp_path):
    plan = plan_of_seeds("two levels", tiny(tracking("Notes"), "evolution.generations=0"), "4..4")
    ((ended,), _) = conduct(plan, tmp_path / "mine")
    assert ended.state == "done"
    (start,) = [note for note in told(tmp_path / "mine" / ended.run) if note[0] == "start"]
    assert start[2:4] == ["mine", "two levels-seed4"]


def test_what_is_tracked_makes_no_other_experiment(whole, tmp_path):
    other = tiny('track={to=["tensorboard"],figures=false}')
    assert other.hash() == tiny().hash()
    shutil.copytree(whole.path, tmp_path / "run")
    assert outcome(go(tmp_path / "run", tracking("Notes"))) == outcome(whole)
    assert not (tmp_path / "run" / "tracking").exists()  # it was done already


def test_secrets_are_known_by_the_names_of_their_variables(monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "abcd1234")
    assert without_secrets("no: abcd1234") == "no: …"
