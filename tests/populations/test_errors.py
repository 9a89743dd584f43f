"""What messages are made of."""

import os
import pickle
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hetevo.evolve.backends.worker import NotLoadableError
from hetevo.evolve.rundir import DamagedError, LostError, RunExistsError, StorageError
from hetevo.populations.errors import SettingError, spell

ROOT = Path(__file__).parents[2]


@pytest.fixture
def called(tmp_path, monkeypatch):
    """Return a function that makes a program `hetevo`, and says that it was called by this path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "searched"))

    def call(path):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o755)
        monkeypatch.setattr(sys, "argv", [str(path), "run", "smoke"])

    return call


def test_spell_quotes_what_a_shell_would_take_apart():
    words = ("plot", Path("my runs/it's; $HOME *"), "--kind", "list")
    assert shlex.split(spell(*words)) == ["hetevo", *map(str, words)]
    assert spell("run", "PRESET", "-s", "KEY=VALUE", "--from", "runs/a@3", "RUN...") == (
        "hetevo run PRESET -s KEY=VALUE --from runs/a@3 RUN..."
    )


def test_spell_shortens_paths_below_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert spell("plot", tmp_path / "a b", Path("/elsewhere")) == "hetevo plot 'a b' /elsewhere"


def test_spell_lets_no_path_be_taken_for_an_option():
    assert spell("plot", Path("-o"), "-o", Path("a.png")) == "hetevo plot ./-o -o a.png"


def test_spell_names_the_program_as_it_was_called_where_it_is_not_searched_for(called):
    called(".venv/bin/hetevo")
    assert spell("resume", Path("a")) == ".venv/bin/hetevo resume a"
    called("of others/hetevo")
    assert spell("resume", Path("a")) == "'of others/hetevo' resume a"


def test_spell_names_the_program_alone_where_it_is_searched_for(called, tmp_path):
    called("searched/hetevo")
    assert spell("presets") == "hetevo presets"
    called(tmp_path / "searched" / "hetevo")
    assert spell("presets") == "hetevo presets"
    called("other/hetevo")  # not the one that the shell would find
    assert spell("presets") == "other/hetevo presets"


def test_spell_names_the_program_alone_where_another_runs(called):
    called("bin/pytest")
    assert spell("presets") == "hetevo presets"


def test_what_a_hint_spells_can_be_typed(tmp_path):
    """However the command was started, its hint starts it again, here with a path that a shell would take apart."""
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    for number, program in enumerate(([sys.executable, "-m", "hetevo"], [str(Path(sys.executable).parent / "hetevo")])):
        file = tmp_path / f"my {number}.toml"
        command = [*program, "init", str(file), "--preset", "smoke"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
        hint = done.stdout.partition("run it with: ")[2]
        assert shlex.split(hint)[-2:] == ["run", str(file)]
        helped = subprocess.run(f"{hint.strip()} --help", shell=True, capture_output=True, cwd=ROOT, env=environment)
        assert helped.returncode == 0, helped.stderr


@pytest.mark.parametrize(
    "error",
    [
        SettingError("wrong"),
        NotLoadableError("no module"),
        DamagedError(Path("run"), "it is cut"),
        LostError("gone", deleted=True),
        RunExistsError(Path("run")),
        StorageError("write", Path("run"), OSError(28, "No space left on device"), 12),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_the_same_in_another_process(error):
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), str(copied), vars(copied)) == (type(error), str(error), vars(error))
