"""Standard streams that are full, closed, or of another kind than usual: the work is done, and the status is right."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hetevo.evolve.rundir import RunDirectory

HETEVO = str(Path(sys.executable).parent / "hetevo")
TINY = (
    "run smoke -s evolution.size=6 -s evolution.elites=1 -s evolution.generations=2 -s lifetime.presentations=5"
    " --workers 1 -o run"
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    subprocess.run([HETEVO, *TINY.split()], cwd=folder, check=True, capture_output=True)
    return folder


def shell(text, folder, **environment):
    """Run a line of a shell's, in which `hetevo` is the command; return exit status and what reached us."""
    command = ["bash", "-c", f"set -o pipefail; {text.replace('hetevo', HETEVO)}"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
    )


@pytest.mark.linux
@pytest.mark.parametrize(
    "stream",
    [
        "2>/dev/full",
        "<&- >&- 2>&-",
        "2>&1 | head -1",
        *(pytest.param(stream, marks=pytest.mark.verification) for stream in ("2>&-", ">/dev/full", "2>&1 >/dev/full")),
    ],
)
def test_progress_that_cannot_be_written_does_not_end_a_run(finished, tmp_path, stream):
    done = shell(f"hetevo {TINY} {stream}", tmp_path)
    assert done.returncode == 0, done
    status = [RunDirectory(folder / "run").status() for folder in (finished, tmp_path)]
    assert status[0]["digest"] == status[1]["digest"]
    assert status[1]["state"] == "done"
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.linux
@pytest.mark.parametrize(
    "command",
    [
        "status run --json",
        "presets",
        "--help",
        "verify run",
        *(pytest.param(command, marks=pytest.mark.verification) for command in ("plot run", "claims", "report run")),
    ],
)
def test_results_that_cannot_be_written_are_one_clear_line(finished, command):
    done = shell(f"hetevo {command} >/dev/full", finished)
    assert done.returncode == 1
    assert (
        done.stderr == "hetevo: error: Cannot write to standard output: No space left on device. Send it elsewhere.\n"
    )


def test_a_reader_that_has_seen_enough_is_no_error(finished):
    done = shell("hetevo plot --kind list | head -1", finished)
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")
    done = shell("hetevo presets --json | true", finished)
    assert done.stderr == ""


@pytest.mark.parametrize(
    "command",
    ["plot run -o ±.png", pytest.param("report run -o ±.html", marks=pytest.mark.verification), "init ±.toml"],
)
def test_output_in_ascii_does_not_end_a_command(finished, command):
    done = shell(f"hetevo {command}", finished, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert done.returncode == 0, done
    assert done.stdout.splitlines()[0].startswith((r"\xb1.", r"\udcc2\udcb1."))
    assert "Error" not in done.stderr
    assert (finished / command.split()[-1]).exists()


def on_terminal(command, folder, **environment):
    """Run a command whose standard error is a terminal, and return what it wrote there."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [HETEVO, *command.split()],
            cwd=folder,
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            env={**os.environ, **environment},
        )
        os.close(theirs)
        written = bytearray()
        while True:
            try:
                some = os.read(ours, 4096)
            except OSError:  # Linux says so where others say that nothing is left
                break
            if not some:
                break
            written += some
        assert process.wait(60) == 0
    finally:
        os.close(ours)
    return written.decode()


def test_a_dumb_terminal_gets_plain_lines(tmp_path):
    text = on_terminal(TINY, tmp_path, TERM="dumb")
    assert "\x1b" not in text
    assert "generation 2/2" in text


def test_a_terminal_gets_a_line_that_is_written_over(tmp_path):
    text = on_terminal(TINY, tmp_path, TERM="xterm", COLUMNS="80")
    assert "\x1b[" in text


def test_a_terminal_that_goes_away_does_not_end_a_run(finished, tmp_path):
    """Its end of the line is closed at once, so that every write fails with an input/output error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([HETEVO, *TINY.split()], cwd=tmp_path, stderr=theirs, start_new_session=True)
    os.close(theirs)
    os.close(ours)
    assert process.wait(120) == 0
    first, second = (RunDirectory(folder / "run").status()["digest"] for folder in (finished, tmp_path))
    assert first == second


@pytest.mark.parametrize(
    "content",
    [
        b"text.usetex: True",
        b"\xff\xfe",
        *(
            pytest.param(text, marks=pytest.mark.verification)
            for text in (b"backend: nonsense", b"axes.linewidth: thick")
        ),
    ],
)
@pytest.mark.parametrize("command", ["plot run -o a.png", pytest.param("draw smoke", marks=pytest.mark.verification)])
def test_settings_of_matplotlib_end_no_command_in_a_traceback(finished, tmp_path, content, command):
    (tmp_path / "matplotlibrc").write_bytes(content)
    done = shell(f"hetevo {command.replace('run', str(finished / 'run'))}", tmp_path, MPLBACKEND="nonsense")
    assert "Traceback" not in done.stderr
    if content[0] == 0xFF:
        assert done.returncode == 2
        assert "It reads the file matplotlibrc, first from the current folder" in done.stderr
    else:
        assert done.returncode == 0, done


def test_help_keeps_its_styles_on_a_terminal():
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
    subprocess.run([HETEVO, "presets", "--help"], stdout=theirs, env=environment, check=True)  # short enough for a pty
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    os.close(theirs)
    assert "\x1b[1m" in shown
    assert "\\x1b" not in shown
