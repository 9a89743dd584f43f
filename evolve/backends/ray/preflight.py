"""Whether a cluster can do what is asked of it, before anything is computed."""

from importlib.metadata import version
from typing import Any

import ray

from evolve.backends.ray.connection import cancel
from evolve.backends.ray.errors import ClusterError
from evolve.news import news
from evolve.rundir.provenance import cpu_features

ANSWER_SECONDS = 120.0
"""Longest time that a node gets to start a worker and import Hetevo."""


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


def check_software() -> None:
    """Let every node say what it runs.

    Raises
    ------
    ClusterError
        If Hetevo is not installed there, or in another version.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
    ask = ray.remote(num_cpus=1, max_retries=3)(software)
    answers = [
        ask.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=True)).remote()
        for node in nodes
    ]
    try:
        found: list[dict[str, Any]] = ray.get(answers, timeout=ANSWER_SECONDS)
    except ray.exceptions.GetTimeoutError:
        cancel(ray.wait(answers, num_returns=len(answers), timeout=0)[1])  # a session of the user's goes on
        raise ClusterError(
            f"Expected all {len(nodes)} nodes of the cluster to start a worker within {ANSWER_SECONDS:.0f} seconds, but"
            " they did not. Is another job, or an actor of this program, using all CPUs? 'ray status' tells."
        ) from None
    except ray.exceptions.RayError as error:
        last = str(error).strip().splitlines()[-1]
        raise ClusterError(
            f"Expected Hetevo on every node of the cluster, but a worker could not import it: {last}. Install the same"
            " environment on all machines (requirements.lock)."
        ) from None
    compare(software(), found)


def software() -> dict[str, Any]:
    """Return what decides the bits of a result; runs on every node."""
    return {"versions": {name: version(name) for name in ("hetevo", "numpy", "scipy")}, "features": cpu_features()}


def compare(mine: dict[str, Any], theirs: list[dict[str, Any]]) -> None:
    """Compare the software of this process with that of the nodes; other processors are news, other versions an error.

    Raises
    ------
    ClusterError
        If a version differs.
    """
    for node in theirs:
        if node["versions"] != mine["versions"]:
            raise ClusterError(
                f"Expected the same versions on every node as here, {mine['versions']}, but one has"
                f" {node['versions']}. Install the same environment on all machines (requirements.lock)."
            )
    if any(node["features"] != mine["features"] for node in theirs):
        news.warning("processors differ between nodes: digests may differ from those of a run on one kind")


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
