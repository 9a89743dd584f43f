"""The command line, as a user meets it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from hetevo.analysis.figures import FIGURES
from hetevo.evolve.backends.process import NoWorkersError
from hetevo.evolve.backends.ray import ClusterLostError
from hetevo.evolve.sweeps import Outcome, sweep_names
from hetevo.evolve.sweeps.plan import Plan
from hetevo.populations.errors import MachineFailedError, RunFailedError, SettingError
from hetevo.scripts.errors import explain_errors
from hetevo.scripts.main import app
from hetevo.scripts.sweep import run_plan

SMALL = ["-s", "evolution.size=8", "-s", "evolution.generations=2", "-s", "lifetime.presentations=20", "--workers", "1"]


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "finished"
    done = hetevo("run", "smoke", *SMALL, "-o", path, "--json")
    assert done.exit_code == 0, done.stderr
    return path, json.loads(done.stdout)


def test_run_prints_one_json_object_and_the_same_as_status(finished):
    path, printed = finished
    assert printed["state"] == "done"
    assert json.loads(hetevo("status", path, "--json").stdout) == printed
    text = hetevo("status", path).stdout
    assert "done" in text
    assert "workers        1, busy" in text
    assert "backend auto: local, 1 process" in text
    assert printed["telemetry"].keys() >= {"evaluate", "wait", "serialise", "utilisation", "workers"}
    assert printed["digest"] in text


def test_seed_generations_and_probe_options_reach_the_configuration(tmp_path):
    options = ["--seed", 5, "--generations", 1, "--no-probe", "--backend", "local"]
    done = hetevo("run", "smoke", *SMALL, *options, "-o", tmp_path / "run", "--json")
    status = json.loads(done.stdout)
    assert (status["seed"], status["generations"], status["probe_digest"]) == (5, 1, None)
    refused = hetevo("plot", tmp_path / "run")
    assert refused.exit_code == 2
    assert "probe.every = 0" in refused.stderr


def test_plot_writes_the_figure_its_pdf_its_data_and_a_verdict_of_two_lines(finished):
    path, _ = finished
    done = hetevo("plot", path)
    assert done.exit_code == 0, done.stderr
    files = [path / "figures" / f"alignment.{suffix}" for suffix in ("png", "pdf", "csv", "txt")]
    lines = done.stdout.splitlines()
    assert lines[:4] == [str(file) for file in files]
    assert len(lines) == 6
    assert all(file.stat().st_size > 100 for file in files)


@pytest.mark.usefixtures("undrawn")
def test_plot_draws_the_figure_that_suits_what_was_run(tmp_path):
    sweep = tmp_path / "sweep.toml"
    sweep.write_text('base = "minimal"\nseeds = "0..1"\n[set]\nlifetime.presentations = 5\nevolution.size = 5\n'
                     '[conditions.same]\n[conditions.flipped]\ngenome.gain_mean_descending = -0.05\n')  # fmt: skip
    assert hetevo("sweep", sweep, "-o", tmp_path / "runs", "--workers", 1).exit_code == 0
    with sweep.open("a") as file:
        file.write('[labels]\nsame = "Of one sign"\n')
    assert hetevo("sweep", sweep, "-o", tmp_path / "runs", "--workers", 1).exit_code == 0
    options = ["--width", "two", "--order", "flipped,same", "--label", "flipped=With = in it", "--title", "Signs"]
    own = hetevo("plot", tmp_path / "runs", *options, "-o", tmp_path / "own.png")
    assert own.stdout.index("With = in it ") < own.stdout.index("Of one sign ")  # in the verdict, too
    assert "of each condition: With = in it; Of one sign." in (tmp_path / "own.txt").read_text()
    one = hetevo("plot", tmp_path / "runs", "--conditions", "flipped", "-o", tmp_path / "one.png")
    assert "flipped" in one.stdout
    assert "same" not in one.stdout
    assert set(pd.read_csv(tmp_path / "one.csv")["condition"]) == {"flipped"}
    refused = hetevo("plot", tmp_path / "runs", "--conditions", "fliped")
    assert "--conditions: expected conditions of these runs" in refused.stderr
    several = hetevo("plot", tmp_path / "runs")
    assert several.stdout.splitlines()[0] == str(tmp_path / "runs" / "figures" / "claim.png"), several.output
    alone = hetevo("plot", tmp_path / "runs" / "same-seed0")
    assert alone.stdout.splitlines()[0].endswith("lifetime.png"), alone.output
    assert "Nothing evolved" in alone.stdout
    kinds = hetevo("plot", "--kind", "list").stdout.splitlines()
    assert [line.split()[0] for line in kinds] == list(FIGURES)
    assert "Expected a run directory" in hetevo("plot").stderr


@pytest.mark.usefixtures("undrawn")
def test_draw_shows_founders_of_presets_and_individuals_of_runs(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, _ = finished
    best = hetevo("draw", path)
    assert best.exit_code == 0, best.stderr
    assert Path(best.stdout.splitlines()[0]).parent == path / "figures"
    assert hetevo("draw", "cerebellum").stdout.splitlines()[0] == "cerebellum.png"
    assert hetevo("draw", "minimal", "--width", "one", "--title", "A founder").exit_code == 0
    assert Path("minimal.txt").read_text().startswith("A founder. Both pathways of a circuit. Of minimal, founder 0")
    assert "--width: expected one, two" in hetevo("draw", "smoke", "--width", 5).stderr
    wrong = hetevo("draw", path, "--individual", 10**6)
    assert wrong.exit_code == 2
    assert "has the individuals" in wrong.stderr
    assert "has the founders 0 to" in hetevo("draw", "smoke", "--individual", -1).stderr
    assert "leave it out" in hetevo("draw", path, "-s", "seed=1").stderr


@pytest.mark.usefixtures("undrawn")
def test_plot_replaces_nothing_of_somebody_else(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, _ = finished
    Path("fig.csv").write_text("mine")
    Path("minimal.png").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    for command, file in ((("plot", path, "-o", "fig.png"), "fig.csv"), (("draw", "minimal"), "minimal.png")):
        refused = hetevo(*command)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert file in refused.stderr
        assert "--force" in refused.stderr
        assert Path(file).read_text() == "mine"
        assert sorted(tmp_path.rglob("*")) == before
    for _ in range(2):
        assert hetevo("plot", path, "-o", "fig.png", "--force").exit_code == 0
    for _ in range(2):
        assert hetevo("plot", path, "-o", "fig.png").exit_code == 0
        assert hetevo("plot", path).exit_code == 0
        assert hetevo("draw", "minimal", "-o", "minimal.png").exit_code == 0  # named: it may be anything


@pytest.mark.usefixtures("undrawn")
def test_report_and_claims_replace_nothing_of_somebody_else(finished, tmp_path):
    path = shutil.copytree(finished[0], tmp_path / "run")
    for _ in range(2):
        assert hetevo("report", path).exit_code == 0
    (path / "report.html").write_text("mine")
    assert "report.html" in hetevo("report", path).stderr
    assert (path / "report.html").read_text() == "mine"
    assert hetevo("report", path, "-o", path / "report.html").exit_code == 0
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "minimal.md").write_text("mine")
    refused = hetevo("claims", "minimal", "-o", tmp_path / "sweeps", "--pages", tmp_path / "pages")
    assert refused.exit_code == 2
    assert "minimal.md" in refused.stderr
    assert not (tmp_path / "sweeps").exists()  # before anything is run


@pytest.mark.usefixtures("undrawn")
def test_changed_presets_and_files_have_names_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    few = ["-s", "lifetime.presentations=20", "--workers", "1", "--generations", 1]
    changed = [*few, "-s", "task.name=xor", "-s", "plasticity.rule=fixed-feedback"]
    run = hetevo("run", "smoke", *changed)
    assert run.exit_code == 0, run.stderr
    (path,) = Path("runs").iterdir()
    assert path.name.startswith("smoke-task=xor")
    name = "smoke, task=xor, rule=fixed-feedback, presentations=20"
    assert f"preset         {name}\n" in hetevo("status", path).stdout
    status = json.loads(hetevo("status", path, "--json").stdout)
    assert f"{status['preset']}, {status['changes']}" == name
    assert name in hetevo("report", path).stdout
    assert hetevo("run", "smoke", *few, "-o", "plain").exit_code == 0
    shutil.copytree("plain", "copy")
    plotted = hetevo("plot", path, "plain", "copy")
    assert plotted.exit_code == 0, plotted.stderr
    assert "copy: the same configuration and seed as plain" in plotted.stderr
    assert f"{name} " in plotted.stdout
    assert "smoke, presentations=20 " in plotted.stdout
    hetevo("init", "mine.toml", "--preset", "smoke")
    Path("mine.toml").write_text(Path("mine.toml").read_text().replace("[8, 8]", "[4, 4]"))
    assert hetevo("run", "mine.toml", *few).exit_code == 0
    assert "smoke, levels=4x4" in hetevo("status", "runs/mine-seed0").stdout


def test_presets_and_init(tmp_path):
    names = json.loads(hetevo("presets", "--json").stdout)
    assert {"emergence", "neutral", "digits", "smoke"} <= names.keys()
    assert all(name in hetevo("presets").stdout for name in names)
    file = tmp_path / "mine.toml"
    assert hetevo("init", file, "--preset", "smoke").exit_code == 0
    assert hetevo("run", file, *SMALL, "-o", tmp_path / "run").exit_code == 0
    again = hetevo("init", file)
    assert again.exit_code == 2
    assert "exists already" in again.stderr
    assert hetevo("init", "-", "--preset", "smoke").stdout == file.read_text()
    assert not Path("-").exists()


def test_resume_extends_and_verify_replays(finished, tmp_path):
    path = shutil.copytree(finished[0], tmp_path / "run")
    done = hetevo("resume", path, "--generations", 4, "--json")
    assert done.exit_code == 0, done.stderr
    status = json.loads(done.stdout)
    assert (status["state"], status["generation"], status["generations"]) == ("done", 4, 4)
    whole = hetevo("run", "smoke", *SMALL, "--generations", 4, "-o", tmp_path / "whole", "--json")
    assert json.loads(whole.stdout)["digest"] == status["digest"]
    again = hetevo("resume", path)
    assert again.exit_code == 0
    assert "done already" in again.stderr
    report = json.loads(hetevo("verify", path, "--replay", "--json").stdout)
    assert report["ok"]
    assert "lived again (local, 2 processes" in report["checked"][-1]
    assert "all is well" in hetevo("verify", path, "--replay", 4, "--workers", 3).stdout
    damaged = next(path.glob("individuals/*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    found = hetevo("verify", path)
    assert found.exit_code == 1
    assert str(damaged) in found.stderr


def test_an_editor_that_marks_the_configuration_of_a_run_does_no_harm(finished, tmp_path):
    path = shutil.copytree(finished[0], tmp_path / "run")
    config = path / "config.toml"
    config.write_bytes(b"\xef\xbb\xbf" + config.read_bytes())
    assert "done already" in hetevo("resume", path).stderr


def test_or_resume_starts_goes_on_and_is_done(finished, tmp_path):
    command = ["run", "smoke", *SMALL, "-o", tmp_path / "run", "--or-resume", "--json"]
    for _ in range(3):
        done = hetevo(*command)
        assert done.exit_code == 0, done.stderr
        assert json.loads(done.stdout)["digest"] == finished[1]["digest"]
    other = hetevo(*command, "--seed", 8)
    assert other.exit_code == 2
    assert "seed: 0 is saved, 8 was given" in other.stderr


def test_what_to_do_next_can_be_typed(tmp_path, monkeypatch):
    """Paths are quoted for a shell, in hints and in messages."""
    monkeypatch.chdir(tmp_path)
    folder = Path("my runs")
    made = hetevo("init", folder / "a b.toml")
    assert "Cannot write" in made.stderr
    folder.mkdir()
    made = hetevo("init", folder / "a b.toml", "--preset", "smoke")
    assert made.stdout.endswith("run it with: hetevo run 'my runs/a b.toml'\n")
    command = ["run", "smoke", *SMALL, "-o", folder / "a run"]
    assert "next: hetevo plot 'my runs/a run'\n" in hetevo(*command).stderr
    assert hetevo(*command).stderr.endswith("hetevo resume 'my runs/a run'\n")
    file = folder / "a sweep.toml"
    file.write_text('base = "smoke"\n[set]\nevolution.size = 8\nevolution.generations = 1\n')
    command = ["sweep", file, "-o", folder / "a sweep"]
    assert "next: hetevo plot 'my runs/a sweep'\n" in hetevo(*command).stderr
    (folder / "a sweep" / "smoke-seed0" / "config.toml").write_text("seed = \n")
    assert "go on: hetevo sweep 'my runs/a sweep.toml' -o 'my runs/a sweep'\n" in hetevo(*command).stderr


def test_a_wrong_number_is_told_in_plain_words(tmp_path):
    done = hetevo("trace", tmp_path, "--individual", "best")
    assert done.exit_code == 2
    assert "'--individual': expected a whole number" in done.output


def test_sweep_alone_lists_the_sweeps_that_ship():
    listed = hetevo("sweep")
    assert listed.exit_code == 0, listed.output
    names = json.loads(hetevo("sweep", "--json").stdout)
    assert names == sweep_names()
    lines = listed.stdout.splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [list(pair) for pair in names.items()]


@pytest.mark.usefixtures("undrawn")
def test_seeds_run_side_by_side_in_one_directory_and_equal_single_runs(finished, tmp_path):
    options = ("run", "smoke", "--generations", 1)
    folder = tmp_path / "seeds"
    printed = hetevo(*options, "--seeds", "0..1", "-o", folder, "--json")
    assert printed.exit_code == 0, printed.output
    runs = json.loads(printed.stdout)["runs"]
    assert [(one["run"], one["state"]) for one in runs] == [("smoke-seed0", "done"), ("smoke-seed1", "done")]
    single = hetevo(*options, "--seed", 1, "-o", tmp_path / "single", "--json")
    assert json.loads(single.stdout)["digest"] == runs[1]["digest"]
    assert hetevo("plot", folder).exit_code == 0


def test_a_branch_takes_the_configuration_of_its_origin_or_of_a_preset(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = finished[0]
    done = hetevo("run", "--from", f"{path}@2", "--generations", 3, "-s", "evolution.mask_flip=0.1", "--json")
    assert done.exit_code == 0, done.stderr
    status = json.loads(done.stdout)
    assert (status["path"], status["generation"]) == (str(tmp_path / "runs" / "finished-from2-seed0"), 3)
    assert hetevo("verify", "runs/finished-from2-seed0").exit_code == 0
    neutral = ["run", "neutral", *SMALL, "--from", path, "--generations", 3, "-o", "neutral"]
    assert hetevo(*neutral).exit_code == 0


WRONG = {
    "unknown preset": ["run", "emergance"],
    "unknown key": ["run", "smoke", "-s", "evolution.sise=3"],
    "wrong type": ["run", "smoke", "-s", "evolution.size=many"],
    "out of range": ["run", "smoke", "-s", "network.density_ascending=1.5"],
    "no hidden level": ["run", "smoke", "-s", "network.levels=[]"],
    "density 0": ["run", "smoke", "-s", "network.density_descending=0"],
    "missing file": ["run", "none.toml"],
    "file that is not TOML": ["run", "wb.yaml"],
    "sweep that is not TOML": ["sweep", "wb.yaml"],
    "folder as configuration": ["run", "taken"],
    "folder as sweep": ["sweep", "taken"],
    "unclosed bracket": ["run", "smoke", "-s", "network.levels=[8,8"],
    "unquoted word in brackets": ["run", "smoke", "-s", "evolution.select={name=selBest}"],
    "too large a seed": ["run", "smoke", "--seed", "9" * 30],
    "too large seeds": ["run", "smoke", "--seeds", "9223372036854775807..9223372036854775808"],
    "empty file": ["run", "empty.toml"],
    "broken file": ["run", "broken.toml"],
    "binary file": ["run", "binary.toml"],
    "unknown backend": ["run", "smoke", "--backend", "cluster"],
    "this process's own Ray session": ["run", "smoke", "--backend", "ray", "--address", "current"],
    "the same by auto": ["run", "smoke", "--address", "current"],
    "the same for a sweep": ["sweep", "emergence-and-neutral", "--address", "current"],
    "unknown option": ["run", "smoke", "--sede", "3"],
    "existing run": ["run", "smoke", "-o", "taken"],
    "output below a file": ["run", "smoke", "-o", "empty.toml/run"],
    "not a run": ["status", "taken"],
    "no such run": ["plot", "nowhere"],
    "unknown figure": ["plot", "taken", "--kind", "alinment"],
    "no such page": ["figure", "nowhere.toml"],
    "page without panels": ["figure", "empty.toml"],
    "unknown subcommand": ["rum"],
    "nothing to run": ["run"],
    "branch of nothing": ["run", "--from", "taken@3"],
    "resume of nothing": ["resume", "nowhere"],
    "resume of something else": ["resume", "taken"],
    "or-resume of something else": ["run", "smoke", "-o", "taken", "--or-resume"],
    "verify of nothing": ["verify", "nowhere"],
    "generation without replay": ["verify", "taken", "3"],
    "seeds that are none": ["run", "smoke", "--seeds", "3"],
    "seeds backwards": ["run", "smoke", "--seeds", "3..1"],
    "seed and seeds": ["run", "smoke", "--seeds", "0..1", "--seed", "1"],
    "nothing to transplant": ["run", "smoke", "-s", "transplant.source=nowhere"],
    "unknown held-out family": ["run", "smoke", "-s", "heldout.every=1", "-s", 'heldout.families=["sinus"]'],
    "moment outside life": ["run", "smoke", "-s", "probe.moments=[100]"],
    "unknown probe": ["run", "smoke", "-s", "probe.name=alignmint"],
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_exits_2_with_one_message_and_writes_nothing(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "wb.yaml").write_text("seed: 3\n")
    (tmp_path / "broken.toml").write_text("seed = = 3")
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)))
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "something").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    done = hetevo(*WRONG[case])
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert done.stdout == ""
    assert done.stderr.count("error") + done.stderr.count("Error") >= 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    done = hetevo("run", "smoke", "-o", tmp_path / "run")
    tmp_path.chmod(0o700)
    assert done.exit_code == 2
    assert "Choose a writable place" in done.stderr


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 129),
        *(
            pytest.param(*rest, marks=pytest.mark.verification)
            for rest in ((signal.SIGUSR1, 138), (signal.SIGUSR2, 140), (signal.SIGXCPU, 152))
        ),
    ],
)
def test_the_installed_command_stops_on_a_signal_with_128_and_its_number(tmp_path, number, status):
    """A real process, with worker processes; the whole group gets the signal, as by Ctrl-C or a batch system."""
    small = ["-s", "evolution.size=16", "-s", "lifetime.presentations=40", "--generations", "9999"]
    command = [str(Path(sys.executable).parent / "hetevo"), "run", "emergence", *small, "-o", str(tmp_path / "run")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    events = tmp_path / "run" / "events.jsonl"
    for _ in range(600):
        if events.exists() and events.read_text().count("\n") >= 2:
            break
        time.sleep(0.05)
    os.killpg(process.pid, number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == status, errors
    assert f"hetevo resume {tmp_path / 'run'}" in errors
    assert "Traceback" not in errors
    status = json.loads(hetevo("status", tmp_path / "run", "--json").stdout)
    assert status["state"] == "stopped"
    assert status["generation"] >= 1
    assert status["digest"]
    assert hetevo("verify", tmp_path / "run").exit_code == 0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SettingError("wrong"), 2),
        (RunFailedError("failed"), 1),
        (MachineFailedError("the machine"), 3),
        (ClusterLostError("the cluster"), 3),
        (NoWorkersError("no workers"), 3),
        (MemoryError("too much"), 3),
    ],
)
def test_errors_end_in_one_line_and_their_status(capsys, error, status):
    def command():
        raise error

    with pytest.raises(typer.Exit) as left:
        explain_errors(command)()
    assert left.value.exit_code == status
    assert str(error) in (said := capsys.readouterr().err)
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (("done", "interrupted"), 3),
        (("failed", "interrupted"), 1),
        (("stopped", "interrupted"), 3),
        (("done", "waiting"), 1),
    ],
)
def test_a_sweep_whose_runs_the_machine_interrupted_ends_with_3_unless_one_failed(
    tmp_path, monkeypatch, capsys, states, status
):
    why = {"failed": "why", "interrupted": "why"}
    found = [Outcome(state, "c", 0, state, error=why.get(state, "")) for state in states]
    monkeypatch.setattr("hetevo.evolve.sweeps.conduct", lambda *args, **options: (found, 0))
    with pytest.raises(typer.Exit) as left:
        run_plan(Plan("sweep", [], []), tmp_path, None, again="again", as_json=False)
    assert left.value.exit_code == status
    assert f"{tmp_path / 'interrupted'} was interrupted by the machine: why" in capsys.readouterr().err or (
        "interrupted" not in states
    )


def test_help_does_not_load_the_heavy_packages():
    heavy = ("numpy", "ray", "pandas", "deap", "matplotlib")
    code = f"import sys, hetevo.scripts.main; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.verification
def test_a_claim_is_tested_by_one_command_and_goes_on(tmp_path):
    first = hetevo("claims", "minimal", "-o", tmp_path, "--markdown")
    assert first.exit_code == 0, first.output
    assert "The claim: **confirmed**" in first.stdout
    assert first.stdout.count("| yes |") == 6
    assert (tmp_path / "minimal" / "figures" / "claim.png").exists()
    again = hetevo("claims", "minimal", "-o", tmp_path, "--json", "--pages", tmp_path / "pages")
    assert {file.name for file in (tmp_path / "pages").iterdir()} == {
        "minimal.md", "minimal-circuit.png", "minimal-claim.png", "minimal-claim.csv", "table.md"
    }  # fmt: skip
    assert json.loads(again.stdout)["minimal"]["verdict"] == "confirmed"
    folders = tmp_path / "pages", tmp_path / "again"
    without = hetevo("claims", "minimal", "-o", tmp_path / "none", "--recorded", folders[0], "--pages", folders[1])
    assert without.exit_code == 0, without.output
    assert not (tmp_path / "none").exists()  # nothing was run
    for name in ("minimal.md", "minimal-circuit.png", "table.md"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    assert {file.name for file in folders[1].iterdir()} | {"minimal-claim.csv"} == {
        file.name for file in folders[0].iterdir()
    }
    # read from and written to one place, as for the documentation, everything there stays its own
    again = hetevo("claims", "minimal", "--recorded", folders[0], "--pages", folders[0])
    assert again.exit_code == 0, again.stderr
    assert hetevo("claims", "minimal", "-o", tmp_path, "--pages", folders[0]).exit_code == 0
    # of all claims, those that were not run yet are left out
    every = hetevo("claims", "all", "--recorded", folders[0], "--json")
    assert list(json.loads(every.stdout)) == ["minimal"]
    assert "amorphous is left out: nothing was recorded of it" in every.stderr
    assert "holds no claim" in hetevo("claims", "all", "--recorded", tmp_path / "minimal").stderr
    listed = hetevo("claims")
    assert "minimal" in listed.stdout
    wrong = hetevo("claims", "minimall")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "minimal" in wrong.stderr


def test_an_interrupt_while_the_command_is_loaded_ends_it_without_a_traceback():
    code = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, *rest):
        if name == "hetevo.scripts.main":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
from hetevo.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_figure_that_cannot_be_as_it_was_told_is_not_written(finished, tmp_path):
    path, _ = finished
    for options, said in (
        (["--width", "3"], "--width: expected one, two or mm"),
        (["--order", "nobody,smoke"], "--order: expected conditions of these runs"),
        (["--hue", "seed"], "--hue: expected condition"),
        (["--label", "smoke"], "--label: expected CONDITION=TEXT"),
        (["--label", "other=x"], "--label: expected conditions"),
        (["--columns", "0"], "--columns: expected 1 to 12"),
    ):
        refused = hetevo("plot", path, *options, "-o", tmp_path / "figure.png")
        assert (refused.exit_code, refused.stdout) == (2, ""), options
        assert said in refused.stderr
    assert not list(tmp_path.iterdir())
