"""The way to a cluster, this process as its driver; and whether the cluster can do what is asked of it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import ray
from ray.job_config import JobConfig

from hetevo.evolve.backends.fingerprint import Fingerprint, fingerprint
from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.portable import PortableError, call_pinned, pins
from hetevo.evolve.backends.ray.session import ClusterError
from hetevo.evolve.messages import log

REACH_SECONDS = 10.0
"""Longest time to wait for a connection to an address."""

ANSWER_SECONDS = 30.0
"""Longest time to wait for an answer as a cluster's head gives it."""

_ASK = "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1])"

NODE_SECONDS = 120.0
"""Longest time that a node gets to start a worker and import Hetevo."""


def connect(address: str, path: Sequence[str] | None = None, *, portable: bool = False) -> None:
    """Make this process a driver of the cluster at an address.

    Parameters
    ----------
    address : str
        ``"host:port"``.
    path : sequence of str, optional
        Where workers look for modules first; by default where their nodes say.
    portable : bool, optional
        Whether workers compute portably, see `hetevo.evolve.backends.portable`.

    Raises
    ------
    ClusterError
        If it cannot be joined, or is another version.
    """
    if ray.is_initialized():
        raise ClusterError(
            "Expected a process that is not connected to Ray, but ray.init() was called in it. Call ray.shutdown()"
            " first."
        )
    # Ray puts these in front of a worker's own, one after the other
    job = JobConfig(_py_driver_sys_path=[*reversed(path)]) if path else None
    # workers start with these, before they load anything
    environment = {"env_vars": pins()} if portable else None
    with _keep_signals(), _keep_current_folder_out(path is None):
        try:
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level="ERROR",
                configure_logging=False,
                job_config=job,
                runtime_env=environment,
            )
        except Exception as error:
            raise _explain(address, str(error).strip()) from None


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
    # ray:// and the like name other ways to a cluster, which are not used here
    if "://" in address or not host or not port.isdigit():
        raise ClusterError(
            f"backend.address: expected host:port of the cluster's head, such as 10.0.0.1:6379, got {address!r}. 'ray"
            " start --head' prints it; a cluster is never guessed, because it could be somebody else's."
        )
    # a plain connection tells whether anybody is there, before Ray is asked to join
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
        raise _explain(address, f"no answer of a Ray head in {ANSWER_SECONDS:.0f} seconds") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise _explain(address, next((line for line in lines if "Unauthenticated" in line), lines[-1]))


def _explain(address: str, text: str) -> ClusterError:
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
def _keep_current_folder_out(unless_chosen: bool) -> Iterator[None]:
    """Stand elsewhere for a moment: Ray lets workers import from the current folder first, whatever lies there.

    ``unless_chosen``: if this program imports from there itself, as a notebook does, workers may too.
    """
    # Ray notes the current folder when it connects
    here = os.open(".", os.O_RDONLY)  # it may have been removed, and still be here
    try:
        if not (unless_chosen and os.path.realpath(".") in map(os.path.realpath, sys.path)):
            os.chdir(sysconfig.get_path("stdlib"))
        yield
    finally:
        os.fchdir(here)
        os.close(here)


@contextlib.contextmanager
def _keep_signals() -> Iterator[None]:
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


def cpus() -> int:
    """Return the CPUs that the cluster has at this moment."""
    return int(ray.cluster_resources().get("CPU", 0))


def check_cpus(wanted: int, address: str) -> None:
    """Compare the CPUs that are wanted with those there are.

    Raises
    ------
    ClusterError
        With both numbers.
    """
    there = cpus()
    if there < max(wanted, 1):
        raise ClusterError(
            f"backend.workers: expected a cluster with at least {max(wanted, 1)} CPUs at {address}, but it has"
            f" {there}. Start more nodes ('ray start --address={address}') or ask for fewer workers."
        )


def check_software(job: Job | None = None, *, mixed: bool, portable: bool = False) -> None:
    """Let every node say what it computes with.

    Parameters
    ----------
    job : Job, optional
        What they are to evaluate: the packages of others that it needs count too.
    mixed : bool
        Whether their processors may differ.
    portable : bool, optional
        Whether they must compute portably: then their processors may differ, too.

    Raises
    ------
    ClusterError
        If Hetevo, or what the job needs, is not installed there, or a node computes otherwise than this machine.
    PortableError
        If one cannot do so portably.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    # one question for each node that has CPUs, asked there if there is room
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
    ask = ray.remote(num_cpus=1, max_retries=3)(_show)
    answers = [
        ask.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=True)).remote(job, portable)
        for node in nodes
    ]
    try:
        found: list[Fingerprint] = ray.get(answers, timeout=NODE_SECONDS)
    except ray.exceptions.GetTimeoutError:
        raise ClusterError(
            f"Expected all {len(nodes)} nodes of the cluster to start a worker within {NODE_SECONDS:.0f} seconds, but"
            " they did not. Is another job using all CPUs? 'ray status' tells."
        ) from None
    except ray.exceptions.RayError as error:
        refuse_unpinned(error)
        last = str(error).strip().splitlines()[-1]
        what = f"the packages {', '.join(sorted(job.packages))}" if job else "Hetevo"
        raise ClusterError(
            f"Expected {what} on every node of the cluster, but a worker could not import that: {last}. Install the"
            " same environment on all machines (requirements.lock). Nothing is imported there from the current folder"
            " of this machine."
        ) from None
    compare(fingerprint(job), found, mixed=mixed)


def _show(job: Job | None, portable: bool) -> Fingerprint:
    """Return what a worker computes with."""
    return call_pinned(fingerprint, job) if portable else fingerprint(job)


def refuse_unpinned(error: Exception) -> None:
    """Raise what a worker said, if it is that it does not compute portably; otherwise do nothing."""
    if isinstance(error, ray.exceptions.RayTaskError) and isinstance(error.cause, PortableError):
        raise error.cause from None


def compare(mine: Fingerprint, theirs: Iterable[Fingerprint], *, mixed: bool) -> None:
    """Compare what this process computes with and what the nodes do.

    Raises
    ------
    ClusterError
        If the software of a node differs, or its processor does and they are not ``mixed``; else that is logged.
    """
    for node in theirs:
        # other software computes other numbers, whatever the run allows
        if problem := node.problem(mine, mixed=True):
            raise ClusterError(
                f"Expected the same software on every node as here, but {problem}. Install the same environment on all"
                " machines (requirements.lock), with the same sources."
            )
        # other processors differ in last bits only, which a run may allow
        if problem := node.problem(mine, mixed=False):
            if not mixed:
                raise ClusterError(
                    f"Expected the same kind of processor on every node as here, but {problem}: last bits differ, so"
                    " the digest would depend on who computed what. Use nodes of one kind (also for this machine), or"
                    " let the run mix them, which it records: -s backend.mixed=true"
                )
            log.warning("%s: digests are those of no single kind of processor", problem)


def store_bytes() -> int:
    """Return the size of the object store of the node of this process, through which blocks are sent."""
    mine = ray.get_runtime_context().get_node_id()
    return int(next(node["Resources"].get("object_store_memory", 0) for node in ray.nodes() if node["NodeID"] == mine))


def largest_block(store: int, in_flight: int, bytes_each: int) -> int:
    """Return how many individuals a block may have so that all blocks in flight fit into half of the object store.

    Raises
    ------
    ClusterError
        If not even one individual does, with both numbers.
    """
    fits = store // 2 // (in_flight * bytes_each)
    if fits < 1:
        raise ClusterError(
            f"Expected an object store of at least {2 * in_flight * bytes_each / 1e6:.0f} MB on this node"
            f" ({in_flight} blocks in flight, each of an individual with {bytes_each / 1e6:.3g} MB of genes), but it"
            f" has {store / 1e6:.0f} MB. Start that node with 'ray start --object-store-memory=BYTES' and more."
        )
    return fits
