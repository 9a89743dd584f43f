"""A cluster of this machine alone, started for one run, with a secret of its own so that nobody else can use it."""

import json
import os
import secrets
import select
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hetevo.evolve.backends.ray import host
from hetevo.evolve.backends.ray.session import ClusterLostError
from hetevo.evolve.machine import KEEP_MEMORY

START_SECONDS = 120.0
"""Longest time that Ray may take to start; it takes about four seconds."""

STORE_BYTES = 256 << 20
"""Object store of a local cluster: blocks and results are small, so it is never more than a few blocks full."""

LONGEST_FOLDER = 25
"""Ray puts sockets below its folder, and a socket's path must stay below 108 bytes."""

ONLY_HERE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Lets Ray listen on 127.0.0.1 alone, as it does by default on macOS; to be set before Ray is loaded."""

_NAMES = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")


class LocalCluster:
    """Starts Ray's processes in a session of their own.

    Parameters
    ----------
    cpus : int
        Worker processes.

    Attributes
    ----------
    address : str
        Where it is, ``"host:port"``.

    Raises
    ------
    ClusterLostError
        If Ray does not start.
    """

    def __init__(self, cpus: int) -> None:
        # a process of its own holds the cluster, and takes it down when this one ends, however that ends
        self.folder = Path(tempfile.mkdtemp(prefix="hetevo-", dir=_short_folder()))
        self._token = Token()
        self._process = subprocess.Popen(
            [sys.executable, "-P", host.__file__, str(cpus), str(STORE_BYTES), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # nothing that Ray starts imports from beside the file that it runs; its workers keep memory as ours do
            env={**KEEP_MEMORY, **os.environ, **self._token.environment, "PYTHONSAFEPATH": "1"},
            start_new_session=True,
        )
        try:
            self.address = self._address()
        except BaseException:
            self.close()
            raise

    def _address(self) -> str:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], START_SECONDS)
        line = self._process.stdout.readline() if ready else ""
        answer = json.loads(line) if line else {"error": f"no answer in {START_SECONDS:.0f} seconds"}
        if "address" not in answer:
            raise ClusterLostError(
                f"Expected Ray to start on this machine, but it did not: {answer['error']}. Free memory and space in"
                f" {self.folder.parent} and /dev/shm, or compute without Ray: --backend local."
            )
        return str(answer["address"])

    def close(self) -> None:
        """End all of Ray's processes and remove their files."""
        process = self._process
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        try:
            process.wait(host.GONE_SECONDS + 20)
        except subprocess.TimeoutExpired:
            process.kill()  # what it started ends with it
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._token.forget()


def _short_folder() -> str:
    folder = tempfile.gettempdir()
    return folder if len(folder) <= LONGEST_FOLDER else "/tmp"


class Token:
    """Sets Ray's authentication for this process; `forget` puts back what the user had set.

    Left to itself, ``ray.init`` would write a token into the home directory, and other clusters would begin to use it.
    """

    def __init__(self) -> None:
        self.environment = dict(zip(_NAMES, ("token", secrets.token_hex(32)), strict=True))
        self._before = {name: os.environ.get(name) for name in _NAMES}
        os.environ.update(self.environment)
        _reread_environment()

    def forget(self) -> None:
        """Put back what was set before."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _reread_environment()


def _reread_environment() -> None:
    """Let Ray read the environment: it does so once a process, and a process may meet several clusters."""
    try:
        from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]
    except ImportError:
        return  # a Ray without authentication
    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()
