"""Whole runs: digests, records, refusal to overwrite, stopping."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from faults import tiny

from hetevo.analysis import load_run
from hetevo.evolve import Experiment, preset, resume
from hetevo.evolve.config import ConfigError, from_mapping, preset_names
from hetevo.evolve.posix import SIGNALS
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError, RunExistsError
from hetevo.evolve.verify import verify

SMALL = ["evolution.size=10", "evolution.generations=3", "lifetime.presentations=20", "backend.workers=1"]


def small(*overrides):
    return preset("smoke", overrides=[*SMALL, *overrides])


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return Experiment(small()).run(tmp_path_factory.mktemp("runs") / "reference")


@pytest.mark.parametrize(
    "override",
    [
        "backend.workers=2",
        "backend.workers=3",
        "backend.block=1",
        "backend.block=7",
        "checkpoint.every=1",
        "checkpoint.every=2",
        "records.individuals_every=0",
        "probe.every=1",
    ],
)
def test_the_same_digests_however_it_is_computed_and_kept(reference, tmp_path, override):
    run = Experiment(small(override)).run(tmp_path / "run")
    assert (run.digest, run.probe_digest) == (reference.digest, reference.probe_digest)


def test_the_probe_does_not_change_the_digest(reference, tmp_path):
    off = Experiment(small("probe.every=0")).run(tmp_path / "off")
    rare = Experiment(small("probe.every=2")).run(tmp_path / "rare")
    assert off.digest == rare.digest == reference.digest
    assert off.probe_digest is None
    assert rare.probe_digest not in (None, reference.probe_digest)


@pytest.mark.parametrize(
    "override",
    ["seed=1", "evolution.mask_flip=0.1", "lifetime.batch=7", "genome.innate=inherited", "network.bias=false"],
)
def test_another_experiment_has_another_digest(reference, tmp_path, override):
    assert Experiment(small(override)).run(tmp_path / "run").digest != reference.digest


def test_evolution_is_the_same_where_the_gradient_cannot_be_computed(reference, tmp_path):
    """A process in which analysis.gradient raises on import evolves to the same digest."""
    script = f"""
import sys
class Raise:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("hetevo.analysis"):
            raise RuntimeError("evolution asked for the gradient")
sys.meta_path.insert(0, Raise())
from hetevo.evolve import Experiment, preset, resume
config = preset("smoke", overrides={[*SMALL, "probe.every=0"]!r})
print(Experiment(config).run({str(tmp_path / "blind")!r}).digest)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == reference.digest


def test_records_are_complete_and_readable_with_pandas_alone(reference):
    generations = pd.read_parquet(reference.path / "generations")
    individuals = pd.read_parquet(reference.path / "individuals")
    assert generations["generation"].tolist() == [0, 1, 2, 3]
    assert individuals.groupby("generation").size().tolist() == [10] * 4
    assert individuals["id"].is_unique
    known = {-1, *individuals["id"]}
    assert set(individuals["parent_a"]) | set(individuals["parent_b"]) <= known
    assert individuals["loss"].between(0, 4).all()
    best = individuals.groupby("generation")["loss"].min()
    assert generations["loss_best"].tolist() == best.tolist()
    mean = individuals.groupby("generation")["alignment_end"].mean()
    assert generations["alignment_end"].tolist() == pytest.approx(mean.tolist())
    promised = ["alignment_birth", "alignment_mid", "alignment_end", "alignment_end_elite", "hs_end", "dc_end"]
    assert {*promised, "undefined_share", "loss_median", "loss_mean", "evaluations"} <= set(generations)
    assert {"operator", "island", "status", "phi_positive_end", "alignment_level_1_end"} <= set(individuals)
    assert generations["accuracy_median"].isna().all()


def test_the_run_directory_is_enough_to_repeat_the_run(reference, tmp_path):
    config = from_mapping(tomllib.loads((reference.path / "config.toml").read_text()))
    assert Experiment(config).run(tmp_path / "again").digest == reference.digest
    provenance = json.loads((reference.path / "provenance.json").read_text())["sessions"][0]
    assert provenance["outcome"] == "done"
    assert {"command", "versions", "platform", "cpu_features", "libraries", "started", "stopped"} <= provenance.keys()
    events = [json.loads(line) for line in (reference.path / "events.jsonl").read_text().splitlines()]
    assert [event["generation"] for event in events if "generation" in event] == [0, 1, 2, 3]
    assert [event["message"][:12] for event in events if "message" in event] == ["backend auto"]


def test_status_says_where_a_run_stands(reference):
    status = RunDirectory(reference.path).status()
    assert status["state"] == "done"
    assert (status["generation"], status["generations"], status["digest"]) == (3, 3, reference.digest)
    assert status["probe_digest"] == reference.probe_digest
    assert status["preset"] == "smoke"
    assert status["changes"] == "presentations=20, size=10"


def test_nothing_is_overwritten(reference, tmp_path):
    before = {path: path.read_bytes() for path in reference.path.rglob("*") if path.is_file()}
    with pytest.raises(RunExistsError, match="hetevo resume"):
        Experiment(small()).run(reference.path)
    assert before == {path: path.read_bytes() for path in reference.path.rglob("*") if path.is_file()}
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunExistsError):
        Experiment(small()).run(tmp_path / "file")
    with pytest.raises(RunDirectoryError, match="Cannot make"):
        Experiment(small()).run(tmp_path / "file" / "below")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_finishes_the_generation_and_saves_it(tmp_path, number):
    def ask(report):
        if report.generation == 1:
            os.kill(os.getpid(), number)

    run = Experiment(small()).run(tmp_path / "run", progress=ask)
    assert (run.signal, run.stopped_by) == (number, f"signal {int(number)}")
    assert run.generation == 1
    status = RunDirectory(run.path).status()
    assert (status["state"], status["generation"], status["digest"]) == ("stopped", 1, run.digest)


def test_a_signal_that_was_ignored_before_stays_ignored(reference, tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        run = Experiment(small()).run(tmp_path / "run", progress=lambda report: os.kill(os.getpid(), signal.SIGHUP))
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (run.signal, run.digest) == (0, reference.digest)


def test_a_change_of_the_working_directory_changes_nothing(reference, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    run = Experiment(small()).run("run", progress=lambda report: os.chdir(tmp_path / "elsewhere"))
    assert run.digest == reference.digest
    assert run.path == tmp_path / "run"
    assert not any((tmp_path / "elsewhere").iterdir())
    os.chdir(tmp_path)
    longer = resume("run", 6, progress=lambda report: os.chdir(tmp_path / "elsewhere"))
    assert (longer.path, longer.generation) == (tmp_path / "run", 6)
    assert not any((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("it is full of mistakes")])
def test_who_is_told_cannot_end_a_run(reference, tmp_path, caplog, error):
    def fail(told):
        raise error

    (tmp_path / "run").mkdir()
    run = Experiment(small()).run(tmp_path / "run", progress=fail, notice=fail)
    assert run.digest == reference.digest
    assert caplog.text.count(f"progress could not be shown, and the run goes on: {type(error).__name__}") >= 1


def test_the_file_stop_stops(tmp_path):
    def ask(report):
        Path(tmp_path / "run" / "STOP").touch()

    run = Experiment(small()).run(tmp_path / "run", progress=ask)
    assert (run.stopped_by, run.signal, run.generation) == ("STOP", 0, 0)


@pytest.mark.parametrize("moment", ["clear", "begin"])
def test_the_file_stop_counts_from_the_moment_the_directory_is_there(tmp_path, monkeypatch, moment):
    usual = getattr(RunDirectory, moment)

    def ask(directory, *arguments):
        (tmp_path / "run" / "STOP").touch()
        usual(directory, *arguments)

    monkeypatch.setattr(RunDirectory, moment, ask)
    run = Experiment(small()).run(tmp_path / "run")
    assert (run.stopped_by, run.generation) == ("STOP", 0)
    assert not (tmp_path / "run" / "STOP").exists()


def test_the_file_stop_of_a_killed_start_is_removed(reference, tmp_path):
    for name in ("lock", "STOP"):
        (tmp_path / "run").mkdir(exist_ok=True)
        (tmp_path / "run" / name).touch()
    said = []
    assert Experiment(small()).run(tmp_path / "run", notice=said.append).digest == reference.digest
    assert any("was there already" in line for line in said)


def test_a_folder_with_a_file_stop_alone_is_somebody_elses(tmp_path):
    (tmp_path / "STOP").touch()
    with pytest.raises(RunExistsError):
        Experiment(small()).run(tmp_path)


def test_one_writer_a_run(reference):
    directory = RunDirectory(reference.path)
    with directory.lock():
        assert directory.status()["state"] == "running"
        with pytest.raises(RunDirectoryError, match=f"process {os.getpid()} on"):
            directory.lock()
    assert directory.status()["state"] == "done"


SMALLER = {"large": ["network.levels=[800,800]"]}
BRIEF = ["evolution.size=6", "evolution.elites=1", "evolution.generations=1", "lifetime.presentations=20"]


@pytest.mark.parametrize("name", sorted(preset_names()))
def test_every_preset_runs_and_is_repeated_bit_for_bit(name, tmp_path):
    overrides = [
        *BRIEF,
        *SMALLER.get(name, []),
        "lifetime.tasks=1",
        "lifetime.test_samples=20",
        "backend.name=local",
        "backend.workers=1",
    ]
    runs = [Experiment(preset(name, overrides=overrides)).run(tmp_path / f"{n}") for n in range(2)]
    assert runs[0].digest == runs[1].digest
    assert runs[0].probe_digest == runs[1].probe_digest


def test_circumstances_and_loops_have_the_same_digest_however_a_run_is_computed_and_interrupted(tmp_path):
    befalling = ["injury.share=0.3", "hardware.bits=5", "hardware.delay=2", "environment.within=2"]
    overrides = [*BRIEF, *befalling, "network.wiring=cortical", "evolution.generations=2", "backend.name=local"]

    def experiment(*more):
        return Experiment(preset("smoke", overrides=[*overrides, *more]))

    whole = experiment("backend.workers=2", "backend.block=2").run(tmp_path / "whole")
    brief = experiment("backend.workers=1", "evolution.generations=1").run(tmp_path / "brief")
    resumed = resume(brief.path, generations=2)
    assert (resumed.digest, resumed.probe_digest) == (whole.digest, whole.probe_digest)


def test_inherited_rules_have_the_same_digest_however_a_run_is_computed_and_interrupted(tmp_path):
    overrides = ["evolution.size=12", "lifetime.tasks=2", "backend.name=local", "heldout.every=2", "heldout.tasks=3"]

    def experiment(generations, *more):
        return Experiment(preset("chalmers", overrides=[*overrides, f"evolution.generations={generations}", *more]))

    whole = experiment(6, "backend.workers=2", "backend.block=5").run(tmp_path / "whole")
    resumed = resume(experiment(3, "backend.workers=1").run(tmp_path / "brief").path, generations=6)
    assert (resumed.digest, resumed.probe_digest) == (whole.digest, whole.probe_digest)
    assert verify(whole.path, replay=True, workers=1).ok
    table = load_run(whole.path).generations
    assert table["heldout_patterns_loss_champion"].notna().tolist() == [True, False] * 3 + [True]
    assert table["heldout_patterns_alignment_mid"].abs().max() <= 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_loads_neither_pandas_nor_scipy_nor_ray(tmp_path, workers):
    text = """
        import sys
        import hetevo
        changes = ["evolution.size=8", "evolution.generations=2", "lifetime.presentations=4", "checkpoint.every=1"]
        if __name__ == "__main__":
            config = hetevo.preset("emergence", overrides=[*changes, f"backend.workers={sys.argv[1]}"])
            hetevo.Experiment(config).run("run")
            unwanted = {"pandas", "scipy", "ray", "matplotlib", "pyarrow.compute", "sklearn", "typer"}
            print(sorted(unwanted & sys.modules.keys()))
    """
    (tmp_path / "mine.py").write_text(textwrap.dedent(text))
    command = [sys.executable, "mine.py", str(workers)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("change", ["evolution.generations=0", 'evolution.turnover="none"'])
def test_where_nobody_is_selected_two_may_live(change, tmp_path):
    run = Experiment(tiny("evolution.size=2", "evolution.elites=4", change)).run(tmp_path / "run")
    assert verify(run.path, replay=True, workers=1).ok
    assert set(pd.read_parquet(run.path / "individuals")["id"] % 2) == {0, 1}
    # once somebody is selected there have to be enough
    with pytest.raises(ConfigError, match="expected fewer elites than individuals"):
        tiny("evolution.size=2", "evolution.elites=4")
