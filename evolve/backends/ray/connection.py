"""The way to a cluster: this process as its driver."""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import ray
from ray._private import auto_init_hook

from evolve.backends.ray.errors import ClusterError
from evolve.backends.session import check_session
from evolve.config import CURRENT

REACH_SECONDS = 10.0
"""Longest time to wait for a connection to an address."""

ANSWER_SECONDS = 30.0
"""Longest time to wait for an answer as a cluster's head gives it."""

_GUARD = threading.Lock()
_before: list[bool] = []

_ASK = "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1])"


def session() -> str:
    """Name what this process is connected to, cluster and job; empty if to nothing."""
    with never_started():
        try:
            context = ray.get_runtime_context()
            return f"{context.gcs_address} {context.get_job_id()}" if ray.is_initialized() else ""
        except Exception:  # it ends at this moment
            return ""


@contextlib.contextmanager
def never_started() -> Iterator[None]:
    """Forbid what Ray does by itself in a process that is not connected, or no longer: start a cluster, or join one."""
    with _GUARD:
        _before.append(auto_init_hook.enable_auto_connect)
        auto_init_hook.enable_auto_connect = False
    try:
        yield
    finally:
        with _GUARD:
            before = _before.pop()
            if not _before:  # runs in other threads have ended too
                auto_init_hook.enable_auto_connect = before


def cancel(references: Iterable[Any]) -> None:
    """End tasks and their processes; nothing if the session has ended, for they have then too.

    Not for tasks that may come back at this moment, if that can be avoided: Ray 2.60 can end the driver then.
    """
    with never_started():
        for reference in references:
            with contextlib.suppress(Exception):
                ray.cancel(reference, force=True)


def connect(address: str) -> None:
    """Make this process a driver of the cluster at an address.

    Raises
    ------
    ClusterError
        If it cannot be joined, or is another version.
    SettingError
        If this process is connected already.
    """
    check_session(address)  # once more: a cluster of this machine took seconds to start
    with _signals_kept():
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", configure_logging=False)
        except BaseException as error:
            ray.shutdown()  # what a failed start leaves
            if not isinstance(error, Exception):
                raise
            raise _explained(address, str(error).strip()) from None


def check(address: str) -> None:
    """See whether a cluster is at an address that a user gave.

    Raises
    ------
    ClusterError
        If it is no address, or nothing answers there as a cluster does.
    """
    _reach(address)
    _ask(address)


def _reach(address: str) -> None:
    host, _, port = address.rpartition(":")
    if "://" in address or not host or not port.isdigit():
        raise ClusterError(
            "backend.address: expected host:port of the cluster's head, such as 10.0.0.1:6379, or, in a Python program"
            f" that called ray.init(), \"{CURRENT}\", got {address!r}. 'ray start --head' prints it; a cluster is never"
            " guessed, because it could be somebody else's."
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACH_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(
            f"backend.address: expected a Ray cluster at {address}, but nothing answers there ({error}). Start it with"
            f" 'ray start --head --port={port}' on {host}, or leave --address out to start Ray on this machine."
        ) from None


def _ask(address: str) -> None:
    """Ask in another process: to what is no head, or wants another token, Ray itself listens for minutes."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _ASK, address], capture_output=True, text=True, timeout=ANSWER_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise _explained(address, f"no answer of a Ray head in {ANSWER_SECONDS:.0f} seconds") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise _explained(address, next((line for line in lines if "Unauthenticated" in line), lines[-1]))


def _explained(address: str, text: str) -> ClusterError:
    if "ersion mismatch" in text:
        return ClusterError(
            f"The cluster at {address} runs other versions than this process: {' '.join(text.split())}. Install the"
            " same Python and Ray on all machines (requirements.lock)."
        )
    return ClusterError(
        f"Cannot join the cluster at {address}: {text}. This machine must be one of its nodes ('ray start"
        f" --address={address}'), and what answers at this address must be the head of a Ray cluster. If it"
        " asks for a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN here too."
    )


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    # ray.init puts its own SIGTERM handler in the place of ours, which would end a run without a checkpoint
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
