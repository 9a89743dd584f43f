"""`hetevo serve`, as a user meets it."""

import signal
import subprocess
import sys
import urllib.request

import pytest
from hostile import call
from planted import plant

pytest.importorskip("aiohttp")


def test_it_says_where_it_answers_and_ends_by_ctrl_c(tmp_path):
    plant(tmp_path / "runs" / "one")
    command = [sys.executable, "-m", "hetevo", "serve", "runs"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline().strip()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor())
        assert b"/runs?run=" in opener.open(address, timeout=60).read()
        process.send_signal(signal.SIGINT)
        rest, messages = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, rest) == (130, "")
    port = address.partition("/?")[0].rpartition(":")[2]
    assert f"ssh -N -L {port}:127.0.0.1:{port} " in messages
    assert "Traceback" not in messages
    assert "token=" not in messages


def test_what_is_no_folder_is_refused(tmp_path, capfd):
    status, shown, message = call(capfd, "serve", tmp_path, tmp_path / "nowhere")
    assert (status, shown) == (2, "")
    assert "expected a folder with runs or sweeps, got nothing" in message


def test_without_its_extra_it_says_how_to_get_it(tmp_path, capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    status, shown, message = call(capfd, "serve", tmp_path)
    assert (status, shown) == (2, "")
    assert "pip install 'hetevo[serve]'" in message
