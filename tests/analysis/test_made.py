"""Files that Hetevo makes beside runs: known again, never in the place of somebody else's, whole or not at all."""

import errno
import os

import pandas as pd
import pytest
from matplotlib.figure import Figure

from hetevo.analysis.figures import Plot, save
from hetevo.analysis.made import add_mark, is_ours, write_files
from hetevo.evolve.rundir import system
from hetevo.populations.errors import SettingError


def make_plot(value=1.0):
    figure = Figure(figsize=(2, 2))
    figure.subplots().plot([0, value])
    return Plot(figure, pd.DataFrame({"value": [value]}))


def test_save_writes_the_same_bytes_for_the_same_figure(tmp_path):
    first, second = (save(make_plot(), tmp_path / name / "figure.svg") for name in "ab")
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
    assert all(map(is_ours, first))


def test_save_replaces_what_it_made_whatever_the_data(tmp_path):
    for value in (1.0, 1.0, 2.0):
        for named in (True, False):
            files = save(make_plot(value), tmp_path / "figure.png", named=named)
    assert pd.read_csv(files[-1])["value"].tolist() == [2]
    save(make_plot(3.0), tmp_path / "figure.pdf")  # the others are its own, too


@pytest.mark.parametrize("suffix", [".csv", ".pdf", ".svg"])
def test_save_replaces_no_file_of_somebody_else_unless_forced(tmp_path, suffix):
    mine, named = (tmp_path / "figure").with_suffix(suffix), tmp_path / "figure.png"
    mine.write_text("mine")
    save(make_plot(), tmp_path / "other.svg")
    if suffix == ".svg":  # nothing of that name is written
        save(make_plot(), named)
    else:
        with pytest.raises(SettingError, match=rf"figure\{suffix}: .* --force"):
            save(make_plot(), named)
        assert not named.exists()
        save(make_plot(), named, force=True)
        assert is_ours(mine)
        return
    assert mine.read_text() == "mine"


def test_save_replaces_a_foreign_file_only_where_it_was_named(tmp_path):
    named = tmp_path / "figure.png"
    named.write_bytes(b"mine")
    with pytest.raises(SettingError, match=r"figure\.png"):
        save(make_plot(), named, named=False)
    assert named.read_bytes() == b"mine"
    save(make_plot(), named)
    assert is_ours(named)


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".csv"])
def test_what_was_changed_since_is_no_longer_ours(tmp_path, suffix):
    files = save(make_plot(), tmp_path / "figure.svg")
    (file,) = [file for file in files if file.suffix == suffix]
    content = file.read_bytes()
    file.write_bytes(content[:5] + b"?" + content[6:])
    assert not is_ours(file)
    with pytest.raises(SettingError, match=file.name):
        save(make_plot(), tmp_path / "figure.svg")


def test_a_mark_without_the_content_it_was_made_for_is_none(tmp_path):
    for suffix in (".md", ".html", ".png", ".pdf"):
        file = tmp_path / f"file{suffix}"
        file.write_bytes(add_mark(b"content", suffix))
        assert is_ours(file) or suffix == ".png"  # which must be one
        file.write_bytes(add_mark(b"content", suffix).replace(b"content", b"contend"))
        assert not is_ours(file)
        file.write_bytes(b"")
        assert not is_ours(file)


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_full_disk_leaves_all_old_files(tmp_path, monkeypatch, failing):
    files = save(make_plot(), tmp_path / "figure.png")
    before = [file.read_bytes() for file in files]
    calls = iter(range(1, 9))

    def sync(descriptor):
        if next(calls) == failing:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(SettingError, match="No space left"):
        save(make_plot(2.0), tmp_path / "figure.png")
    assert [file.read_bytes() for file in files] == before
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_a_stop_between_two_files_leaves_what_is_known_again(tmp_path, monkeypatch):
    rename = system.rename
    for done in range(3):
        save(make_plot(), tmp_path / "figure.png", force=True)
        calls = iter(range(9))

        def stopping(source, target, calls=calls, done=done):
            if next(calls) == done:
                raise KeyboardInterrupt
            rename(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(system, "rename", stopping)
            with pytest.raises(KeyboardInterrupt):
                save(make_plot(2.0 + done), tmp_path / "figure.png")
        save(make_plot(2.0), tmp_path / "figure.png", named=False)


def test_write_files_follows_a_link_and_keeps_its_file_mode(tmp_path):
    target, link = tmp_path / "target.html", tmp_path / "link.html"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_files({link: b"new"})
    assert link.is_symlink()
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o640)
