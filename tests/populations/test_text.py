"""Names as text, for each medium, over the list of hostile ones."""

import doctest
import io
import os
import re
import subprocess
from pathlib import Path

import pytest
from hostile import NAMES, is_text

from hetevo.populations import text
from hetevo.populations.errors import spell
from hetevo.populations.text import LINES, LONGEST, Terminal, for_cell, for_file, for_terminal, without_places


def test_text_examples():
    assert doctest.testmod(text).failed == 0


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_text_in_every_medium(name):
    assert for_terminal(name).isprintable()
    assert for_terminal(for_terminal(name)) == for_terminal(name)
    assert is_text(for_terminal(name, keep="\n"))
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.=_-]*", for_file(name))
    assert len(for_file(name)) <= LONGEST
    assert for_cell(name).isprintable()
    assert not for_cell(name).startswith(("=", "+", "-", "@", "＝"))


def test_different_names_are_different_files():
    taken = set()
    for name in NAMES.values():
        taken.add(for_file(name, taken))
    assert len(taken) == len(NAMES)


@pytest.mark.parametrize("number", ["-1", "+1e5", "-0.25", "-inf", "12", "nan"])
def test_numbers_stay_numbers_in_a_table(number):
    assert for_cell(number) == number


def test_usual_names_stay_what_they_are():
    assert for_file("rate=0.1, levels=8x8") == "rate=0.1-levels=8x8"
    for name in ("emergence", "no-plasticity, rule=oja", "größe", "中文"):
        assert for_terminal(name) == for_cell(name) == name


def test_a_stream_prints_text():
    sink = io.BytesIO()
    stream = Terminal(sink, "utf-8", errors="backslashreplace")
    for name in [*NAMES.values(), "\udcff"]:
        print(name, file=stream)
    stream.writelines(["\x1b", "a\tb\n"])
    stream.flush()
    shown = sink.getvalue().decode()
    assert is_text(shown.replace("\t", ""))
    assert shown.endswith("\\udcff\n\\x1ba\tb\n")
    assert LINES == "\n\t"


def test_a_command_with_any_name_can_be_typed():
    words = [name.replace("\0", "") for name in NAMES.values()] + ["\udcff", "a'\\\x1b"]
    command = spell(*words)
    assert command.isprintable()
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {command.removeprefix('hetevo')}"], capture_output=True, check=True
    )
    assert done.stdout.split(b"\0")[-len(words) - 1 : -1] == [os.fsencode(word) for word in words]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("/lab/jane/runs/one", "…/one"),
        ("/lab/jane", "…"),
        ('File "/lab/jane/task.py", line 3', 'File "…/task.py", line 3'),
        ("-s=transplant.source='/lab/jane/x@20'", "-s=transplant.source='…/x@20'"),
        ("no:/lab/jane/x/: why", "no:…/x: why"),
        ("runs/one, 24/7, a /b/ c, https://doi.org/10/x", "runs/one, 24/7, a /b/ c, https://doi.org/10/x"),
        ("../one", "../one"),
    ],
)
def test_paths_lose_where_they_lie(given, shown):
    assert without_places(given) == shown


def test_the_current_and_the_home_folder_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "jane"))
    work = tmp_path / "jane" / "my work"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    assert without_places(f"{work}/runs/one in {Path.home()}/data") == "runs/one in ~/data"
    assert without_places(f"/else{work}/one") == "…/my work/one"
