"""Every command, with hostile names of presets, conditions, directories and files, and hostile messages."""

import io
import json
import re
import sys

import pytest
from faults import TINY, go
from hostile import NAMES, call, is_text

from hetevo.analysis import load_run
from hetevo.evolve.rundir.sweep import read_entries
from hetevo.evolve.sweeps import Outcome, load_plan
from hetevo.populations.errors import RunFailedError
from hetevo.scripts.console import Messages, guard_streams
from hetevo.scripts.errors import explain_errors
from hetevo.scripts.outcomes import make_table
from hetevo.scripts.progress import Progress
from hetevo.scripts.streams import _Terminal

DIRECTORY = "a\x1b[31m\u202e $x$ [/x]\n=1 中"
CONDITIONS = ["$\\frac{$ \x1b]0;owned\x07", "[/x]\n_", "=1", "_x", "中文", "日本", "x" * 300]


def with_preset(config, name):
    return re.sub("(?m)^preset = .*$", lambda _: f"preset = {json.dumps(name, ensure_ascii=False)}", config, count=1)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run in a directory with such a name, of a preset with such a name."""
    path = tmp_path_factory.mktemp("runs") / DIRECTORY
    go(path, notices=[])
    config = path / "config.toml"
    config.write_text(with_preset(config.read_text(), DIRECTORY))
    return path


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep whose conditions have such names."""
    folder = tmp_path_factory.mktemp("sweeps")
    file = folder / "$s \x1b[31m.toml"
    settings = [setting.partition("=") for setting in TINY[:5]]
    lines = ['base = "smoke"', "seeds = [0]", "[set]", '"evolution.generations" = 1']
    lines += [f'"{key}" = {value}' for key, _, value in settings]
    # each with a setting of its own
    for number, name in enumerate(CONDITIONS, 6):
        lines += [f"[conditions.{json.dumps(name)}]", f'"lifetime.test_samples" = {number}']
    file.write_text("\n".join(lines))
    return file, folder / "sweep [/x]\x1b"


COMMANDS = {
    "status": ["status", "RUN"],
    "status as JSON": ["status", "RUN", "--json"],
    "plot": ["plot", "RUN", "--force"],
    "report": ["report", "RUN", "--force"],
    "verify": ["verify", "RUN"],
    "resume": ["resume", "RUN"],
    "draw": ["draw", "RUN", "--force"],
    "branch": ["run", "--from", "RUN@2", "-o", "NEW"],
    "init": ["init", "NEW"],
    "init again": ["init", "RUN"],
    "run again": ["run", "smoke", "-o", "RUN"],
    "unknown preset": ["run", "\x1b[31m"],
    "unknown sweep": ["sweep", "[/x]\x1b"],
    "unknown claim": ["claims", "[/x]\x1b"],
    "unknown kind": ["plot", "RUN", "--kind", "\x1b[/x]"],
    "unknown key": ["run", "smoke", "-s", "\x1b.[/x]=1"],
    "unknown value": ["run", "smoke", "-s", "task.name='\x1b[/x]'"],
    "unknown command": ["\x1b[31m"],
    "unknown option": ["--\x1b[31m"],
    "one word too many": ["status", "RUN", "\x1b[31m[/x]"],
    "no number": ["resume", "RUN", "--workers", "\x1b[31m[/x]"],
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_command_prints_names_as_text(words, run, tmp_path, capfd):
    places = {"RUN": run, "RUN@2": f"{run}@2", "NEW": tmp_path / "new\x1b[31m [/x]"}
    status, out, err = call(capfd, *(places.get(word, word) for word in words))
    assert status in (0, 2) or words == COMMANDS["verify"]  # which finds that the preset's name was changed
    assert is_text(out)
    assert is_text(err)
    assert "Traceback" not in err
    assert out + err


def test_every_name_of_a_directory_and_of_a_preset_is_shown_as_text(run, capfd):
    config = (run / "config.toml").read_text()
    try:
        for name in NAMES.values():
            (run / "config.toml").write_text(with_preset(config, name))
            status, out, err = call(capfd, "status", run)
            assert (status, err) == (0, "")
            assert is_text(out)
            assert sum(not line.startswith("  ") for line in out.splitlines()) == 1
            assert is_text(call(capfd, "status", run.parent / f"no {name}".replace("\0", ""))[2])
            assert is_text(call(capfd, "run", "no\x1b" + name.replace("\0", ""))[2])
    finally:
        (run / "config.toml").write_text(config)


def test_a_sweep_of_hostile_conditions_is_run_drawn_and_reported(swept, capfd):
    file, folder = swept
    for words in (
        ["sweep", file, "-o", folder, "--workers", 1],
        ["sweep", file, "-o", folder, "--workers", 1],
        ["plot", folder, "--kind", "fitness"],
        ["report", folder],
        ["compare", folder],
    ):
        status, out, err = call(capfd, *words)
        assert status == 0, err
        assert is_text(out)
        assert is_text(err)
    entries = read_entries(folder)
    assert [entry.condition for entry in entries] == CONDITIONS
    assert all(load_run(folder / entry.run).last == 1 for entry in entries)


def test_runs_of_a_sweep_have_different_names_that_sweeps_can_read(tmp_path):
    file = tmp_path / "sweep.toml"
    names = [name for name in NAMES.values() if name]
    conditions = "".join(
        f"[conditions.{json.dumps(name, ensure_ascii=False)}]\n'lifetime.presentations' = {number}\n"
        for number, name in enumerate(names, 20)
    )
    file.write_text('base = "smoke"\nseeds = [0, 1]\n' + conditions)
    members = load_plan(file).members
    assert len({member.name for member in members}) == 2 * len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.=_-]*", member.name) for member in members)


def test_the_table_of_a_sweep_and_the_live_line_show_text():
    console = Messages()
    outcomes = [Outcome("run", name, 0, "running") for name in NAMES.values()]
    with console.capture() as shown:
        for one in outcomes:
            console.print(make_table([one]))
        for name in NAMES.values():
            console.print(name, soft_wrap=True)
    assert is_text(shown.get())
    assert "[/x]" in shown.get()
    assert ":boom:" in shown.get()


def test_what_a_task_prints_under_the_live_line_is_text(monkeypatch):
    class Tty(io.StringIO):
        def isatty(self):
            return True

    screen = Tty()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm")
    with Progress() as display:
        print("a\x1b]0;owned\x07\u202eb \x1b[8mhidden", file=sys.stderr)
        display.say("[/x] \x1b[8mhidden\nhetevo: error: forged")
        guard_streams()  # twice does no harm
    shown = screen.getvalue()
    assert "\x1b]0;" not in shown
    assert "\x1b[8m" not in shown
    assert "\u202e" not in shown
    assert "a\\x1b]0;owned\\x07\\u202eb" in shown
    assert "\n  hetevo: error: forged" in shown


def test_escapes_of_the_live_line_itself_steer_the_terminal(monkeypatch):
    class Tty(io.BytesIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", _Terminal(screen := Tty(), "utf-8", line_buffering=True))
    monkeypatch.setenv("TERM", "xterm")
    with Progress() as display:
        display.say("a notice above \x1b[8mthe line")
    shown = screen.getvalue().decode()
    assert "\x1b[2K" in shown
    assert shown.count("\\x1b") == 1  # that of the notice
    assert "\x1b[8m" not in shown


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_what_an_error_says_is_one_message_of_text(name, capfd):
    @explain_errors
    def command():
        raise RunFailedError(f"a task raised ValueError: {name}")

    with pytest.raises(BaseException, match="1"):
        command()
    shown = capfd.readouterr().err
    assert is_text(shown)
    assert [line.startswith("hetevo: error: ") for line in shown.splitlines()].count(True) == 1
    assert shown.startswith("hetevo: error: ")
